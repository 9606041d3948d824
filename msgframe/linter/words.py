"""What the linter knows of the field: words, hosts and signs, with where that is from."""

from __future__ import annotations

import re

#: Words by which people can ask to be left alone; a promotional text must hold one. In English the
#: FCC's list (47 CFR 64.1200(a)(10), in force from 11 April 2025), and what operators honour in
#: Spain and Latin America (BAJA, ALTO), France (STOP, ARRET), Brazil (SAIR, PARAR), Germany, India.
OPT_OUT = {
    "en": ["stop", "quit", "end", "revoke", "opt out", "opt-out", "cancel", "unsubscribe"],
    "es": ["baja", "alto", "no más", "parar", "cancelar", "salir"],
    "fr": ["stop", "arret", "désabonner", "désinscrire"],
    "pt": ["sair", "parar", "cancelar"],
    "de": ["stopp", "abmelden", "abbestellen"],
    "hi": ["बंद", "रोकें", "रोको"],
}

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


def as_python(pattern: str) -> str:
    r"""Give a pattern with polars' code points, such as `\x{a0}`, as Python writes it.

    >>> as_python(r"[\x{a0}]") == "[\xa0]"
    True
    """
    return re.sub(r"\\x\{([0-9a-f]+)\}", lambda code: re.escape(chr(int(code[1], 16))), pattern)
