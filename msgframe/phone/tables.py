"""The tables of this room: shipped for one version of `phonenumbers`, rebuilt for any other.

The shipped tables carry the version that they were made from. Where the installed `phonenumbers` is
another version, its verdicts count: the tables are rebuilt from it once (a few seconds), and kept
in the user's cache folder. Where it is not installed, the shipped tables serve.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

Name = Literal["numbers", "countries", "names"]

#: Raised whenever the columns of a table change, so that no older cached one is read.
_EDITION = 1

#: Where the shipped tables lie.
SHIPPED = Path(__file__).parent

_log = logging.getLogger(__name__)


@cache
def table(name: Name) -> pl.DataFrame:
    """Give a table of this room, for the installed `phonenumbers`."""
    return load(name, wanted=metadata_version(), cache=_cache_folder())


def load(name: Name, /, *, wanted: str, cache: Path) -> pl.DataFrame:
    """Give a table as shipped if it was made from the `wanted` version, else from the cache.

    What the cache does not hold (or holds torn) is rebuilt and kept there.
    """
    if wanted == shipped_version():
        return pl.read_parquet(SHIPPED / f"{name}.parquet")
    kept = cache / f"{name}-{wanted}-{_EDITION}.parquet"
    try:
        return pl.read_parquet(kept)
    except (OSError, pl.exceptions.PolarsError):
        _log.info("rebuilding the table of %s for phonenumbers %s", name, wanted)
        return _keep(builders()[name](), kept, wanted)


def metadata_version() -> str:
    """Give the version of libphonenumber's metadata that answers.

    >>> metadata_version()
    '9...'
    """
    try:
        return version("phonenumbers")
    except PackageNotFoundError:
        return shipped_version()


@cache
def shipped_version() -> str:
    """Give the version of `phonenumbers` that the shipped tables were made from."""
    return pl.read_parquet_metadata(SHIPPED / "numbers.parquet")["phonenumbers"]


def builders() -> dict[Name, Callable[[], pl.DataFrame]]:
    """Give what builds each table."""
    from msgframe.phone import build_tables

    return {
        "numbers": build_tables.build_numbers,
        "countries": build_tables.build_countries,
        "names": build_tables.build_names,
    }


def write(frame: pl.DataFrame, path: Path, *, made_from: str) -> None:
    """Write a table with the version of its metadata, complete or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    stamp = {"phonenumbers": made_from}
    frame.write_parquet(part, compression="zstd", compression_level=22, metadata=stamp)
    part.replace(path)


def _keep(frame: pl.DataFrame, path: Path, made_from: str) -> pl.DataFrame:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(frame, path, made_from=made_from)
    except OSError as error:
        # A home that cannot be written costs the few seconds again next time, and nothing else.
        _log.info("the rebuilt table cannot be kept: %s", error)
    return frame


def _cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "msgframe"
