"""What was odd about a file, one line each: where, how many, what, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from msgframe.core.translation import translate
from msgframe.frames import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Ranges of cells that a finding names before it counts the rest.
MOST_RANGES = 6

#: What may be odd about single cells, in the order in which it is said.
OF_CELLS = (
    "error_cells",
    "formulas_without_value",
    "over_15_digits",
    "scientific_notation",
    "long_numbers",
    "numbers_as_dates",
    "regional_dates",
    "control_characters",
    "zero_width_characters",
    "bidirectional_characters",
    "outer_blanks",
    "no_break_spaces",
)

#: Oddities of single cells, as they come to light: kind, row, letter.
ODD_CELLS = pl.Schema({"kind": pl.String, "row": pl.UInt32, "letter": pl.String})

#: Patterns of odd texts; a text is looked at closely only where `_SUSPECT` matches.
_TEXTS = {
    "control_characters": r"[\x00-\x1f\x7f-\x9f\x{2028}\x{2029}]",
    "zero_width_characters": (
        r"[\x{ad}\x{180e}\x{200b}-\x{200d}\x{2060}-\x{2064}\x{feff}\x{fff9}-\x{fffb}]"
    ),
    "bidirectional_characters": r"[\x{061c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]",
    "outer_blanks": r"^[ \t\x{a0}\x{3000}]|[ \t\x{a0}\x{3000}]$",
    "no_break_spaces": r"[\x{a0}\x{2007}\x{202f}]",
}
_SUSPECT = "|".join(_TEXTS.values())


class Ranges(NamedTuple):
    """Cells or rows as Excel names them: a few ranges, and how many more there are."""

    text: str
    more: int = 0

    def __str__(self) -> str:
        return self.in_language("en")

    def in_language(self, language: str) -> str:
        """Give the ranges, and in words that there are more."""
        more = translate("finding.more_ranges", language, count=self.more) if self.more else ""
        return f"{self.text}{more}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One oddity of a file; its sentences stand in the locales, under its kind."""

    #: What is odd, by name.
    kind: str
    #: How many cells, rows or sheets.
    count: int
    #: The sheet; None for the whole file.
    sheet: str | None = None
    #: Where.
    cells: Ranges | None = None
    #: Which of the kind's sentences says what was done.
    outcome: str = "done"
    #: What the sentences name.
    facts: Mapping[str, object] = field(default_factory=dict)


def findings_frame(findings: Iterable[Finding], language: str = "en") -> pl.DataFrame:
    """Give findings as one frame, in a language; none as an empty one.

    >>> frame = findings_frame([Finding("blank_rows", 2, cells=Ranges("5, 9"))], "es")
    >>> frame.select("count", "cells", "what").rows()
    [(2, '5, 9', 'hay filas en blanco')]
    """
    rows = [
        {
            "kind": one.kind,
            "sheet": one.sheet,
            "cells": one.cells and one.cells.in_language(language),
            "count": one.count,
            "what": translate(f"finding.{one.kind}.what", language, **one.facts),
            "done": translate(f"finding.{one.kind}.{one.outcome}", language, **one.facts),
        }
        for one in findings
    ]
    return pl.DataFrame(rows, schema=columns("findings"))


def of_cells(odd: pl.DataFrame, sheet: str | None) -> list[Finding]:
    """Give a finding for each kind of odd cell and each column: kind, row, letter in."""
    parts = odd.partition_by("kind", "letter", as_dict=True)
    ordered = sorted(parts, key=lambda key: (OF_CELLS.index(key[0]), len(key[1]), key[1]))
    rows = [(kind, letter, parts[kind, letter]["row"]) for kind, letter in ordered]
    return [Finding(kind, len(of), sheet, ranges(of, letter)) for kind, letter, of in rows]


def odd_texts(rows: pl.Series, texts: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Find the texts of columns (by letter) that hold what nobody sees; give kind, row, letter."""
    odd = [
        pl.DataFrame({"row": rows.gather(at), "text": column.gather(at)}).select(
            pl.concat_list(
                pl.when(pl.col("text").str.contains(pattern)).then(pl.lit(kind))
                for kind, pattern in _TEXTS.items()
            ).alias("kind"),
            "row",
            pl.lit(letter).alias("letter"),
        )
        for letter, column in texts.items()
        if len(at := column.str.contains(_SUSPECT).fill_null(value=False).arg_true())
    ]
    if not odd:
        return pl.DataFrame(schema=ODD_CELLS)
    return pl.concat(odd).explode("kind").drop_nulls("kind")


def ranges(rows: pl.Series, letter: str = "") -> Ranges:
    """Name cells of one column, or whole rows, as Excel does; a few ranges and then a count.

    >>> str(ranges(pl.Series([3, 4, 5, 9], dtype=pl.UInt32), "B"))
    'B3:B5, B9'
    >>> str(ranges(pl.Series([7, 8], dtype=pl.UInt32)))
    '7:8'
    """
    return spans(
        rows.unique()
        .sort()
        .to_frame("row")
        .group_by((pl.col("row").cast(pl.Int64) - pl.int_range(pl.len())).alias("run"))
        .agg(pl.col("row").min().alias("first"), pl.col("row").max().alias("last"))
        .sort("first"),
        letter,
    )


def spans(runs: pl.DataFrame, letter: str = "") -> Ranges:
    """Name ranges of rows, given as `first` and `last`.

    >>> str(spans(pl.DataFrame({"first": [3, 9], "last": [5, 9]})))
    '3:5, 9'
    """
    named = [
        f"{letter}{first}" if first == last else f"{letter}{first}:{letter}{last}"
        for first, last in runs.head(MOST_RANGES).select("first", "last").iter_rows()
    ]
    return Ranges(", ".join(named), max(runs.height - MOST_RANGES, 0))
