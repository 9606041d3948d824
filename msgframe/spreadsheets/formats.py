"""Numbers as Excel shows them: whole columns at a time, one format at a time.

Source: ECMA-376 part 1, 18.8.31, and what Excel and LibreOffice write for the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from msgframe.spreadsheets.dates import END_OF_DAYS, format_dates
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
    days = at.dt.epoch("ms") / 86_400_000 + (24_107 if style.from_1904 else 25_569)
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
    match part.condition:
        case ("<", limit):
            return x < limit, limit > 0
        case ("<=", limit):
            return x <= limit, limit >= 0
        case (">", limit):
            return x > limit, True
        case (">=", limit):
            return x >= limit, True
        case ("=", limit):
            return x == limit, True
        case ("<>", limit):
            return x != limit, True
        case _ if at == 0 and count > 1:
            return x > 0, True
        case _ if at == 1 and count > 2:
            return x < 0, False
        case _:
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
            return _moments(part, x, style)
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


def _moments(part: Section, x: pl.Series, style: Style) -> pl.Series:
    named = LANGUAGES.get(part.language & 0x3FF, style.region) if part.language else style.region
    days = x + 1462 if style.from_1904 else x
    fits = (x >= 0) & (days < END_OF_DAYS)
    text = format_dates(choose(fits, days, 0.0), part.tokens, style.region, named)
    return text if fits.all() else choose(fits, text, general(x, style.region))
