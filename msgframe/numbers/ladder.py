"""The repair ladder: the ways in which digits can be read as a number, the likeliest first.

Each rung reads a cell's digits as a national number of the row's country. The first reading that
libphonenumber's metadata knows as a mobile number (or as one that may be) is taken; a reading that
is a valid number of another type is only remembered. Nothing is added to a number that brings its
own prefix, and nothing is removed from digits that are a mobile number as they stand.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from typing import Any, NamedTuple

import polars as pl

from msgframe.numbers.cells import note, unnote, where
from msgframe.numbers.nouns import country_code, is_valid, place, verdict
from msgframe.numbers.tables import table

#: Prefixes that a country has given up, and old sheets still hold: before them, calling code and
#: trunk prefix are gone already. Mexico's went in 2019 (long distance 01, mobile 044, 045 and 1).
_FORMER = {"52": r"^(?:01|04[45]|1)(\d{10})$"}


class Rung(NamedTuple):
    """One way to read digits."""

    #: The national number, null where the digits cannot be read so.
    national: pl.Expr
    #: What was repaired in it.
    repairs: tuple[str, ...] = ()


def climb(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read each cell by the first rung that gives a sendable number.

    Takes the columns `code`, `named`, `digits`, `plus` and `mask`. Returns the cells that were
    read, with `mobile`, `msisdn` and `place` (of the number line); and the others, with `abroad`
    (the digits behind + or 00) and `valid` (whether a rung gave a number of another type).
    """
    rest = cells.pipe(_from_abroad).with_columns(valid=False, mobile=pl.lit(None, pl.String))
    fits = pl.col("mobile").is_not_null()
    found = [rest.clear().pipe(_try).drop("sendable", "valid")]
    for rung in _rungs(tuple(rest["code"].unique().drop_nulls().sort())):
        if rest.is_empty():
            break
        read = rest.with_columns(mobile=rung.national)
        tried = read.filter(fits).pipe(_try)
        taken = tried.filter("sendable").pipe(_note, rung.repairs)
        found.append(taken.drop("sendable", "valid"))
        left = tried.filter(~pl.col("sendable")).select(rest.columns)
        rest = pl.concat([read.filter(~fits), left])
    return pl.concat(found), rest.drop("mobile")


def _from_abroad(cells: pl.DataFrame) -> pl.DataFrame:
    """Add `abroad`: the digits behind + or 00."""
    digits = pl.col("digits")
    abroad = pl.col("plus") | digits.str.starts_with("00")
    behind = pl.when(abroad).then(digits.str.strip_chars_start("0"))
    return cells.with_columns(abroad=behind).pipe(where, abroad & ~pl.col("named"), _take_country)


def _take_country(cells: pl.DataFrame) -> pl.DataFrame:
    """Take the country from the mobile where the country's cell is blank.

    That beats the default: a prefix is never added to a number that has one.
    """
    number = number_of(pl.col("abroad"))
    # Behind a plus stands a country's code; behind 00 one does where it makes a valid number.
    own = pl.when(pl.col("plus") | is_valid(number)).then(country_code(number))
    brought = pl.col("own").is_not_null()
    return (
        cells.with_columns(own=own)
        .with_columns(code=pl.coalesce("own", "code"))
        .with_columns(mask=note("country_from_mobile", brought))
        .with_columns(mask=unnote("default_country", brought))
        .drop("own")
    )


def _try(cells: pl.DataFrame) -> pl.DataFrame:
    """Look each cell's `mobile` up as a national number of its country."""
    spot = pl.col("place")
    known = verdict("type", spot) != "UNKNOWN"
    return (
        cells.with_columns(msisdn=number_of(pl.col("code") + pl.col("mobile")))
        .with_columns(place=place(pl.col("msisdn")))
        .with_columns(sendable=verdict("sendable", spot), valid=pl.col("valid") | known)
    )


def _note(cells: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    abroad = pl.col("abroad").is_not_null()
    behind_zeros = abroad & ~pl.col("plus")
    happened = {name: pl.lit(True) for name in names}
    if "country_in_mobile" in happened:
        # Where the country's cell is blank, the mobile's prefix is no repetition.
        happened["country_in_mobile"] = ~abroad | pl.col("named")
        happened.setdefault("international_prefix", behind_zeros)
    return reduce(lambda frame, one: frame.with_columns(mask=note(*one)), happened.items(), cells)


def number_of(digits: pl.Expr) -> pl.Expr:
    """Give digits as a number, null where there are more than any numbering plan has."""
    return pl.when(digits.str.len_bytes() <= 18).then(digits.cast(pl.Int64, strict=False))


@cache
def _rungs(codes: tuple[str, ...]) -> list[Rung]:
    """List the readings, the likeliest first, for a sheet that holds these calling codes."""
    code, abroad = pl.col("code"), pl.col("abroad")
    here = pl.when(~pl.col("plus")).then("digits")
    without = _after(abroad, code)
    inside = _after(here, code)
    dialled = _after(_behind_abroad_prefix(here, codes), code)
    twice = ("country_in_mobile", "country_twice")
    return [
        Rung(without, ("country_in_mobile",)),
        Rung(_trunkless(without, codes), ("country_in_mobile", "trunk_prefix")),
        Rung(here),
        Rung(_trunkless(here, codes), ("trunk_prefix",)),
        Rung(inside, ("country_in_mobile",)),
        Rung(_trunkless(inside, codes), ("country_in_mobile", "trunk_prefix")),
        Rung(_after(here, "0" + code), ("trunk_prefix", "country_in_mobile")),
        Rung(_after(without, code), twice),
        Rung(_after(inside, code), twice),
        Rung(_former(pl.coalesce(without, here)), ("former_prefix",)),
        Rung(_former(inside), ("country_in_mobile", "former_prefix")),
        Rung(dialled, ("international_prefix", "country_in_mobile")),
    ]


def _after(text: pl.Expr, prefix: pl.Expr) -> pl.Expr:
    return pl.when(text.str.starts_with(prefix)).then(text.str.strip_prefix(prefix))


def _former(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(
        pl.when(pl.col("code") == code).then(text.str.extract(pattern))
        for code, pattern in _FORMER.items()
    )


def _trunkless(text: pl.Expr, codes: tuple[str, ...]) -> pl.Expr:
    """Remove what is dialled inside a country only, as `national_prefix_for_parsing` tells it.

    Null where nothing is removed. A rule may rewrite the number: Argentina's 15 becomes a 9.
    """
    rules = _rules("trunk", "trunk_rule", codes=codes)
    return pl.coalesce(
        pl.lit(None, pl.String),
        *(
            pl.when(pl.col("code").is_in(owners)).then(_rewritten(text, trunk, rule))
            for (trunk, rule), owners in rules.items()
        ),
    )


def _rewritten(text: pl.Expr, trunk: str, rule: str | None) -> pl.Expr:
    if trunk.isdecimal():
        return _after(text, pl.lit(trunk))
    pattern = f"^(?:{trunk})"
    bare = text.str.replace(pattern, "")
    if rule:
        # The rule speaks of a group; where that group took no part, the prefix is just removed.
        last = text.str.extract(pattern, re.compile(trunk).groups)
        template = re.sub(r"\\(\d)", r"${\1}", rule)
        bare = pl.when(last.is_not_null()).then(text.str.replace(pattern, template)).otherwise(bare)
    return pl.when(bare != text).then(bare)


def _behind_abroad_prefix(text: pl.Expr, codes: tuple[str, ...]) -> pl.Expr:
    """Remove the prefix for calls abroad where the country's is another than 00 (US 011)."""
    rules = _rules("abroad", codes=codes)
    return pl.coalesce(
        pl.lit(None, pl.String),
        *(
            pl.when(pl.col("code").is_in(owners)).then(_rewritten(text, prefix, None))
            for (prefix,), owners in rules.items()
            if prefix != "00"
        ),
    )


def _rules(*names: str, codes: tuple[str, ...]) -> dict[tuple[Any, ...], list[str]]:
    """Give which of the calling codes share a rule: few rules serve many countries."""
    return {
        rule: rows["country_code"].to_list()
        for rule, rows in table("countries")
        .filter(pl.col("country_code").is_in(codes), pl.col(names[0]).is_not_null())
        .partition_by(names, as_dict=True, maintain_order=True)
        .items()
    }
