"""Candidates: the ways in which digits can be read as a number, the likeliest first.

Each candidate reads a cell's digits as a national number of the row's country. The first reading
that libphonenumber's metadata knows as a mobile number (or as one that may be) is taken; a reading
that is a valid number of another type is only remembered. Nothing is added to a number that brings
its own prefix, and nothing is removed from digits that are a mobile number as they stand.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from typing import Literal, NamedTuple

import polars as pl

from msgframe.phone.digits import apply_where, clear_flag, set_flag
from msgframe.phone.expressions import country_code, is_valid, lookup, range_index
from msgframe.phone.tables import table


class _Rule(NamedTuple):
    """What is dialled in front of a number, as libphonenumber's metadata write it."""

    #: A regular expression of the prefix.
    prefix: str
    #: What takes its place, with the pattern's groups as \\1, \\2; None: nothing.
    template: str | None
    #: The calling codes of the countries that dial so.
    codes: list[str]

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Give the text without the prefix, null where it has none."""
        pattern = f"^(?:{self.prefix})"
        bare = text.str.replace(pattern, "")
        if self.template:
            # The template speaks of a group; where that took no part, the prefix is just removed.
            last = text.str.extract(pattern, re.compile(self.prefix).groups)
            written = text.str.replace(pattern, re.sub(r"\\(\d)", r"${\1}", self.template))
            bare = pl.when(last.is_not_null()).then(written).otherwise(bare)
        return pl.when(bare != text).then(bare)


#: Prefixes that a country has given up, and old sheets still hold. Mexico's went in 2019: long
#: distance 01, mobile 044, 045 and 1.
_FORMER = [_Rule(r"(?:01|04[45]|1)(\d{10})$", r"\1", ["52"])]


class Candidate(NamedTuple):
    """One way to read digits."""

    #: The national number, null where the digits cannot be read so.
    national: pl.Expr
    #: What was repaired in it.
    repairs: tuple[str, ...] = ()
    #: Which cells the way is for: a filter costs less than a regex on them all.
    among: pl.Expr = pl.lit(True)


def first_sendable(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read each cell by the first candidate that gives a sendable number.

    Takes the columns `code`, `named`, `digits`, `plus` and `mask`. Returns the cells that were
    read, with `mobile`, `msisdn` and `range_index`; and the others, with `abroad`
    (the digits behind + or 00) and `valid` (whether a candidate gave a number of another type).
    """
    unread = cells.pipe(_from_abroad).pipe(_with_prefix).with_columns(valid=False)
    read, _ = _try_candidate(unread.clear(), Candidate(pl.col("digits")))
    every_read = [read]
    for candidate in _candidates(tuple(unread["code"].unique().drop_nulls().sort())):
        if unread.is_empty():
            break
        read, unread = _try_candidate(unread, candidate)
        every_read.append(read)
    return pl.concat(every_read), unread


def _try_candidate(cells: pl.DataFrame, candidate: Candidate) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the cells that a candidate reads, and the others."""
    fits, sendable = pl.col("mobile").is_not_null(), pl.col("sendable")
    parsed = cells.filter(candidate.among).with_columns(mobile=candidate.national)
    known = parsed.filter(fits).pipe(_with_lookup)
    read = known.filter(sendable).pipe(_flag_repairs, candidate.repairs).drop("sendable", "valid")
    unread = [cells.filter(~candidate.among), parsed.filter(~fits), known.filter(~sendable)]
    return read, pl.concat([rows.select(cells.columns) for rows in unread])


def _from_abroad(cells: pl.DataFrame) -> pl.DataFrame:
    """Add `abroad`: the digits behind + or 00."""
    digits = pl.col("digits")
    abroad = pl.col("plus") | digits.str.starts_with("00")
    behind = pl.when(abroad).then(digits.str.strip_chars_start("0"))
    return cells.with_columns(abroad=behind).pipe(
        apply_where, abroad & ~pl.col("named"), _take_country
    )


def _with_prefix(cells: pl.DataFrame) -> pl.DataFrame:
    """Add `prefix`: what is dialled before a number inside of the row's country, mostly 0."""
    prefixes = table("countries").select("prefix", code="country_code")
    return cells.join(prefixes, on="code", how="left")


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
        .with_columns(mask=set_flag("country_from_mobile", brought))
        .with_columns(mask=clear_flag("default_country", brought))
        .drop("own")
    )


def _with_lookup(cells: pl.DataFrame) -> pl.DataFrame:
    """Look each cell's `mobile` up as a national number of its country."""
    index = pl.col("range_index")
    known = lookup("type", index) != "UNKNOWN"
    return (
        cells.with_columns(msisdn=number_of(pl.col("code") + pl.col("mobile")))
        .with_columns(range_index=range_index(pl.col("msisdn")))
        .with_columns(sendable=lookup("sendable", index), valid=pl.col("valid") | known)
    )


def _flag_repairs(cells: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    abroad = pl.col("abroad").is_not_null()
    behind_zeros = abroad & ~pl.col("plus")
    happened = {name: pl.lit(True) for name in names}
    if "country_in_mobile" in happened:
        # Where the country's cell is blank, the mobile's prefix is no repetition.
        happened["country_in_mobile"] = ~abroad | pl.col("named")
        happened.setdefault("international_prefix", behind_zeros)
    return reduce(
        lambda frame, one: frame.with_columns(mask=set_flag(*one)), happened.items(), cells
    )


def number_of(digits: pl.Expr) -> pl.Expr:
    """Give digits as a number, null where there are more than any numbering plan has."""
    return pl.when(digits.str.len_bytes() <= 18).then(digits.cast(pl.Int64, strict=False))


@cache
def _candidates(codes: tuple[str, ...]) -> list[Candidate]:
    """List the readings, the likeliest first, for a sheet that holds these calling codes."""
    code, prefix = pl.col("code"), pl.col("prefix")
    trunks, abroads = _rules("trunk", codes), _rules("abroad", codes)
    here = pl.when(~pl.col("plus")).then("digits")
    without, inside = _after(pl.col("abroad"), code), _after(here, code)
    dialled = _after(_rewritten(here, abroads), code)
    held, trunk, former = ("country_in_mobile",), ("trunk_prefix",), ("former_prefix",)
    return [
        Candidate(without, held),
        Candidate(_after(without, prefix), held + trunk),
        Candidate(here),
        Candidate(_after(here, prefix), trunk),
        Candidate(inside, held),
        Candidate(_after(inside, prefix), held + trunk),
        Candidate(_after(here, "0" + code), held + trunk),
        Candidate(_after(without, code), (*held, "country_twice")),
        Candidate(_after(inside, code), (*held, "country_twice")),
        Candidate(_rewritten(without, trunks), held + trunk, _owned(trunks)),
        Candidate(_rewritten(here, trunks), trunk, _owned(trunks)),
        Candidate(_rewritten(inside, trunks), held + trunk, _owned(trunks)),
        Candidate(_rewritten(without, _FORMER), held + former, _owned(_FORMER)),
        Candidate(_rewritten(here, _FORMER), former, _owned(_FORMER)),
        Candidate(_rewritten(inside, _FORMER), held + former, _owned(_FORMER)),
        Candidate(dialled, ("international_prefix", *held), _owned(abroads)),
    ]


def _after(text: pl.Expr, prefix: pl.Expr) -> pl.Expr:
    return pl.when(text.str.starts_with(prefix)).then(text.str.strip_prefix(prefix))


def _owned(rules: list[_Rule]) -> pl.Expr:
    owners = [code for rule in rules for code in rule.codes]
    return pl.col("code").is_in(owners).fill_null(False)


def _rewritten(text: pl.Expr, rules: list[_Rule]) -> pl.Expr:
    """Rewrite digits by the rule of their country; null where it changes nothing."""
    each = (pl.when(pl.col("code").is_in(rule.codes)).then(rule.rewrite(text)) for rule in rules)
    return pl.coalesce(pl.lit(None, pl.String), *each)


def _rules(name: Literal["trunk", "abroad"], codes: tuple[str, ...]) -> list[_Rule]:
    """List the rules of some countries, one for all that share it."""
    template = "trunk_rule" if name == "trunk" else pl.lit(None, pl.String)
    return [
        _Rule(*rule)
        for rule in table("countries")
        .filter(pl.col("country_code").is_in(codes), pl.col(name).is_not_null())
        .group_by(pl.col(name), template=template, maintain_order=True)
        .agg("country_code")
        .iter_rows()
    ]
