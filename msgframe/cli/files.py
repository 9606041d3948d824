"""The files that the commands hand to each other."""

from __future__ import annotations

from pathlib import Path

import polars as pl

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
