"""What a clean number is, as polars expressions: joined, valid or not, its type, region, country.

The number line is cut wherever libphonenumber's answer changes. A number's range is found by one
binary search; what is true there is gathered. That holds in eager and lazy frames alike, streaming
too. No library is asked: the answers are in this package's tables, which
`data/build_phone_tables.py` builds.

- `numbers`, the number line: `start` i64, `country_code`, `region` and `type` str. A row holds for
  the MSISDNs from its `start` up to the next row's.
- `countries`, a row a calling code: `country_code`, `prefix`, `trunk`, `trunk_rule` and `abroad`
  str; `shortest` and `longest` u8, digits of a mobile national number.
- `names`: the spellings of countries, `name` in lower case and `country_code`, str.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from polars._typing import IntoExpr

#: What the number line tells of a number.
Fact: TypeAlias = Literal["type", "region", "country_code", "sendable"]

#: libphonenumber's `PhoneNumberType`, by name and in its order; UNKNOWN is what is not valid.
TYPE = pl.Enum(
    [
        "FIXED_LINE",
        "MOBILE",
        "FIXED_LINE_OR_MOBILE",
        "TOLL_FREE",
        "PREMIUM_RATE",
        "SHARED_COST",
        "VOIP",
        "PERSONAL_NUMBER",
        "PAGER",
        "UAN",
        "VOICEMAIL",
        "UNKNOWN",
    ]
)

#: What a text message can reach. In the US and seven other regions nobody can tell the two apart.
SENDABLE = ("MOBILE", "FIXED_LINE_OR_MOBILE")

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


def msisdn(country: IntoExpr, mobile: IntoExpr) -> pl.Expr:
    """Join calling codes and national numbers that are clean already.

    Parameters
    ----------
    country
        Calling codes: 1 to 3 digits, the first not 0.
    mobile
        National significant numbers, digits only; a leading zero counts (Ivory Coast, Italy).

    Returns
    -------
    Int64 named `msisdn`: null where either is not made of digits, or both are past the 15 digits of
    ITU-T E.164. Whether such a number exists is another question: `is_valid`.

    >>> people = pl.DataFrame(
    ...     {
    ...         "country": ["91", "225", "+91", "91"],
    ...         "mobile": ["9816111111", "0712345678", "1", None],
    ...     }
    ... )
    >>> people.select(msisdn("country", "mobile"))["msisdn"].to_list()
    [919816111111, 2250712345678, None, None]
    """
    code, national = (column(part).cast(pl.String) for part in (country, mobile))
    joined = code + national
    # A cast alone would let a sign through.
    digits = code.str.contains("^[1-9][0-9]{0,2}$") & national.str.contains("^[0-9]+$")
    fits = digits & (joined.str.len_bytes() <= 15)
    return pl.when(fits).then(joined.cast(pl.Int64, strict=False)).alias("msisdn")


def is_valid(msisdn: IntoExpr) -> pl.Expr:
    """Tell whether numbers are valid, as libphonenumber's `is_valid_number` does.

    Returns
    -------
    Boolean named `is_valid`, null where null. Valid says that the numbering plan has such a number,
    not that anybody owns it.

    >>> pl.select(is_valid(pl.Series([919816111111, 915016111111, None]))).to_series().to_list()
    [True, False, None]
    """
    return (number_type(msisdn) != "UNKNOWN").alias("is_valid")


def number_type(msisdn: IntoExpr) -> pl.Expr:
    """Give the type of numbers, as libphonenumber's `number_type` does.

    Returns
    -------
    Enum `TYPE` named `type`: UNKNOWN where a number is not valid, null where null.

    >>> numbers = pl.DataFrame({"msisdn": [919816111111, 14155552671, 34912345678, 91501, None]})
    >>> numbers.select(number_type("msisdn"))["type"].to_list()
    ['MOBILE', 'FIXED_LINE_OR_MOBILE', 'FIXED_LINE', 'UNKNOWN', None]
    """
    return _fact_of("type", msisdn)


def region(msisdn: IntoExpr) -> pl.Expr:
    """Give the region of numbers, as libphonenumber's `region_code_for_number` does.

    Returns
    -------
    String named `region`: ISO 3166 letters, "001" for the codes of no country (satellites,
    international toll free), null where none can be told. Where a calling code has one region only,
    its invalid numbers have that region too.

    >>> pl.select(
    ...     region(pl.Series([447911123456, 447624412345, 77011234567]))
    ... ).to_series().to_list()
    ['GG', 'IM', 'KZ']
    """
    return _fact_of("region", msisdn)


def country_code(msisdn: IntoExpr) -> pl.Expr:
    """Give the calling code that numbers begin with.

    Returns
    -------
    String named `country_code`, null where a number begins with none (and where null).

    >>> pl.select(country_code(pl.Series([919816111111, 14155552671, 999]))).to_series().to_list()
    ['91', '1', None]
    """
    return _fact_of("country_code", msisdn)


def column(source: IntoExpr) -> pl.Expr:
    """Take a column's name, an expression, a series or a value as an expression."""
    match source:
        case pl.Expr():
            return source
        case str():
            return pl.col(source)
        case _:
            return pl.lit(source)


def range_index(msisdn: pl.Expr) -> pl.Expr:
    """Give the index of the range of the number line in which a number lies, for `lookup`."""
    # Below 0 there is no number: such a one shares the first range, which belongs to nobody.
    return _range_starts().search_sorted(msisdn.clip(0).fill_null(0), side="right") - 1


def with_range(cells: pl.DataFrame, msisdn: pl.Expr) -> pl.DataFrame:
    """Add a number as `msisdn`, its `range_index`, and whether it is `sendable`."""
    return (
        cells.with_columns(msisdn=msisdn)
        .with_columns(range_index=range_index(pl.col("msisdn")))
        .with_columns(sendable=lookup("sendable", pl.col("range_index")))
    )


def lookup(fact: Fact, index: pl.Expr) -> pl.Expr:
    """Gather what is true in ranges of the number line."""
    return _facts(fact).gather(index)


def _fact_of(fact: Fact, msisdn: IntoExpr) -> pl.Expr:
    number = column(msisdn).cast(pl.Int64)
    answer = lookup(fact, range_index(number))
    return pl.when(number.is_not_null()).then(answer).alias(fact)


@cache
def _range_starts() -> pl.Expr:
    return pl.lit(table("numbers")["start"])


@cache
def _facts(fact: Fact) -> pl.Expr:
    line = table("numbers").with_columns(sendable=pl.col("type").is_in(SENDABLE))
    return pl.lit(line.cast({"type": TYPE})[fact])
