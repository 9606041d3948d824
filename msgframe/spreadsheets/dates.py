"""Days and times as Excel shows them: the parts of moments, a column each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.spreadsheets.format_code import Token, sections
from msgframe.spreadsheets.series import choose, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from msgframe.spreadsheets.locales import Region

#: The day at which Excel's calendar ends: 10000-01-01.
END_OF_DAYS = 2_958_466

#: Excel's day 25,569 is 1970-01-01. Its calendar has a 29 February 1900 (day 60) that never was, so
#: the days before it lie one later.
_UNIX = 25_569
_LEAP = 60


def format_dates(
    days: pl.Series, tokens: Iterable[Token], region: Region, names: Region
) -> pl.Series:
    """Write numbers of days by a date format's tokens.

    Parameters
    ----------
    days
        Days since 1899-12-31, the time of day as a fraction; from 0 to `END_OF_DAYS`.
    tokens
        The format's pieces, as `format_code.sections` gives them.
    region
        What the computer's own dates look like.
    names
        Whose names the months and the days have.
    """
    spelt = tuple(_spelt(tokens, region))
    places = sum(token.name == "fraction" for token in spelt)
    moment = _Moment(days, places, noon=any(token.name == "noon" for token in spelt))
    pieces: list[pl.Series | str] = []
    place = 0
    for token in spelt:
        if token.name == "fraction":
            pieces.append(moment.fraction(place))
            place += 1
        elif token.name == "mark":
            pieces.append(region.decimal)
        else:
            pieces.append(moment.part(token, names))
    return join(*pieces)


def _spelt(tokens: Iterable[Token], region: Region) -> Iterator[Token]:
    """Put the region's own spelling where the format leaves it to the computer."""
    own = {
        "system_date": region.date,
        "system_long_date": region.long_date,
        "system_time": region.time,
    }
    for token in tokens:
        if token.name == "system":
            yield from sections(own[token.text])[0].tokens
        else:
            yield token


class _Moment:
    """The parts of moments; the smallest part that is shown is rounded, all others are cut."""

    def __init__(self, days: pl.Series, places: int, *, noon: bool) -> None:
        ticks = 10**places
        # Binary days miss the full second by parts of a microsecond.
        total = (days * (86_400 * ticks) + 0.50001).floor().cast(pl.Int64)
        self._places = places
        self._noon = noon
        self._ticks: pl.Series = total % ticks
        self._seconds: pl.Series = total // ticks
        self._day: pl.Series = self._seconds // 86_400
        self._second: pl.Series = self._seconds % 86_400
        shift = (self._day < _LEAP).cast(pl.Int64)
        self._date = (self._day - _UNIX + shift).cast(pl.Int32).cast(pl.Date)

    def fraction(self, place: int) -> pl.Series:
        """Write one digit of the fraction of the second."""
        return self._ticks.cast(pl.String).str.zfill(self._places).str.slice(place, 1)

    def part(self, token: Token, names: Region) -> pl.Series | str:
        """Write what one token asks for."""
        size, letter = len(token.text), token.text[:1]
        match token.name:
            case "noon":
                return self._half(token.text)
            case "elapsed":
                return _padded(self._seconds // {"h": 3_600, "m": 60, "s": 1}[letter], size)
            case "minute":
                return _padded(self._second // 60 % 60, min(size, 2))
            case "date" if letter in "hs":
                return _padded(self._clock(letter), min(size, 2))
            case "date" if letter == "d":
                return self._days(size, names)
            case "date" if letter == "m":
                return self._months(size, names)
            case "date":
                return self._years(letter, size)
            case _:
                return token.text

    def _clock(self, letter: str) -> pl.Series:
        if letter == "s":
            return self._second % 60
        hour = self._second // 3_600
        return (hour + 11) % 12 + 1 if self._noon else hour

    def _half(self, text: str) -> pl.Series:
        morning, _, evening = text.partition("/")
        return choose(self._second < 43_200, morning, evening)

    def _days(self, size: int, names: Region) -> pl.Series:
        if size > 2:
            return _named((self._day + 6) % 7, names.short_days if size == 3 else names.days)
        # Day 0 is "0 January 1900", and day 60 the 29 February that never was.
        day = self._date.dt.day().cast(pl.Int64)
        day = choose(self._day == 0, 0, choose(self._day == _LEAP, 29, day))
        return _padded(day, size)

    def _months(self, size: int, names: Region) -> pl.Series:
        month = self._date.dt.month().cast(pl.Int64)
        month = choose(self._day == 0, 1, choose(self._day == _LEAP, 2, month))
        if size <= 2:
            return _padded(month, size)
        full = names.short_months if size == 3 else names.months
        return _named(month - 1, tuple(name[0] for name in full) if size == 5 else full)

    def _years(self, letter: str, size: int) -> pl.Series | str:
        """Buddhist years (`b`) count from 543 BC; the name of an era (`g`) is left out."""
        if letter == "g":
            return ""
        year = choose(self._day == 0, 1900, self._date.dt.year().cast(pl.Int64))
        year = year + 543 if letter == "b" else year
        return _padded(year % 100, 2) if size <= 2 and letter != "e" else _padded(year, 4)


def _padded(number: pl.Series, size: int) -> pl.Series:
    text = number.cast(pl.String)
    return text.str.zfill(size) if size > 1 else text


def _named(index: pl.Series, names: tuple[str, ...]) -> pl.Series:
    return pl.Series(names).gather(index.cast(pl.UInt32))
