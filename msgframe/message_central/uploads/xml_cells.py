"""Cells as polars expressions: a column of values becomes a column of XML."""

from __future__ import annotations

from io import BytesIO
from typing import TypeAlias

import polars as pl

from msgframe.core.a1 import column_letter

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
    texts = texts.select(escaped(text) for text in texts)
    return _written(texts, [part for text in texts for part in _string("si", text)])


def rows(texts: pl.DataFrame, first: int, *, shared: list[str], numbers: list[str]) -> memoryview:
    """Give the rows of a batch.

    Parameters
    ----------
    texts
        The cells.
    first
        The number of the batch's first row in the sheet, from 1.
    shared
        Columns whose texts stand in the table of shared strings, in its order. Their own values
        are not looked at.
    numbers
        Columns of number cells; all others hold their own text.
    """
    row = pl.int_range(first, first + texts.height, eager=True)
    held = {text.name: escaped(text) for text in texts if text.name not in shared}
    numbered = pl.DataFrame({_ROW: row.cast(pl.String), _ABOVE: row - 1} | held)
    cells: list[Part] = []
    for name, column in zip(texts.columns, map(column_letter, range(texts.width)), strict=True):
        if name in shared:
            index = pl.col(_ABOVE) * len(shared) + shared.index(name)
            cells += _cell(column, ' t="s"', ["<v>", index.cast(pl.String), "</v>"])
        elif name in numbers:
            cells += [_number(column, held[name])]
        else:
            cells += _inline(column, held[name])
    return _written(numbered, ['<row r="', pl.col(_ROW), '">', *cells, "</row>"])


#: What a row is joined from: literal XML, and the columns in between.
Part: TypeAlias = str | pl.Expr

#: Columns beside the cells: the row's number as text, and how many rows stand above it.
_ROW, _ABOVE = "row", "above"


def _inline(column: str, text: pl.Series) -> list[Part]:
    """Give a cell that holds its own text."""
    return _cell(column, ' t="inlineStr"', _string("is", text))


def _number(column: str, text: pl.Series) -> pl.Expr:
    """Give a number cell; digits that a number would not keep stay a text."""
    digits = pl.col(text.name)
    number = _joined(_cell(column, "", ["<v>", digits, "</v>"]))
    return (
        pl.when(digits.str.contains(_SAFE_NUMBER))
        .then(number)
        .otherwise(_joined(_inline(column, text)))
    )


def _cell(column: str, kind: str, content: list[Part]) -> list[Part]:
    """Give a cell in a column of Excel's."""
    return [f'<c r="{column}', pl.col(_ROW), f'"{kind}>', *content, "</c>"]


def _string(tag: str, text: pl.Series) -> list[Part]:
    """Give a text in its tag: an entry of the table, or what a cell itself holds."""
    return [f"<{tag}><t{preserving(text)}>", pl.col(text.name), f"</t></{tag}>"]


def _joined(parts: list[Part]) -> pl.Expr:
    """Join parts, literals that touch first: a row has half as many pieces then."""
    merged: list[Part] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return pl.concat_str(pl.lit(part) if isinstance(part, str) else part for part in merged)


def _written(texts: pl.DataFrame, parts: list[Part]) -> memoryview:
    """Join the parts of each row to a line, and the lines to bytes."""
    lines = BytesIO()
    texts.select(_joined(parts)).write_csv(lines, include_header=False, quote_style="never")
    return lines.getbuffer()
