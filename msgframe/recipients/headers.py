"""Which column holds the number and which the country: by wording, and by the evidence of values.

A header alone lies often ("Contact" may be a person), and so do values alone (an order number has
ten digits too); the match rests on both and shows what it rests on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.a1 import letters_by_position
from msgframe.core.header_synonyms import (
    COUNTRY_KINDS,
    NUMBER_KINDS,
    VARIABLE,
    fold_all,
    fold_header,
    wording_score,
)
from msgframe.core.masking import LOOKS_LIKE_NUMBER
from msgframe.errors import ColumnsError, UsageError
from msgframe.frames import did_you_mean, quoted
from msgframe.phone import repair

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Columns that `read` adds and that are never matched.
OURS = frozenset({"row", "sheet"})

#: How many cells of a column are looked at: enough to be sure, few enough to cost nothing.
SAMPLE = 1_000

_SCIENTIFIC = r"^\p{Nd}[.,]\p{Nd}+[eE]\+?\p{Nd}{1,2}$"
#: A calling code, an ISO code, or a country's name.
_COUNTRY = r"^\s*(?:(?:\+|00)?\s*[1-9]\p{Nd}{0,3}(?:\.0)?|[\p{L}][\p{L}\p{M} .'()-]{1,40})\s*$"
#: A column with more different values than this holds something else than countries.
_COUNTRIES = 60

_NUMBERED = re.compile(r"^(?P<word>\D+?)(?P<number>\d{1,3})$")


@dataclass(frozen=True, slots=True)
class Match:
    """Which header plays which part, and what says so.

    >>> sheet = pl.DataFrame({"row": [2], "País": ["34"], "Móvil": ["612345678"], "Saldo": ["3 €"]})
    >>> match(sheet)
    Match(country='País', mobile='Móvil', variables=('Saldo',))
    """

    #: The header of the countries, or None where the numbers carry their own.
    country: str | None
    #: The header of the numbers.
    mobile: str
    #: The other headers: Var1, Var2, … by their numbers, then the rest in the order of the sheet.
    variables: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """The match as `check(columns=…)` takes it, to be used again next month."""
        matched = {"mobile": self.mobile, "country": self.country}
        return {part: header for part, header in matched.items() if header is not None}


def match(
    sheet: pl.DataFrame,
    columns: Mapping[str, str] | None = None,
    *,
    scores: pl.DataFrame | None = None,
) -> Match:
    """Find the number, the country and the variables among a sheet's headers.

    Parameters
    ----------
    sheet
        What `read` gave, or any frame of text.
    columns
        What is known already: `{"mobile": "Contacto", "country": "Prefijo"}`; either may be left
        out. `"country": ""` says that no column holds a country.
    scores
        `header_scores` of the sheet, where they are known.

    Raises
    ------
    ColumnsError
        Where no column looks like one of numbers, or two do equally.
    """
    known = _known(sheet, columns or {})
    own = [name for name in sheet.columns if name not in OURS]
    scores = header_scores(sheet) if scores is None else scores
    mobile = known.get("mobile") or _best_mobile(sheet, scores, known.get("country"))
    others = [name for name in own if name != mobile]
    country = known.get("country")
    if country is None:
        country = _best_country(scores, others) or _country_by_values(sheet, mobile, others)
    variables = sorted((name for name in others if name != country), key=_variable_order)
    return Match(country or None, mobile, tuple(variables))


def evidence(
    sheet: pl.DataFrame,
    matched: Match,
    *,
    letters: Mapping[str, str] | None = None,
    scores: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Show what a match rests on: a row a header, with its part and its likeness to both parts.

    `letters` are Excel's, as in `check`; `scores` as in `match`.

    >>> sheet = pl.DataFrame({"Pays": ["33"], "Portable": ["0612345678"], "Nom": ["Zoé"]})
    >>> evidence(sheet, match(sheet)).select("header", "part", "wording", "values")
    shape: (3, 4)
    ┌──────────┬──────────┬─────────┬────────┐
    │ header   ┆ part     ┆ wording ┆ values │
    │ ---      ┆ ---      ┆ ---     ┆ ---    │
    │ str      ┆ str      ┆ f64     ┆ f64    │
    ╞══════════╪══════════╪═════════╪════════╡
    │ Pays     ┆ country  ┆ 1.0     ┆ 1.0    │
    │ Portable ┆ mobile   ┆ 1.0     ┆ 1.0    │
    │ Nom      ┆ variable ┆ 0.0     ┆ 0.0    │
    └──────────┴──────────┴─────────┴────────┘
    """
    known = known_letters(sheet, letters)
    part = {matched.mobile: "mobile"} | ({matched.country: "country"} if matched.country else {})
    scores = header_scores(sheet) if scores is None else scores
    own = scores["header"].to_list()
    scores = scores.with_columns(part=pl.Series([part.get(n, "variable") for n in own]))
    of = pl.when(pl.col("part") == "country")
    return scores.select(
        "header",
        pl.Series("letter", [known.get(name) for name in own], dtype=pl.String),
        "part",
        wording=of.then("country_wording").otherwise("mobile_wording"),
        values=of.then("country_values").otherwise("mobile_values"),
    )


def known_letters(sheet: pl.DataFrame, letters: Mapping[str, str] | None) -> Mapping[str, str]:
    """Give the letters of columns that are known, where a caller says none.

    A frame without row numbers is counted as though it were written to a sheet, its headers in row
    1; one with them came from a file, and may lack columns of it: a wrong cell is worse than none.
    """
    if letters is not None:
        return letters
    return {} if "row" in sheet.columns else letters_by_position(sheet.columns)


def numbered(header: str) -> int | None:
    """Give the number of one of the vendor's variables, or None.

    >>> numbered("Var 2"), numbered("VARIÁVEL_12"), numbered("Saldo")
    (2, 12, None)
    """
    name = _NUMBERED.match(fold_header(header))
    return int(name["number"]) if name and name["word"] in fold_all(VARIABLE) else None


def _variable_order(header: str) -> tuple[bool, int]:
    number = numbered(header)
    return (number is None, number or 0)


def _known(sheet: pl.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    for part, header in columns.items():
        if part not in {"mobile", "country"}:
            raise UsageError(
                f"check(columns=…) takes 'mobile' and 'country', not {part!r}. "
                "Write columns={'mobile': 'the header of the numbers'}."
            )
        if header not in sheet.columns and (header or part == "mobile"):
            raise ColumnsError(
                f"check(columns=…) names {header!r} for {part}. "
                f"The sheet has {quoted(sheet.columns)}.{did_you_mean([header], sheet.columns)}"
            )
    return dict(columns)


def header_scores(sheet: pl.DataFrame) -> pl.DataFrame:
    """Give a row a header: its wording and the share of its values that speak for each part."""
    own = [name for name in sheet.columns if name not in OURS]
    some = _sample(sheet.select(own))
    return pl.DataFrame(
        {
            "header": own,
            "mobile_wording": [wording_score(name, NUMBER_KINDS) for name in own],
            "country_wording": [wording_score(name, COUNTRY_KINDS) for name in own],
            "mobile_values": shares(some, f"{LOOKS_LIKE_NUMBER}|{_SCIENTIFIC}"),
            "country_values": shares(some, _COUNTRY),
        },
        schema={
            "header": pl.String,
            **dict.fromkeys(("mobile_wording", "country_wording"), pl.Float64),
            **dict.fromkeys(("mobile_values", "country_values"), pl.Float64),
        },
    )


def _sample(frame: pl.DataFrame) -> pl.DataFrame:
    """Take rows evenly from the whole sheet: its head may be a test entry and its tail a footer."""
    step = max(frame.height // SAMPLE, 1)
    return frame.gather_every(step).select(pl.all().cast(pl.String, strict=False))


def shares(some: pl.DataFrame, pattern: str) -> list[float | None]:
    """Give the share of each column's filled cells that fit; None where all are blank."""
    filled = pl.all().str.strip_chars().replace("", None)
    fitting = some.select(filled.str.contains(pattern).mean().round(3))
    return list(fitting.row(0)) if fitting.width else []


def _best_mobile(sheet: pl.DataFrame, scores: pl.DataFrame, country: str | None) -> str:
    """Choose the header of the numbers by wording and values; one of the two must be strong."""
    worded, valued = pl.col("mobile_wording"), pl.col("mobile_values").fill_null(0)
    # Values weigh a little more, so that a header which none of its cells bears out loses.
    likely = (
        scores.filter(pl.col("header") != (country or ""))
        .with_columns(score=worded + 1.2 * valued)
        .filter(((worded >= 0.25) & (valued >= 0.2)) | (valued >= 0.8) | (worded >= 0.7))
        .filter((pl.col("country_wording") < 1) | (valued >= 0.8))
        .sort("score", "mobile_wording", descending=True, maintain_order=True)
    )
    if likely.is_empty():
        raise ColumnsError(
            "check() found no column of phone numbers. "
            f"The sheet has {quoted(scores['header']) or 'no columns'}. "
            "Name it: check(sheet, columns={'mobile': '…'})."
        )
    best = likely.filter(pl.col("score") >= pl.col("score").max() - 0.05)
    if best.height == 1 or best["mobile_wording"][0] > best["mobile_wording"][1:].max():
        return str(best["header"][0])
    return _most_sendable(sheet, scores, best["header"].to_list(), country)


def _most_sendable(
    sheet: pl.DataFrame, scores: pl.DataFrame, likely: list[str], country: str | None
) -> str:
    """Choose among equals the column whose cells are numbers that exist, if one is far ahead."""
    country = country or _best_country(scores, [n for n in scores["header"] if n not in likely])
    some = _sample(sheet.select(*likely, *([country] if country else [])))
    sendable = {name: _sendable(some, name, country) for name in likely}
    first, second, *_ = sorted(likely, key=sendable.__getitem__, reverse=True)
    if sendable[first] >= sendable[second] + 0.3:
        return first
    raise ColumnsError(
        f"check() found {len(likely)} columns that could hold the numbers: {quoted(likely)}. "
        f"Say which: check(sheet, columns={{'mobile': {first!r}}})."
    )


def _best_country(scores: pl.DataFrame, others: list[str]) -> str | None:
    """Choose the header of the countries, if its wording says so and no value denies it."""
    likely = scores.filter(
        pl.col("header").is_in(others),
        pl.col("country_wording") >= 0.5,
        (pl.col("country_values") >= 0.5) | pl.col("country_values").is_null(),
    ).sort(
        "country_wording", "country_values", descending=True, nulls_last=True, maintain_order=True
    )
    return None if likely.is_empty() else str(likely["header"][0])


def _country_by_values(sheet: pl.DataFrame, mobile: str, others: list[str]) -> str | None:
    """Choose the column that turns the numbers beside it into mobiles, whatever it is called.

    Ages look like calling codes too; only real ones make most of the numbers valid.
    """
    some = _sample(sheet.select(mobile, *others))
    fitting = shares(some.select(others), _COUNTRY)
    likely = [
        name
        for name, share in zip(others, fitting, strict=True)
        if (share or 0) >= 0.8 and some[name].n_unique() <= _COUNTRIES
    ]
    sendable = {name: _sendable(some, mobile, name) for name in likely}
    best = max(sendable, key=sendable.__getitem__, default=None)
    if best is None or sendable[best] < 0.5:
        return None
    return best if sendable[best] >= _sendable(some, mobile, None) + 0.2 else None


def _sendable(some: pl.DataFrame, mobile: str, country: str | None) -> float:
    numbers = repair(some, mobile_column=mobile, country_column=country)
    return float(numbers["rule"].is_null().sum()) / max(numbers.height, 1)
