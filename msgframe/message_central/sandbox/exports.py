"""Callbacks as a file, the way a person would download them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgframe.core import atomic_files
from msgframe.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".xlsx", ".parquet")


def write(callbacks: pl.DataFrame, path: str | Path) -> Path:
    """Write a frame of callbacks, its kind by the suffix of `path`.

    Raises
    ------
    UsageError
        If the suffix is none of `SUFFIXES`.
    """
    path = Path(path)
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"export() cannot tell from {path.name!r} what to write. "
            f"End the name in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        )
    with atomic_files.atomic_write(path) as beside:
        _write(callbacks, beside, suffix)
    return path


def _write(callbacks: pl.DataFrame, path: Path, suffix: str) -> None:
    match suffix:
        case ".json":
            callbacks.write_json(path)
        case ".csv":
            callbacks.write_csv(path)
        case ".parquet":
            callbacks.write_parquet(path)
        case ".xlsx":
            from msgframe.spreadsheets import write_tables

            write_tables({"callbacks": callbacks}, path)
        case _:
            callbacks.write_ndjson(path)
