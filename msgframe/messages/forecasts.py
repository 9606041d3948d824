"""forecast: what messages need in segments and money, before any of them leaves.

Prices of a segment by country come from a mapping, a frame or any table; money is `Decimal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypeAlias

import polars as pl

from msgframe.core.views import html_panels, one_line
from msgframe.errors import DataError, TooCostly
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


class Forecast(NamedTuple):
    """What messages need: in all, by country, and by length."""

    #: One row: messages, segments, how many are GSM-7 and UCS-2, segments of a text at the median,
    #: at 95 of 100, and at most.
    totals: pl.DataFrame
    #: A row for each calling code, the dearest first: messages, segments, price, amount, currency.
    countries: pl.DataFrame
    #: A row for each encoding and number of segments.
    lengths: pl.DataFrame
    #: A row for each currency: the amount, and the segments that have no price (currency null).
    money: pl.DataFrame

    def __repr__(self) -> str:
        """Say how much in one line."""
        return one_line("Forecast", **self._asdict())

    def _repr_html_(self) -> str:
        return html_panels("Forecast", **self._asdict())


def forecast(
    messages: pl.DataFrame,
    /,
    *,
    prices: Prices | None = None,
    max_segments: int | None = None,
    max_cost: Decimal | str | int | None = None,
) -> Forecast:
    """Count what messages need in segments and, with prices, in money.

    Parameters
    ----------
    messages
        What `render` or `plan` gave; rows that a plan holds back are not counted.
    prices
        The price of a segment by calling code: a mapping, a frame, or any table that
        `read` reads, or JSON, with `country_code`, `price` and perhaps `currency`.
    max_segments
        The most segments that one text may have.
    max_cost
        The most money in all, in the prices' currency; without prices, the most segments in all.

    Raises
    ------
    TooCostly
        If a guard is passed, or cannot be judged since a country has no price.
    ColumnsError
        If `encoding` or `segments` are missing, or, with prices, `country_code`.

    >>> messages = pl.DataFrame(
    ...     {
    ...         "country_code": ["91", "91", "34"],
    ...         "encoding": ["GSM-7", "UCS-2", "GSM-7"],
    ...         "segments": [1, 3, 1],
    ...     }
    ... )
    >>> forecast(messages, prices={"91": "0.002", "34": "0.06"}).countries
    shape: (2, 6)
    ┌──────────────┬──────────┬──────────┬───────────────┬───────────────┬──────────┐
    │ country_code ┆ messages ┆ segments ┆ price         ┆ amount        ┆ currency │
    │ ---          ┆ ---      ┆ ---      ┆ ---           ┆ ---           ┆ ---      │
    │ str          ┆ u32      ┆ u64      ┆ decimal[38,6] ┆ decimal[38,6] ┆ str      │
    ╞══════════════╪══════════╪══════════╪═══════════════╪═══════════════╪══════════╡
    │ 34           ┆ 1        ┆ 1        ┆ 0.060000      ┆ 0.060000      ┆ null     │
    │ 91           ┆ 2        ┆ 4        ┆ 0.002000      ┆ 0.008000      ┆ null     │
    └──────────────┴──────────┴──────────┴───────────────┴───────────────┴──────────┘
    """
    country = ["country_code"] if prices is not None else []
    require_columns(messages, ["encoding", "segments", *country], verb="forecast")
    going = messages.filter(pl.col("held").is_null()) if "held" in messages.columns else messages
    countries = _by_country(going, prices)
    seen = Forecast(_totals(going), countries, _lengths(going), _money(countries))
    _guard_length(seen, max_segments)
    _guard_total(seen, max_cost, priced=prices is not None)
    return seen


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
        price=_read_money(pl.col("price").cast(pl.String)),
        currency=currency.cast(pl.String),
    )
    _refuse_unreadable(frame, table)
    _refuse_repeated(table)
    return table


def _totals(messages: pl.DataFrame) -> pl.DataFrame:
    segments = pl.col("segments")
    return messages.select(
        messages=pl.len(),
        segments=segments.cast(pl.UInt64).sum(),
        gsm7=(pl.col("encoding").cast(pl.String) == "GSM-7").sum(),
        ucs2=(pl.col("encoding").cast(pl.String) == "UCS-2").sum(),
        p50=segments.quantile(0.5, "nearest").cast(pl.UInt8),
        p95=segments.quantile(0.95, "nearest").cast(pl.UInt8),
        longest=segments.max().cast(pl.UInt8),
    )


def _by_country(messages: pl.DataFrame, prices: Prices | None) -> pl.DataFrame:
    known = price_table({} if prices is None else prices, verb="forecast")
    code = pl.col("country_code") if "country_code" in messages.columns else pl.lit(None)
    return (
        messages.group_by(country_code=code.cast(pl.String))
        .agg(messages=pl.len(), segments=pl.col("segments").cast(pl.UInt64).sum())
        .join(known, on="country_code", how="left")
        .with_columns(amount=pl.col("segments").cast(MONEY) * pl.col("price"))
        .sort("amount", "segments", "country_code", descending=[True, True, False], nulls_last=True)
        .select("country_code", "messages", "segments", "price", "amount", "currency")
    )


def _lengths(messages: pl.DataFrame) -> pl.DataFrame:
    return (
        messages.group_by("encoding", "segments")
        .agg(messages=pl.len())
        .with_columns(share=pl.col("messages") / pl.col("messages").sum())
        .sort("encoding", "segments")
    )


def _money(countries: pl.DataFrame) -> pl.DataFrame:
    unpriced = pl.col("amount").is_null()
    return (
        countries.group_by("currency")
        .agg(
            amount=pl.col("amount").sum(),
            unpriced_segments=pl.col("segments").filter(unpriced).sum(),
        )
        .sort("currency", nulls_last=True)
    )


def _guard_length(seen: Forecast, most: int | None) -> None:
    longer = seen.lengths.filter(pl.col("segments") > (255 if most is None else most))
    if most is not None and longer.height:
        raise TooCostly(
            f"{longer['messages'].sum():,} of {seen.totals['messages'].item():,} texts have more "
            f"than max_segments={most}: the longest has {seen.totals['longest'].item()}. "
            f"advise(messages) ranks what to shorten."
        )


def _guard_total(seen: Forecast, most: Decimal | str | int | None, *, priced: bool) -> None:
    if most is None:
        return
    if not priced:
        total, unit = Decimal(seen.totals["segments"].item()), "segments"
    else:
        total, unit = _one_amount(seen)
    if total > Decimal(str(most)):
        raise TooCostly(
            f"The messages need {total:,f} {unit}, more than max_cost={most}. Nothing was sent: "
            f"raise the guard, send to fewer people, or see advise(messages)."
        )


def _one_amount(seen: Forecast) -> tuple[Decimal, str]:
    unpriced = seen.countries.filter(pl.col("price").is_null())
    if unpriced.height:
        raise TooCostly(
            f"max_cost cannot be judged: no price for {quoted(unpriced['country_code'])} "
            f"({unpriced['messages'].sum():,} messages). Add the price, or leave these out."
        )
    if seen.money.height > 1:
        raise TooCostly(
            f"max_cost cannot be judged over {quoted(seen.money['currency'])}. "
            f"Forecast each currency by itself."
        )
    amount = Decimal(sum(seen.money["amount"])).normalize()
    return amount, next(iter(seen.money["currency"]), None) or "in money"


def _read_money(text: pl.Expr) -> pl.Expr:
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
