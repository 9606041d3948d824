r"""Several numbers in one cell: found, parted, and given rows of their own.

A mark between two numbers parts them: `/`, `;`, "or", a second plus, a line break. A blank or a
dash does where there are more digits than one number can have. Marks *within* a number part
nothing: `0151/12345678`, `98161 11111`, `9,816,111,111`.
"""

from __future__ import annotations

import polars as pl

from msgframe.frames import require_columns

#: A number inside of a cell: seven digits at least, with marks between them.
NUMBER = r"\d(?:[ ().-]*\d){6,}\)?"

_BETWEEN = r"(?i)\s*(?:[/,;|&\n]|\b(?:or|and|y|o|u|e|ou|und|oder|et|alt)\b)+\s*"
_PLUS_BETWEEN = rf"({NUMBER})\s*\+"
_BLANK_BETWEEN = r"(\d[\d().-]{5,}\d)\s+([+(]*\d[\d().-]{5,}\d)"
_DASH_BETWEEN = r"(\d(?:[ ().]*\d){6,}\)?)\s*-+\s*([+(]*\d(?:[ ().]*\d){6,})"
#: A first number, and at least a digit more ("9816111111 / 12" means …11, and …12).
_FIRST = r"^((?:[^\d\n]*\d){7,}[^\n]*)\n[^\d]*\d"


def first_of(text: pl.Expr) -> pl.Expr:
    """Give the first of several numbers in a cell, null where it holds no more than one."""
    return _parted(text).str.extract(_FIRST)


def first_of_plain(text: pl.Expr) -> pl.Expr:
    """Do the same for cells of digits, blanks, brackets, dots, dashes and plus signs only."""
    return _parted_plain(text).str.extract(_FIRST)


def split(sheet: pl.DataFrame, /, *, mobile_column: str) -> pl.DataFrame:
    """Give each number of a cell a row of its own; all else of the row is repeated.

    Parameters
    ----------
    sheet
        Any frame; it stays as it is.
    mobile_column
        The column with the numbers, as text.

    Returns
    -------
    The sheet's columns, with as many rows more as there were numbers more; a column `row` keeps
    saying where each came from. A cell stays whole where a part of it is too short to be a number
    by itself ("9816111111 / 12"): `repair` rejects it.

    Raises
    ------
    ColumnsError
        If the sheet lacks the column.

    >>> sheet = pl.DataFrame({"row": [2, 3], "Mobile": ["9816111111 / 9816111112", "07911 123456"]})
    >>> split(sheet, mobile_column="Mobile").rows()
    [(2, '9816111111'), (2, '9816111112'), (3, '07911 123456')]
    """
    require_columns(sheet, [mobile_column], verb="split")
    text = pl.col(mobile_column).cast(pl.String)
    parts = _parted_plain(_parted(text)).str.split("\n").list.eval(_trimmed(pl.element()))
    numbers = parts.list.eval(pl.element().filter(pl.element().str.contains(r"\d")))
    whole = numbers.list.eval(pl.element().str.count_matches(r"\d") >= 7).list.all()
    several = first_of(text).is_not_null() | first_of_plain(text).is_not_null()
    return sheet.with_columns(
        pl.when(several & whole).then(numbers).otherwise(pl.concat_list(text))
    ).explode(mobile_column)


def _parted(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(_BETWEEN, "\n")


def _parted_plain(text: pl.Expr) -> pl.Expr:
    by_plus = text.str.replace_all(_PLUS_BETWEEN, "${1}\n+")
    by_blank = by_plus.str.replace_all(_BLANK_BETWEEN, "${1}\n${2}")
    by_dash = by_blank.str.replace_all(_DASH_BETWEEN, "${1}\n${2}")
    # E.164 has 15 digits at most, and 00 may stand before them.
    most = pl.when(text.str.starts_with("00")).then(17).otherwise(15)
    return pl.when(text.str.count_matches(r"\d") > most).then(by_dash).otherwise(by_plus)


def _trimmed(part: pl.Expr) -> pl.Expr:
    return part.str.strip_chars(" \t\r;,/|&")
