"""Callbacks as a file, the way a person would download them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgframe.errors import UseError

if TYPE_CHECKING:
    import polars as pl


def write(callbacks: pl.DataFrame, path: str | Path) -> Path:
    """Write a frame of callbacks, its kind by the suffix; the file is there whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(callbacks, beside, path.suffix.casefold())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _write(callbacks: pl.DataFrame, path: Path, suffix: str) -> None:
    match suffix:
        case ".jsonl" | ".ndjson":
            callbacks.write_ndjson(path)
        case ".json":
            callbacks.write_json(path)
        case ".csv":
            callbacks.write_csv(path)
        case ".parquet":
            callbacks.write_parquet(path)
        case ".xlsx":
            _write_workbook(callbacks, path)
        case _:
            raise UseError(
                f"export() does not know {suffix or 'a file without a suffix'!r}. "
                "Name the file .jsonl, .json, .csv, .xlsx or .parquet."
            )


def _write_workbook(callbacks: pl.DataFrame, path: Path) -> None:
    from msgframe import workbooks

    made = path.with_suffix(".xlsx")
    workbooks.tables({"callbacks": callbacks}, made)
    made.replace(path)
