"""Cells as polars expressions: a column of values becomes a column of XML."""

from __future__ import annotations

from io import BytesIO

import polars as pl

from msgframe.frames import letter

#: XML's own signs, and what XML 1.0 cannot hold at all: ECMA-376, part 1, 22.9.2.19 (ST_Xstring)
#: writes such a character as `_xHHHH_`. A carriage return is among them, because every XML reader
#: makes a newline of it; tab and newline are not.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {
    chr(code): f"_x{code:04X}_" for code in (*range(0x09), *range(0x0B, 0x20), 0xFFFE, 0xFFFF)
}

#: A text that looks like such an escape gets its underscore escaped. The pattern ends before the
#: closing underscore, since that may open the next one.
_LIKE_ESCAPE = r"_(x[0-9A-Fa-f]{4})"
_ODD = r"[&<>\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}"

#: A number of more digits loses its last in a cell, and one that begins with 0 its first.
_SAFE_NUMBER = r"^(0|[1-9][0-9]{0,14})$"


def escaped(values: pl.Series) -> pl.Series:
    r"""Escape texts for XML; columns that need no escaping, nearly all, pass untouched.

    >>> escaped(pl.Series(["a < b", "]]>", "=cmd", "bell \x07", "_x0041_"])).to_list()
    ['a &lt; b', ']]&gt;', '=cmd', 'bell _x0007_', '_x005F_x0041_']
    """
    if not values.str.contains(_ODD).any():
        return values
    return values.str.replace_all(_LIKE_ESCAPE, "_x005F_${1}").str.replace_many(_ESCAPES)


def preserving(values: pl.Series) -> str:
    """Give the attribute that keeps outer blanks, where a column has a value with one."""
    return ' xml:space="preserve"' if (values != values.str.strip_chars()).any() else ""


def shared_strings(texts: pl.DataFrame) -> memoryview:
    """Give the cells of a batch as entries of the table of shared strings, row by row."""
    entries = [
        [pl.lit(f"<si><t{preserving(text)}>"), pl.col(text.name), pl.lit("</t></si>")]
        for text in texts
    ]
    return _written(texts, entries)


def rows(texts: pl.DataFrame, first: int, *, shared: list[str], numbers: list[str]) -> memoryview:
    """Give the rows of a batch.

    Parameters
    ----------
    texts
        The cells, escaped.
    first
        The number of the batch's first row in the sheet, from 1.
    shared
        Columns whose texts stand in the table of shared strings, in its order.
    numbers
        Columns of number cells; all others hold their own text.
    """
    row = pl.int_range(first, first + texts.height, eager=True)
    numbered = texts.with_columns(row.cast(pl.String).alias(_ROW), (row - 1).alias(_ABOVE))
    made = [
        _shared(letter(n), pl.col(_ABOVE) * len(shared) + shared.index(text.name))
        if text.name in shared
        else _number(letter(n), text)
        if text.name in numbers
        else _inline(letter(n), text)
        for n, text in enumerate(texts)
    ]
    opened = [pl.lit('<row r="'), pl.col(_ROW), pl.lit('">')]
    return _written(numbered, [opened, *made, [pl.lit("</row>")]])


#: Columns beside the cells: the row's number as text, and how many rows stand above it.
_ROW, _ABOVE = "row", "above"


def _shared(name: str, index: pl.Expr) -> list[pl.Expr]:
    """Give a cell that points to an entry of the table of shared strings."""
    return _cell(name, ' t="s"><v>', index.cast(pl.String), "</v></c>")


def _inline(name: str, text: pl.Series) -> list[pl.Expr]:
    """Give a cell that holds its own text."""
    opened = f' t="inlineStr"><is><t{preserving(text)}>'
    return _cell(name, opened, pl.col(text.name), "</t></is></c>")


def _number(name: str, text: pl.Series) -> list[pl.Expr]:
    """Give a number cell; digits that a number would not keep stay a text."""
    digits = pl.col(text.name)
    number = pl.concat_str(_cell(name, "><v>", digits, "</v></c>"))
    keeps = digits.str.contains(_SAFE_NUMBER)
    return [pl.when(keeps).then(number).otherwise(pl.concat_str(_inline(name, text)))]


def _cell(name: str, opened: str, value: pl.Expr, closed: str) -> list[pl.Expr]:
    """Give a cell in the column `name`, as Excel names it."""
    return [pl.lit(f'<c r="{name}'), pl.col(_ROW), pl.lit(f'"{opened}'), value, pl.lit(closed)]


def _written(texts: pl.DataFrame, parts: list[list[pl.Expr]]) -> memoryview:
    """Join the parts of each row to a line, and the lines to bytes."""
    lines = BytesIO()
    joined = pl.concat_str(part for group in parts for part in group)
    texts.select(joined).write_csv(lines, include_header=False, quote_style="never")
    return lines.getbuffer()
