"""What the linter finds: of a template by itself, and of the rows under it.

Each rule is a generator of findings; its sentences are `[lint]` and `[lint_advice]` of
`core/locales`. The words, hosts and signs that it knows of the field say where they are from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from msgframe.core.translation import Count, template_of, translate
from msgframe.errors import TemplateError
from msgframe.frames import SEVERITY, quoted
from msgframe.messages import grammar
from msgframe.messages.rendering import smart_literals
from msgframe.messages.segmentation import OUTSIDE, sizes
from msgframe.messages.smart_encoding import changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from msgframe.messages.grammar import Marker, Part
    from msgframe.messages.smart_encoding import Accents


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
#: blanks that look like a blank and are none; Python and polars read these escapes alike.
INVISIBLE = (
    r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u200c\u200e\u200f"
    r"\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
ODD_BLANKS = r"[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]"

#: What in a template costs or confuses, by rule: as a regular expression, and what is better.
_SIGNS = {
    "double_blank": (" {2,}", " "),
    "odd_blank": (ODD_BLANKS, " "),
    "invisible_character": (INVISIBLE, ""),
}

#: So many rows are named as examples.
_EXAMPLES = 5


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the linter has to say; its sentence is `[lint]` in `core/locales`."""

    #: Its name, to filter by.
    rule: str
    #: An error will stop `render` or reach people as nonsense; a warning is worth a look.
    severity: Literal["error", "warning"]
    #: What its sentence names.
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: The character of the template where it is, from 1; None where it is in the rows.
    at: int | None = None
    #: A better template; what to do instead is `[lint_advice]` in `core/locales`.
    suggestion: str | None = None
    #: How many rows, or how many places in the template.
    count: int = 1
    #: The first few rows concerned, as a person counts them.
    rows: tuple[int, ...] = ()
    #: Which sentence says it, where its rule has several.
    sentence: str | None = None

    def row(self, language: str) -> tuple[object, ...]:
        """Give the finding as a row of the frame, in a language."""
        message = translate(f"lint.{self.sentence or self.rule}", language, **self.facts)
        suggestion = self.suggestion or template_of(f"lint_advice.{self.rule}", language)
        return (
            *(self.rule, self.severity, message, self.at, suggestion, self.count),
            list(self.rows),
        )


_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "rule": pl.String,
    "severity": SEVERITY,
    "message": pl.String,
    "at": pl.UInt32,
    "suggestion": pl.String,
    "count": pl.UInt32,
    "rows": pl.List(pl.UInt32),
}


def to_frame(findings: Iterable[Finding], language: str = "en") -> pl.DataFrame:
    """Give findings as a frame, errors first, otherwise in their order."""
    rows = [finding.row(language) for finding in findings]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("severity", maintain_order=True)


def broken(template: str, columns: Sequence[str]) -> Iterator[Finding]:
    """Find markers that are damaged or never close."""
    mended = grammar.mend(template, columns)
    if mended != template:
        yield Finding(
            "damaged_marker",
            "error",
            at=grammar.first_difference(template, mended) + 1,
            suggestion=mended,
        )
    try:
        grammar.parse(mended)
    except TemplateError as error:
        yield Finding("broken_marker", "error", {"error": error})


def unknown(parts: list[Part], columns: Sequence[str]) -> Iterator[Finding]:
    """Find names that are no column, or that two columns could mean."""
    for marker in grammar.markers(parts):
        try:
            column = grammar.resolve(marker.name, columns)
        except TemplateError as error:
            yield Finding("ambiguous_variable", "error", {"error": error}, at=marker.at + 1)
            continue
        if column is None:
            near = _nearest(marker.name, columns)
            yield Finding(
                "unknown_variable",
                "error",
                {"name": marker.name, "near": near, "columns": quoted(columns)},
                at=marker.at + 1,
                suggestion=_renamed(parts, marker, near) if near else None,
                sentence="unknown_variable_near" if near else None,
            )
        elif column != marker.name and grammar.fold(column) == grammar.fold(marker.name):
            yield Finding(
                "loose_name",
                "warning",
                {"name": marker.name, "column": column},
                at=marker.at + 1,
                suggestion=_renamed(parts, marker, column),
            )


def unused(bound: list[Part], columns: Sequence[str]) -> Iterator[Finding]:
    """Find columns of the person's own that the template does not use."""
    used = {marker.name for marker in grammar.markers(bound)}
    idle = [column for column in grammar.own(columns) if column not in used]
    if idle:
        facts = {"number": Count(len(idle), "column"), "columns": quoted(idle)}
        yield Finding("unused_column", "warning", facts, count=len(idle))


def signs(template: str, parts: list[Part]) -> Iterator[Finding]:
    """Find blanks, invisible characters and letters of the template that cost or confuse."""
    for rule, (pattern, better) in _SIGNS.items():
        places = list(re.finditer(pattern, _masked(template)))
        if places:
            cleaned = (re.sub(pattern, better, p) if isinstance(p, str) else p for p in parts)
            yield Finding(
                rule,
                "warning",
                at=places[0].start() + 1,
                suggestion=grammar.write(cleaned),
                count=len(places),
            )
    if template != template.strip():
        yield Finding("outer_blank", "warning", suggestion=template.strip())
    if any("##" in literal for literal in grammar.literals(parts)):
        yield Finding("literal_signs", "warning")
    yield from _outside(template, parts)


def words(parts: list[Part], *, promotional: bool) -> Iterator[Finding]:
    """Find shouting, links, shorteners, and the missing way out of a promotional text."""
    literal = " ".join(grammar.literals(parts))
    letters = [letter for letter in literal if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    if len(letters) >= 12 and capitals > len(letters) / 2:
        yield Finding("capitals", "warning", {"capitals": capitals, "letters": len(letters)})
    for link in re.finditer(LINK, literal):
        yield _link(link[0].rstrip(".,;:!?)\"'"))
    if promotional and not says_how_to_leave(literal):
        yield Finding("missing_opt_out", "warning")


def _link(link: str) -> Finding:
    host = re.sub(r"(?i)^https?://(?:www\.)?", "", link).partition("/")[0].lower()
    return Finding("shortener" if host in SHORTENERS else "link", "warning", {"link": link})


def _outside(template: str, parts: list[Part]) -> Iterator[Finding]:
    outside = re.findall(OUTSIDE, _masked(template))
    if not outside:
        return
    lighter = smart_literals(parts, "keep")
    named = [f"{s} (U+{ord(s):04X} {unicodedata.name(s, '')})" for s in dict.fromkeys(outside)]
    yield Finding(
        "ucs2_template",
        "warning",
        {"characters": f"{', '.join(named[:6])}{' …' if len(named) > 6 else ''}"},
        at=template.index(outside[0]) + 1,
        suggestion=None if lighter is None else grammar.write(lighter),
        count=len(outside),
    )


def _masked(template: str) -> str:
    # What stands inside of a marker never reaches anybody, so it is drawn over with letters.
    return re.sub("##[^#]+##", lambda marker: "x" * len(marker[0]), template)


def _nearest(name: str, columns: Sequence[str]) -> str | None:
    folded = {grammar.fold(column): column for column in columns}
    near = get_close_matches(grammar.fold(name), folded, n=1, cutoff=0.7)
    return folded[near[0]] if near else None


def _renamed(parts: list[Part], marker: Marker, name: str) -> str:
    return grammar.write([replace(part, name=name) if part is marker else part for part in parts])


def unregistrable(parts: Iterable[Part]) -> Iterator[Finding]:
    """Find what operators refuse in a template that is to be registered (Kaleyra 3000105308)."""
    literal = "".join(grammar.literals(parts))
    for sign in (sign for sign in "<>" if sign in literal):
        yield Finding("dlt_bracket", "error", {"sign": sign})


def values(
    parts: list[Part], people: pl.DataFrame, *, most: int | None = None
) -> Iterator[Finding]:
    """Find values that are blank, hold signs of a marker, or have more than `most` characters."""
    markers = list(dict.fromkeys(grammar.markers(parts)))
    broken = {
        (rule, marker): condition
        for marker in markers
        for rule, condition in _rules(pl.col(marker.name).cast(pl.String), marker, most).items()
    }
    hits = _hits(people, broken) if broken else {}
    for (rule, marker), (count, rows) in hits.items():
        facts = {
            "name": marker.name,
            "default": marker.default,
            "most": most,
            "rows": Count(count, "row"),
        }
        yield Finding(rule, "warning", facts, count=count, rows=tuple(rows))


def texts(parts: list[Part], people: pl.DataFrame, *, max_segments: int) -> Iterator[Finding]:
    """Find texts with more segments than planned, and say by how much."""
    counted = people.select("row", text=grammar.text(parts)).with_columns(sizes("text"))
    over = counted.unnest("sizes").filter(pl.col("segments") > max_segments)
    if over.height:
        yield Finding(
            "overflow",
            "warning",
            {
                "over": over.height,
                "texts": people.height,
                "most": Count(max_segments, "segment"),
                "longest": over["segments"].max(),
            },
            count=over.height,
            rows=tuple(over["row"].head(_EXAMPLES)),
        )


def replaced(parts: list[Part], people: pl.DataFrame, accents: Accents) -> Iterator[Finding]:
    """Find every character that `render(smart=True)` replaces, in the template and the rows."""
    if smart_literals(parts, accents) is None:
        return
    whole = pl.Series(["\n".join(grammar.literals(parts))], dtype=pl.String)
    # A row's values change together or not at all, as one text of theirs would.
    cells = [grammar.value(marker) for marker in grammar.markers(parts)] or [pl.lit("")]
    rows = people.select(text=pl.concat_str(cells, separator="\n"))
    for sentence, before in (("smart_change", whole), ("smart_change_in_rows", rows["text"])):
        for sign, code, name, becomes, count, texts in changes(before, accents=accents).rows():
            facts = {
                "becomes": becomes,
                "sign": sign,
                "code": code,
                "name": name,
                "count": count,
                "rows": Count(texts, "row"),
            }
            yield Finding("smart_change", "warning", facts, count=count, sentence=sentence)


def _rules(value: pl.Expr, marker: Marker, most: int | None) -> dict[str, pl.Expr]:
    blank = value.is_null() | (value.str.strip_chars() == "")
    limited = {} if most is None else {"dlt_long_value": value.str.len_chars() > most}
    return {
        "blank_variable" if marker.default is None else "default_used": blank,
        "signs_in_value": value.str.contains("##", literal=True),
        "invisible_in_value": value.str.contains(INVISIBLE),
        "blanks_in_value": ~blank & value.str.contains(r"^\s|\s$|\s{2}"),
        "ucs2_value": value.str.contains(OUTSIDE),
        **limited,
    }


def _hits(
    people: pl.DataFrame, broken: dict[tuple[str, Marker], pl.Expr]
) -> dict[tuple[str, Marker], tuple[int, list[int]]]:
    """Count the rows that break each rule and name the first few, in one pass over the frame."""
    counts = {f"n{at}": condition.sum() for at, condition in enumerate(broken.values())}
    rows = {
        f"r{at}": pl.col("row").filter(condition).head(_EXAMPLES).implode()
        for at, condition in enumerate(broken.values())
    }
    hits = people.lazy().select(**counts, **rows).collect().row(0, named=True)
    return {
        rule: (hits[f"n{at}"], hits[f"r{at}"]) for at, rule in enumerate(broken) if hits[f"n{at}"]
    }
