"""Tables that are frames already: polars, pandas, Arrow, and the files of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe.core.a1 import column_letter
from msgframe.errors import SheetError
from msgframe.frames import quoted
from msgframe.spreadsheets.findings import Finding, odd_texts, of_cells
from msgframe.spreadsheets.tables import Table

if TYPE_CHECKING:
    from msgframe.spreadsheets.sources import Limits, ReadOptions, Source


def is_frame(value: object) -> bool:
    """Tell whether something is a frame: polars', pandas', or any that speaks Arrow.

    >>> is_frame(pl.DataFrame()), is_frame("people.csv")
    (True, False)
    """
    speaks = hasattr(value, "__arrow_c_stream__") or hasattr(value, "__dataframe__")
    return isinstance(value, (pl.DataFrame, pl.LazyFrame)) or speaks


def of_frame(value: Any, options: ReadOptions) -> Table:
    """Take a frame as a table: all columns as text, rows counted from 1.

    A frame that has `row` already, as `read` gives it, keeps those numbers.

    Raises
    ------
    SheetError
        Where a column cannot be text, or the frame is too large.
    """
    frame = _polars(value)
    if frame.width == 0:
        raise SheetError("The frame has no column.")
    _refuse_large(frame.height, frame.width, "The frame", options.limits)
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    if nested:
        raise SheetError(f"The frame's columns {quoted(nested)} hold lists or records, not cells.")
    row_index = options.row_index
    texts = frame.select(_text(name, frame) for name in frame.columns if name != row_index)
    letters = {name: column_letter(index) for index, name in enumerate(texts.columns)}
    if row_index is None:
        return Table(texts, letters, [])
    rows = _rows(frame, row_index)
    odd = odd_texts(rows, {letters[name]: texts[name] for name in texts.columns})
    return Table(texts.insert_column(0, rows), letters, [*_of_floats(frame), *of_cells(odd, None)])


def of_file(source: Source, kind: str, options: ReadOptions) -> Table:
    """Read a parquet or Arrow file as a table.

    Raises
    ------
    SheetError
        Where the file is damaged or too large.
    """
    file, name = source.scannable(), source.name
    try:
        scan = pl.scan_parquet(file, glob=False) if kind == "parquet" else pl.scan_ipc(file)
        width = len(scan.collect_schema())
        height = scan.select(pl.len()).collect().item()
        _refuse_large(height, width, name, options.limits)
        return of_frame(scan.collect(), options)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise SheetError(f"{name} is a damaged {kind} file: {reason}.") from None
    except pl.exceptions.PanicException:
        raise SheetError(f"{name} is a damaged {kind} file. Get the file again.") from None


def _refuse_large(height: int, width: int, where: str, limits: Limits) -> None:
    if height * width > limits.cells:
        raise SheetError(
            f"{where} is too large: {height:,} rows × {width:,} columns; "
            f"{limits.cells:,} cells are allowed. Raise Limits(cells=…) if it is yours."
        )


def _polars(value: Any) -> pl.DataFrame:
    if isinstance(value, (pl.DataFrame, pl.LazyFrame)):
        return value.lazy().collect()
    if hasattr(value, "to_dict") and type(value).__module__.startswith("pandas"):
        return _pandas(value)
    return pl.DataFrame(value)


def _pandas(frame: Any) -> pl.DataFrame:
    """Take pandas' columns one by one: its own way through Arrow needs pyarrow."""
    columns = {
        str(name): pl.Series(
            values.astype(object).where(values.notna(), None).tolist(), strict=False
        )
        for name, values in frame.items()
    }
    if len(columns) < frame.shape[1]:
        raise SheetError("The frame has two columns of one name; rename one of them.")
    return pl.DataFrame(columns)


def _rows(frame: pl.DataFrame, name: str) -> pl.Series:
    if name in frame.columns and frame[name].dtype.is_integer():
        return frame[name].cast(pl.UInt32)
    if name in frame.columns:
        raise SheetError(
            f"The frame has a column {name!r} that holds no row numbers; read() adds one of that "
            f"name. Rename it first: frame.rename({{{name!r}: 'my_{name}'}})."
        )
    return pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True).alias(name)


def _text(name: str, frame: pl.DataFrame) -> pl.Expr:
    column, dtype = pl.col(name), frame.schema[name]
    if dtype == pl.Boolean:
        return pl.when(column).then(pl.lit("TRUE")).when(~column).then(pl.lit("FALSE")).alias(name)
    if dtype.is_float():
        whole = (column == column.floor()) & (column.abs() < 1e15)
        digits = column.cast(pl.Int64, strict=False).cast(pl.String)
        return pl.when(whole).then(digits).otherwise(column.cast(pl.String)).alias(name)
    if dtype == pl.Datetime:
        return column.dt.strftime("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return column.cast(pl.String, strict=dtype != pl.Binary)


def _of_floats(frame: pl.DataFrame) -> list[Finding]:
    """Say that whole floats lost their `.0`: pandas makes floats of numbers beside a blank."""
    names = [
        name
        for name, dtype in frame.schema.items()
        if dtype.is_float() and frame[name].drop_nans().len() and (frame[name] % 1 == 0).any()
    ]
    if not names:
        return []
    return [Finding("whole_floats", len(names), facts={"names": quoted(names)})]
