"""What was odd about a file, one line each: where, how many, what, and what was done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.frames import columns, empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Ranges of cells that a finding names before it counts the rest.
_MOST = 6

#: What is odd about single cells: kind → (what was found, what was done).
OF_CELLS = {
    "error_cells": (
        "cells show an error such as #N/A instead of a value",
        "the error is kept as text, so that check() can reject it",
    ),
    "formulas_without_value": (
        "formulas were never calculated, so the file holds no value for them",
        "left blank: open the file in Excel, let it calculate, save",
    ),
    "over_15_digits": (
        "numbers have more than 15 digits; Excel has turned their last digits into zeros",
        "given as Excel shows them; type them as text to keep every digit",
    ),
    "scientific_notation": (
        "numbers show with an exponent, such as 9.20E+11, which hides digits",
        "given as shown, not guessed; read(values='raw') gives the stored digits",
    ),
    "long_numbers": (
        "numbers of 12 to 15 digits, which Excel shows as 9.19816E+11",
        "all stored digits are given",
    ),
    "numbers_as_dates": (
        "numbers stand in a date's format and are no date; Excel shows ####",
        "the stored number is given",
    ),
    "regional_dates": (
        "dates and times leave their spelling to the region of each computer",
        "written as in en-US, or as read(region=…) says",
    ),
    "control_characters": (
        "texts hold control characters or line breaks",
        "kept as they are",
    ),
    "zero_width_characters": (
        "texts hold characters of no width, which nobody sees",
        "kept as they are; check() removes them from numbers",
    ),
    "bidirectional_characters": (
        "texts hold marks that turn the reading direction and can disguise what is written",
        "kept as they are; check() removes them from numbers",
    ),
    "outer_blanks": (
        "texts begin or end with blanks",
        "kept as they are",
    ),
    "no_break_spaces": (
        "texts hold no-break spaces, which look like blanks and are none",
        "kept as they are",
    ),
}

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


def finding(
    kind: str,
    count: int,
    what: str,
    done: str,
    *,
    sheet: str | None = None,
    cells: str | None = None,
) -> pl.DataFrame:
    """Give one finding as a frame of one row.

    >>> finding("blank_rows", 2, "rows are blank", "left out", cells="5, 9")["count"].to_list()
    [2]
    """
    row = {"kind": kind, "sheet": sheet, "cells": cells, "count": count, "what": what, "done": done}
    return pl.DataFrame([row], schema=columns("findings"))


def gathered(found: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Give findings as one frame, none as an empty one."""
    return pl.concat([empty("findings"), *found])


def of_cells(odd: pl.DataFrame, sheet: str | None) -> list[pl.DataFrame]:
    """Give a finding for each kind of odd cell and each column: kind, row, letter in."""
    kinds = [kind for kind in OF_CELLS if kind in odd["kind"].unique()]
    return [
        finding(kind, len(rows), *OF_CELLS[kind], sheet=sheet, cells=ranges(rows, str(letter)))
        for kind in kinds
        for (letter,), rows in _by_letter(odd.filter(pl.col("kind") == kind))
    ]


def odd_texts(rows: pl.Series, texts: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Find the texts of columns (by letter) that hold what nobody sees; give kind, row, letter."""
    found = [
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
    schema = {"kind": pl.String, "row": pl.UInt32, "letter": pl.String}
    if not found:
        return pl.DataFrame(schema=schema)
    return pl.concat(found).explode("kind").drop_nulls("kind")


def ranges(rows: pl.Series, letter: str = "") -> str:
    """Name cells of one column, or whole rows, as Excel does; a few ranges and then a count.

    >>> ranges(pl.Series([3, 4, 5, 9], dtype=pl.UInt32), "B")
    'B3:B5, B9'
    >>> ranges(pl.Series([7, 8], dtype=pl.UInt32))
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


def spans(runs: pl.DataFrame, letter: str = "") -> str:
    """Name ranges of rows, given as `first` and `last`.

    >>> spans(pl.DataFrame({"first": [3, 9], "last": [5, 9]}))
    '3:5, 9'
    """
    named = [
        f"{letter}{first}" if first == last else f"{letter}{first}:{letter}{last}"
        for first, last in runs.head(_MOST).select("first", "last").iter_rows()
    ]
    more = f" and {runs.height - _MOST:,} more ranges" if runs.height > _MOST else ""
    return ", ".join(named) + more


def _by_letter(odd: pl.DataFrame) -> list[tuple[tuple[object, ...], pl.Series]]:
    parts = odd.partition_by("letter", as_dict=True)
    ordered = sorted(parts.items(), key=lambda item: (len(str(item[0][0])), str(item[0][0])))
    return [(letter, part["row"]) for letter, part in ordered]
