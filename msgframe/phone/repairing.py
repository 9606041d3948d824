"""The door `repair`: a sheet's country and mobile columns, read row by row without a row's loop.

The country of a row is its cell read as a calling code, or the default.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Literal

import polars as pl

from msgframe.errors import UsageError
from msgframe.frames import require_columns
from msgframe.phone.candidates import explain, first_sendable, suggest
from msgframe.phone.digits import REPAIRS, read_cells, repair_names, set_flags, to_ascii
from msgframe.phone.expressions import lookup, table, with_range

__all__ = ["REPAIRS", "repair"]

Several = Literal["reject", "first"]

#: A calling code alone; behind the 1, the area code of an island may stand (1-268).
_CALLING_CODE = r"^[(\s]*\+?[\s0]*(?:([1-9]\d{0,2})|(1)[\s-]*\(?[2-9]\d\d)\)?(?:[.,]0{1,2})?$"
_CALLING_CODE_INSIDE = r"(?:\+|\b00|\b)([1-9]\d{0,2})\b"
_BLANK = r"(?i)^(?:[^\p{L}\p{N}]*|0(?:[.,]0+)?|n\.?/?a\.?|#n/a|null|none|nan)$"

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
    mobile_column: str,
    country_column: str | None = None,
    default: str | None = None,
    several: Several = "reject",
) -> pl.DataFrame:
    """Read each row's number as people type it: mend what is sure, give a reason for the rest.

    Parameters
    ----------
    sheet
        Any frame; it stays as it is.
    mobile_column
        The column with the numbers, in whatever spelling.
    country_column
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
    >>> repaired = repair(sheet, mobile_column="Mobile", country_column="Country")
    >>> repaired.select("msisdn", "rule", "suggestion")
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
    columns = [mobile_column] if country_column is None else [mobile_column, country_column]
    require_columns(sheet, columns, verb="repair")
    if several not in {"reject", "first"}:
        raise UsageError(
            f"repair() keeps the sheet's height and cannot do several={several!r}. "
            "Use 'reject' or 'first', or give each number its own row before: split(sheet, ...)."
        )
    country = pl.lit(None) if country_column is None else pl.col(country_column)
    cells = sheet.select(
        country=country.cast(pl.String), text=pl.col(mobile_column).cast(pl.String)
    ).pipe(_read_countries, default, column=country_column is not None)
    read = partial(_read, first=several == "first")
    if cells.height <= _LEAST_SLICE:
        return read(cells)
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        return pl.concat(threads.map(read, cells.iter_slices(_slice_rows(cells.height))))


def _read_countries(cells: pl.DataFrame, default: str | None, *, column: bool) -> pl.DataFrame:
    """Read each row's `country` as a calling code.

    Adds `code` str, null where the cell is blank and there is no default, or where it cannot be
    read; `named` bool, whether the cell says anything; and `mask` u32. `column` tells whether the
    sheet has such a column at all.
    """
    named, code = pl.col("named"), pl.col("code")
    known = (
        cells.select(pl.col("country").unique())
        .pipe(_read_spellings, _default_code(default))
        .with_columns(mask=pl.lit(0, pl.UInt32))
        .with_columns(
            mask=set_flags(
                country_cell=named & (code != pl.col("country")),
                # Where the sheet has no country column, the default is no repair.
                default_country=~named & code.is_not_null() & column,
            )
        )
    )
    if known.height == 1:
        same = (pl.lit(one.item(), one.dtype).alias(one.name) for one in known.drop("country"))
        return cells.select(pl.exclude("country"), *same)
    read = cells.join(known, on="country", how="left", nulls_equal=True, maintain_order="left")
    return read.drop("country")


@cache
def _default_code(default: str | None) -> str | None:
    if default is None:
        return None
    code = pl.DataFrame({"country": [str(default)]}).pipe(_read_spellings, None)["code"].item()
    if code is None:
        raise UsageError(
            f"repair() cannot read default={default!r} as a country. "
            "Give a calling code such as '91', or two ISO letters such as 'IN'."
        )
    return str(code)


def _read_spellings(cells: pl.DataFrame, fallback: str | None) -> pl.DataFrame:
    """Read the few different spellings of a country column."""
    text = pl.col("text")
    codes = table("countries")["country_code"].implode()
    names = table("names").rename({"country_code": "by_name"})
    return (
        cells.with_columns(text=to_ascii(pl.col("country").cast(pl.String)))
        .with_columns(text.str.strip_chars(" \t\r\n'\"=:;,.-").str.to_lowercase())
        .with_columns(named=~text.str.contains(_BLANK).fill_null(True))
        .with_columns(
            whole=pl.coalesce(text.str.extract(_CALLING_CODE, group) for group in (1, 2)),
            inside=text.str.extract(_CALLING_CODE_INSIDE),
            name=text.str.replace_all(r"[\d+()]", " ").str.strip_chars(" -,:/"),
        )
        .join(names, on="name", how="left", maintain_order="left")
        .with_columns(
            spelt=pl.when(pl.col("by_name").is_null()).then("whole").otherwise("by_name"),
            clash=(pl.col("inside") != pl.col("by_name")).fill_null(False),
        )
        .with_columns(known=pl.col("spelt").is_in(codes) & ~pl.col("clash"))
        .select(
            "country",
            "named",
            code=pl.when("named").then(pl.when("known").then("spelt")).otherwise(pl.lit(fallback)),
        )
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
    text, length = pl.col("text"), pl.col("length")
    zero = text.str.starts_with("0").fill_null(False)
    joined = pl.col("code").cast(pl.Int64) * _POWERS.gather(length) + pl.col("value")
    return (
        cells.with_columns(
            at=pl.int_range(pl.len(), dtype=pl.UInt32),
            value=text.cast(pl.Int64, strict=False),
            length=text.str.len_bytes().fill_null(0).clip(0, 18),
        )
        .with_columns(least=_LEAST.gather(length - zero.cast(pl.UInt32)))
        .pipe(with_range, pl.when(pl.col("value") >= pl.col("least")).then(joined))
        .with_columns(msisdn=pl.when("sendable").then("msisdn"))
    )


def _mend(dirty: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    """Read the cells that can be read by a candidate, and say why for the others."""
    typed = dirty.pipe(read_cells, first=first)
    readable = pl.col("rule").is_null()
    read, unread = typed.filter(readable).drop("text", "rule").pipe(first_sendable)
    read = read.select("at", "mask", "mobile", "msisdn", "range_index")
    if read.height == dirty.height:
        return read
    unread = unread.join(dirty.select("at", "text"), on="at", how="left").pipe(explain)
    rejected = pl.concat([typed.filter(~readable), unread], how="diagonal_relaxed")
    explained = rejected.join(suggest(rejected), on="at", how="left").select(
        "at", "rule", "suggestion", mask=pl.lit(0, pl.UInt32)
    )
    return pl.concat([read, explained], how="diagonal")


def _result(cells: pl.DataFrame) -> pl.DataFrame:
    """Give the columns that `repair` promises; a rejected cell has no range, hence no number."""
    index = pl.col("range_index")
    return cells.select(
        lookup("country_code", index).alias("country_code"),
        "mobile",
        "msisdn",
        lookup("type", index).alias("type"),
        lookup("region", index).alias("region"),
        repair_names(cells["mask"]).alias("repairs"),
        "rule",
        "suggestion",
    )
