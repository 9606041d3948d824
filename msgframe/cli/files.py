"""The files that the commands hand to each other, and the list of who must not be texted."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import msgframe as mf
from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError


def write_parquet(frame: pl.DataFrame, path: Path) -> Path:
    """Write a frame, complete or not at all."""
    with atomic_write(path) as target:
        frame.write_parquet(target)
    return path


def read_parquet(path: str | Path) -> pl.DataFrame:
    """Read a frame that a command wrote."""
    try:
        return pl.read_parquet(path)
    except FileNotFoundError as failed:
        raise UsageError(f"There is no file {path}.") from failed
    except pl.exceptions.ComputeError as failed:
        raise UsageError(f"{path} is not a parquet file that msgframe wrote.") from failed


def read_numbers(path: Path) -> Path | pl.DataFrame:
    """Give a list of numbers as `check` takes it: a workbook is read first."""
    return path if path.suffix.lower() in {".txt", ".csv", ".parquet"} else mf.read(path).sheet
