"""Prices of a segment by country, from a mapping, a frame or any table; money is `Decimal`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import polars as pl

from msgframe.errors import DataError
from msgframe.frames import quoted, require_columns
from msgframe.spreadsheets import read_table

#: Six places after the point: prices of a segment have four or five.
MONEY = pl.Decimal(38, 6)

#: Where the comma is a decimal one, as Excel writes it in much of the world. `1,234` could be both
#: and is refused.
_DECIMAL_COMMA = r"^\s*(?:\d+,(?:\d{1,2}|\d{4,})|0,\d{3})\s*$"

#: Prices of a segment by calling code: a mapping, a frame, or any table (CSV, xlsx, ods, JSON,
#: parquet) with `country_code`, `price` and perhaps `currency`.
Prices: TypeAlias = Mapping[str, Decimal | str | int | float] | pl.DataFrame | str | Path


def price_table(prices: Prices, *, verb: str) -> pl.DataFrame:
    """Give prices as a frame of `country_code`, `price` (Decimal) and `currency`.

    Raises
    ------
    ColumnsError
        If a frame or file has no `country_code` or `price`.
    DataError
        If a price is no number, or a country has two.
    SheetError
        If a file is no table, or cannot be read.

    >>> price_table({"+91": "0.0021", "34": Decimal("0.061")}, verb="forecast")
    shape: (2, 3)
    ┌──────────────┬───────────────┬──────────┐
    │ country_code ┆ price         ┆ currency │
    │ ---          ┆ ---           ┆ ---      │
    │ str          ┆ decimal[38,6] ┆ str      │
    ╞══════════════╪═══════════════╪══════════╡
    │ 91           ┆ 0.002100      ┆ null     │
    │ 34           ┆ 0.061000      ┆ null     │
    └──────────────┴───────────────┴──────────┘
    """
    frame = _as_frame(prices)
    require_columns(frame, ["country_code", "price"], verb=verb)
    currency = pl.col("currency") if "currency" in frame.columns else pl.lit(None)
    table = frame.select(
        country_code=pl.col("country_code").cast(pl.String).str.replace_all(r"\D", ""),
        price=_money(pl.col("price").cast(pl.String)),
        currency=currency.cast(pl.String),
    )
    _refuse_unreadable(frame, table)
    _refuse_repeated(table)
    return table


def _money(text: pl.Expr) -> pl.Expr:
    commas = text.str.contains(_DECIMAL_COMMA)
    point = pl.when(commas).then(text.str.replace(",", ".", literal=True)).otherwise(text)
    return point.str.strip_chars().cast(MONEY, strict=False)


def _as_frame(prices: Prices) -> pl.DataFrame:
    match prices:
        case pl.DataFrame():
            return prices
        case Mapping():
            cells = [str(price) for price in prices.values()]
            return pl.DataFrame({"country_code": list(prices), "price": cells})
        case _:
            path = Path(prices)
            return pl.read_json(path) if path.suffix.lower() == ".json" else read_table(path)


def _refuse_unreadable(frame: pl.DataFrame, table: pl.DataFrame) -> None:
    wrong = table["price"].is_null() | (table["price"] < 0) | (table["country_code"] == "")
    if wrong.fill_null(value=True).any():
        first = frame.select("country_code", "price").filter(wrong.fill_null(value=True)).row(0)
        raise DataError(
            f"{wrong.sum()} of {frame.height} prices cannot be read; the first is {first}. "
            f"Write a calling code and a number such as 0.0075."
        )


def _refuse_repeated(table: pl.DataFrame) -> None:
    twice = table.filter(table["country_code"].is_duplicated())["country_code"].unique()
    if twice.len():
        raise DataError(f"There are several prices for {quoted(sorted(twice))}. Keep one of each.")
