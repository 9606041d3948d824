"""What can be said of a template alone: its markers, signs, words and links."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from msgframe.core.translation import Count
from msgframe.errors import TemplateError
from msgframe.frames import quoted
from msgframe.messages import grammar
from msgframe.messages.findings import Finding
from msgframe.messages.grammar import Marker, Part
from msgframe.messages.segmentation import OUTSIDE, encoding
from msgframe.messages.smart_encoding import smart
from msgframe.messages.word_lists import (
    INVISIBLE,
    LINK,
    ODD_BLANKS,
    SHORTENERS,
    as_python,
    says_how_to_leave,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _Sign(NamedTuple):
    rule: str
    pattern: str
    better: str


_SIGNS = [
    _Sign("double_blank", " {2,}", " "),
    _Sign("odd_blank", as_python(ODD_BLANKS), " "),
    _Sign("invisible_character", as_python(INVISIBLE), ""),
]


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
    for marker in _markers(parts):
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
    used = {marker.name for marker in _markers(bound)}
    idle = [column for column in grammar.own(columns) if column not in used]
    if idle:
        facts = {"number": Count(len(idle), "column"), "columns": quoted(idle)}
        yield Finding("unused_column", "warning", facts, count=len(idle))


def signs(template: str, parts: list[Part]) -> Iterator[Finding]:
    """Find blanks, invisible characters and letters of the template that cost or confuse."""
    for sign in _SIGNS:
        yield from _matches(sign, template, parts)
    if template != template.strip():
        yield Finding("outer_blank", "warning", suggestion=template.strip())
    if any(isinstance(part, str) and "##" in part for part in parts):
        yield Finding("literal_signs", "warning")
    yield from _outside(template, parts)


def words(parts: list[Part], *, promotional: bool) -> Iterator[Finding]:
    """Find shouting, links, shorteners, and the missing way out of a promotional text."""
    literal = " ".join(part for part in parts if isinstance(part, str))
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
    named = [f"{s} (U+{ord(s):04X} {unicodedata.name(s, '')})" for s in dict.fromkeys(outside)]
    yield Finding(
        "ucs2_template",
        "warning",
        {"characters": f"{', '.join(named[:6])}{' …' if len(named) > 6 else ''}"},
        at=template.index(outside[0]) + 1,
        suggestion=_lighter(parts),
        count=len(outside),
    )


def _lighter(parts: list[Part]) -> str | None:
    literals = pl.DataFrame({"text": [part for part in parts if isinstance(part, str)]})
    lighter = literals.select(smart("text"), before="text", fits=encoding(smart("text")) == "GSM-7")
    if not lighter["fits"].all():
        return None
    texts = iter(lighter["smart"])
    return grammar.write([next(texts) if isinstance(part, str) else part for part in parts])


def _matches(sign: _Sign, template: str, parts: list[Part]) -> Iterator[Finding]:
    places = list(re.finditer(sign.pattern, _masked(template)))
    if places:
        better = (re.sub(sign.pattern, sign.better, p) if isinstance(p, str) else p for p in parts)
        yield Finding(
            sign.rule,
            "warning",
            at=places[0].start() + 1,
            suggestion=grammar.write(better),
            count=len(places),
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


def _markers(parts: list[Part]) -> list[Marker]:
    return [part for part in parts if isinstance(part, Marker)]
