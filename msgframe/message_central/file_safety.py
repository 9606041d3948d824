"""What a file cannot say: rows whose text the vendor's own renderer could change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import polars as pl

from msgframe.core.translation import translate

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
    rows = rows.select("template", "variables", "text").with_row_index()
    common = (
        rows.group_by("template")
        .len()
        .sort("len", "template", descending=[True, False])
        .head(MOST_TEMPLATES)
    )
    parts = rows.join(common, on="template", how="semi", nulls_equal=True).partition_by("template")
    rare = rows.join(common, on="template", how="anti", nulls_equal=True)
    proven = [part.select("index", unsafe=_unsafe(part, limits, capacity)) for part in parts]
    unproven = rare.select("index", unsafe=_reason("rare_template", most=MOST_TEMPLATES))
    return pl.concat([unproven, *proven]).sort("index")["unsafe"]


def _unsafe(part: pl.DataFrame, limits: RequestLimits, capacity: int) -> pl.Expr:
    """Say why a row of these, which share a template, must not go by file."""
    template = part["template"][0]
    if template is None:
        return _reason("no_template")
    if len(quote(template, safe="")) > capacity:
        return _reason("template_length")
    parsed = parse_template(template)
    if not parsed.is_plain:
        return _reason("stray_marks")
    values = [pl.col("variables").list.get(n, null_on_oob=True) for n in range(parsed.width)]
    return pl.coalesce(
        _when((parsed.filled() != pl.col("text")).fill_null(value=True), "other_text"),
        _when(pl.col("variables").list.len() != parsed.width, "other_text"),
        _when(pl.col("text").str.contains("##", literal=True), "marks"),
        *(_when(broken(value), why) for broken, why in _rules(limits) for value in values),
        pl.lit(None, pl.String),
    )


def _rules(limits: RequestLimits) -> list[tuple[Callable[[pl.Expr], pl.Expr], str]]:
    """Give what a value must not be, each with its reason."""
    rules: list[tuple[Callable[[pl.Expr], pl.Expr], str]] = [
        (lambda value: value != value.str.strip_chars(), "blanks"),
        (lambda value: value.str.contains(NOT_IN_XLSX), "characters"),
        (lambda value: value.str.len_bytes() > CELL_CHARACTERS, "long_value"),
    ]
    return rules if limits.empty_cells else [(lambda value: value == "", "empty_value"), *rules]


def _when(broken: pl.Expr, why: str) -> pl.Expr:
    return pl.when(broken).then(_reason(why, most=CELL_CHARACTERS))


def _reason(name: str, **facts: int) -> pl.Expr:
    return pl.lit(translate(f"plan.{name}", **facts))
