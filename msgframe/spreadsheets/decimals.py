"""Decimal numbers, exponents and fractions by the places of a format's section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.spreadsheets.series import choose, digits, join, power

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgframe.spreadsheets.format_code import Token
    from msgframe.spreadsheets.locales import Region

#: Halves are rounded up as a person reads them: 1.005 is 1.00499999999999989… in binary. Doubles
#: carry 15 digits for certain; this lifts a half that binary has pushed down, and nothing else.
_LIFT = 1 + 6e-16

#: Denominators are tried one by one up to 99; `???` would need 999 and is as good as never used.
_DENOMINATORS = 99


def format_decimals(tokens: Sequence[Token], x: pl.Series, region: Region) -> pl.Series:
    """Write sizes into places: `#,##0.00`, `0%`, `00000-00000`, `0.0,,"M"`."""
    names = [token.name for token in tokens]
    at = names.index("point") if "point" in names else len(names)
    before, after = tokens[:at], tokens[at:]
    end, places = _end(before), len(_slots(after))
    thousands = sum(token.name == "comma" for token in [*before[end:], *after[_end(after) :]])
    value = x * 100.0 ** names.count("percent") / 1000.0**thousands
    whole, part = split_decimals(value, pl.Series([float(places)]))
    grouped = any(token.name == "comma" for token in before[:end])
    head = _whole(before, whole, region.thousands if grouped else "")
    return join(head, _decimals(after, part, places, region)) if after else head


def split_decimals(value: pl.Series, places: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Split sizes into whole numbers and rounded decimals, both as whole floats, at 15 digits."""
    ten = power(places)
    floor = value.floor()
    # What a double holds past its fifteenth digit is noise: it is rounded away first.
    noise = power(14 - value.log10().floor().clip(0, 14).fill_nan(0))
    remainder = ((value - floor) * noise + 0.5).floor() / noise
    part = (remainder * ten * _LIFT + 0.5).floor()
    carried = part >= ten
    if not carried.any():
        return floor, part
    return floor + carried.cast(pl.Float64), choose(carried, 0.0, part)


def format_scientific(size: pl.Series, mark: str) -> pl.Series:
    """Write sizes as Excel does where it has no format and no room: `9.19816E+11`."""
    mantissa, exponent = _scaled(size, 1, 5)
    tail = digits(mantissa % 1e5).str.zfill(5).str.strip_chars_end("0")
    tail = choose(tail != "", mark + tail, "")
    return join(digits((mantissa / 1e5).floor()), tail, "E", _power_of_ten(exponent, 2, "+"))


def format_exponents(tokens: Sequence[Token], x: pl.Series, mark: str) -> pl.Series:
    """Write sizes with an exponent: `0.00E+00`, `##0.0E+0`."""
    names = [token.name for token in tokens]
    at = names.index("exponent")
    point = names.index("point") if "point" in names[:at] else at
    whole, decimals = _slots(tokens[:point]), _slots(tokens[point:at])
    mantissa, exponent = _scaled(x, max(len(whole), 1), len(decimals))
    ten = 10.0 ** len(decimals)
    head = digits((mantissa / ten).floor()).str.zfill(whole.count("0"))
    tail = _trimmed(digits(mantissa % ten).str.zfill(len(decimals)), decimals) if decimals else ""
    powers = _power_of_ten(exponent, len(_slots(tokens[at:])), tokens[at].text[1:])
    lead, trail = _words(tokens[:at]), _words(tokens[at + 1 :])
    return join(lead, head, mark if point < at else "", tail, "E", powers, trail)


def format_fractions(tokens: Sequence[Token], x: pl.Series) -> pl.Series:
    """Write sizes as fractions: `# ?/?`, `# ??/??`, `?/8`."""
    at = [token.name for token in tokens].index("slash")
    above = _run(tokens[:at][::-1])
    below = _run(tokens[at + 1 :])
    mixed = any(token.name == "digit" for token in tokens[: at - above])
    whole = x.floor() if mixed else x * 0
    fixed = "".join(token.text for token in tokens[at + 1 : at + 1 + below])
    top, bottom = _nearest(x - whole, fixed, below)
    carried = (top >= bottom) & mixed
    whole, top = whole + carried.cast(pl.Float64), choose(carried, 0.0, top)
    pair = join(digits(top).str.pad_start(above, " "), "/", digits(bottom).str.pad_end(below, " "))
    trail = _words(tokens[at + 1 + below :])
    if not mixed:
        return join(pair, trail)
    head = choose((whole > 0) | (top == 0), digits(whole), "")
    return join(head, choose(top == 0, "", " " + pair), trail)


def _whole(before: Sequence[Token], whole: pl.Series, mark: str) -> pl.Series:
    slots = [at for at, token in enumerate(before) if token.name == "digit"]
    number = choose(whole > 0, _long(whole), "")
    if not slots:
        # `.00` shows no zero before its mark, and never hides a number.
        return join(_texts(before), number)
    zeros = [before[at].text == "0" for at in slots]
    least = len(slots) - zeros.index(True) if any(zeros) else 0
    number = number.str.zfill(least) if least else number
    inner = before[slots[0] : slots[-1] + 1]
    if any(token.name not in {"digit", "comma"} for token in inner):
        body = _placed(inner, number)
    else:
        body = _grouped(number, mark) if mark else number
        if any(before[at].text == "?" for at in slots):
            body = body.str.pad_start(len(slots), " ")
    lead, trail = _texts(before[: slots[0]]), _texts(before[slots[-1] + 1 :])
    return join(lead, body, trail) if lead or trail else body


def _long(whole: pl.Series) -> pl.Series:
    """Write whole floats out; from the sixteenth digit on Excel shows zeros."""
    if not (far := (whole >= 1e15)).any():
        return digits(whole)
    zeros = choose(far, whole.log10().floor() - 14, 0.0).clip(0, 300)
    kept = digits((whole / power(zeros)).round(0))
    length = int(zeros.sort()[-1])
    return join(
        kept, pl.repeat("0" * length, len(whole), eager=True).str.head(zeros.cast(pl.Int64))
    )


def _grouped(number: pl.Series, mark: str) -> pl.Series:
    """Set thousands apart, group by group from the right."""
    length = number.str.len_chars().cast(pl.Int64)
    longest = length.max()
    if not isinstance(longest, int) or longest <= 3:
        return number
    groups = [number.str.tail(3)]
    for end in range(3, longest, 3):
        start = (length - end - 3).clip(0, None)
        group = number.str.slice(start, (length - end).clip(0, 3))
        groups.append(choose(length > end, group + mark, ""))
    return join(*reversed(groups))


def _placed(inner: Sequence[Token], number: pl.Series) -> pl.Series:
    r"""Put digits into places that have words between them: `00000-00000`, `##\,##\,##0`."""
    first = remaining = len(_slots(inner))
    length = number.str.len_chars().cast(pl.Int64)
    pieces: list[pl.Series | str] = []
    for token in inner:
        if token.name == "comma":
            continue
        if token.name != "digit":
            pieces.append(token.text)
            continue
        remaining -= 1
        at = (length - remaining - 1).clip(0, None)
        # The first place takes all the digits that have no place of their own.
        place = number.str.head(at + 1) if remaining == first - 1 else number.str.slice(at, 1)
        pieces.append(choose(length > remaining, place, " " if token.text == "?" else ""))
    return join(*pieces)


def _decimals(after: Sequence[Token], part: pl.Series, places: int, region: Region) -> pl.Series:
    """Write decimals: a `0` always, a `#` up to the last digit, a `?` as a blank."""
    shown, end = _slots(after), _end(after)
    number = digits(part).str.zfill(places) if places else part.cast(pl.String).str.head(0)
    if (short := _trimmed(number, shown)) is not number:
        number = short.str.pad_end(places, " ") if "?" in shown else short
    trail = _texts(after[max(end, 1) :])
    if all(token.name == "digit" for token in after[1:end]):
        return join(region.decimal, number, trail)
    pieces: list[pl.Series | str] = [region.decimal]
    place = 0
    for token in after[1:end]:
        pieces.append(number.str.slice(place, 1) if token.name == "digit" else token.text)
        place += token.name == "digit"
    return join(*pieces, trail)


def _trimmed(number: pl.Series, shown: Sequence[str]) -> pl.Series:
    """Leave out zeros at the end of decimals, but for those up to the last `0` of their places."""
    least = max((at + 1 for at, text in enumerate(shown) if text == "0"), default=0)
    if least == len(shown):
        return number
    return join(number.str.head(least), number.str.slice(least).str.strip_chars_end("0"))


def _scaled(size: pl.Series, whole: int, places: int) -> tuple[pl.Series, pl.Series]:
    """Give mantissas as whole floats with `places` decimals, and exponents by `whole`."""
    magnitude = choose(size > 0, size.log10().floor(), 0.0).clip(-300, 308)
    exponent = (magnitude / whole).floor() * whole
    mantissa = choose(exponent < 0, size * power(-exponent), size / power(exponent))
    rounded = (mantissa * 10.0**places * _LIFT + 0.5).floor()
    over = rounded >= 10.0 ** (places + whole)
    exponent = exponent + over.cast(pl.Float64) * whole
    return choose(over, 10.0**places, rounded), exponent


def _power_of_ten(exponent: pl.Series, places: int, sign: str) -> pl.Series:
    signs = choose(exponent < 0, "-", "+" if sign == "+" else "")
    return join(signs, digits(exponent.abs()).str.zfill(places))


def _nearest(remainder: pl.Series, fixed: str, places: int) -> tuple[pl.Series, pl.Series]:
    """Find the fraction that is nearest, the smaller denominator first, by trying them all."""
    if fixed.isdigit() and int(fixed[:9]) > 0:
        under = float(fixed[:9])
        return (remainder * under + 0.5).floor(), remainder * 0 + under
    best, top, bottom = remainder * 0 + 2, remainder * 0, remainder * 0 + 1
    for under in range(1, min(10**places, _DENOMINATORS + 1)):
        over = (remainder * under + 0.5).floor()
        off = (remainder - over / under).abs()
        nearer = off < best - 1e-12
        if nearer.any():
            top, bottom = choose(nearer, over, top), choose(nearer, float(under), bottom)
            best = choose(nearer, off, best)
    return top, bottom


def _run(tokens: Sequence[Token]) -> int:
    """Count the digits and places at the beginning."""
    for count, token in enumerate(tokens):
        if token.name != "digit" and not token.text.isdigit():
            return count
    return len(tokens)


def _slots(tokens: Sequence[Token]) -> list[str]:
    """Give the places for digits: `0`, `#` and `?`."""
    return [token.text for token in tokens if token.name == "digit"]


def _end(tokens: Sequence[Token]) -> int:
    """Give where the places for digits end."""
    return max((at + 1 for at, token in enumerate(tokens) if token.name == "digit"), default=0)


def _texts(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens if token.name != "comma")


def _words(tokens: Sequence[Token]) -> str:
    words = {"literal", "plain", "percent", "slash"}
    return "".join(token.text for token in tokens if token.name in words)
