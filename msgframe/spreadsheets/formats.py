"""Numbers as Excel shows them: whole columns at a time, one format at a time.

Source: ECMA-376 part 1, 18.8.31, and what Excel and LibreOffice write for the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING

import polars as pl

from msgframe.spreadsheets.decimals import (
    format_decimals,
    format_exponents,
    format_fractions,
    format_scientific,
    split_decimals,
)
from msgframe.spreadsheets.format_code import Section, sections, text_section
from msgframe.spreadsheets.locales import LANGUAGES, REGIONS, Region
from msgframe.spreadsheets.series import choose, digits, join, power, scatter_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from msgframe.spreadsheets.format_code import Token

#: The day at which Excel's calendar ends: 10000-01-01.
END_OF_DAYS = 2_958_466

#: Excel's day 25,569 is 1970-01-01. Its calendar has a 29 February 1900 (day 60) that never was, so
#: the days before it lie one later. With days from 1904, numbers are lower by 1,462.
_UNIX = 25_569
_LEAP = 60
_FROM_1904 = 1_462

_OPERATORS = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}


@dataclass(frozen=True, slots=True)
class Style:
    """What all formats of a workbook share."""

    #: Whether days count from 1904 instead of 1900.
    from_1904: bool = False
    #: Marks, names and the computer's own dates.
    region: Region = field(default_factory=lambda: REGIONS["en-US"])
    #: Whether cells are given as stored, not as shown.
    raw: bool = False
    #: Whether dates are given in one spelling, whatever their formats, and although `raw`.
    iso_dates: bool = False


def format_numbers(number: pl.Series, code: str, style: Style) -> pl.Series:
    """Give numbers as Excel shows them under a format.

    Two kinds come back as all their digits, where Excel's screen hides them: long numbers without a
    format (Excel shows 9.19816E+11), and numbers that are no date in a date's format (#####).

    >>> format_numbers(pl.Series([1234.5, -0.256]), "#,##0.00;[Red]-0.0%", Style()).to_list()
    ['1,234.50', '-25.6%']
    >>> format_numbers(pl.Series([46082.75]), "dd-mmm-yyyy h:mm AM/PM", Style()).to_list()
    ['01-Mar-2026 6:00 PM']
    """
    text = pl.repeat("", len(number), dtype=pl.String, eager=True)
    pending = pl.repeat(value=True, n=len(number), dtype=pl.Boolean, eager=True)
    for part, applies, signed in _choices(sections(code), number):
        at = (pending & applies).arg_true()
        pending = pending & ~applies
        if at.is_empty():
            continue
        some = number.gather(at)
        text = scatter_text(
            text, at, _signed(part, some, style) if signed else _plain(part, some.abs(), style)
        )
    return text.str.strip_chars(" ")


def stored_digits(text: pl.Series, number: pl.Series) -> pl.Series:
    """Give numbers as stored: their own digits, an exponent written out where that loses nothing.

    >>> text = ["9.19816111111E11", "0.10", "7.4999999999999997E-3"]
    >>> stored_digits(pl.Series(text), pl.Series(text).cast(pl.Float64)).to_list()
    ['919816111111', '0.10', '0.0075']
    """
    whole = number == number.floor()
    # Excel stores 17 digits; the fewest that mean the same number are what a person typed.
    short = choose(~whole & (text.str.len_bytes() > 16), number.cast(pl.String), text)
    return choose(
        whole & (number.abs() < 2**63), number.cast(pl.Int64, strict=False).cast(pl.String), short
    )


def format_iso_dates(number: pl.Series, style: Style) -> pl.Series:
    """Give numbers of days as ISO 8601 writes them: to the second, or to the thousandth of one.

    >>> format_iso_dates(pl.Series([46082.75, 46082.5000013]), Style()).to_list()
    ['2026-03-01 18:00:00', '2026-03-01 12:00:00.112']
    """
    plain = replace(style, region=REGIONS["en-US"])
    return format_numbers(number, "yyyy-mm-dd hh:mm:ss.000", plain).str.strip_suffix(".000")


def serials(moments: pl.Series, style: Style) -> pl.Series:
    """Give ISO dates (cells of type `d`) as Excel's numbers of days.

    >>> serials(pl.Series(["2026-03-01T18:00:00"]), Style()).to_list()
    ['46082.75']
    """
    text = moments.str.strip_suffix("Z")
    text = choose(text.str.contains("T", literal=True), text, text + "T00:00:00")
    at = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="ms", strict=False)
    days = at.dt.epoch("ms") / 86_400_000 + _UNIX - (_FROM_1904 if style.from_1904 else 0)
    return days.cast(pl.String)


def format_text(text: pl.Series, code: str) -> pl.Series:
    """Give texts as a format's section for texts shows them: `"Mr. "@`.

    >>> format_text(pl.Series(["Rao"]), '0;-0;0;"Mr. "@').to_list()
    ['Mr. Rao']
    """
    part = text_section(code)
    if part is None:
        return text
    pieces = [text if token.name == "at" else token.text for token in part.tokens]
    return join(*pieces) if pieces else text.str.head(0)


def general(x: pl.Series, region: Region) -> pl.Series:
    """Give numbers without a format: up to 11 characters, as in a cell that is wide enough.

    >>> numbers = pl.Series([0.1 + 0.2, 1234567.123456, 919816111111.0, 1.5e20, -0.00001])
    >>> general(numbers, REGIONS["en-US"]).to_list()
    ['0.3', '1234567.123', '919816111111', '1.5E+20', '-0.00001']
    """
    size = x.abs()
    magnitude = size.log10().floor().clip(0, 15).fill_nan(0)
    # Nine characters are left for decimals where one digit and the mark stand before them. Excel
    # itself turns to 9.19816E+11 past 11 digits; their digits are kept, and `read` says so.
    places = choose(size < 1e11, 9 - magnitude, 14 - magnitude).clip(0, 9)
    whole, part = split_decimals(size, places)
    decimals = digits(part * power(9 - places)).str.zfill(9).str.strip_chars_end("0")
    text = join(digits(whole), choose(decimals != "", region.decimal + decimals, ""))
    tiny = (size > 0) & (size < 1e-4) & ((part / power(places) / size - 1).abs() > 1e-9)
    far = (tiny | (size >= 1e15)).arg_true()
    if len(far):
        text = scatter_text(text, far, format_scientific(size.gather(far), region.decimal))
    return choose((x < 0) & (text != "0"), "-" + text, text)


def _choices(parts: tuple[Section, ...], x: pl.Series) -> list[tuple[Section, pl.Series, bool]]:
    """Give a format's sections for numbers, where each applies, and if it writes the sign."""
    numeric = parts[:3]
    if 1 < len(parts) < 4 and any(token.name == "at" for token in parts[-1].tokens):
        numeric = parts[:-1]
    always = pl.repeat(value=True, n=len(x), dtype=pl.Boolean, eager=True)
    if not any(part.condition for part in numeric):
        match numeric:
            case (one,):
                return [(one, always, True)]
            case (positive, negative):
                return [(negative, x < 0, False), (positive, always, True)]
            case (positive, negative, zero, *_):
                return [(negative, x < 0, False), (zero, x == 0, True), (positive, always, True)]
    choices = [
        (part, *_condition(part, at, len(numeric), x, always)) for at, part in enumerate(numeric)
    ]
    # What no condition holds for is shown by the last section.
    return [*choices, (numeric[-1], always, True)]


def _condition(
    part: Section, at: int, count: int, x: pl.Series, always: pl.Series
) -> tuple[pl.Series, bool]:
    """Give where a section applies, and whether it writes the sign: not if all are negative."""
    if part.condition:
        sign, limit = part.condition
        negative = (sign == "<" and limit <= 0) or (sign == "<=" and limit < 0)
        return _OPERATORS[sign](x, limit), not negative
    if at == 0 and count > 1:
        return x > 0, True
    if at == 1 and count > 2:
        return x < 0, False
    return always, True


def _signed(part: Section, x: pl.Series, style: Style) -> pl.Series:
    if part.kind in {"general", "date"}:
        return _plain(part, x, style)
    body = _plain(part, x.abs(), style)
    return choose(x < 0, "-" + body, body)


def _plain(part: Section, x: pl.Series, style: Style) -> pl.Series:
    region = style.region
    match part.kind:
        case "date":
            return _dates(part, x, style)
        case "scientific":
            return format_exponents(part.tokens, x, region.decimal)
        case "fraction":
            return format_fractions(part.tokens, x)
        case "number":
            return format_decimals(part.tokens, x, region)
        case _:
            number = {"general", "at"}
            spelt = [general(x, region) if t.name in number else t.text for t in part.tokens]
            return join(x.cast(pl.String).str.head(0), *spelt)


def _dates(part: Section, x: pl.Series, style: Style) -> pl.Series:
    """Write numbers as days and times; those beyond the calendar as numbers."""
    region = style.region
    names = LANGUAGES.get(part.language & 0x3FF, region) if part.language else region
    days = x + _FROM_1904 if style.from_1904 else x
    fits = (x >= 0) & (days < END_OF_DAYS)
    tokens = tuple(_spelt(part.tokens, region))
    moment = _Moment(choose(fits, days, 0.0), tokens, region, names)
    text = join(*(moment.part(token) for token in tokens))
    return text if fits.all() else choose(fits, text, general(x, region))


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
    """The parts of moments; the smallest part that is shown is rounded, all others are cut.

    `days` count from 1899-12-31, the time of day as a fraction, from 0 to `END_OF_DAYS`; `region`
    has the mark of decimals, and `names` those of the months and the days.
    """

    def __init__(
        self, days: pl.Series, tokens: tuple[Token, ...], region: Region, names: Region
    ) -> None:
        places = sum(token.name == "fraction" for token in tokens)
        ticks = 10**places
        # Binary days miss the full second by parts of a microsecond.
        total = (days * (86_400 * ticks) + 0.50001).floor().cast(pl.Int64)
        fraction = (total % ticks).cast(pl.String).str.zfill(places)
        self._fraction: Iterator[pl.Series] = (
            fraction.str.slice(place, 1) for place in range(places)
        )
        self._decimal, self._names = region.decimal, names
        self._noon = any(token.name == "noon" for token in tokens)
        self._seconds: pl.Series = total // ticks
        self._day: pl.Series = self._seconds // 86_400
        self._second: pl.Series = self._seconds % 86_400
        shift = (self._day < _LEAP).cast(pl.Int64)
        self._date = (self._day - _UNIX + shift).cast(pl.Int32).cast(pl.Date)

    def part(self, token: Token) -> pl.Series | str:
        """Write what one token asks for."""
        size, letter = len(token.text), token.text[:1]
        match token.name, letter:
            case "fraction", _:
                return next(self._fraction)
            case "mark", _:
                return self._decimal
            case "noon", _:
                morning, _, evening = token.text.partition("/")
                return choose(self._second < 43_200, morning, evening)
            case "elapsed", _:
                return _padded(self._seconds // {"h": 3_600, "m": 60, "s": 1}[letter], size)
            case "minute", _:
                return _padded(self._second // 60 % 60, min(size, 2))
            case "date", "s":
                return _padded(self._second % 60, min(size, 2))
            case "date", "h":
                hour = self._second // 3_600
                return _padded((hour + 11) % 12 + 1 if self._noon else hour, min(size, 2))
            case "date", "d":
                return self._days(size)
            case "date", "m":
                return self._months(size)
            case "date", _:
                return self._years(letter, size)
            case _:
                return token.text

    def _days(self, size: int) -> pl.Series:
        if size > 2:
            names = self._names.short_days if size == 3 else self._names.days
            return _named((self._day + 6) % 7, names)
        # Day 0 is "0 January 1900", and day 60 the 29 February that never was.
        day = self._date.dt.day().cast(pl.Int64)
        day = choose(self._day == 0, 0, choose(self._day == _LEAP, 29, day))
        return _padded(day, size)

    def _months(self, size: int) -> pl.Series:
        month = self._date.dt.month().cast(pl.Int64)
        month = choose(self._day == 0, 1, choose(self._day == _LEAP, 2, month))
        if size <= 2:
            return _padded(month, size)
        full = self._names.short_months if size == 3 else self._names.months
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
