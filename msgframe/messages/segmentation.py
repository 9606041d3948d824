"""What a text weighs: its encoding, its length and the segments that are billed, as expressions.

One character outside of GSM-7 turns the whole text into UCS-2, and a part of a longer text gives
seven septets (or three 16-bit units) to the header that joins the parts. Both rules are 3GPP's:
TS 23.038 §6.2.1 (the alphabet) and TS 23.040 §9.2.3.24.1 (the joining header).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from msgframe.frames import ENCODING

if TYPE_CHECKING:
    from polars._typing import IntoExpr

#: The default alphabet, TS 23.038 §6.2.1, in the order of its codes; 0x1B, the escape, left out.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)

#: The extension table, TS 23.038 §6.2.1.1: an escape and a code, so two septets each.
EXTENSION = "\f^{}\\[~]|€"

#: Septets or 16-bit units: of a text that travels alone, and of one part of a longer text.
#: A part is 140 octets; six of them join the parts: (140 - 6) * 8 / 7 = 153, (140 - 6) / 2 = 67.
ALONE = {"GSM-7": 160, "UCS-2": 70}
PART = {"GSM-7": 153, "UCS-2": 67}

#: One character that GSM-7 lacks, as a regular expression.
OUTSIDE = f"[^{re.escape(BASIC + EXTENSION)}]"

#: One sign of an emoji, as a regular expression of polars: with what joins and colours them, and
#: the letters of flags.
EMOJI = r"[\p{Extended_Pictographic}\x{1f1e6}-\x{1f1ff}\x{1f3fb}-\x{1f3ff}\x{fe0f}\x{200d}\x{20e3}]"

#: One character that takes two units: of the extension table, and past U+FFFF.
ESCAPED = f"[{re.escape(EXTENSION)}]"
ASTRAL = r"[\x{10000}-\x{10ffff}]"


def encoding(text: IntoExpr) -> pl.Expr:
    """Tell the encoding of a text: one character outside of GSM-7 makes the whole text UCS-2.

    Parameters
    ----------
    text
        A column of texts, by name or as an expression.

    Returns
    -------
    Enum of GSM-7 and UCS-2, null where the text is null. Source: 3GPP TS 23.038 §6.2.1.

    >>> texts = ["ok", "5 €", "más", "Привет", "👍", "", None]
    >>> pl.DataFrame({"text": texts}).with_columns(encoding=encoding("text"))
    shape: (7, 2)
    ┌────────┬──────────┐
    │ text   ┆ encoding │
    │ ---    ┆ ---      │
    │ str    ┆ enum     │
    ╞════════╪══════════╡
    │ ok     ┆ GSM-7    │
    │ 5 €    ┆ GSM-7    │
    │ más    ┆ UCS-2    │
    │ Привет ┆ UCS-2    │
    │ 👍     ┆ UCS-2    │
    │        ┆ GSM-7    │
    │ null   ┆ null     │
    └────────┴──────────┘
    """
    return _encoding(pl.struct(text=text).struct.field("text").str.contains(OUTSIDE))


def units(text: IntoExpr) -> pl.Expr:
    r"""Count the length of a text as the network does: septets in GSM-7, 16-bit units in UCS-2.

    A character of the extension table (`€[]{}^~|\` and form feed) is two septets; an emoji or
    any other character past U+FFFF is two units.

    Returns
    -------
    UInt16, null where the text is null; 65,535 stands for that many and more.

    >>> pl.DataFrame({"text": ["ok", "5 €", "más €", "👍", None]}).with_columns(units=units("text"))
    shape: (5, 2)
    ┌───────┬───────┐
    │ text  ┆ units │
    │ ---   ┆ ---   │
    │ str   ┆ u16   │
    ╞═══════╪═══════╡
    │ ok    ┆ 2     │
    │ 5 €   ┆ 4     │
    │ más € ┆ 5     │
    │ 👍    ┆ 2     │
    │ null  ┆ null  │
    └───────┴───────┘
    """
    return sizes(text).struct.field("units")


def segments(text: IntoExpr) -> pl.Expr:
    """Count the messages that a text is billed as.

    A text travels alone up to 160 septets or 70 units; past that each part holds 153 or 67. Parts
    are filled greedily, and neither an escape pair nor a surrogate pair straddles two of them, so
    the count can exceed the plain division.

    Returns
    -------
    UInt8, null where the text is null, 0 for an empty text; 255 stands for that many and more,
    since a joining header cannot count further. Source: 3GPP TS 23.040 §9.2.3.24.1.

    >>> texts = ["", "a" * 160, "a" * 161, "€" * 152, "€" * 153, "á" * 71, "👍" * 67, None]
    >>> pl.DataFrame({"text": texts}).select(segments("text"))["segments"].to_list()
    [0, 1, 2, 2, 3, 2, 3, None]
    """
    return sizes(text).struct.field("segments")


def sizes(text: IntoExpr) -> pl.Expr:
    """Give encoding, units and segments of a text together, each counted once.

    Returns
    -------
    Struct of `encoding`, `units` and `segments`, as the functions of these names give them; where
    the text is null, all three are.

    >>> frame = pl.DataFrame({"text": ["¿Qué?", "👍" * 36]})
    >>> frame.select(sizes("text")).unnest("sizes")
    shape: (2, 3)
    ┌──────────┬───────┬──────────┐
    │ encoding ┆ units ┆ segments │
    │ ---      ┆ ---   ┆ ---      │
    │ enum     ┆ u16   ┆ u8       │
    ╞══════════╪═══════╪══════════╡
    │ GSM-7    ┆ 5     ┆ 1        │
    │ UCS-2    ┆ 72    ┆ 2        │
    └──────────┴───────┴──────────┘
    """
    # Each step writes over one field of the struct, so that no later step counts an earlier one's
    # work again: an eager frame evaluates every mention of a plain subexpression anew. `encoding`
    # is a flag until the last step, and `segments` is the text until it is counted.
    return (
        pl.struct(encoding=text, units=text, segments=text)
        .struct.with_fields(encoding=pl.field("encoding").str.contains(OUTSIDE))
        .struct.with_fields(units=_length(pl.field("segments"), pl.field("encoding")))
        .struct.with_fields(segments=_parts(pl.field("segments"), pl.field("encoding")))
        .struct.with_fields(
            encoding=_encoding(pl.field("encoding")),
            units=pl.field("units").clip(upper_bound=2**16 - 1).cast(pl.UInt16),
            segments=pl.field("segments").clip(upper_bound=2**8 - 1).cast(pl.UInt8),
        )
        .alias("sizes")
    )


def _encoding(outside: pl.Expr) -> pl.Expr:
    gsm, ucs = (pl.lit(name, dtype=ENCODING) for name in ENCODING.categories)
    return pl.when(outside).then(ucs).when(~outside).then(gsm).alias("encoding")


def _length(text: pl.Expr, outside: pl.Expr) -> pl.Expr:
    # A null costs nothing to search, so each pattern sees only the texts that it is meant for.
    surrogates = pl.when(outside).then(text).str.count_matches(ASTRAL)
    escapes = pl.when(~outside).then(text).str.count_matches(ESCAPED)
    return text.str.len_chars() + pl.coalesce(surrogates, escapes)


def _parts(text: pl.Expr, outside: pl.Expr) -> pl.Expr:
    """Divide where division is sure, and pack the few texts near an edge part by part."""
    fewest, most = _bound(outside, spare=0), _bound(outside, spare=1)
    edgy = pl.when(fewest != most).then(text)
    packed = (
        pl.when(outside)
        .then(_packed(edgy, ASTRAL, PART["UCS-2"]))
        .otherwise(_packed(edgy, ESCAPED, PART["GSM-7"]))
    )
    return pl.when(fewest == most).then(fewest).otherwise(packed)


def _bound(outside: pl.Expr, *, spare: int) -> pl.Expr:
    """Bound the parts: each but the last is full, or lacks the `spare` unit that a pair left."""
    units = pl.field("units")
    alone = pl.when(outside).then(ALONE["UCS-2"]).otherwise(ALONE["GSM-7"])
    part = pl.when(outside).then(PART["UCS-2"] - spare).otherwise(PART["GSM-7"] - spare)
    several = (units + part - 1) // part
    return pl.when(units > alone).then(several).when(units > 0).then(1).otherwise(units)


def _packed(text: pl.Expr, pair: str, part: int) -> pl.Expr:
    # A single becomes "a", a pair "bc": a part is then as much as fits and does not end in "b".
    drawn = text.str.replace_all(f"[^{pair[1:-1]}]", "a").str.replace_all("[^a]", "bc")
    return drawn.str.count_matches(f".{{0,{part - 1}}}[^b]")
