"""Numbers as Excel shows them: whole columns at a time, one format at a time.

Source: ECMA-376 part 1, 18.8.31, and what Excel and LibreOffice write for the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from msgframe.sheets.codes import Section, is_date, sections
from msgframe.sheets.dates import dates
from msgframe.sheets.regions import LANGUAGES, REGIONS, Region

#: Halves are rounded up as a person reads them: 1.005 is 1.00499999999999989… in binary. Doubles
#: carry 15 digits for certain; this lifts a half that binary has pushed down, and nothing else.
_LIFT = 1 + 6e-16

#: Days at which Excel's calendar ends: 10000-01-01.
END_OF_DAYS = 2_958_466


@dataclass(frozen=True, slots=True)
class Style:
    """What all formats of a workbook share."""

    #: Whether days count from 1904 instead of 1900.
    from_1904: bool = False
    #: Marks, names and the computer's own dates.
    region: Region = field(default_factory=lambda: REGIONS["en-US"])


def shown(number: pl.Series, code: str, style: Style) -> pl.Series:
    r"""Give numbers as Excel shows them under a format.

    Two kinds come back as all their digits, where Excel's screen hides them: long numbers without a
    format (Excel shows 9.19816E+11), and numbers that are no date in a date's format (#####).

    >>> shown(pl.Series([1234.5, -0.256]), "#,##0.00;[Red]-0.0%", Style()).to_list()
    ['1,234.50', '-25.6%']
    >>> shown(pl.Series([46082.75]), "dd-mmm-yyyy h:mm AM/PM", Style()).to_list()
    ['01-Mar-2026 6:00 PM']
    """
    parts = sections(code)
    frame = pl.DataFrame({"x": number})
    if parts[0].kind == "general" and len(parts) == 1:
        return _finish(frame, _with_literals(parts[0], style))
    return _finish(frame, _chosen(parts, style))


def stored(text: pl.Series, number: pl.Series) -> pl.Series:
    """Give numbers as stored: their own digits, an exponent written out where that loses nothing.

    >>> stored(pl.Series(["9.19816111111E11", "0.10"]), pl.Series([919816111111.0, 0.1])).to_list()
    ['919816111111', '0.10']
    """
    whole = (number == number.floor()) & (number.abs() < 2**63)
    frame = pl.DataFrame({"text": text, "x": number, "whole": whole})
    return frame.select(
        pl.when("whole")
        .then(pl.col("x").cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise("text")
    ).to_series()


def serials(moments: pl.Series, style: Style) -> pl.Series:
    """Give ISO dates (cells of type `d`) as Excel's numbers of days.

    >>> serials(pl.Series(["2026-03-01T18:00:00"]), Style()).to_list()
    ['46082.75']
    """
    at = moments.str.strip_suffix("Z").str.to_datetime(time_unit="ms", strict=False)
    days = at.dt.epoch("ms") / 86_400_000 + (24_107 if style.from_1904 else 25_569)
    return days.cast(pl.String)


def general(x: pl.Expr, decimal: str = ".") -> pl.Expr:
    """Give numbers without a format: up to 11 characters, as in a cell that is wide enough.

    >>> frame = pl.DataFrame({"x": [0.1 + 0.2, 1234567.123456, 919816111111.0, 1.5e20, -0.00001]})
    >>> frame.select(general(pl.col("x"))).to_series().to_list()
    ['0.3', '1234567.123', '919816111111', '1.5E+20', '-0.00001']
    """
    size = x.abs()
    magnitude = size.log10().floor().fill_nan(0).clip(0, 15)
    # Nine characters are left for decimals where one digit and the mark stand before them. Excel
    # itself turns to 9.19816E+11 past 11 digits; their digits are kept, and `read` says so.
    places = (
        pl.when(size < 1e11).then(9 - magnitude.clip(0, 9)).otherwise(14 - magnitude).clip(0, 9)
    )
    ten = pl.lit(10.0).pow(places)
    whole, part = _split(size, places)
    digits = (part * pl.lit(10.0).pow(9 - places)).round(0).cast(pl.Int64).cast(pl.String)
    decimals = digits.str.zfill(9).str.strip_chars_end("0")
    plain = whole.cast(pl.Int64).cast(pl.String) + pl.when(decimals != "").then(
        decimal + decimals
    ).otherwise(pl.lit(""))
    vanishes = (size > 0) & (size < 1e-4) & ((size * ten).round(0) / ten / size - 1).abs().gt(1e-9)
    text = (
        pl.when((size >= 1e15) | vanishes)
        .then(_scientific(size, 1, 5, 2, plus=True, decimal=decimal, trim=True))
        .otherwise(plain)
    )
    return pl.when((x < 0) & (text != "0")).then("-" + text).otherwise(text)


def _finish(frame: pl.DataFrame, text: pl.Expr) -> pl.Series:
    return frame.select(text.str.strip_chars(" ").alias("text")).to_series()


def _chosen(parts: tuple[Section, ...], style: Style) -> pl.Expr:
    """Choose the section by the number's sign, or by the conditions that the format states."""
    x = pl.col("x")
    numeric = parts[:3] if len(parts) > 3 or parts[-1].kind != "text" else parts
    if len(parts) > 1 and any(token.name == "at" for token in parts[-1].tokens):
        numeric = parts[:-1][:3]
    if any(part.condition for part in numeric):
        return _by_condition(numeric, style)
    if len(numeric) == 1:
        return _signed(numeric[0], x, style)
    positive = _signed(numeric[0], x, style)
    negative = _section(numeric[1], x.abs(), style)
    if len(numeric) == 2:
        return pl.when(x < 0).then(negative).otherwise(positive)
    zero = _section(numeric[2], x, style)
    return pl.when(x < 0).then(negative).when(x == 0).then(zero).otherwise(positive)


def _by_condition(parts: tuple[Section, ...], style: Style) -> pl.Expr:
    x = pl.col("x")
    given = [_condition(part, at, len(parts)) for at, part in enumerate(parts)]
    text = _signed(parts[-1], x, style)
    for part, (when, unsigned) in reversed(list(zip(parts, given, strict=True))):
        own = _section(part, x.abs(), style) if unsigned else _signed(part, x, style)
        text = pl.when(when).then(own).otherwise(text)
    return text


def _condition(part: Section, at: int, count: int) -> tuple[pl.Expr, bool]:
    """Give when a section applies, and whether it leaves out the sign (it knows it is negative)."""
    x = pl.col("x")
    match part.condition:
        case ("<", limit):
            return x < limit, limit <= 0
        case ("<=", limit):
            return x <= limit, limit < 0
        case (">", limit):
            return x > limit, False
        case (">=", limit):
            return x >= limit, False
        case ("=", limit):
            return x == limit, False
        case ("<>", limit):
            return x != limit, False
        case _ if at == 0 and count > 1:
            return x > 0, False
        case _ if at == 1 and count > 2:
            return x < 0, True
        case _:
            return pl.lit(value=True), False


def _signed(part: Section, x: pl.Expr, style: Style) -> pl.Expr:
    if part.kind in {"general", "date"}:
        return _section(part, x, style)
    body = _section(part, x.abs(), style)
    return pl.when(x < 0).then("-" + body).otherwise(body)


def _section(part: Section, x: pl.Expr, style: Style) -> pl.Expr:
    region = style.region
    match part.kind:
        case "general":
            return _with_literals(part, style, x)
        case "date":
            named = LANGUAGES.get(part.language & 0x3FF, region) if part.language else region
            days = x + 1462 if style.from_1904 else x
            fits = (x >= 0) & (days < END_OF_DAYS)
            safe = pl.when(fits).then(days).otherwise(0.0)
            return (
                pl.when(fits)
                .then(dates(safe, part.tokens, region, named))
                .otherwise(general(x, region.decimal))
            )
        case "text":
            return _text(part, x, region)
        case "scientific":
            return _exponential(part, x, region)
        case "fraction":
            return _fraction(part, x)
        case _:
            return _number(part, x, region)


def _with_literals(part: Section, style: Style, x: pl.Expr | None = None) -> pl.Expr:
    number = general(pl.col("x") if x is None else x, style.region.decimal)
    pieces = [number if token.name == "general" else pl.lit(token.text) for token in part.tokens]
    return pl.concat_str(pieces) if pieces else number


def _text(part: Section, x: pl.Expr, region: Region) -> pl.Expr:
    """Write a section without a digit's place: its words, and the number where `@` stands."""
    pieces = [
        general(x, region.decimal) if token.name == "at" else pl.lit(token.text)
        for token in part.tokens
    ]
    return pl.concat_str(pieces) if pieces else pl.lit("")


def _number(part: Section, x: pl.Expr, region: Region) -> pl.Expr:
    before, after, places = _halves(part)
    percents = sum(token.name == "percent" for token in part.tokens)
    last = max((at for at, token in enumerate(before) if token.name == "digit"), default=-1)
    commas = sum(token.name == "comma" for token in before[last + 1 :])
    grouped = any(token.name == "comma" for token in before[: last + 1])
    # With no digit before the mark, the thousands are counted after the decimals: `.00,`.
    value = x * 100.0**percents / 1000.0**commas
    whole, fraction = _split(value, pl.lit(float(places)))
    head = _whole(before, whole, region, grouped=grouped)
    tail = _decimals(after, fraction, places, region)
    return pl.concat_str([head, tail])


def _halves(part: Section) -> tuple[list, list, int]:  # type: ignore[type-arg]
    names = [token.name for token in part.tokens]
    at = names.index("point") if "point" in names else len(names)
    before, after = list(part.tokens[:at]), list(part.tokens[at:])
    return before, after, sum(token.name == "digit" for token in after)


def _split(value: pl.Expr, places: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Split sizes into whole numbers and rounded decimals, both as whole floats, at 15 digits."""
    ten = pl.lit(10.0).pow(places)
    floor = value.floor()
    # What a double holds past its fifteenth digit is noise: it is rounded away first.
    room = (14 - value.log10().floor().fill_nan(0).clip(0, 15)).clip(0, 14)
    noise = pl.lit(10.0).pow(room)
    rest = ((value - floor) * noise + 0.5).floor() / noise
    part = (rest * ten * _LIFT + 0.5).floor()
    carried = part >= ten
    whole = floor + carried.cast(pl.Float64)
    return whole, pl.when(carried).then(0.0).otherwise(part)


def _whole(before: list, whole: pl.Expr, region: Region, *, grouped: bool) -> pl.Expr:  # type: ignore[type-arg]
    slots = [at for at, token in enumerate(before) if token.name == "digit"]
    if not slots:
        # `.00` shows no zero before its mark, but never hides a number.
        lead = [pl.lit(token.text) for token in before if token.name != "comma"]
        number = pl.when(whole > 0).then(_digits(whole)).otherwise(pl.lit(""))
        return pl.concat_str([*lead, number])
    forced = next((slots.index(at) for at in slots if before[at].text == "0"), len(slots))
    least = len(slots) - forced
    digits = pl.when(whole > 0).then(_digits(whole)).otherwise(pl.lit("")).str.zfill(least)
    padded = sum(before[at].text == "?" for at in slots)
    inner = before[slots[0] : slots[-1] + 1]
    if any(token.name not in {"digit", "comma"} for token in inner):
        body = _placed(inner, digits)
    else:
        body = _grouped(digits, region.thousands) if grouped else digits
        body = body.str.pad_start(len(slots), " ") if padded else body
    lead = [pl.lit(token.text) for token in before[: slots[0]] if token.name != "comma"]
    trail = [pl.lit(token.text) for token in before[slots[-1] + 1 :] if token.name != "comma"]
    return pl.concat_str([*lead, body, *trail])


def _digits(whole: pl.Expr) -> pl.Expr:
    """Write whole floats out; from the sixteenth digit on Excel shows zeros."""
    size = (
        pl.when(whole >= 1e15)
        .then(pl.lit(10.0).pow((whole.log10().floor() - 14).clip(0, None)))
        .otherwise(1.0)
    )
    zeros = pl.when(whole >= 1e15).then((whole.log10().floor() - 14).clip(0, 400)).otherwise(0.0)
    kept = (whole / size).round(0).cast(pl.Int64).cast(pl.String)
    return pl.concat_str([kept, pl.lit("0").repeat_by(zeros.cast(pl.UInt32)).list.join("")])


def _grouped(digits: pl.Expr, mark: str) -> pl.Expr:
    """Set thousands apart: from the right, so on the reversed digits."""
    turned = digits.str.reverse().str.replace_all(r"([0-9]{3})", f"${{1}}{mark}")
    return turned.str.strip_suffix(mark).str.reverse()


def _placed(inner: list, digits: pl.Expr) -> pl.Expr:  # type: ignore[type-arg]
    r"""Put digits into places that have words between them: `00000-00000`, `##\,##\,##0`."""
    count = sum(token.name == "digit" for token in inner)
    length = digits.str.len_chars().cast(pl.Int64)
    pieces: list[pl.Expr] = []
    left = count
    for token in inner:
        if token.name == "comma":
            continue
        if token.name != "digit":
            pieces.append(pl.lit(token.text))
            continue
        left -= 1
        blank = pl.lit(" " if token.text == "?" else "")
        if left == count - 1:
            place = digits.str.head((length - left).clip(0, None))
            pieces.append(pl.when(length > left).then(place).otherwise(blank))
        else:
            place = digits.str.slice((length - left - 1).clip(0, None), 1)
            pieces.append(pl.when(length > left).then(place).otherwise(blank))
    return pl.concat_str(pieces)


def _decimals(after: list, fraction: pl.Expr, places: int, region: Region) -> pl.Expr:  # type: ignore[type-arg]
    if not after:
        return pl.lit("")
    digits = fraction.cast(pl.Int64).cast(pl.String).str.zfill(places)
    least = max(
        (
            at + 1
            for at, token in enumerate(t for t in after if t.name == "digit")
            if token.text == "0"
        ),
        default=0,
    )
    kept = pl.concat_str([digits.str.head(least), digits.str.slice(least).str.strip_chars_end("0")])
    pieces: list[pl.Expr] = []
    place = 0
    for token in after:
        match token.name:
            case "point":
                pieces.append(pl.lit(region.decimal if not pieces else "."))
            case "digit":
                digit = kept.str.slice(place, 1)
                blank = " " if token.text == "?" else ""
                pieces.append(pl.when(digit == "").then(pl.lit(blank)).otherwise(digit))
                place += 1
            case "comma":
                pass
            case _:
                pieces.append(pl.lit(token.text))
    return pl.concat_str(pieces)


def _exponential(part: Section, x: pl.Expr, region: Region) -> pl.Expr:
    names = [token.name for token in part.tokens]
    at = names.index("exponent")
    mantissa, rest = list(part.tokens[:at]), list(part.tokens[at + 1 :])
    point = next((i for i, token in enumerate(mantissa) if token.name == "point"), len(mantissa))
    whole = sum(token.name == "digit" for token in mantissa[:point])
    decimals = [token.text for token in mantissa[point:] if token.name == "digit"]
    digits = sum(token.name == "digit" for token in rest)
    body = _scientific(
        x,
        max(whole, 1),
        len(decimals),
        digits,
        plus=part.tokens[at].text.endswith("+"),
        decimal=region.decimal,
        trim=False,
        least=_least(decimals),
        whole_least=sum(token.text == "0" for token in mantissa[:point] if token.name == "digit"),
    )
    lead = [pl.lit(t.text) for t in mantissa if t.name not in {"digit", "point", "comma"}]
    trail = [pl.lit(t.text) for t in rest if t.name != "digit"]
    return pl.concat_str([*lead, body, *trail])


def _least(decimals: list[str]) -> int:
    return max((at + 1 for at, text in enumerate(decimals) if text == "0"), default=0)


def _scientific(
    size: pl.Expr,
    whole: int,
    places: int,
    digits: int,
    *,
    plus: bool,
    decimal: str,
    trim: bool,
    least: int | None = None,
    whole_least: int = 1,
) -> pl.Expr:
    """Write sizes with an exponent that is a multiple of the places before the mark."""
    magnitude = pl.when(size > 0).then(size.log10().floor()).otherwise(0.0)
    # log10 may be off by one at the powers of ten themselves.
    magnitude = magnitude + (size / pl.lit(10.0).pow(magnitude) >= 10 * (1 - 1e-15)).cast(
        pl.Float64
    )
    exponent = (magnitude / whole).floor() * whole
    ten = 10.0**places
    mantissa = (size / pl.lit(10.0).pow(exponent) * ten * _LIFT + 0.5).floor()
    over = mantissa >= ten * 10.0**whole
    exponent = exponent + over.cast(pl.Float64) * whole
    mantissa = pl.when(over).then(pl.lit(ten)).otherwise(mantissa)
    head = (mantissa / ten).floor().cast(pl.Int64).cast(pl.String).str.zfill(whole_least)
    tail = (mantissa % ten).cast(pl.Int64).cast(pl.String).str.zfill(places)
    kept = 0 if trim else (places if least is None else least)
    tail = pl.concat_str([tail.str.head(kept), tail.str.slice(kept).str.strip_chars_end("0")])
    if not places:
        tail = pl.lit("")
    mark = pl.when(tail != "").then(pl.lit(decimal)).otherwise(pl.lit(""))
    sign = pl.when(exponent < 0).then(pl.lit("-")).otherwise(pl.lit("+" if plus else ""))
    power = exponent.abs().cast(pl.Int64).cast(pl.String).str.zfill(digits)
    return pl.concat_str([head, mark, tail, pl.lit("E"), sign, power])


def _fraction(part: Section, x: pl.Expr) -> pl.Expr:
    names = [token.name for token in part.tokens]
    at = names.index("slash")
    below = _run(part.tokens, at + 1)
    above = _run_before(part.tokens, at)
    mixed = any(token.name == "digit" for token in part.tokens[: at - above])
    whole = x.floor() if mixed else pl.lit(0.0)
    rest = x - whole
    fixed = "".join(token.text for token in part.tokens[at + 1 : at + 1 + below])
    top, bottom = _nearest(rest, fixed, below)
    carried = top >= bottom if mixed else pl.lit(value=False)
    whole = whole + carried.cast(pl.Float64)
    top = pl.when(carried).then(0.0).otherwise(top)
    number = _text_of(top).str.pad_start(above, " ")
    under = _text_of(bottom).str.pad_end(below, " ")
    pair = pl.concat_str([number, pl.lit("/"), under])
    if not mixed:
        return pair
    shown_whole = pl.when((whole > 0) | (top == 0)).then(_text_of(whole)).otherwise(pl.lit(""))
    blank = pl.lit(" " * (above + below + 1))
    return pl.concat_str([shown_whole, pl.lit(" "), pl.when(top == 0).then(blank).otherwise(pair)])


def _nearest(rest: pl.Expr, fixed: str, places: int) -> tuple[pl.Expr, pl.Expr]:
    """Find the fraction that is nearest, the smaller denominator first, by trying them all."""
    if fixed.isdigit() and int(fixed) > 0:
        return (rest * int(fixed) + 0.5).floor(), pl.lit(float(int(fixed)))
    best, top, bottom = pl.lit(2.0), pl.lit(0.0), pl.lit(1.0)
    for under in range(1, 10 ** min(places, 2)):
        over = (rest * under + 0.5).floor()
        off = (rest - over / under).abs()
        nearer = off < best - 1e-12
        top = pl.when(nearer).then(over).otherwise(top)
        bottom = pl.when(nearer).then(float(under)).otherwise(bottom)
        best = pl.when(nearer).then(off).otherwise(best)
    return top, bottom


def _run(tokens: tuple, start: int) -> int:  # type: ignore[type-arg]
    count = 0
    for token in tokens[start:]:
        if token.name != "digit" and not token.text.isdigit():
            break
        count += 1
    return count


def _run_before(tokens: tuple, end: int) -> int:  # type: ignore[type-arg]
    return _run(tuple(reversed(tokens[:end])), 0)


def _text_of(whole: pl.Expr) -> pl.Expr:
    return whole.cast(pl.Int64).cast(pl.String)


__all__ = ["END_OF_DAYS", "Style", "general", "is_date", "serials", "shown", "stored"]
