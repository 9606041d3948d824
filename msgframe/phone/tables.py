"""The tables of this room: libphonenumber's answers, built by `data/build_phone_tables.py`.

- `numbers`, the number line: `start` i64, `country_code`, `region` and `type` str. A row holds for
  the MSISDNs from its `start` up to the next row's.
- `countries`, a row a calling code: `country_code`, `prefix`, `trunk`, `trunk_rule` and `abroad`
  str; `shortest` and `longest` u8, digits of a mobile national number.
- `names`: the spellings of countries, `name` in lower case and `country_code`, str.

The tables are data of this package: no library is asked when they are read.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import polars as pl

_FOLDER = Path(__file__).parent


@cache
def table(name: Literal["numbers", "countries", "names"]) -> pl.DataFrame:
    """Give a table of this room."""
    return pl.read_parquet(_FOLDER / f"{name}.parquet")


@cache
def metadata_version() -> str:
    """Give the version of libphonenumber's metadata that answers.

    >>> metadata_version()
    '9...'
    """
    return pl.read_parquet_metadata(_FOLDER / "numbers.parquet")["phonenumbers"]
