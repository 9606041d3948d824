"""The lengths of a message's pieces, in every version that an advice may choose.

A text is its template's literals and its variables' values. Lengths add up over the pieces, and one
piece outside of GSM-7 makes the whole text UCS-2: so each piece is measured once in each version,
and what a text would need with other versions of some pieces is a sum.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.messages.segmentation import ALONE, ASTRAL, EMOJI, ESCAPED, OUTSIDE, PART
from msgframe.messages.smart_encoding import smart

if TYPE_CHECKING:
    from collections.abc import Mapping

#: As it is; with signs of GSM-7; with its accents stripped as well; with its emoji left out.
Version: TypeAlias = Literal["now", "signs", "accents", "emoji"]
VERSIONS: tuple[Version, ...] = ("now", "signs", "accents", "emoji")

_MARKER = re.compile(r"##Var(\d+)##")


def literals(template: str) -> list[str]:
    """Give what the vendor's form of a template holds between its markers.

    >>> literals("Hola ##Var1##: ##Var2##.")
    ['Hola ', ': ', '.']
    """
    return _MARKER.split(template)[::2]


def names(template: str) -> list[str]:
    """Give the pieces of a message: its template, and its variables in their order.

    >>> names("##Var2## ##Var1## ##Var2##")
    ['template', 'Var1', 'Var2']
    """
    most = max((int(number) for number in _MARKER.findall(template)), default=0)
    return ["template", *(f"Var{number}" for number in range(1, most + 1))]


def contents(messages: pl.DataFrame, template: str) -> pl.DataFrame:
    """Give what each piece of each message holds; `template` is all literals as one."""
    pieces = names(template)
    return messages.with_columns(
        pl.lit("".join(literals(template))).alias("template"),
        *(
            pl.col("variables").list.get(at, null_on_oob=True).fill_null("").alias(name)
            for at, name in enumerate(pieces[1:])
        ),
    ).select(pieces)


def measure(pieces: pl.DataFrame, template: str) -> pl.DataFrame:
    """Measure each piece in each version, in both encodings.

    Beside `template`, columns such as `Var1_now_gsm` (septets, null where the piece is outside of
    GSM-7) and `Var1_now_ucs` (16-bit units), counted as often as the piece stands in the text.
    """
    fixed = pieces.head(1).select("template").pipe(_measured, "template", 1)
    variables = [
        pieces.select(name).pipe(_measured, name, template.count(f"##{name}##"))
        for name in pieces.columns[1:]
    ]
    return pl.concat([pieces.select("template"), *variables], how="horizontal").with_columns(
        pl.lit(cell, dtype=pl.Int32).alias(name) for name, cell in _only_row(fixed).items()
    )


def segments_with(names: list[str], chosen: Mapping[str, Version]) -> pl.Expr:
    """Give the segments of every text with the chosen versions of some pieces.

    Counted by division, which is exact but for pairs that stand right on an edge.
    """
    versions = {name: chosen.get(name, "now") for name in names}
    gsm = [pl.col(f"{name}_{version}_gsm") for name, version in versions.items()]
    ucs = [pl.col(f"{name}_{_kept(name, version)}_ucs") for name, version in versions.items()]
    return pl.coalesce(_parts(reduce(add, gsm), "GSM-7"), _parts(reduce(add, ucs), "UCS-2"))


def _kept(name: str, version: Version) -> Version:
    # Smart encoding leaves the values of a text that stays UCS-2 as they are; the template is one
    # for all, and an emoji that is left out is left out.
    return version if name == "template" or version == "emoji" else "now"


def _parts(units: pl.Expr, encoding: str) -> pl.Expr:
    several = (units + PART[encoding] - 1) // PART[encoding]
    return pl.when(units > ALONE[encoding]).then(several).otherwise(units.clip(upper_bound=1))


def _only_row(frame: pl.DataFrame) -> dict[str, int | None]:
    return frame.row(0, named=True) if frame.height else dict.fromkeys(frame.columns, 0)


def _measured(piece: pl.DataFrame, name: str, times: int) -> pl.DataFrame:
    text = pl.col(name)
    plain = piece.with_row_index("at").with_columns(
        outside=text.str.contains(OUTSIDE),
        gsm=_units(name, ESCAPED),
        ucs=text.str.len_chars(),
    )
    # Few values are outside of GSM-7, and only these have more than one version.
    odd = plain.filter("outside").select("at", now=name).pipe(_versions)
    return plain.join(odd, on="at", how="left", maintain_order="left").select(
        (
            pl.when("outside").then(f"{version}_{encoding}").otherwise(encoding).cast(pl.Int32)
            * times
        ).alias(f"{name}_{version}_{encoding}")
        for version in VERSIONS
        for encoding in ("gsm", "ucs")
    )


def _versions(odd: pl.DataFrame) -> pl.DataFrame:
    now = pl.col("now")
    written = odd.with_columns(
        signs=smart(now),
        accents=smart(now, accents="strip"),
        emoji=pl.when(now.str.contains(EMOJI)).then(smart(now.str.replace_all(EMOJI, ""))),
    ).with_columns(pl.col("emoji").fill_null(now))
    return written.select(
        "at",
        *(
            pl.when(~pl.col(version).str.contains(OUTSIDE))
            .then(_units(version, ESCAPED))
            .alias(f"{version}_gsm")
            for version in VERSIONS
        ),
        *(_units(version, ASTRAL).alias(f"{version}_ucs") for version in VERSIONS),
    )


def _units(column: str, pair: str) -> pl.Expr:
    text = pl.col(column)
    return text.str.len_chars() + text.str.count_matches(pair)
