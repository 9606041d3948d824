"""How workbooks for people are written, with XlsxWriter.

Text is written as text, always: a cell that looks like a formula or a link stays what it is. Every
file is complete or absent, and equal content gives equal bytes. XlsxWriter takes cells one by one,
a minute or two for 1,000,000 rows of five; what is sent to the vendor, `message_central` writes.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl
import xlsxwriter
import xlsxwriter.exceptions

from msgframe.core.atomic_files import atomic_write
from msgframe.errors import DataError, UsageError
from msgframe.frames import RESERVED, quoted, require_columns

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

#: How people write the headers that the vendor numbers.
_VARIABLE = re.compile(r"(?i)\s*var[\s_-]*0*([1-9]\d{0,2})\s*")

#: How a report's figures are shown, by the name of their column.
_FORMATS = {"share": "0.0%", "seconds": "#,##0.0", "median_seconds": "#,##0.0", "lift": "0.0"}

#: The tables of a report that are drawn: the kind of chart, and its two columns.
_CHARTS = {
    "funnel": ("bar", "step", "rows"),
    "statuses": ("bar", "status", "messages"),
    "curve": ("scatter", "seconds", "delivered"),
}
_GREEN = "#2f8f6b"

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


def write_clean(
    accepted: pl.DataFrame,
    path: str | Path,
    /,
    *,
    variables: Sequence[str] | None = None,
    max_rows: int = 50_000,
    advance: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write accepted rows as the vendor's upload takes them: Country, Mobile, Var1, Var2 and so on.

    Parameters
    ----------
    accepted
        What `check` accepted, or what `render` made of it.
    path
        Where to. More rows than `max_rows` become `name-1-of-3.xlsx`, `name-2-of-3.xlsx`, …
    variables
        The columns that become Var1, Var2, …, in this order. By default what `render` numbered,
        and without it every column of the person's own.
    max_rows
        The most rows of one file; the vendor's limit is not published.
    advance
        Called with the number of rows after each file, for a bar of progress.

    Returns
    -------
    The files written, in the order of the rows.

    Raises
    ------
    DataError
        Where a value is longer than a cell of Excel holds: what is sent is never cut.
    """
    require_columns(accepted, ["country_code", "mobile"], verb="write_clean")
    if not 1 <= max_rows < MAX_ROWS:
        raise UsageError(
            f"write_clean(max_rows={max_rows}) must lie between 1 and {MAX_ROWS - 1:,}."
        )
    upload = _upload(accepted, variables).cast(pl.String)
    _refuse_cut(upload)
    parts = list(upload.iter_slices(max_rows)) or [upload]
    files = _file_names(Path(path), len(parts))
    for file, rows in zip(files, parts, strict=True):
        with open_workbook(file) as workbook:
            write_sheet(workbook, "Sheet1", rows)
        if advance is not None:
            advance(rows.height)
    return files


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of a report, in the reader's language."""

    #: What it is called.
    heading: str
    #: What its columns are called.
    headers: Sequence[str]
    #: Its cells, under the names by which the house knows the columns.
    frame: pl.DataFrame


def write_report(
    path: str | Path, /, *, name: str, lines: Sequence[str], tables: Mapping[str, ReportTable]
) -> Path:
    """Write a report: a first sheet in words, then each table under its heading.

    Parameters
    ----------
    path
        Where to; complete or absent.
    name
        What the report is called.
    lines
        The outcome in sentences.
    tables
        Each table by its own name.
    """
    with open_workbook(path) as workbook:
        _write_lines(workbook, name, lines)
        for key, each in tables.items():
            formats = {**_FORMATS, **({"delivered": "0.0%"} if key == "curve" else {})}
            sheet = write_sheet(
                workbook, each.heading, each.frame, formats=formats, headers=each.headers
            )
            if key in _CHARTS and each.frame.height > 1:
                _draw(workbook, sheet, each, _CHARTS[key])
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
    shown = frame.select(_readable(frame[name]) for name in frame.columns)
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


def _refuse_cut(upload: pl.DataFrame) -> None:
    longest = upload.select(pl.all().str.len_chars().max())
    cut = [name for name in upload.columns if (longest[name].item() or 0) > MAX_TEXT]
    if cut:
        raise DataError(
            f"write_clean() cannot write {quoted(cut)} whole: a cell of Excel holds {MAX_TEXT:,} "
            "characters. Shorten the values first."
        )


def _upload(accepted: pl.DataFrame, variables: Sequence[str] | None) -> pl.DataFrame:
    numbers = accepted.select(Country="country_code", Mobile="mobile")
    if variables is None and accepted.schema.get("variables") == pl.List(pl.String):
        listed = accepted["variables"]
        most = int(listed.list.len().max() or 0)  # type: ignore[arg-type]
        values = {n: listed.list.get(n - 1, null_on_oob=True) for n in range(1, most + 1)}
    else:
        require_columns(accepted, variables or [], verb="write_clean")
        numbered = _numbered(accepted) if variables is None else dict(enumerate(variables, 1))
        values = {n: accepted[name] for n, name in numbered.items()}
    blank = pl.lit(None, dtype=pl.String)
    last = max(values, default=0)
    return numbers.with_columns(values.get(n, blank).alias(f"Var{n}") for n in range(1, last + 1))


def _numbered(accepted: pl.DataFrame) -> dict[int, str]:
    """Give each column of the person's own its number: Var3 is the third, the rest come after."""
    own = [name for name in accepted.columns if name not in RESERVED | {"sheet"}]
    named = {int(match[1]): name for name in own if (match := _VARIABLE.fullmatch(name))}
    others = [name for name in own if name not in named.values()]
    return named | dict(enumerate(others, max(named, default=0) + 1))


def _file_names(path: Path, parts: int) -> list[Path]:
    if parts == 1:
        return [path]
    # "of 3" shows which files belong together, and which are of another day.
    return [path.with_stem(f"{path.stem}-{n}-of-{parts}") for n in range(1, parts + 1)]


def _write_lines(workbook: xlsxwriter.Workbook, name: str, lines: Sequence[str]) -> None:
    sheet = workbook.add_worksheet(sheet_name(workbook, name))
    sheet.set_column(0, 0, 110, workbook.add_format({"text_wrap": True, "valign": "top"}))
    sheet.write_string(0, 0, name, workbook.add_format({"bold": True, "font_size": 16}))
    for number, line in enumerate(lines, 2):
        sheet.write_string(number, 0, line)
    fit_page(sheet)


def _draw(
    workbook: xlsxwriter.Workbook, sheet: Worksheet, table: ReportTable, shape: tuple[str, str, str]
) -> None:
    """Put a chart to the right of its table, with the table's own cells behind it."""
    kind, *axes = shape
    smooth: dict[str, Any] = {"subtype": "straight"} if kind == "scatter" else {}
    chart = workbook.add_chart({"type": kind, **smooth})
    last, (across, up) = table.frame.height, map(table.frame.columns.index, axes)
    chart.add_series(
        {
            "categories": [sheet.get_name(), 1, across, last, across],
            "values": [sheet.get_name(), 1, up, last, up],
            "fill": {"color": _GREEN},
            "line": {"color": _GREEN, "width": 2},
            "gap": 40,
            **({"data_labels": {"value": True}} if kind == "bar" else {}),
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": sheet.get_name(), "name_font": {"size": 12, "bold": False}})
    if kind == "bar":
        chart.set_y_axis({"reverse": True})  # the first row on top, as in the table
        chart.set_x_axis({"visible": False, "min": 0, "major_gridlines": {"visible": False}})
    else:
        chart.set_x_axis({"log_base": 10, "min": 1, "name": table.headers[across]})
        chart.set_y_axis({"num_format": "0%", "min": 0, "max": 1})
    sheet.insert_chart(1, table.frame.width + 1, chart, {"x_scale": 1.2, "y_scale": 1.2})


def _readable(column: pl.Series) -> pl.Series:
    """Give a column in a form that a cell can hold: number, boolean, moment, or text."""
    match column.dtype:
        case pl.List():
            return column.cast(pl.List(pl.String)).list.join(", ")
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
