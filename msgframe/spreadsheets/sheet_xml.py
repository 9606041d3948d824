"""A sheet's XML as columns of text: split, matched and gathered by polars, some 4 MiB at a time.

Excel and the libraries spell a cell in one way: `<c r="B2" s="1" t="s"><v>7</v></c>`. The fast path
reads just that spelling, and raises `NotFastPath` at whatever it cannot vouch for; the sheet is
then spelt out again by a real XML parser (`xml.canonical`) and read a second time.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from msgframe.core.a1 import column_index
from msgframe.errors import SheetError
from msgframe.spreadsheets.findings import ODD_CELLS
from msgframe.spreadsheets.series import scatter_text
from msgframe.spreadsheets.shared_strings import (
    ITEM,
    NotFastPath,
    as_text,
    cut,
    in_threads,
    refuse_encoding,
    runs,
)
from msgframe.spreadsheets.sources import EXCEL_COLUMNS, EXCEL_ROWS, MIB
from msgframe.spreadsheets.tables import Grid
from msgframe.spreadsheets.values import SheetContext, cell_types, with_text, with_text_formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What stands before the first row, and after the last, holds columns and merged cells: small.
_EDGE = 16 * MIB

_CELL = r'^([A-Z]{1,3})([0-9]{1,7})"([^>]*)>(?:<v>([^<]*)</v></c>)?'
_FORMULA = r"(?:<f(?:\s[^>]*)?/>|<f(?:\s[^>]*)?>[^<]*</f>)"
_ROWS = r"(?:<row\s[^<>]*/>\s*|<row\s[^<>]*>\s*</row>\s*)*(?:<row\s[^<>]*[^/<>]>\s*)?"
_BETWEEN = rf"\s*(?:</row>\s*{_ROWS})?"
_OTHER = (
    rf"(?s)^[^<>]*>({_FORMULA})?(?:<v\s*/>|<v(?:\s[^>]*)?>([^<]*)</v>)?"
    rf"(?:<is\s*/>|<is>(.*?)</is>)?(?:<extLst>.*?</extLst>|<extLst/>)?</c>{_BETWEEN}$"
)
_CLOSED = rf"^[^<>]*/>{_BETWEEN}$"
_ENDED = rf"^[^<>]*><v>[^<]*</v></c>{_BETWEEN}$"
_ROW = re.compile(rb"<row\s[^>]*>")


def read_grid(blocks: Iterable[bytes], context: SheetContext) -> Grid:
    """Read a sheet's cells.

    Raises
    ------
    NotFastPath
        Where the fast way cannot vouch for what it reads.
    SheetError
        Where the sheet is damaged or asks for more than its limits.
    """
    sections = _Sections(blocks)
    pieces: list[_Piece] = []
    filled, size, letters, formats, height = 0, 0, set[str](), set[str](), 0
    for piece in in_threads(
        partial(_piece, context=context), cut(sections, b"<row ", context.where)
    ):
        pieces.append(piece)
        height, filled = height + piece.cells.height, filled + piece.filled
        letters |= set(piece.cells.columns[1:])
        formats |= piece.formats
        size += piece.size
        context.refuse_text(size, context.limits.text_bytes)
        _refuse_formats(len(formats), context)
        _refuse_size(height, len(letters), filled, context)
    sections.finish()
    cells = _joined([piece.cells for piece in pieces], context.where)
    hidden = pl.concat([_NO_ROWS, *(piece.hidden for piece in pieces)])
    return Grid(
        cells=cells,
        odd=pl.concat([_NO_ODD_CELLS, *(piece.odd for piece in pieces)]),
        hidden_rows=cells["row"] if sections.rows_hidden_by_default else hidden,
        hidden_columns=sections.hidden_columns,
        merged=sections.merged,
        filtered=b"<filterColumn" in sections.tail,
    )


class _Piece(NamedTuple):
    cells: pl.DataFrame
    odd: pl.DataFrame
    hidden: pl.Series
    formats: frozenset[str] = frozenset()
    filled: int = 0
    size: int = 0


_NO_ROWS = pl.Series("row", dtype=pl.UInt32)
_NO_ODD_CELLS = pl.DataFrame(schema=ODD_CELLS)


class _Sections:
    """The blocks of a sheet's rows; what stands before and after them is kept aside."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._head = b""
        self.tail = bytearray()
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        held = self._begin()
        for block in () if self._ended else chain([b""], self._blocks):
            held += block
            rows, end, tail = held.partition(_END)
            if end:
                self._ended = True
                self.tail += tail
                yield rows
                return
            # The end's own tag may lie across two blocks.
            held = held[-len(_END) :]
            yield rows[: len(rows) - len(held)]

    def finish(self) -> None:
        """Take the rest of the part: the stream checks its sum only at its end."""
        if not self._ended:
            raise NotFastPath
        for block in self._blocks:
            if len(self.tail) < _EDGE:
                self.tail += block
        if b"<!" in self.tail or b"<!" in self._head:
            raise NotFastPath

    @property
    def rows_hidden_by_default(self) -> bool:
        return re.search(rb'<sheetFormatPr [^>]*zeroHeight="(1|true)"', self._head) is not None

    @property
    def hidden_columns(self) -> list[tuple[int, int]]:
        return [
            (_attribute(column, b"min") - 1, _attribute(column, b"max") - 1)
            for column in re.findall(rb"<col\s[^>]*>", self._head)
            if re.search(rb'\s(?:hidden="(?:1|true)"|width="0(?:\.0*)?")', column)
        ]

    @property
    def merged(self) -> list[str]:
        references = re.findall(rb'<mergeCell\s[^>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"', self.tail)
        return [reference.decode() for reference in references]

    def _begin(self) -> bytes:
        for block in self._blocks:
            self._head += block
            if len(self._head) > _EDGE:
                break
            head, begin, rows = self._head.partition(b"<sheetData>")
            if begin:
                self._head = head
                refuse_encoding(head[:1024])
                return rows
        head, empty, tail = self._head.partition(b"<sheetData/>")
        if not empty:
            raise NotFastPath
        self._head, self._ended = head, True
        self.tail += tail
        return b""


_END = b"</sheetData>"

#: From so many cells on, one in 64 must be filled.
_SCATTERED = 4 * MIB


def _piece(chunk: bytes, context: SheetContext) -> _Piece:
    cells = _split(chunk)
    if cells.is_empty():
        return _Piece(pl.DataFrame(schema={"row": pl.UInt32}), _NO_ODD_CELLS, _hidden(chunk))
    types = cell_types(cells["attributes"], context)
    cells = cells.join(types, on="attributes", maintain_order="left").drop("attributes")
    formats = frozenset(cells["format"].unique())
    _refuse_formats(len(formats), context)
    cells, odd = with_text(cells, context)
    size = _text_size(cells, context)
    cells = with_text_formats(cells, context)
    _refuse_size(cells["row"].n_unique(), cells["letter"].n_unique(), len(cells), context)
    return _Piece(_wide(cells, context.where), odd, _hidden(chunk), formats, len(cells), size)


def _split(chunk: bytes) -> pl.DataFrame:
    """Give the cells of whole rows: letter, row, attributes, value, and if it has a formula."""
    pieces = as_text(chunk).str.split('<c r="').explode()
    if not pieces.head(1).str.contains(rf"^\s*{_ROWS}$").all():
        raise NotFastPath
    pieces = pieces.slice(1)
    cells = pieces.str.extract_groups(_CELL).struct.unnest()
    cells.columns = ["letter", "row", "attributes", "value"]
    length = pl.sum_horizontal(pl.col(cells.columns).str.len_bytes()) + _MARKUP
    read = cells.select(pl.when(pl.col("value").is_not_null()).then(length).otherwise(0))
    # All bytes are accounted for, or the fast way has missed something.
    longer = (pieces.str.len_bytes() != read.to_series()).arg_true()
    if cells["letter"].null_count():
        raise NotFastPath
    cells = cells.with_columns(pl.col("row").cast(pl.UInt32), formula=False)
    # What is longer is the last cell of its row, or holds more than a value.
    valued = cells["value"].gather(longer).is_not_null()
    if not pieces.gather(longer.filter(valued)).str.contains(_ENDED).all():
        raise NotFastPath
    others = longer.filter(~valued)
    return _with_others(cells, pieces.gather(others), others) if len(others) else cells


#: Bytes of `">`, `<v>`, `</v></c>` around what `_CELL` captures.
_MARKUP = 2 + 3 + 8


def _with_others(cells: pl.DataFrame, pieces: pl.Series, at: pl.Series) -> pl.DataFrame:
    """Fill in the cells that hold more than a value: formulas, inline texts, extensions."""
    closed = pieces.str.contains(_CLOSED)
    if not (closed | pieces.str.contains(_OTHER)).all():
        raise NotFastPath
    if closed.all():
        return cells
    others = pieces.str.extract_groups(_OTHER).struct.unnest()
    others.columns = ["formula", "value", "inline"]
    inline = others["inline"].is_not_null().arg_true()
    value = others["value"]
    if not inline.is_empty():
        inner = others["inline"].gather(inline)
        if not inner.str.contains(ITEM).all():
            raise NotFastPath
        value = scatter_text(value, inline, runs(inner))
    return cells.with_columns(
        value=scatter_text(cells["value"], at, value),
        formula=cells["formula"].scatter(at, others["formula"].is_not_null()),
    )


def _wide(cells: pl.DataFrame, where: str) -> pl.DataFrame:
    """Give cells in file order as one row a sheet row and one column a letter."""
    if not cells["row"].is_sorted():
        cells = cells.sort("row", maintain_order=True)
    cells = cells.select("letter", "row", "text", at=pl.col("row").rle_id())
    rows = cells["row"].unique(maintain_order=True)
    everywhere = pl.int_range(len(rows), dtype=pl.UInt32, eager=True)
    columns = {"row": rows}
    for (letter,), part in cells.partition_by("letter", as_dict=True).items():
        if len(part) == len(rows) and (part["at"] == everywhere).all():
            columns[str(letter)] = part["text"]
            continue
        if not part["at"].is_unique().all():
            raise SheetError(
                f"{where} is damaged: the cell {letter}"
                f"{part.filter(~part['at'].is_unique())['row'][0]} is there twice."
            )
        index = pl.repeat(None, len(rows), dtype=pl.UInt32, eager=True).scatter(
            part["at"], everywhere.head(len(part))
        )
        columns[str(letter)] = part["text"].gather(index)
    return pl.DataFrame(columns)


def _joined(pieces: list[pl.DataFrame], where: str) -> pl.DataFrame:
    """Join pieces of rows; columns in Excel's order, rows checked to be so."""
    pieces = [piece for piece in pieces if piece.height]
    if not pieces:
        return pl.DataFrame(schema={"row": pl.UInt32})
    cells = pl.concat(pieces, how="diagonal")
    letters = sorted(cells.columns[1:], key=lambda letter: (len(letter), letter))
    rows = cells["row"]
    if not (rows.diff().drop_nulls() > 0).all() or rows[0] < 1:
        raise SheetError(
            f"{where} is damaged: its rows are not in order. Open it in a spreadsheet program and "
            "save it again."
        )
    if rows[-1] > EXCEL_ROWS or (letters and column_index(letters[-1]) >= EXCEL_COLUMNS):
        raise SheetError(
            f"{where} has a cell past XFD1048576, where Excel's sheets end. It was refused."
        )
    return cells.select("row", *letters)


def _hidden(chunk: bytes) -> pl.Series:
    """Give the numbers of the hidden rows; most chunks have none and cost one search."""
    if b"hidden=" not in chunk:
        return _NO_ROWS
    rows = [row for row in _ROW.findall(chunk) if _HIDDEN.search(row)]
    return pl.Series("row", [_attribute(row, b"r") for row in rows], dtype=pl.UInt32)


_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')


def _attribute(tag: bytes, name: bytes) -> int:
    match = re.search(rb"\s" + name + rb'="([0-9]{1,8})"', tag)
    return int(match[1]) if match else 0


def _refuse_size(height: int, width: int, filled: int, context: SheetContext) -> None:
    where, limits = context.where, context.limits
    if height > EXCEL_ROWS:
        raise SheetError(f"{where} has over {EXCEL_ROWS:,} rows, where Excel's sheets end.")
    if height * width > limits.cells or width > limits.columns:
        raise SheetError(
            f"{where} is too large: {height:,} rows × {width:,} columns are in use; "
            f"{limits.cells:,} cells and {limits.columns:,} columns are allowed. Delete what is "
            "not part of the table, or raise Limits(cells=…, columns=…)."
        )
    if height * width > _SCATTERED and height * width > 64 * filled:
        raise SheetError(
            f"{where} has {filled:,} cells scattered over {height:,} rows × {width:,} columns, "
            "which is no table. Delete what is not part of one."
        )


def _refuse_formats(count: int, context: SheetContext) -> None:
    if count > context.limits.formats:
        raise SheetError(
            f"{context.where} uses over {context.limits.formats:,} number formats, more than "
            "Excel itself allows. If the file is yours, raise Limits(formats=…)."
        )


def _text_size(cells: pl.DataFrame, context: SheetContext) -> int:
    """Give the bytes of text; a long one that many cells share costs nothing until it is used."""
    lengths, most = cells["text"].str.len_bytes().fill_null(0), context.limits.cell_bytes
    longest = int(lengths.cast(pl.Int64).sort()[-1]) if len(lengths) else 0
    if longest > most:
        raise SheetError(
            f"{context.where} holds a cell of {longest:,} bytes; {most:,} are allowed."
        )
    size = int(lengths.cast(pl.UInt64).sum())
    context.refuse_text(size, context.limits.text_bytes)
    return size
