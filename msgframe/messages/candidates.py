"""Changes that may save segments, each measured alone over all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from msgframe.messages.components import segments_with
from msgframe.messages.segmentation import ALONE, OUTSIDE, PART

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.messages.components import Version

#: What each kind of change asks of the person.
_DO: dict[Version, str] = {
    "signs": "write what GSM-7 has instead (smart=True)",
    "accents": "write it in plain letters (smart=True, accents='strip')",
    "emoji": "leave the emoji out",
}

# An emoji without what joins and colours it.
_PICTURE = r"[\p{Extended_Pictographic}\x{1f1e6}-\x{1f1ff}]"


class Candidate(NamedTuple):
    """A change, the rows that it makes shorter or longer, and how to say it."""

    #: signs, accents, emoji or edge.
    kind: str
    #: template, Var1 …, or all.
    piece: str
    #: `row` and `saved`, for each row whose segments change.
    rows: pl.DataFrame
    #: The sentence, up to what it saves.
    said: str


def replacements(content: pl.DataFrame, measured: pl.DataFrame) -> Iterator[Candidate]:
    """Measure what other signs, no accents, or no emoji would save, by piece and in all."""
    if not (measured["encoding"] == "UCS-2").any():
        return
    names = content.columns
    versions: list[Version] = ["signs", "accents", "emoji"]
    for version in versions:
        alone = [_replaced(content, measured, name, version) for name in names]
        yield from alone
        together = segments_with(names, dict.fromkeys(names, version))
        said = f"All of the template and the values: {_DO[version]}"
        yield Candidate(version, "all", _changed(measured, together), said)


def _replaced(
    content: pl.DataFrame, measured: pl.DataFrame, name: str, version: Version
) -> Candidate:
    rows = _changed(measured, segments_with(content.columns, {name: version}))
    where = "the template" if name == "template" else name
    found = _shown(content[name], measured, rows, _PICTURE if version == "emoji" else OUTSIDE)
    makes = "makes" if len(found) == 1 else "make"
    shorter = (rows["saved"] > 0).sum()
    said = (
        f"{', '.join(found)} in {where} {makes} {shorter:,} of {measured.height:,} texts longer, "
        f"in UCS-2: {_DO[version]}"
    )
    return Candidate(version, name, rows, said)


def edges(content: pl.DataFrame, measured: pl.DataFrame, *, within: int) -> Iterator[Candidate]:
    """Find texts that are over the edge of a part by a few units, and what could be shortened."""
    near = measured.with_columns(over=_over_the_edge()).filter(pl.col("over").is_between(1, within))
    if near.is_empty():
        return
    yield from _template_too_long(near, len(str(content["template"][0])))
    for name in content.columns[1:]:
        yield from _value_too_long(near, measured, content.columns[1:], name)


def _template_too_long(near: pl.DataFrame, length: int) -> Iterator[Candidate]:
    # Nine of ten texts near the edge are worth so many characters; the last few may be many.
    most = int(near["over"].quantile(0.9, "higher") or 0)
    short = near.filter(pl.col("over") <= most)
    if most < length:
        said = (
            f"{short.height:,} texts are over the edge of a segment by {_characters(most)}: "
            f"shorten the template by {most}"
        )
        yield Candidate("edge", "template", _one_each(short), said)


def _value_too_long(
    near: pl.DataFrame, measured: pl.DataFrame, names: list[str], name: str
) -> Iterator[Candidate]:
    """Take the rows in which `name` is the value that is longest beyond its usual length."""
    beyond = {other: _length(other) - _usual(measured, other) for other in names}
    long = near.with_columns(longest=pl.max_horizontal(beyond.values())).filter(
        (beyond[name] == pl.col("longest")) & (beyond[name] >= pl.col("over"))
    )
    if long.height:
        said = (
            f"{name} is over the edge by {_characters(max(long['over']))} in "
            f"{long.height:,} rows: shorten it"
        )
        yield Candidate("edge", name, _one_each(long), said)


def _one_each(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("row", saved=pl.lit(1, dtype=pl.Int32))


def _characters(most: int) -> str:
    return "1 character" if most == 1 else f"at most {most} characters"


def _over_the_edge() -> pl.Expr:
    """Give by how many units a text is past what one segment less would hold; null for one."""
    gsm = pl.col("encoding") == "GSM-7"
    alone = pl.when(gsm).then(ALONE["GSM-7"]).otherwise(ALONE["UCS-2"])
    part = pl.when(gsm).then(PART["GSM-7"]).otherwise(PART["UCS-2"])
    parts = pl.col("segments").cast(pl.Int32) - 1
    less = pl.when(parts == 1).then(alone).otherwise(part * parts)
    return pl.when(parts > 0).then(pl.col("units").cast(pl.Int32) - less)


def _length(name: str) -> pl.Expr:
    gsm = pl.col("encoding") == "GSM-7"
    return pl.when(gsm).then(f"{name}_now_gsm").otherwise(f"{name}_now_ucs")


def _usual(measured: pl.DataFrame, name: str) -> int:
    return int(measured.select(_length(name).median()).item() or 0)


def _changed(measured: pl.DataFrame, segments: pl.Expr) -> pl.DataFrame:
    saved = pl.col("segments").cast(pl.Int32) - segments.cast(pl.Int32)
    return measured.select("row", saved=saved).filter(pl.col("saved") != 0)


def _shown(cells: pl.Series, measured: pl.DataFrame, rows: pl.DataFrame, pattern: str) -> list[str]:
    """Give the characters that a change is about, the most frequent first, at most four."""
    concerned = cells.filter(measured["row"].is_in(rows["row"].implode())).unique()
    counted = (
        concerned.str.extract_all(pattern)
        .explode(empty_as_null=False)
        .value_counts(sort=True)
        .head(4)
    )
    return [sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in counted[cells.name]]
