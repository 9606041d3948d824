"""Why a cell could not be read, and what was probably meant: said, never done."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from msgframe.phone.candidates import first_sendable, number_of
from msgframe.phone.digits import read_cells
from msgframe.phone.expressions import is_valid
from msgframe.phone.tables import table

#: Letters that fingers and scanners put in the place of digits (the second О is Cyrillic).
_LOOKALIKES = dict(zip("OoОоQDIiLl|ZzSsGbBgq", "00000011111225566899", strict=True))


class _Guess(NamedTuple):
    """What a cell with one of these rules may have meant, as a text to read again."""

    rules: tuple[str, ...]
    text: pl.Expr


def explain(lost: pl.DataFrame) -> pl.DataFrame:
    """Give the `rule` that each cell breaks which no candidate could read."""
    lengths = table("countries").select("shortest", "longest", code="country_code")
    abroad, code = pl.col("abroad"), pl.col("code")
    own = abroad.str.starts_with(code)
    national = pl.coalesce(pl.when(own).then(abroad.str.strip_prefix(code)), "digits")
    length = national.str.len_bytes()
    # Behind a plus stands a country's code; behind 00 one does where it makes a valid number.
    elsewhere = pl.col("plus") | is_valid(number_of(abroad)).fill_null(False)
    broken = {
        "no_country": code.is_null(),
        "country_mismatch": ~own & elsewhere,
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
