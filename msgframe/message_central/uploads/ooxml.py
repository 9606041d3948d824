"""The XML of a workbook: parts that no row changes, and cells as polars expressions.

ECMA-376, part 1, at its plainest. A column of values becomes a column of XML, a row a line of it.
"""

from __future__ import annotations

from io import BytesIO
from typing import TypeAlias

import polars as pl

from msgframe.core.a1 import column_letter

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELS = "application/vnd.openxmlformats-package.relationships+xml"

SHEET = "xl/worksheets/sheet1.xml"
SHARED = "xl/sharedStrings.xml"

SHEET_CLOSE = "</sheetData></worksheet>"
SHARED_CLOSE = "</sst>"

_WORKBOOK = (
    f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)

_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)

#: The parts beside the sheet: path, kind as its content type and its relation name it.
_PARTS = {
    "workbook": ("xl/workbook.xml", "sheet.main"),
    "sheet": (SHEET, "worksheet"),
    "styles": ("xl/styles.xml", "styles"),
    "shared": (SHARED, "sharedStrings"),
}

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

#: What a row is joined from: literal XML, and the columns in between.
Part: TypeAlias = str | pl.Expr

#: Columns beside the cells: the row's number as text, and how many rows stand above it.
_ROW, _ABOVE = "row", "above"


def fixed(*, shared: bool) -> dict[str, str]:
    """Give the parts that do not depend on the rows, by path, in the order of the archive."""
    names = ["workbook", "sheet", "styles", *(["shared"] if shared else [])]
    inner = [_PARTS[name] for name in names if name != "workbook"]
    return {
        "[Content_Types].xml": _content_types([_PARTS[name] for name in names]),
        "_rels/.rels": _relations([("xl/workbook.xml", "officeDocument")]),
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _relations(
            [(path.removeprefix("xl/"), kind) for path, kind in inner]
        ),
        "xl/styles.xml": _STYLES,
    }


def sheet_open(last_cell: str) -> str:
    """Open the sheet, whose cells lie between A1 and `last_cell`."""
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{last_cell}"/><sheetData>'


def shared_open(count: int) -> str:
    """Open the table of shared strings. One cell, one string: nobody counts repeats."""
    return f'{_HEAD}<sst xmlns="{_MAIN}" count="{count}" uniqueCount="{count}">'


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


def _content_types(parts: list[tuple[str, str]]) -> str:
    overrides = "".join(
        f'<Override PartName="/{path}" ContentType="{_XLSX}.{kind}+xml"/>' for path, kind in parts
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{_RELS}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(targets: list[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{path}"/>'
        for n, (path, kind) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


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
