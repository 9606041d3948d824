"""What the linter knows of the field: words, hosts and signs, with where that is from."""

from __future__ import annotations

import re

#: Words to reply with in order to be left alone. In English the FCC's list (47 CFR 64.1200(a)(10),
#: in force from 11 April 2025), then what operators honour in Spain and Latin America, France,
#: Brazil, Germany and India. Most are everyday words too ("a la baja", "non-stop"), so they count
#: only in capitals or where the text asks for a reply.
KEYWORDS = {
    "en": ["stop", "stopall", "quit", "end", "revoke", "cancel"],
    "es": ["baja", "alto", "no más", "parar", "cancelar", "salir"],
    "fr": ["stop", "arret", "arrêt"],
    "pt": ["sair", "parar", "cancelar"],
    "de": ["stopp", "stop"],
    "hi": ["बंद", "रोकें", "रोको"],
}
REPLY = [
    "reply", "send", "text", "txt", "responde", "responda", "envía", "envia", "envíe", "manda",
    "répondez", "envoyez", "responder", "envie", "antworten", "sende", "भेजें", "लिखें",
]  # fmt: skip

#: Words that speak of leaving whatever their case.
LEAVING = ["unsubscribe", "opt out", "opt-out", "darse de baja", "date de baja", "désabonner",
           "désinscrire", "descadastrar", "abmelden", "abbestellen"]  # fmt: skip

#: Public shorteners: one address for everybody's links, so filters treat them alike. CTIA's
#: Messaging Principles and Best Practices ask senders not to use them.
SHORTENERS = [
    "bit.ly", "bl.ink", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "n9.cl", "ow.ly",
    "rb.gy", "rebrand.ly", "s.id", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
    "acortar.link", "acortaurl.com", "shorte.st", "adf.ly", "urlz.fr", "encurtador.com.br",
]  # fmt: skip

#: A link: an address with its scheme, or a name with a well-known end and perhaps a path.
LINK = (
    r"(?i)\bhttps?://[^\s#]+"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,6}(?:com|net|org|info|biz|io|co|app|link|page|me|ly|gl|gy|at|cc|gd|id|tk"
    r"|in|es|mx|ar|pe|cl|br|fr|de|uk|us|it|pt|eu)\b(?:/[^\s#]*)?"
)

#: Characters that nobody sees (controls, zero-width signs, direction marks, soft hyphens), and
#: blanks that look like a blank and are none; as polars' regular expressions write code points.
INVISIBLE = (
    r"[\x{00}-\x{09}\x{0b}\x{0c}\x{0e}-\x{1f}\x{7f}-\x{9f}\x{ad}\x{200b}\x{200c}\x{200e}\x{200f}"
    r"\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}]"
)
ODD_BLANKS = r"[\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"


def says_how_to_leave(text: str) -> bool:
    """Tell whether a text says how to be left alone.

    >>> says_how_to_leave("Responde baja"), says_how_to_leave("Precios a la baja")
    (True, False)
    """
    words = _one_of(sorted({word for row in KEYWORDS.values() for word in row}))
    replies = rf"(?i)(?<!\w){_one_of(REPLY)}\W(?:.{{0,20}}\W)?{words}(?!\w)"
    shouted = re.findall(rf"(?i)(?<!\w){words}(?!\w)", text)
    return (
        re.search(rf"(?i)(?<!\w){_one_of(LEAVING)}(?!\w)", text) is not None
        or re.search(replies, text) is not None
        or any(word == word.upper() and word.isascii() for word in shouted)
    )


def _one_of(words: list[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, words))})"


def as_python(pattern: str) -> str:
    r"""Give a pattern with polars' code points, such as `\x{a0}`, as Python writes it.

    >>> as_python(r"[\x{a0}]") == "[\xa0]"
    True
    """
    return re.sub(r"\\x\{([0-9a-f]+)\}", lambda code: re.escape(chr(int(code[1], 16))), pattern)
