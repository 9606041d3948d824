"""Candidates: the ways in which digits can be read as a number, the likeliest first.

Each candidate reads a cell's digits as a national number of the row's country. The first reading
that libphonenumber's metadata knows as a mobile number (or as one that may be) is taken; a reading
that is a valid number of another type is only remembered. Nothing is added to a number that brings
its own prefix, and nothing is removed from digits that are a mobile number as they stand.

For the others: why a cell could not be read, and what was probably meant: said, never done.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

import polars as pl

from msgframe.phone.digits import apply_where, clear_flag, read_cells, set_flags
from msgframe.phone.expressions import country_code, is_valid, lookup, table, with_range

#: Letters that fingers and scanners put in the place of digits (the second О is Cyrillic).
_LOOKALIKES = dict(zip("OoОоQDIiLl|ZzSsGbBgq", "00000011111225566899", strict=True))


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


class _Candidate(NamedTuple):
    """One way to read digits."""

    #: The national number, null where the digits cannot be read so.
    national: pl.Expr
    #: `mask` with what was repaired in it.
    mask: pl.Expr = pl.col("mask")
    #: Which cells the way is for: a filter costs less than a regex on them all.
    among: pl.Expr = pl.lit(True)


class _Guess(NamedTuple):
    """What a cell with one of these rules may have meant, as a text to read again."""

    rules: tuple[str, ...]
    text: pl.Expr


def first_sendable(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read each cell by the first candidate that gives a sendable number.

    Takes the columns `code`, `named`, `digits`, `plus` and `mask`. Returns the cells that were
    read, with `mobile`, `msisdn` and `range_index`; and the others, with `abroad`
    (the digits behind + or 00) and `valid` (whether a candidate gave a number of another type).
    """
    prefixes = table("countries").select("prefix", code="country_code")
    unread = cells.pipe(_from_abroad).join(prefixes, on="code", how="left")
    unread = unread.with_columns(valid=False)
    every_read = []
    for candidate in _candidates(tuple(unread["code"].unique().drop_nulls().sort())):
        read, unread = _try_candidate(unread, candidate)
        every_read.append(read)
        # A cell without a country is read by no candidate.
        if not unread["code"].count():
            break
    return pl.concat(every_read), unread


def _try_candidate(cells: pl.DataFrame, candidate: _Candidate) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the cells that a candidate reads, and the others."""
    fits, sendable = pl.col("mobile").is_not_null(), pl.col("sendable")
    parsed = cells.filter(candidate.among).with_columns(mobile=candidate.national)
    known = parsed.filter(fits).pipe(with_range, _number_of(pl.col("code") + pl.col("mobile")))
    read = known.filter(sendable).with_columns(mask=candidate.mask).drop("sendable", "valid")
    valid = pl.col("valid") | (lookup("type", pl.col("range_index")) != "UNKNOWN")
    others = known.filter(~sendable).with_columns(valid=valid)
    unread = [cells.filter(~candidate.among), parsed.filter(~fits), others]
    return read, pl.concat([rows.select(cells.columns) for rows in unread])


def _from_abroad(cells: pl.DataFrame) -> pl.DataFrame:
    """Add `abroad`: the digits behind + or 00."""
    digits = pl.col("digits")
    abroad = pl.col("plus") | digits.str.starts_with("00")
    behind = pl.when(abroad).then(digits.str.strip_chars_start("0"))
    return cells.with_columns(abroad=behind).pipe(
        apply_where, abroad & ~pl.col("named"), _take_country
    )


def _take_country(cells: pl.DataFrame) -> pl.DataFrame:
    """Take the country from the mobile where the country's cell is blank.

    That beats the default: a prefix is never added to a number that has one.
    """
    own = pl.when(_is_international()).then(country_code(_number_of(pl.col("abroad"))))
    brought = pl.col("own").is_not_null()
    return (
        cells.with_columns(own=own)
        .with_columns(code=pl.coalesce("own", "code"))
        .with_columns(mask=set_flags(country_from_mobile=brought))
        .with_columns(mask=clear_flag("default_country", brought))
        .drop("own")
    )


@cache
def _is_international() -> pl.Expr:
    """Tell whether `abroad` begins with the code of a country.

    Behind a plus stands one; behind 00 one does where it makes a valid number.
    """
    return pl.col("plus") | is_valid(_number_of(pl.col("abroad"))).fill_null(False)


def _number_of(digits: pl.Expr) -> pl.Expr:
    """Give digits as a number, null where there are more than any numbering plan has."""
    return pl.when(digits.str.len_bytes() <= 18).then(digits.cast(pl.Int64, strict=False))


@cache
def _candidates(codes: tuple[str, ...]) -> list[_Candidate]:
    """List the readings, the likeliest first, for a sheet that holds these calling codes."""
    code, prefix = pl.col("code"), pl.col("prefix")
    trunks, abroads = _rules("trunk", codes), _rules("abroad", codes)
    here = pl.when(~pl.col("plus")).then("digits")
    without, inside = _after(pl.col("abroad"), code), _after(here, code)
    held, trunk, twice = _held(), set_flags(trunk_prefix=True), _held("country_twice")
    held_trunk, held_former = _held("trunk_prefix"), _held("former_prefix")
    ways = [
        _Candidate(without, held),
        _Candidate(_after(without, prefix), held_trunk),
        _Candidate(here),
        _Candidate(_after(here, prefix), trunk),
        _Candidate(inside, held),
        _Candidate(_after(inside, prefix), held_trunk),
        _Candidate(_after(here, "0" + code), held_trunk),
        _Candidate(_after(without, code), twice),
        _Candidate(_after(inside, code), twice),
    ]
    for rules, flags, held_flags in (
        (trunks, trunk, held_trunk),
        (_FORMER, set_flags(former_prefix=True), held_former),
    ):
        texts = ((without, held_flags), (here, flags), (inside, held_flags))
        ways += [_Candidate(_rewritten(text, rules), mask, _owned(rules)) for text, mask in texts]
    dialled = _after(_rewritten(here, abroads), code)
    return [*ways, _Candidate(dialled, _held("international_prefix"), _owned(abroads))]


def _held(*repairs: str) -> pl.Expr:
    """Give `mask` with these repairs, and that the cell held its country's code too."""
    abroad = pl.col("abroad").is_not_null()
    happened: dict[str, pl.Expr | bool] = {
        "international_prefix": abroad & ~pl.col("plus"),
        # Where the country's cell is blank, the mobile's prefix is no repetition.
        "country_in_mobile": ~abroad | pl.col("named"),
    }
    return set_flags(**happened | dict.fromkeys(repairs, True))


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


def explain(lost: pl.DataFrame) -> pl.DataFrame:
    """Give the `rule` that each cell breaks which no candidate could read."""
    lengths = table("countries").select("shortest", "longest", code="country_code")
    abroad, code = pl.col("abroad"), pl.col("code")
    own = abroad.str.starts_with(code)
    national = pl.coalesce(pl.when(own).then(abroad.str.strip_prefix(code)), "digits")
    length = national.str.len_bytes()
    broken = {
        "no_country": code.is_null(),
        "country_mismatch": ~own & _is_international(),
        "not_mobile": pl.col("valid"),
        "too_long": length > pl.col("longest"),
        "too_short": length < pl.col("shortest"),
    }
    first = pl.coalesce(pl.when(wrong).then(pl.lit(rule)) for rule, wrong in broken.items())
    return lost.join(lengths, on="code", how="left").with_columns(
        rule=first.fill_null("invalid_number")
    )


def suggest(rejected: pl.DataFrame) -> pl.DataFrame:
    """Give the number that each rejected cell probably meant: `at`, and `suggestion` as +E.164.

    A guess is given only where it leads to a sendable number, the likeliest one of each cell.
    """
    guesses = pl.concat(
        rejected.filter(pl.col("rule").is_in(guess.rules))
        .select("at", "code", "named", "mask", text=guess.text, order=pl.lit(order))
        .drop_nulls("text")
        for order, guess in enumerate(_guesses())
    )
    if guesses.is_empty():
        return pl.DataFrame(schema={"at": pl.UInt32, "suggestion": pl.String})
    read, _ = (
        guesses.pipe(read_cells, first=True).filter(pl.col("rule").is_null()).pipe(first_sendable)
    )
    return (
        read.sort("order")
        .unique("at", keep="first", maintain_order=True)
        .select("at", suggestion="+" + pl.col("msisdn").cast(pl.String))
    )


def _guesses() -> list[_Guess]:
    text, digits = pl.col("text"), pl.col("digits")
    words = r"\b\p{L}[\p{L}.']*\b[:.]?"
    bare = digits.str.strip_chars_start("0")
    # Where the zero belongs to the number, a (0) before a mobile is a mistake.
    unzeroed = pl.when(text.str.contains(r"\(0\)")).then(text.str.replace(r"\(0\)", ""))
    # Brazil put a 9 before its mobile numbers of eight digits from 2012 to 2016.
    eight = bare.str.replace(r"^(\d\d)([6-9]\d{7})$", "${1}9${2}")
    ninth = pl.when(pl.col("code") == "55").then(eight)
    return [
        _Guess(("letters",), text.str.replace_many(_LOOKALIKES)),
        _Guess(("letters",), text.str.replace_all(words, " ")),
        _Guess(("multiple_numbers",), text),
        _Guess(("negative_number", "invalid_number", "country_mismatch"), digits),
        _Guess(("too_long", "country_mismatch"), bare),
        _Guess(("too_long", "invalid_number", "not_mobile"), unzeroed),
        _Guess(("too_short", "invalid_number"), ninth),
        _Guess(("no_country",), pl.when(~pl.col("named")).then("+" + digits)),
    ]
