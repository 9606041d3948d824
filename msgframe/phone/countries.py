"""The country of each row: the cell of the sheet read as a calling code, or the default."""

from __future__ import annotations

import polars as pl

from msgframe.errors import UsageError
from msgframe.phone.digits import set_flag, to_ascii
from msgframe.phone.tables import table

#: A calling code alone; behind the 1, the area code of an island may stand (1-268).
_CALLING_CODE = r"^[(\s]*\+?[\s0]*(?:([1-9]\d{0,2})|(1)[\s-]*\(?[2-9]\d\d)\)?(?:[.,]0{1,2})?$"
_CALLING_CODE_INSIDE = r"(?:\+|\b00|\b)([1-9]\d{0,2})\b"
_BLANK = r"(?i)^(?:[^\p{L}\p{N}]*|0(?:[.,]0+)?|n\.?/?a\.?|#n/a|null|none|nan)$"


def read_countries(cells: pl.DataFrame, *, default: str | None, column: bool) -> pl.DataFrame:
    """Read each row's `country` as a calling code.

    Adds `code` str, null where the cell is blank and there is no default, or where it cannot be
    read; `named` bool, whether the cell says anything; and `mask` u32. `column` tells whether the
    sheet has such a column at all.
    """
    fallback = _default_code(default)
    known = cells.select(pl.col("country").unique()).pipe(_read, fallback).pipe(_with_flags, column)
    if known.height == 1:
        same = (pl.lit(one.item(), one.dtype).alias(one.name) for one in known.drop("country"))
        return cells.select(pl.exclude("country"), *same)
    read = cells.join(known, on="country", how="left", nulls_equal=True, maintain_order="left")
    return read.drop("country")


def _with_flags(known: pl.DataFrame, column: bool) -> pl.DataFrame:
    named, code = pl.col("named"), pl.col("code")
    return (
        known.with_columns(mask=pl.lit(0, pl.UInt32))
        .with_columns(mask=set_flag("country_cell", named & (code != pl.col("country"))))
        # Where the sheet has no country column, the default is no repair.
        .with_columns(mask=set_flag("default_country", ~named & code.is_not_null() & column))
    )


def _default_code(default: str | None) -> str | None:
    if default is None:
        return None
    code = pl.DataFrame({"country": [str(default)]}).pipe(_read, None)["code"].item()
    if code is None:
        raise UsageError(
            f"repair() cannot read default={default!r} as a country. "
            "Give a calling code such as '91', or two ISO letters such as 'IN'."
        )
    return str(code)


def _read(cells: pl.DataFrame, fallback: str | None) -> pl.DataFrame:
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
