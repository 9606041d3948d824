"""The sheet as typed: every cell as text, its rows numbered, its columns by Excel's letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe.errors import ColumnsError, SheetError, UsageError
from msgframe.frames import REJECTS_COLUMNS, quoted
from msgframe.recipients.headers import OURS, known_letters
from msgframe.recipients.models import first_line
from msgframe.spreadsheets import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TypedSheet:
    """What a person typed, and where."""

    #: `row` u32, then the person's columns, all text.
    text: pl.DataFrame
    #: Excel's letters of the columns whose place is known.
    letters: Mapping[str, str]


def typed_sheet(
    source: pl.DataFrame | Reading,
    letters: Mapping[str, str] | None = None,
    *,
    verb: str,
    rejects_columns: bool = False,
) -> TypedSheet:
    """Take a reading, or a frame, as the sheet that a person typed.

    A reading knows its letters; for a frame see `known_letters`. What a workbook of rejects has
    beside the person's columns is left out, unless `rejects_columns`.
    """
    if isinstance(source, Reading):
        letters = source.letters if letters is None else letters
    sheet = _frame(source, verb)
    known = known_letters(sheet, letters)
    if not rejects_columns:
        sheet = sheet.drop(REJECTS_COLUMNS, strict=False)
    return TypedSheet(_as_text(sheet), known)


def _frame(source: Any, verb: str) -> pl.DataFrame:
    """Give the frame of a source if it has rows, else say what is wrong with it."""
    match source:
        case Reading():
            return _frame(source.sheet, verb)
        case pl.DataFrame() if source.is_empty():
            headers = [name for name in source.columns if name not in OURS]
            raise SheetError(
                f"{verb}() got a sheet without a row. Its headers are {quoted(headers) or 'none'}."
            )
        case pl.DataFrame():
            return source
        case pl.LazyFrame():
            raise UsageError(f"{verb}() decides, so it takes a DataFrame: sheet.collect().")
        case _:
            raise UsageError(
                f"{verb}() takes what read() gave, or a polars DataFrame, not "
                f"{type(source).__name__}."
            )


def _as_text(sheet: pl.DataFrame) -> pl.DataFrame:
    if "row" not in sheet.columns:
        sheet = sheet.with_row_index("row", offset=2)
    try:
        return sheet.with_columns(pl.col("row").cast(pl.UInt32), pl.exclude("row").cast(pl.String))
    except pl.exceptions.PolarsError as error:
        raise ColumnsError(f"The sheet cannot be taken as text: {first_line(error)}") from None
