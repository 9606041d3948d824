r"""A cell as somebody typed it, read as digits: marks, labels, tails and foreign scripts removed.

Cells part early, so that no cell pays for another's dirt: *tight* ones are digits behind a plus or
none, *plain* ones have blanks, dashes, brackets too, and *odd* ones hold anything else. What was
done to a cell is kept as a bit of `mask` (see `REPAIRS`); what cannot be read gets its `rule`.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from msgframe.phone.multiple import NUMBER, first_of, first_of_plain

if TYPE_CHECKING:
    from collections.abc import Callable

#: Each repair by name, in the order in which it is told. Bit n of `mask` stands for the n-th.
REPAIRS = {
    "country_cell": "the country was spelt in another way: +91, 0091, 91.0, IN, India",
    "default_country": "the country cell was blank, and the sheet's default was taken",
    "country_from_mobile": "the country cell was blank, and the number brings its own",
    "other_script": "digits or signs of another script or width were read as plain ones",
    "invisible": "characters that nobody sees were removed (byte order mark, zero width, bidi)",
    "quotes": "the quotes or the = that keep a number text in a spreadsheet were removed",
    "label": "a label was removed: tel:, Mob., WhatsApp",
    "extension": "an extension was cut: ext. 12, x12",
    "scientific": "scientific notation in which no digit was lost was written out",
    "decimal_tail": "the .0 of a number that was stored as a decimal was removed",
    "first_of_several": "the first of several numbers in the cell was taken",
    "optional_zero": "the (0) that is not dialled from abroad was removed",
    "separators": "blanks, dots, dashes, brackets, slashes were removed",
    "plus": "the + in front was read",
    "international_prefix": "the prefix for calls abroad was read: 00, 011, 0011",
    "country_in_mobile": "the mobile cell held the calling code too",
    "country_twice": "the mobile cell held the calling code twice",
    "trunk_prefix": "the prefix for calls inside the country was removed: 0, in Russia 8",
    "former_prefix": "a prefix that the country has given up was removed",
}
_BITS = {name: 1 << bit for bit, name in enumerate(REPAIRS)}


class _Mend(NamedTuple):
    """One repair: where `pattern` is found it is replaced, and the name noted."""

    name: str
    pattern: str
    by: str = ""


_LABELS = (
    "tel|telf?|tlf|tf(?:no)?|tel[eé]fono|telefone|t[eé]l[eé]phone|telephone|telefon|fono|phone|ph|"
    "mob|mobile?|m[oó]vil|m[oó]bil|cell?|celular|celu|cellulare|handy|portable|gsm|"
    "whats ?app|wa|wsp|contact[oe]?|call(?:to)?|sms|text|"
    "number|num|n[uú]mero|numero|nummer|nr[eo]?|no|main|home|work|office|casa|trabajo|personal"
)

_BRACKETS = {"[": "(", "{": "(", "]": ")", "}": ")"}
_MARKS = dict.fromkeys(" \t\r\n-.,()+/;|&_", "")
_DECIMAL = _Mend("decimal_tail", r"^(?:(\+?\d{7,})[.,]0{1,2}|(\+?\d{10,})[.,]0+)$", "${1}${2}")
#: Word ends are those of ASCII: Unicode's would cost ten times as much.
_LABEL = _Mend(
    "label",
    rf"(?i)(?:https?://)?wa\.me/|(?-u:\b)(?:{_LABELS})(?-u:\b)[\s.:#=-]*"
    r"|(?-u:\b)[mtpchw][.:]+\s*|\([mtpchw]\)|№|n\.?[º°]\.?",
)
_EXTENSION = _Mend(
    "extension",
    rf"(?i)({NUMBER})[\s,;]*(?:extensi[oó]n|extn?|anexo|int(?:erno)?|poste|x|#)[\s.:=]*\d{{1,6}}$",
    "${1}",
)

#: The last digit of Unicode, a seven-segment 9.
_LAST_DIGIT = 0x1FBF9

#: What people and spreadsheets write for "none", Excel's error values in any language among it.
_EMPTY = (
    r"(?i)^(?:[^\p{L}\p{N}]*|0(?:[.,]0+)?|#[^1-9]*[!?]|#?n\.?[/.]?[ad]\.?|null|none|nil|nan|nat|no|"
    r"s/n|sin (?:n[uú]mero|tel[eé]fono|m[oó]vil)|no tiene|ningun[oa]?|nulo|vac[ií]o|"
    r"unknown|desconocido|pending|pendiente|tbd)$"
)

#: Why a cell cannot be read, of those reasons that show in the cell alone.
_RULES = pl.Enum(
    [
        "empty",
        "negative_number",
        "scientific_notation",
        "multiple_numbers",
        "letters",
        "invalid_number",
    ]
)

#: A cell of digits with blanks, dashes, brackets and plus signs, which needs no closer look.
_PLAIN = r"^[+(]*[0-9][0-9 ()+-]*$"
_OPTIONAL_ZERO = _Mend("optional_zero", r"\(\s*0\s*\)")

_NEGATIVE = r"^-[-\s]*[(+]?\d"
_SCIENTIFIC = r"^[+-]?\d+(?:[.,]\d*)?[eE]\+?\d+$"
_MANTISSA = r"^\+?(\d(?:[.,]\d*)?)[eE]"
_EXPONENT = r"[eE]\+?(\d{1,2})$"


def set_flags(**happened: pl.Expr | bool) -> pl.Expr:
    """Give `mask` with the bits of some repairs set where they happened."""
    mask = pl.col("mask")
    for name, where in happened.items():
        mask |= pl.when(where).then(_BITS[name]).otherwise(0).cast(pl.UInt32)
    return mask


def clear_flag(name: str, undone: pl.Expr) -> pl.Expr:
    """Give `mask` with the bit of a repair cleared where it was undone."""
    others = pl.lit(~_BITS[name] & 0xFFFF_FFFF, pl.UInt32)
    return pl.when(undone).then(pl.col("mask") & others).otherwise("mask")


def repair_names(mask: pl.Series) -> pl.Series:
    """Give the names of the repairs of each mask, list[str]: a list is made once for each mask."""
    masks = mask.unique()
    names = [[name for name, bit in _BITS.items() if one & bit] for one in masks.to_list()]
    lists = pl.Series("repairs", names, dtype=pl.List(pl.String))
    if len(masks) == 1:
        return lists.new_from_index(0, len(mask))
    places = mask.replace_strict(masks, range(len(masks)), return_dtype=pl.UInt32)
    return lists.gather(places)


def read_cells(cells: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    """Read each cell's `text` as `digits`, and say whether a `plus` stands before them.

    Adds `digits` str, `plus` bool, `rule` enum (null where nothing is wrong so far); notes in
    `mask`. With `first`, the first of several numbers is taken; without, it is only suggested.
    """
    tight = pl.col("text").str.contains(r"^\+?[0-9]+$").fill_null(False)
    loose = cells.filter(~tight).pipe(_strip_and_fold).pipe(_read_loose, first=first)
    read = cells.filter(tight).pipe(_read_tight).select(loose.columns)
    return (
        pl.concat([read, loose])
        .with_columns(mask=set_flags(plus=pl.col("plus")))
        .pipe(_refuse, "empty", pl.col("digits").is_in(["", "0"]))
    )


def _read_tight(cells: pl.DataFrame) -> pl.DataFrame:
    """Read the cells of nothing but digits behind a plus or none."""
    text = pl.col("text")
    return cells.with_columns(
        rule=pl.lit(None, _RULES),
        digits=text.str.strip_prefix("+"),
        plus=text.str.starts_with("+"),
    )


def _read_loose(cells: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    plain = pl.col("text").str.contains(_PLAIN)
    return (
        cells.with_columns(rule=pl.lit(None, _RULES))
        .pipe(apply_where, ~plain, _read_odd, first=first)
        .pipe(_drop_optional_zero)
        .pipe(_read_digits)
        .pipe(_part_long, first=first)
    )


def apply_where(
    cells: pl.DataFrame,
    here: pl.Expr,
    step: Callable[..., pl.DataFrame],
    *arguments: Any,
    **settings: Any,
) -> pl.DataFrame:
    """Do a step with some of the cells only: a filter costs less than a regex on them all."""
    some = cells.filter(here)
    if some.is_empty():
        return cells
    return pl.concat([cells.filter(~here), some.pipe(step, *arguments, **settings)])


def _strip_and_fold(cells: pl.DataFrame) -> pl.DataFrame:
    """Strip all cells, and fold the few that hold more than ASCII."""
    text = pl.col("text")
    stripped = text.str.strip_chars()
    return (
        cells.with_columns(text.fill_null(""))
        .pipe(apply_where, text.str.len_bytes() != text.str.len_chars(), _fold_foreign)
        .with_columns(
            stripped, mask=set_flags(separators=stripped.str.len_bytes() != text.str.len_bytes())
        )
    )


def _fold_foreign(cells: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text")
    seen = set_flags(invisible=text.str.contains(r"\p{Cf}|[\x{FE0F}\x{20E3}]"))
    other = set_flags(other_script=text.str.contains(r"[\p{Nd}&&[^0-9]]|[\x{FF01}-\x{FF5E}]"))
    return cells.with_columns(mask=seen).with_columns(to_ascii(text), mask=other)


def to_ascii(text: pl.Expr) -> pl.Expr:
    """Read the digits and signs of all scripts and widths as ASCII, and drop what nobody sees."""
    return text.str.replace_many(_ascii())


@cache
def _ascii() -> dict[str, str]:
    """Tell how the characters that numbers are written with, in any script, look in ASCII."""
    folded = {chr(code): _plain_of(chr(code)) for code in range(0x80, _LAST_DIGIT + 1)}
    tags = {"\ufe0f": "", "\u20e3": "", "−": "-", "’": "'", "‘": "'", "⁄": "/", "∕": "/"}
    return {raw: plain for raw, plain in folded.items() if plain is not None} | tags


def _plain_of(character: str) -> str | None:
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.decimal(character))
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Pd":
            return "-"
        case "Cf":
            return ""
        case _ if "\uff01" <= character <= "\uff5e":
            return chr(ord(character) - 0xFEE0)
    return None


def _read_odd(cells: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    text = pl.col("text")
    parted = text.str.contains(r"[/,;|&\n\p{L}]")
    return (
        cells.pipe(_unquote)
        .pipe(apply_where, ~text.str.contains("[1-9]"), _refuse, "empty", text.str.contains(_EMPTY))
        .with_columns(text.str.replace_many(_BRACKETS))
        .pipe(_refuse, "negative_number", text.str.contains(_NEGATIVE))
        .pipe(apply_where, text.str.contains(_SCIENTIFIC), _write_out)
        .pipe(_mend, _DECIMAL)
        .pipe(apply_where, text.str.contains(r"[\p{L}№°#]"), _mend, _LABEL, _EXTENSION)
        .pipe(apply_where, parted, _take_first, earlier=first_of(text), first=first)
        .pipe(apply_where, text.str.contains(r"[^0-9\s().+,/;|&_-]"), _refuse_signs)
    )


def _unquote(cells: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text")
    bare = text.str.strip_chars_start(" \t\r\n'\"`=").str.strip_chars_end(" \t\r\n'\"`")
    return cells.with_columns(
        bare, mask=set_flags(quotes=bare.str.len_bytes() < text.str.len_bytes())
    )


def _refuse_signs(cells: pl.DataFrame) -> pl.DataFrame:
    """Refuse what no number is written with."""
    letters = pl.col("text").str.contains(r"\p{L}")
    return cells.pipe(_refuse, "letters", letters).pipe(_refuse, "invalid_number", pl.lit(True))


def _read_digits(cells: pl.DataFrame) -> pl.DataFrame:
    text, digits, plus = pl.col("text"), pl.col("digits"), pl.col("plus")
    bare = digits.str.replace_all("[^0-9]", "")
    return (
        cells.with_columns(digits=text.str.replace_many(_MARKS))
        # A cell with anything else has a rule already; its digits are for the suggestion.
        .pipe(apply_where, pl.col("rule").is_not_null(), pl.DataFrame.with_columns, digits=bare)
        .with_columns(plus=text.str.contains(r"^[^0-9]*\+"))
        .with_columns(
            mask=set_flags(separators=text.str.len_bytes() != digits.str.len_bytes() + plus)
        )
    )


def _part_long(cells: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    """Look for a second number where a plus, or too many digits, let expect one."""
    text = pl.col("text")
    suspect = (pl.col("digits").str.len_bytes() > 15) | text.str.contains(r"\d[ )]*\+")

    def part(cells: pl.DataFrame) -> pl.DataFrame:
        return cells.pipe(_take_first, earlier=first_of_plain(text), first=first).pipe(_read_digits)

    return cells.pipe(apply_where, suspect, part)


def _mend(cells: pl.DataFrame, *mends: _Mend) -> pl.DataFrame:
    text, change = pl.col("text"), pl.DataFrame.with_columns
    for name, pattern, by in mends:
        mended = text.str.replace_all(pattern, by)
        mask = set_flags(**{name: True})
        cells = apply_where(cells, text.str.contains(pattern), change, mended, mask=mask)
    return cells


def _refuse(cells: pl.DataFrame, rule: str, wrong: pl.Expr) -> pl.DataFrame:
    """Note the first thing that is wrong with a cell."""
    first = pl.col("rule").is_null() & wrong
    return cells.with_columns(rule=pl.when(first).then(pl.lit(rule, _RULES)).otherwise("rule"))


def _write_out(cells: pl.DataFrame) -> pl.DataFrame:
    """Write scientific notation out where every digit is there; refuse it where one was lost."""
    text, places = pl.col("text"), pl.col("places")
    mantissa = text.str.extract(_MANTISSA).str.replace_many({".": "", ",": ""})
    zeros = pl.col("mantissa").str.slice(places).str.strip_chars("0") == ""
    exact = ((pl.col("mantissa").str.len_bytes() >= places) & zeros).fill_null(False)
    return (
        cells.with_columns(
            mantissa=mantissa, places=text.str.extract(_EXPONENT).cast(pl.UInt32) + 1
        )
        .pipe(_refuse, "scientific_notation", ~exact)
        .with_columns(
            text=pl.when(exact).then(pl.col("mantissa").str.head(places)).otherwise(text),
            mask=set_flags(scientific=exact),
        )
        .drop("mantissa", "places")
    )


def _take_first(cells: pl.DataFrame, *, earlier: pl.Expr, first: bool) -> pl.DataFrame:
    """Go on with the first of several numbers: taken where the caller chose so, else suggested."""
    several = earlier.is_not_null()
    if first:
        cells = cells.with_columns(mask=set_flags(first_of_several=several))
    else:
        cells = cells.pipe(_refuse, "multiple_numbers", several)
    return cells.with_columns(text=pl.coalesce(earlier, "text"))


def _drop_optional_zero(cells: pl.DataFrame) -> pl.DataFrame:
    # In Italy and San Marino the zero belongs to the number, abroad too.
    belongs = pl.col("code").is_in(["39", "378"]).fill_null(False)
    bracket = pl.col("text").str.contains("(", literal=True)
    return cells.pipe(apply_where, bracket & ~belongs, _mend, _OPTIONAL_ZERO)
