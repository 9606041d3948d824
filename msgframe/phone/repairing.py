"""The door `repair`: a sheet's country and mobile columns, read row by row without a row's loop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

import polars as pl

from msgframe.errors import UsageError
from msgframe.frames import require_columns
from msgframe.phone.candidates import first_sendable
from msgframe.phone.countries import read_countries
from msgframe.phone.diagnose import explain, suggest
from msgframe.phone.digits import REPAIRS, read_cells, repair_names
from msgframe.phone.expressions import lookup, range_index

__all__ = ["REPAIRS", "repair"]

Several = Literal["reject", "first"]

_COLUMNS = [
    "country_code",
    "mobile",
    "msisdn",
    "type",
    "region",
    "repairs",
    "rule",
    "suggestion",
]

#: Rows below which a thread more costs more than it saves.
_LEAST_SLICE = 50_000

#: Ten to the power of 0 to 18. A float's power is not exact.
_POWERS = pl.lit(pl.Series([10**exponent for exponent in range(19)]))

#: The least number of so many digits, for national numbers of 2 to 14; no value reaches the others.
_LEAST = pl.lit(
    pl.Series([10 ** (size - 1) if 2 <= size <= 14 else 2**63 - 1 for size in range(19)])
)


def repair(
    sheet: pl.DataFrame,
    /,
    *,
    mobile: str,
    country: str | None = None,
    default: str | None = None,
    several: Several = "reject",
) -> pl.DataFrame:
    """Read each row's number as people type it: mend what is sure, give a reason for the rest.

    Parameters
    ----------
    sheet
        Any frame; it stays as it is.
    mobile
        The column with the numbers, in whatever spelling.
    country
        The column with the countries: calling codes (91, +91, 0091, 91.0), ISO letters (IN), or
        names. None where the sheet has no such column.
    default
        The country where the cell is blank: a calling code, or two ISO letters.
    several
        What to do with a cell of several numbers: reject it, or take the first (and say so). To
        give each number a row of its own, `split` the sheet before.

    Returns
    -------
    A frame of the sheet's height and order:

    - `country_code`, `mobile` str, `msisdn` i64, `type` enum, `region` str: the number;
    - `repairs` list[str]: what was mended, by the names of `REPAIRS`;
    - `rule` str: null where the number can take a text; else why not, and no number is given:
      empty, no_country, letters, negative_number, scientific_notation, multiple_numbers,
      country_mismatch, too_short, too_long, not_mobile, invalid_number;
    - `suggestion` str: what was probably meant, as +E.164, where the rule leaves a likely guess.

    Raises
    ------
    ColumnsError
        If the sheet lacks a column.
    UsageError
        If `default` is no country.

    >>> sheet = pl.DataFrame(
    ...     {
    ...         "Country": ["91", "91", "IN", "44", "91"],
    ...         "Mobile": ["9816111111", "0091 98161-11111", "9,81612E+09", "", "98161 1111O"],
    ...     }
    ... )
    >>> repair(sheet, country="Country", mobile="Mobile").select("msisdn", "rule", "suggestion")
    shape: (5, 3)
    ┌──────────────┬─────────────────────┬───────────────┐
    │ msisdn       ┆ rule                ┆ suggestion    │
    │ ---          ┆ ---                 ┆ ---           │
    │ i64          ┆ str                 ┆ str           │
    ╞══════════════╪═════════════════════╪═══════════════╡
    │ 919816111111 ┆ null                ┆ null          │
    │ 919816111111 ┆ null                ┆ null          │
    │ null         ┆ scientific_notation ┆ null          │
    │ null         ┆ empty               ┆ null          │
    │ null         ┆ letters             ┆ +919816111110 │
    └──────────────┴─────────────────────┴───────────────┘
    """
    require_columns(sheet, [mobile] if country is None else [mobile, country], verb="repair")
    if several not in {"reject", "first"}:
        raise UsageError(
            f"repair() keeps the sheet's height and cannot do several={several!r}. "
            "Use 'reject' or 'first', or give each number its own row before: split(sheet, ...)."
        )
    cells = _cells(sheet, mobile, country).pipe(
        read_countries, default=default, column=country is not None
    )
    read = partial(_read, first=several == "first")
    if cells.height <= _LEAST_SLICE:
        return read(cells)
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        return pl.concat(threads.map(read, cells.iter_slices(_slice_rows(cells.height))))


def _cells(sheet: pl.DataFrame, mobile: str, country: str | None) -> pl.DataFrame:
    return sheet.select(
        country=pl.lit(None, pl.String) if country is None else pl.col(country).cast(pl.String),
        text=pl.col(mobile).cast(pl.String),
    )


def _slice_rows(height: int) -> int:
    """Cut a large sheet in as many slices as there are threads.

    A string or search expression keeps one core busy; slices keep them all.
    """
    return max(_LEAST_SLICE, -(-height // pl.thread_pool_size()))


def _read(cells: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    tried = cells.pipe(_read_clean)
    clean = pl.col("msisdn").is_not_null()
    none = pl.lit(None, pl.String)
    read = tried.filter(clean).select(
        "at", "mask", "msisdn", "range_index", mobile="text", rule=none, suggestion=none
    )
    if read.height == tried.height:
        return read.pipe(_result)
    dirty = tried.filter(~clean).select("at", "code", "named", "mask", "text")
    mended = dirty.pipe(_mend, first=first)
    return pl.concat([read, mended], how="diagonal").sort("at").pipe(_result)


def _read_clean(cells: pl.DataFrame) -> pl.DataFrame:
    """Read the cells that need no repair: digits that are a sendable number as they stand.

    All arithmetic: a sign or a blank in a text makes it longer than the digits of its value, so a
    value as large as the text is long proves that the text is digits. One zero in front is let
    pass, since it may belong to the number.
    """
    text, msisdn, length = pl.col("text"), pl.col("msisdn"), pl.col("length")
    zero = text.str.starts_with("0").fill_null(False)
    joined = pl.col("code").cast(pl.Int64) * _POWERS.gather(length) + pl.col("value")
    return (
        cells.with_columns(
            at=pl.int_range(pl.len(), dtype=pl.UInt32),
            value=text.cast(pl.Int64, strict=False),
            length=text.str.len_bytes().fill_null(0).clip(0, 18),
        )
        .with_columns(least=_LEAST.gather(length - zero.cast(pl.UInt32)))
        .with_columns(msisdn=pl.when(pl.col("value") >= pl.col("least")).then(joined))
        .with_columns(range_index=range_index(msisdn))
        .with_columns(msisdn=pl.when(lookup("sendable", pl.col("range_index"))).then(msisdn))
    )


def _mend(dirty: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    """Read the cells that can be read by a candidate, and say why for the others."""
    typed = dirty.pipe(read_cells, first=first)
    readable = pl.col("rule").is_null()
    read, unread = typed.filter(readable).drop("text", "rule").pipe(first_sendable)
    unread = unread.join(dirty.select("at", "text"), on="at", how="left").pipe(explain)
    rejected = pl.concat([typed.filter(~readable), unread], how="diagonal_relaxed")
    explained = rejected.join(suggest(rejected), on="at", how="left").select(
        "at", "rule", "suggestion", mask=pl.lit(0, pl.UInt32)
    )
    read = read.select("at", "mask", "mobile", "msisdn", "range_index")
    return pl.concat([read, explained], how="diagonal")


def _result(cells: pl.DataFrame) -> pl.DataFrame:
    """Give the columns that `repair` promises; a rejected cell has no range, hence no number."""
    index = pl.col("range_index")
    return cells.select(
        "mobile",
        "msisdn",
        "rule",
        "suggestion",
        country_code=lookup("country_code", index),
        type=lookup("type", index),
        region=lookup("region", index),
        repairs=repair_names(cells["mask"]),
    ).select(_COLUMNS)
