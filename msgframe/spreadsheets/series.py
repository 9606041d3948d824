"""Small tools over columns: each gives a finished column, so that no work is done twice.

Expressions that are built from expressions many times over are worked out many times over; a column
is worked out once.
"""

from __future__ import annotations

import polars as pl

#: The powers of ten that a double can hold, exactly as the nearest doubles.
_TENS = pl.Series([float(f"1e{exponent}") for exponent in range(309)])


def choose(when: pl.Series, yes: pl.Series | float | str, no: pl.Series | float | str) -> pl.Series:
    """Give `yes` where `when` holds, else `no`.

    >>> choose(pl.Series([True, False]), "a", pl.Series(["b", "c"])).to_list()
    ['a', 'c']
    """
    return pl.select(pl.when(when).then(_value(yes)).otherwise(_value(no)).alias("")).to_series()


def join(*parts: pl.Series | str) -> pl.Series:
    """Give texts set one after the other.

    >>> join("₹", pl.Series(["1", "2"])).to_list()
    ['₹1', '₹2']
    """
    return pl.select(pl.concat_str([_value(part) for part in parts]).alias("")).to_series()


def digits(whole: pl.Series) -> pl.Series:
    """Give whole floats as digits; past 9.2e18 there are none that mean anything.

    >>> digits(pl.Series([0.0, 919816111111.0])).to_list()
    ['0', '919816111111']
    """
    return whole.clip(-9.2e18, 9.2e18).cast(pl.Int64).cast(pl.String)


def power(exponent: pl.Series) -> pl.Series:
    """Give ten to the power of whole floats from 0 to 308.

    >>> power(pl.Series([0.0, 3.0])).to_list()
    [1.0, 1000.0]
    """
    return _TENS.gather(exponent.clip(0, 308).cast(pl.UInt32))


def scatter_text(texts: pl.Series, at: pl.Series, new: pl.Series) -> pl.Series:
    """Give `texts` with `new` at the places `at`.

    >>> scatter_text(pl.Series(["a", "b", "c"]), pl.Series([1]), pl.Series(["B"])).to_list()
    ['a', 'B', 'c']
    """
    count = len(texts)
    if len(at) == count:
        return new
    order = pl.int_range(count, dtype=pl.UInt32, eager=True).scatter(
        at, pl.int_range(count, count + len(at), dtype=pl.UInt32, eager=True)
    )
    return pl.concat([texts, new.rename(texts.name)]).gather(order)


def _value(value: pl.Series | float | str) -> pl.Series | pl.Expr:
    return value if isinstance(value, pl.Series) else pl.lit(value)
