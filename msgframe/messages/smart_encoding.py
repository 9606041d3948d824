"""Smart encoding: the signs that push a text out of GSM-7, and what may stand for them."""

from __future__ import annotations

import unicodedata
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.messages.segmentation import BASIC, EXTENSION, OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from polars._typing import IntoExpr

#: Whether letters keep the accents that GSM-7 lacks, or lose them.
Accents: TypeAlias = Literal["keep", "strip"]

#: What smart encoding writes for signs that look alike: on the left what GSM-7 has. The fractions
#: (½) and raised digits (²) are left out: "2½" would become "21/2".
_SHAPES = {
    '"': "«»“”„‟″ʺˮ❝❞〝〞＂",
    "'": "‘’‛′ʹʻʼʽˈˊˋ´`❛❜＇",
    ",": "‚︐、،",
    ".": "。",
    ":": "∶ː",
    "-": "‐‑‒–—―−•⁃⎼⎽﹣－",
    "/": "⁄∕",
    "|": "∣¦",
    "^": "ˆ",
    "~": "˜∼",
    "*": "∗",
    "x": "×",
    "<": "‹",
    ">": "›",
    "...": "…",
    "!!": "‼",
    " ": "\t\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000",
    "": "\xad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068"
    "\u2069\ufe0e\ufe0f\ufeff"
    + "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\f\r"),
}

#: What is written for letters and signs only if the person asks, since it reads differently.
_SIGNS = {
    "a": "ª", "o": "º°", ".": "·", "Rs.": "₹", "TM": "™", "(c)": "©", "(R)": "®", "u": "µ",
    "+/-": "±", "->": "→➔➜", "<-": "←",
    "d": "đð", "D": "ĐÐ", "h": "ħ", "H": "Ħ", "i": "ı", "l": "ł", "L": "Ł", "oe": "œ", "OE": "Œ",
    "t": "ŧ", "T": "Ŧ", "th": "þ", "Th": "Þ",
}  # fmt: skip

#: Where Unicode names an equal in plain letters: full-width and small forms, ligatures, squared
#: abbreviations, mathematical letters. Raised, lowered and circled ones are not equals.
_BLOCKS = [(0x80, 0x3400), (0xF900, 0x10000), (0x1D400, 0x1D800)]
_ODD = rf"\P{{M}}\p{{M}}+|{OUTSIDE}"
_NOT_EQUAL = ("<super>", "<sub>", "<fraction>", "<circle>")


def smart(text: IntoExpr, *, accents: Accents = "keep") -> pl.Expr:
    """Replace the characters that push a text out of GSM-7, where that brings it back whole.

    A text that stays UCS-2 all the same (for an emoji, or Cyrillic) comes back as it was: half a
    change would alter it and save nothing.

    Parameters
    ----------
    text
        A column of texts, by name or as an expression.
    accents
        Whether letters outside of GSM-7 lose their accents as well (`á` → `a`, `ç` → `c`): "strip"
        changes what is read, so the default is "keep". Those of GSM-7 (`é ñ ü à Ç`) always stay.

    Returns
    -------
    String, null where null. Composed letters count as one: `e` and U+0301 become `é`.

    >>> texts = ["it’s “ok”…", "más", "ok’👍", None]
    >>> pl.DataFrame({"text": texts}).with_columns(
    ...     smart=smart("text"), stripped=smart("text", accents="strip")
    ... )
    shape: (4, 3)
    ┌────────────┬──────────────┬──────────────┐
    │ text       ┆ smart        ┆ stripped     │
    │ ---        ┆ ---          ┆ ---          │
    │ str        ┆ str          ┆ str          │
    ╞════════════╪══════════════╪══════════════╡
    │ it’s “ok”… ┆ it's "ok"... ┆ it's "ok"... │
    │ más        ┆ más          ┆ mas          │
    │ ok’👍      ┆ ok’👍        ┆ ok’👍        │
    │ null       ┆ null         ┆ null         │
    └────────────┴──────────────┴──────────────┘
    """
    table = replacements(accents)
    before = pl.field("text")
    return (
        pl.struct(text=text)
        .struct.with_fields(odd=pl.when(before.str.contains(OUTSIDE)).then(before))
        .struct.with_fields(odd=_replaced(pl.field("odd"), table))
        .struct.with_fields(
            text=pl.when(~pl.field("odd").str.contains(OUTSIDE))
            .then(pl.field("odd"))
            .otherwise(before)
        )
        .struct.field("text")
        .alias("smart")
    )


def changes(texts: pl.Series, *, accents: Accents = "keep") -> pl.DataFrame:
    """Show every change that `smart` makes in a column of texts, the most frequent first.

    Parameters
    ----------
    texts
        The texts before.
    accents
        As for `smart`.

    Returns
    -------
    A row for each character that is replaced: `character` and `code`, its Unicode `name`, what it
    `becomes` (empty where it is left out), its `count`, and in how many `texts`. A letter that is
    written in two (`e` and U+0301) counts as one character.

    >>> changes(pl.Series(["it’s", "“it’s”", "’👍"])).drop("name")
    shape: (3, 5)
    ┌───────────┬────────┬─────────┬───────┬───────┐
    │ character ┆ code   ┆ becomes ┆ count ┆ texts │
    │ ---       ┆ ---    ┆ ---     ┆ ---   ┆ ---   │
    │ str       ┆ str    ┆ str     ┆ u32   ┆ u32   │
    ╞═══════════╪════════╪═════════╪═══════╪═══════╡
    │ ’         ┆ U+2019 ┆ '       ┆ 2     ┆ 2     │
    │ “         ┆ U+201C ┆ "       ┆ 1     ┆ 1     │
    │ ”         ┆ U+201D ┆ "       ┆ 1     ┆ 1     │
    └───────────┴────────┴─────────┴───────┴───────┘
    """
    return (
        texts.to_frame("text")
        .with_row_index("at")
        .filter(pl.col("text") != smart("text", accents=accents))
        .with_columns(character=pl.col("text").str.extract_all(_ODD))
        .explode("character", empty_as_null=False)
        .group_by("character")
        .agg(count=pl.len(), texts=pl.col("at").n_unique())
        .with_columns(becomes=_replaced(pl.col("character"), replacements(accents)))
        .filter(pl.col("character") != pl.col("becomes"))
        .sort("count", "character", descending=[True, False])
        .pipe(_named)
        .select("character", "code", "name", "becomes", "count", "texts")
    )


@cache
def replacements(accents: Accents = "keep") -> Mapping[str, str]:
    """Give the table of `smart`: each character outside of GSM-7 and what stands for it.

    >>> table = replacements("strip")
    >>> table["’"], table["…"], table["Ａ"], table["á"], "ñ" in table
    ("'", '...', 'A', 'a', False)
    """
    table = dict(_equals(accented=False)) | _turned(_SHAPES)
    if accents == "strip":
        table = dict(_equals(accented=True)) | _turned(_SIGNS) | table
    return MappingProxyType(table)


def _replaced(text: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
    # Composed first: an accent of its own would be taken off letters that GSM-7 has, such as ñ.
    return text.str.normalize("NFC").str.replace_many(list(table), list(table.values()))


def _named(changed: pl.DataFrame) -> pl.DataFrame:
    # A few dozen distinct characters at the most: this is no loop over rows.
    characters = changed["character"].to_list()
    codes = [" ".join(f"U+{ord(sign):04X}" for sign in character) for character in characters]
    names = [" + ".join(unicodedata.name(s, "control") for s in each) for each in characters]
    return changed.with_columns(
        code=pl.Series(codes, dtype=pl.String), name=pl.Series(names, dtype=pl.String)
    )


def _turned(rows: Mapping[str, str]) -> dict[str, str]:
    return {old: new for new, row in rows.items() for old in row}


def _equals(*, accented: bool) -> Iterator[tuple[str, str]]:
    for character in (chr(code) for block in _BLOCKS for code in range(*block)):
        plain = unicodedata.normalize("NFKD", character)
        bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
        equal = not unicodedata.decomposition(character).startswith(_NOT_EQUAL)
        if (
            equal
            and bare.strip()
            and _fits(bare)
            and not _fits(character)
            and (bare != plain) == accented
        ):
            yield character, bare


def _fits(text: str) -> bool:
    return all(character in BASIC + EXTENSION for character in text)
