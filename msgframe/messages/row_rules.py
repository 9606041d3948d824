"""What can be said of the rows under a template: their values and the texts that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.translation import Count
from msgframe.messages import grammar
from msgframe.messages.findings import Finding
from msgframe.messages.grammar import Marker, Part
from msgframe.messages.segmentation import OUTSIDE, encoding, sizes
from msgframe.messages.smart_encoding import changes, smart
from msgframe.messages.word_lists import INVISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.messages.smart_encoding import Accents

#: So many rows are named as examples.
_EXAMPLES = 5


def values(
    parts: list[Part], people: pl.DataFrame, *, most: int | None = None
) -> Iterator[Finding]:
    """Find values that are blank, hold signs of a marker, or have more than `most` characters."""
    markers = list(dict.fromkeys(part for part in parts if isinstance(part, Marker)))
    broken = {
        (rule, marker): condition
        for marker in markers
        for rule, condition in _rules(pl.col(marker.name).cast(pl.String), marker, most).items()
    }
    hits = _hits(people, broken) if broken else {}
    for (rule, marker), (count, rows) in hits.items():
        facts = {
            "name": marker.name,
            "default": marker.default,
            "most": most,
            "rows": Count(count, "row"),
        }
        yield Finding(rule, "warning", facts, count=count, rows=tuple(rows))


def texts(parts: list[Part], people: pl.DataFrame, *, max_segments: int) -> Iterator[Finding]:
    """Find texts with more segments than planned, and say by how much."""
    counted = people.select("row", text=grammar.text(parts)).with_columns(sizes("text"))
    over = counted.unnest("sizes").filter(pl.col("segments") > max_segments)
    if over.height:
        yield Finding(
            "overflow",
            "warning",
            {
                "over": over.height,
                "texts": people.height,
                "most": Count(max_segments, "segment"),
                "longest": over["segments"].max(),
            },
            count=over.height,
            rows=tuple(over["row"].head(_EXAMPLES)),
        )


def replaced(parts: list[Part], people: pl.DataFrame, accents: Accents) -> Iterator[Finding]:
    """Find every character that `render(smart=True)` replaces, in the template and the rows."""
    literals = pl.Series([part for part in parts if isinstance(part, str)], dtype=pl.String)
    whole = pl.Series(["\n".join(literals)], dtype=pl.String)
    lighter = smart("text", accents=accents)
    if not whole.to_frame("text").select(encoding(lighter) == "GSM-7").item():
        return
    # A row's values change together or not at all, as one text of theirs would.
    cells = [grammar.value(part) for part in parts if isinstance(part, Marker)] or [pl.lit("")]
    rows = people.select(text=pl.concat_str(cells, separator="\n"))
    for sentence, before in (("smart_change", whole), ("smart_change_in_rows", rows["text"])):
        for sign, code, name, becomes, count, texts in changes(before, accents=accents).rows():
            facts = {
                "becomes": becomes,
                "sign": sign,
                "code": code,
                "name": name,
                "count": count,
                "rows": Count(texts, "row"),
            }
            yield Finding("smart_change", "warning", facts, count=count, sentence=sentence)


def _rules(value: pl.Expr, marker: Marker, most: int | None) -> dict[str, pl.Expr]:
    blank = value.is_null() | (value.str.strip_chars() == "")
    limited = {} if most is None else {"dlt_long_value": value.str.len_chars() > most}
    return {
        "blank_variable" if marker.default is None else "default_used": blank,
        "signs_in_value": value.str.contains("##", literal=True),
        "invisible_in_value": value.str.contains(INVISIBLE),
        "blanks_in_value": ~blank & value.str.contains(r"^\s|\s$|\s{2}"),
        "ucs2_value": value.str.contains(OUTSIDE),
        **limited,
    }


def _hits(
    people: pl.DataFrame, broken: dict[tuple[str, Marker], pl.Expr]
) -> dict[tuple[str, Marker], tuple[int, list[int]]]:
    """Count the rows that break each rule and name the first few, in one pass over the frame."""
    counts = {f"n{at}": condition.sum() for at, condition in enumerate(broken.values())}
    rows = {
        f"r{at}": pl.col("row").filter(condition).head(_EXAMPLES).implode()
        for at, condition in enumerate(broken.values())
    }
    hits = people.lazy().select(**counts, **rows).collect().row(0, named=True)
    return {
        rule: (hits[f"n{at}"], hits[f"r{at}"]) for at, rule in enumerate(broken) if hits[f"n{at}"]
    }
