"""The door `repair`: a sheet's country and mobile columns, read row by row without a row's loop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

import polars as pl

from msgframe.errors import UseError
from msgframe.frames import need
from msgframe.numbers.cells import REPAIRS, read_cells, repairs
from msgframe.numbers.countries import read_countries
from msgframe.numbers.explaining import explain, suggest
from msgframe.numbers.ladder import climb
from msgframe.numbers.nouns import TYPE, place, verdict

__all__ = ["REPAIRS", "repair"]

Several = Literal["reject", "first"]

#: Rows below which a thread more costs more than it saves.
_LEAST_SLICE = 50_000

_POWERS = pl.lit(pl.Series([10**exponent for exponent in range(19)]))

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "country_code": pl.String,
    "mobile": pl.String,
    "msisdn": pl.Int64,
    "type": TYPE,
    "region": pl.String,
    "repairs": pl.List(pl.String),
    "rule": pl.String,
    "suggestion": pl.String,
}


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
    UseError
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
    need(sheet, [mobile] if country is None else [mobile, country], verb="repair")
    if several not in {"reject", "first"}:
        raise UseError(
            f"repair() keeps the sheet's height and cannot do several={several!r}. "
            "Use 'reject' or 'first', or give each number its own row before: split(sheet, ...)."
        )
    cells = _cells(sheet, mobile, country).pipe(
        read_countries, default=default, column=country is not None
    )
    slices = [*cells.iter_slices(_slice_rows(cells.height))] or [cells]
    with ThreadPoolExecutor(len(slices)) as threads:
        return pl.concat(threads.map(partial(_read, first=several == "first"), slices))


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
    dirty = tried.filter(~clean).select("at", "code", "named", "mask", "text")
    if dirty.is_empty():
        return tried.pipe(_dressed).drop("at")
    read = tried.filter(clean).pipe(_dressed)
    return pl.concat([read, dirty.pipe(_mend, first=first)]).sort("at").drop("at")


def _read_clean(cells: pl.DataFrame) -> pl.DataFrame:
    """Read the cells that need no repair: digits that are a sendable number as they stand."""
    text, msisdn, place_ = pl.col("text"), pl.col("msisdn"), pl.col("place")
    length = text.str.len_bytes().fill_null(0)
    value = text.cast(pl.Int64, strict=False)
    # A sign or a blank in a text makes it longer than the digits of its value.
    full = value >= _power(length - 1)
    zero = text.str.starts_with("0") & (value >= _power(length - 2))
    joined = pl.col("code").cast(pl.Int64) * _power(length) + value
    return (
        cells.with_columns(at=pl.int_range(pl.len(), dtype=pl.UInt32), mobile=text)
        .with_columns(msisdn=pl.when((full | zero) & length.is_between(2, 14)).then(joined))
        .with_columns(place=place(msisdn))
        .with_columns(msisdn=pl.when(verdict("sendable", place_)).then(msisdn))
    )


def _power(exponent: pl.Expr) -> pl.Expr:
    """Give powers of ten by a table: a float's power is not exact."""
    return _POWERS.gather(exponent.cast(pl.Int64).clip(0, 18))


def _mend(dirty: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    """Climb the ladder with the cells that can be read, and say why for the others."""
    typed = dirty.pipe(read_cells, first=first)
    readable = pl.col("rule").is_null()
    found, lost = typed.filter(readable).pipe(climb)
    rejected = pl.concat(
        [typed.filter(~readable).cast({"rule": pl.String}), lost.pipe(explain)], how="diagonal"
    )
    told = rejected.join(suggest(rejected), on="at", how="left")
    return pl.concat([found.pipe(_dressed), told.pipe(_undressed)])


def _dressed(cells: pl.DataFrame) -> pl.DataFrame:
    """Give found numbers the columns that `repair` promises."""
    return cells.select(
        "at",
        pl.col("code").alias("country_code"),
        "mobile",
        "msisdn",
        type=verdict("type", pl.col("place")),
        region=verdict("region", pl.col("place")),
        repairs=repairs(cells["mask"]),
        rule=pl.lit(None, pl.String),
        suggestion=pl.lit(None, pl.String),
    )


def _undressed(cells: pl.DataFrame) -> pl.DataFrame:
    """Give rejected cells the same columns, with a reason instead of a number."""
    blank = {name: pl.lit(None, dtype) for name, dtype in _SCHEMA.items()}
    told = {"rule": pl.col("rule"), "suggestion": pl.col("suggestion")}
    return cells.select("at", **(blank | {"repairs": pl.lit([], pl.List(pl.String))} | told))
