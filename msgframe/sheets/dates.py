"""Days and times as Excel shows them: the parts of a moment, as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.sheets.codes import Token, sections

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgframe.sheets.regions import Region

#: Excel's day 25,569 is 1970-01-01. Its calendar has a 29 February 1900 (day 60) that never was, so
#: the days before it lie one later.
_UNIX = 25_569
_LEAP = 60


def dates(days: pl.Expr, tokens: Iterable[Token], region: Region, names: Region) -> pl.Expr:
    """Write numbers of days by a date format's tokens.

    Parameters
    ----------
    days
        Days since 1899-12-31, the time of day as a fraction; not below 0.
    tokens
        The format's pieces, as `codes.sections` gives them.
    region
        What the computer's own dates look like.
    names
        Whose names the months and the days have.
    """
    tokens = tuple(_spelt(tokens, region))
    places = sum(token.name == "fraction" for token in tokens)
    moment = _Moment(days, places, noon=any(token.name == "noon" for token in tokens))
    pieces: list[pl.Expr] = []
    place = 0
    for token in tokens:
        if token.name == "fraction":
            pieces.append(moment.fraction(place))
            place += 1
        elif token.name == "mark":
            pieces.append(pl.lit(region.decimal))
        else:
            pieces.append(moment.part(token, names))
    return pl.concat_str(pieces)


def _spelt(tokens: Iterable[Token], region: Region) -> Iterable[Token]:
    """Put the region's own spelling where the format leaves it to the computer."""
    for token in tokens:
        if token.name != "system":
            yield token
            continue
        code = {
            "system_date": region.date,
            "system_long_date": region.long_date,
            "system_time": region.time,
        }[token.text]
        yield from sections(code)[0].tokens


class _Moment:
    """The parts of moments; the smallest part that is shown is rounded, all others are cut."""

    def __init__(self, days: pl.Expr, places: int, *, noon: bool) -> None:
        ticks = 10**places
        # Binary days miss the full second by parts of a microsecond.
        total = (days * 86_400 * ticks + 0.5 + 1e-5).floor().cast(pl.Int64)
        self._places = places
        self._noon = noon
        self._ticks: pl.Expr = total % ticks
        self._seconds = total // ticks
        self._day = self._seconds // 86_400
        shift = pl.when(self._day < _LEAP).then(1).otherwise(0)
        self._date = (self._day - _UNIX + shift).cast(pl.Int32).cast(pl.Date)

    def fraction(self, place: int) -> pl.Expr:
        """Write one digit of the fraction of the second."""
        digits = self._ticks.cast(pl.String).str.zfill(self._places)
        return digits.str.slice(place, 1)

    def part(self, token: Token, names: Region) -> pl.Expr:  # noqa: PLR0912  (one case a letter)
        """Write what one token asks for."""
        size = len(token.text)
        second = self._seconds % 86_400
        match token.name, token.text[:1]:
            case "noon", _:
                return self._half(token.text)
            case "elapsed", "h":
                return _padded(self._seconds // 3_600, size)
            case "elapsed", "m":
                return _padded(self._seconds // 60, size)
            case "elapsed", "s":
                return _padded(self._seconds, size)
            case "minute", _:
                return _padded(second // 60 % 60, min(size, 2))
            case "date", "h":
                hour = second // 3_600
                return _padded((hour + 11) % 12 + 1 if self._noon else hour, min(size, 2))
            case "date", "s":
                return _padded(second % 60, min(size, 2))
            case "date", "d":
                return self._days(size, names)
            case "date", "m":
                return self._months(size, names)
            case "date", "y" | "e":
                year = self._date.dt.year()
                return (
                    _padded(year % 100, 2)
                    if size <= 2 and token.text[0] == "y"
                    else _padded(year, 4)
                )
            case "date", "b":
                return _padded(self._date.dt.year() + 543, 4)
            case "date", "g":
                return pl.lit("")
            case _:
                return pl.lit(token.text)

    def _half(self, text: str) -> pl.Expr:
        morning, _, evening = text.partition("/")
        return (
            pl.when(self._seconds % 86_400 < 43_200)
            .then(pl.lit(morning))
            .otherwise(pl.lit(evening))
        )

    def _days(self, size: int, names: Region) -> pl.Expr:
        if size <= 2:
            # Day 0 is "0 January 1900", and day 60 the 29 February that never was.
            day = self._date.dt.day().cast(pl.Int64)
            day = pl.when(self._day == 0).then(0).when(self._day == _LEAP).then(29).otherwise(day)
            return _padded(day, size)
        return _named((self._day + 6) % 7, names.short_days if size == 3 else names.days)

    def _months(self, size: int, names: Region) -> pl.Expr:
        never = (self._day == 0) | (self._day == _LEAP)
        month = self._date.dt.month().cast(pl.Int64)
        month = pl.when(never).then(pl.when(self._day == 0).then(1).otherwise(2)).otherwise(month)
        if size <= 2:
            return _padded(month, size)
        full = names.short_months if size == 3 else names.months
        return _named(month - 1, tuple(name[0] for name in full) if size == 5 else full)


def _padded(number: pl.Expr, size: int) -> pl.Expr:
    return number.cast(pl.Int64).cast(pl.String).str.zfill(size)


def _named(index: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    return index.replace_strict(dict(enumerate(names)), return_dtype=pl.String)
