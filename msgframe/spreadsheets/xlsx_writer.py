"""How workbooks for people are written, with XlsxWriter.

Text is written as text, always: a cell that looks like a formula or a link stays what it is. Every
file is complete or absent, and equal content gives equal bytes. XlsxWriter takes cells one by one,
a minute or two for 1,000,000 rows of five; what is sent to the vendor, `message_central` writes.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl
import xlsxwriter
import xlsxwriter.exceptions

from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: What one sheet and one cell of an xlsx file can hold (ECMA-376, as Excel has it).
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767

#: Beyond eleven digits Excel shows a number as 9.19817E+11, so longer ones are written as text.
_LONGEST_NUMBER = 10**11

#: The moment that every file says it was made at, so that equal content gives equal bytes.
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  (XlsxWriter writes it as it stands)

#: How many rows become Python objects at a time: XlsxWriter takes cells one by one.
_BATCH = 10_000


def write_tables(tables: Mapping[str, pl.DataFrame], path: str | Path) -> Path:
    """Write frames as the sheets of one workbook: headers frozen and filtered, columns fitted.

    Parameters
    ----------
    tables
        The name of each sheet and its frame; a frame longer than a sheet goes on in a next one.
    path
        Where to; a file that is there is replaced, complete or not at all.

    Numbers stay numbers, moments become Excel's own (in UTC), lists are joined by commas, and text
    is text whatever it looks like. Text past Excel's 32,767 characters ends in "…".
    """
    if not tables:
        raise UsageError(
            "write_tables() needs one frame at least: write_tables({'deliveries': frame}, path)."
        )
    with open_workbook(path) as workbook:
        for name, frame in tables.items():
            for part in list(frame.iter_slices(MAX_ROWS - 1)) or [frame]:
                write_sheet(workbook, name, part)
    return Path(path)


@contextmanager
def open_workbook(path: str | Path) -> Iterator[xlsxwriter.Workbook]:
    """Give a workbook that is at `path` when the block ends well, and nowhere when it does not."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    # XlsxWriter writes each part to a file of its own first, and leaves those where it fails.
    with atomic_write(path) as beside, TemporaryDirectory(prefix="msgframe-") as parts:
        workbook = xlsxwriter.Workbook(beside, {**options, "tmpdir": parts})
        workbook.set_properties({"created": _MADE})
        try:
            yield workbook
            workbook.close()
        except xlsxwriter.exceptions.FileCreateError as wrapped:
            raise wrapped.args[0] from None  # the OSError says what went wrong, and is known
        finally:
            if not workbook.fileclosed:
                with suppress(Exception):  # what went wrong is on its way already
                    workbook.close()


def sheet_name(workbook: xlsxwriter.Workbook, name: str) -> str:
    """Give a name that Excel takes for a sheet: short, without its marks, not used yet."""
    bare = "".join("-" if mark in "[]:*?/\\" else mark for mark in name).strip("'")[:31] or "Sheet"
    taken = {sheet.get_name().casefold() for sheet in workbook.worksheets()}
    tries = (bare if n == 1 else f"{bare[:27]} {n}" for n in range(1, 1_000))
    return next(name for name in tries if name.casefold() not in taken)


def write_sheet(
    workbook: xlsxwriter.Workbook,
    name: str,
    frame: pl.DataFrame,
    *,
    formats: Mapping[str, str] | None = None,
    headers: Sequence[str] | None = None,
) -> Worksheet:
    """Write a frame as a sheet: bold headers that stay in view and filter, columns fitted.

    `formats` are Excel's number formats by column; names that the frame does not have are let be.
    `headers` are what the columns are called on the sheet, where that is not their own name.
    """
    sheet = workbook.add_worksheet(sheet_name(workbook, name))
    bold = workbook.add_format({"bold": True, "bottom": 1})
    moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    shown = readable(frame)
    heads = headers or shown.columns
    for at, (header, width) in enumerate(zip(heads, column_widths(shown, heads), strict=True)):
        code = (formats or {}).get(shown.columns[at])
        sheet.set_column(at, at, width, code and workbook.add_format({"num_format": code}))
        sheet.write_string(0, at, header[:MAX_TEXT], bold)
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{max(frame.height, 1) + 1}"})
    fit_page(sheet)
    if shown.width:
        sheet.autofilter(0, 0, max(shown.height, 1), shown.width - 1)
    writers = [_writer(sheet, dtype, moment) for dtype in shown.dtypes]
    for number, row in enumerate(iter_rows(shown), 1):
        for at, (write, value) in enumerate(zip(writers, row, strict=True)):
            if value is not None:
                write(number, at, value)
    return sheet


def fit_page(sheet: Worksheet) -> None:
    """Let a sheet be printed across, all columns on a page."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def iter_rows(
    frame: pl.DataFrame, advance: Callable[[int], None] | None = None
) -> Iterator[tuple[Any, ...]]:
    """Give the rows one by one, a batch of them as Python objects at a time."""
    for batch in frame.iter_slices(_BATCH):
        yield from batch.rows()
        if advance is not None:
            advance(batch.height)


def readable(frame: pl.DataFrame) -> pl.DataFrame:
    """Give each column in a form that a cell can hold: number, boolean, moment, or text."""
    return frame.select(_readable(frame[name]) for name in frame.columns)


def column_widths(
    frame: pl.DataFrame, headers: Sequence[str] | None = None, *, most: int = 60
) -> list[int]:
    """Give the width of each column in characters, from its header and its longest value."""
    longest = frame.select(pl.all().cast(pl.String, strict=False).str.len_chars().max())
    cells = longest.row(0) if frame.width else ()
    return [
        min(max(len(name), cell or 0) + 3, most)
        for name, cell in zip(headers or frame.columns, cells, strict=True)
    ]


def _readable(column: pl.Series) -> pl.Series:
    match column.dtype:
        case pl.List():
            inner = column.cast(pl.List(pl.String))
            return inner.list.join(", ")
        case pl.Duration():
            return (column.dt.total_milliseconds() / 1000).alias(column.name)
        case pl.Datetime():
            utc = column.dt.convert_time_zone("UTC") if column.dtype.time_zone else column
            return utc.dt.replace_time_zone(None)
        case dtype if dtype.is_numeric() and not _too_long(column):
            return column
        case pl.Boolean():
            return column
        case pl.Struct():
            return column.struct.json_encode()
        case _:
            text = column.cast(pl.String)
            cut = text.str.head(MAX_TEXT - 1) + "…"
            return text.zip_with((text.str.len_chars() <= MAX_TEXT).fill_null(value=True), cut)


def _too_long(column: pl.Series) -> bool:
    """Tell whether Excel would show a number otherwise than it is."""
    longest = column.cast(pl.Float64).abs().max() if column.dtype.is_integer() else None
    return isinstance(longest, float) and longest >= _LONGEST_NUMBER


def _writer(sheet: Worksheet, dtype: pl.DataType, moment: Format) -> Callable[..., Any]:
    match dtype:
        case pl.Datetime():
            return lambda row, at, value: sheet.write_datetime(row, at, value, moment)
        case pl.Boolean():
            return sheet.write_boolean  # type: ignore[no-any-return]
        case _ if dtype.is_float():
            return lambda row, at, value: _write_float(sheet, row, at, value)
        case _ if dtype.is_numeric():
            return sheet.write_number  # type: ignore[no-any-return]
        case _:
            return sheet.write_string  # type: ignore[no-any-return]


def _write_float(sheet: Worksheet, row: int, at: int, value: float) -> None:
    """Write a number, or in words what Excel has no number for."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  (NaN is not itself)
        sheet.write_string(row, at, str(value))
    else:
        sheet.write_number(row, at, value)
