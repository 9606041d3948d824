"""What a file cannot say: rows whose text the vendor's own renderer could change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgframe.message_central.limits import RequestLimits

#: A placeholder as `render` writes it, and as the vendor reads it; `##var##` is the first.
PLACEHOLDER = re.compile(r"##var(\d*)##", re.IGNORECASE)

#: XML 1.0 holds no control character but tab and newline. A carriage return is read back as a
#: newline; `_x000D_` as the character that it names, by LibreOffice also `_xD_`; and U+FFFE and
#: U+FFFF are no characters.
NOT_IN_XLSX = r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]"

#: Templates that are proven, each by an expression of its own. Nobody writes more; who renders in
#: some other way, and gives each row a template of its own, does not wait for a million proofs.
MOST_TEMPLATES = 1_000

#: Excel's own limit of a cell.
CELL_CHARACTERS = 32_767

_STRAY_MARKS = "the template has ## outside of a placeholder, or a # beside one"
_TEMPLATE_LENGTH = "its template is too long for a URL"
_RARE = f"its template is not among the {MOST_TEMPLATES:,} most common ones"
_OTHER_TEXT = "its variables, put into the template, do not give its text"
_MARKS = "its text holds ##, which the vendor could read as a placeholder"
_EMPTY = "a value is empty, and nobody says what the vendor writes for an empty cell"
_BLANKS = "a value begins or ends with a blank, which the vendor may trim"
_LETTERS = "a value holds a character that xlsx cannot hold"
_LENGTH = f"a value is longer than the {CELL_CHARACTERS:,} characters of a cell"


class ParsedTemplate(NamedTuple):
    """A template taken apart: literal texts, and between them the numbers of the variables."""

    literals: list[str]
    numbers: list[int]

    @property
    def width(self) -> int:
        """How many variables it needs."""
        return max(self.numbers, default=0)

    @property
    def is_plain(self) -> bool:
        """Whether every `##` is a placeholder's own, and no literal `#` touches one."""
        inner = zip(self.literals, self.literals[1:], strict=False)
        touching = any(before.endswith("#") or after.startswith("#") for before, after in inner)
        return not touching and not any("##" in literal for literal in self.literals)

    def filled(self) -> pl.Expr:
        """Put a row's `variables` into the template, as the vendor does; null where one lacks."""
        parts = [pl.lit(self.literals[0])]
        for number, literal in zip(self.numbers, self.literals[1:], strict=True):
            parts += [pl.col("variables").list.get(number - 1, null_on_oob=True), pl.lit(literal)]
        return pl.concat_str(parts)


def parse_template(template: str) -> ParsedTemplate:
    """Take a template apart.

    >>> parse_template("Hola ##Var1##: ##Var2##.")
    ParsedTemplate(literals=['Hola ', ': ', '.'], numbers=[1, 2])
    """
    parts = PLACEHOLDER.split(template)
    return ParsedTemplate(literals=parts[::2], numbers=[int(number or 1) for number in parts[1::2]])


def unsafe_in_file(rows: pl.DataFrame, limits: RequestLimits, *, capacity: int) -> pl.Series:
    """Say why a row must not go by file; null where it may.

    Each row is proven, not trusted: its variables are put into its template once more, and must
    give its text.
    """
    rows = rows.select("template", "variables", "text").with_row_index("place")
    common = (
        rows.group_by("template")
        .len()
        .sort("len", "template", descending=[True, False])
        .head(MOST_TEMPLATES)
    )
    parts = rows.join(common, on="template", how="semi", nulls_equal=True).partition_by("template")
    rare = rows.join(common, on="template", how="anti", nulls_equal=True)
    proven = [part.select("place", unsafe=_unsafe(part, limits, capacity)) for part in parts]
    unproven = rare.select("place", unsafe=pl.lit(_RARE))
    return pl.concat([unproven, *proven]).sort("place")["unsafe"]


def _unsafe(part: pl.DataFrame, limits: RequestLimits, capacity: int) -> pl.Expr:
    """Say why a row of these, which share a template, must not go by file."""
    template = part["template"][0]
    if template is None:
        return pl.lit("it has no template")
    if len(quote(template, safe="")) > capacity:
        return pl.lit(_TEMPLATE_LENGTH)
    parsed = parse_template(template)
    if not parsed.is_plain:
        return pl.lit(_STRAY_MARKS)
    values = [pl.col("variables").list.get(n, null_on_oob=True) for n in range(parsed.width)]
    return pl.coalesce(
        _when((parsed.filled() != pl.col("text")).fill_null(value=True), _OTHER_TEXT),
        _when(pl.col("variables").list.len() != parsed.width, _OTHER_TEXT),
        _when(pl.col("text").str.contains("##", literal=True), _MARKS),
        *(_when(broken(value), why) for broken, why in _rules(limits) for value in values),
        pl.lit(None, pl.String),
    )


def _rules(limits: RequestLimits) -> list[tuple[Callable[[pl.Expr], pl.Expr], str]]:
    """Give what a value must not be, each with its reason."""
    rules: list[tuple[Callable[[pl.Expr], pl.Expr], str]] = [
        (lambda value: value != value.str.strip_chars(), _BLANKS),
        (lambda value: value.str.contains(NOT_IN_XLSX), _LETTERS),
        (lambda value: value.str.len_bytes() > CELL_CHARACTERS, _LENGTH),
    ]
    return rules if limits.empty_cells else [(lambda value: value == "", _EMPTY), *rules]


def _when(broken: pl.Expr, why: str) -> pl.Expr:
    return pl.when(broken).then(pl.lit(why))
