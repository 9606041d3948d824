"""advise: what would make a campaign cheaper, ranked, in plain words, with the rows of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from msgframe.core.translation import Count, require_language, translate
from msgframe.core.views import html_panels, one_line
from msgframe.errors import ColumnsError
from msgframe.frames import require_columns
from msgframe.messages.components import contents, measure, segments_with
from msgframe.messages.forecasts import MONEY, price_table
from msgframe.messages.segmentation import ALONE, OUTSIDE, PART

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from msgframe.messages.components import Version
    from msgframe.messages.forecasts import Prices

_EMPTY = pl.DataFrame(schema={"rank": pl.UInt32, "row": pl.UInt32, "saved": pl.Int32})

_SAVINGS: dict[str, pl.DataType | type[pl.DataType]] = {
    "rank": pl.UInt32,
    "kind": pl.String,
    "piece": pl.String,
    "message": pl.String,
    "texts": pl.UInt32,
    "saved": pl.Int64,
    "share": pl.Float64,
}


# An emoji without what joins and colours it.
_PICTURE = r"[\p{Extended_Pictographic}\x{1f1e6}-\x{1f1ff}]"


class _Candidate(NamedTuple):
    """A change, the rows that it makes shorter or longer, and how to say it."""

    #: signs, accents, emoji or edge.
    kind: str
    #: template, Var1 …, or all.
    piece: str
    #: `row` and `saved`, for each row whose segments change.
    rows: pl.DataFrame
    #: Which sentence of `[advice]` in `core/locales` says it, up to what it saves.
    sentence: str
    #: What the sentence names.
    facts: Mapping[str, Any]

    def phrase(self, language: str) -> str:
        """Say the change in a language, up to what it saves."""
        is_template = self.piece == "template"
        where = translate("advice.the_template", language) if is_template else self.piece
        change = translate(f"advice.{self.kind}", language)
        return translate(
            f"advice.{self.sentence}", language, where=where, change=change, **self.facts
        )


class Advice(NamedTuple):
    """What could be saved, ranked, and the rows of each piece of advice."""

    #: A row for each: rank, kind, piece, message, texts, saved, share, amount.
    savings: pl.DataFrame
    #: A row for each text that an advice makes shorter: rank, row, saved.
    rows: pl.DataFrame

    def __repr__(self) -> str:
        """Say how much in one line."""
        return one_line("Advice", **self._asdict())

    def _repr_html_(self) -> str:
        return html_panels("Advice", **self._asdict())

    def of(self, rank: int) -> pl.DataFrame:
        """Give the rows of one piece of advice."""
        return self.rows.filter(pl.col("rank") == rank)


def advise(
    messages: pl.DataFrame,
    /,
    *,
    prices: Prices | None = None,
    within: int = 10,
    language: str = "en",
) -> Advice:
    """Rank what would save segments, over all rows, in plain words.

    Every piece of advice is measured by itself against the messages as they are, so two of them may
    count the same segment: follow the first, render again, and ask again.

    Parameters
    ----------
    messages
        What `render` made of one template.
    prices
        The price of a segment by calling code, as for `forecast`, for what each advice saves.
    within
        How many characters past the edge of a segment still count as near it.
    language
        The language of the messages.

    Returns
    -------
    `savings` with a `rank` from 1, `kind` (signs, accents, emoji, edge), `piece` (template, Var1 …,
    all), `message`, `texts`, `saved` (segments), `share` of all segments and `amount` (money, null
    without prices); and `rows`, the rows of each rank: by `row`, or counted from 0.

    Raises
    ------
    ColumnsError
        If the messages are not from `render`, or from several templates.

    >>> from msgframe.messages.rendering import render
    >>> people = pl.DataFrame({"name": ["Ana"] * 9 + ["Zoé 👍"]})
    >>> advice = advise(render(people, "It’s time, ##name##: " + "please pay your bill. " * 4))
    >>> print(advice.savings["message"][0])
    ’ in the template makes 9 of 10 texts longer, in UCS-2: write what GSM-7 has instead
    (smart=True), −9 segments (−45%)
    """
    require_language(language, verb="advise")
    require_columns(
        messages, ["segments", "units", "encoding", "template", "variables"], verb="advise"
    )
    numbered = messages if "row" in messages.columns else messages.with_row_index("row")
    template = _one_template(numbered)
    content = contents(numbered, template)
    measured = pl.concat(
        [numbered.select("row", "segments", "units", "encoding"), measure(content, template)],
        how="horizontal",
    )
    candidates = [*_replacements(content, measured), *_edges(content, measured, within=within)]
    return _ranked(candidates, numbered, prices, language)


def _one_template(messages: pl.DataFrame) -> str:
    templates = messages["template"].unique()
    if templates.len() > 1:
        raise ColumnsError(
            f"advise() looks at one template at a time, and the frame has {templates.len()}. "
            f"Partition it first: messages.partition_by('template')."
        )
    return "" if templates.is_empty() else str(templates[0])


def _ranked(
    candidates: list[_Candidate], messages: pl.DataFrame, prices: Prices | None, language: str
) -> Advice:
    saved = {(c.kind, c.piece): int(c.rows["saved"].sum()) for c in candidates}
    telling = [c for c in candidates if _adds(c, saved)]
    telling.sort(key=lambda c: saved[c.kind, c.piece], reverse=True)
    rows = pl.concat(
        [
            _EMPTY,
            *(c.rows.with_columns(rank=pl.lit(rank)) for rank, c in enumerate(telling, 1)),
        ],
        how="diagonal_relaxed",
    ).cast(_EMPTY.schema)
    segments = int(messages["segments"].cast(pl.Int64).sum())
    savings = pl.DataFrame(
        [
            (rank, c.kind, c.piece, _sentence(c, segments, language), *_figures(c, segments))
            for rank, c in enumerate(telling, 1)
        ],
        schema=_SAVINGS,
        orient="row",
    )
    return Advice(savings.join(_amounts(rows, messages, prices), on="rank", how="left"), rows)


def _adds(candidate: _Candidate, saved: dict[tuple[str, str], int]) -> bool:
    """Keep what saves more than each simpler change does."""
    kind, piece = candidate.kind, candidate.piece
    simpler = [("signs", piece)] if kind == "accents" else []
    if piece == "all":
        simpler += [other for other in saved if other[0] == kind and other[1] != "all"]
    return saved[kind, piece] > max([0, *(saved.get(other, 0) for other in simpler)])


def _sentence(candidate: _Candidate, all_segments: int, language: str) -> str:
    _, saved, share = _figures(candidate, all_segments)
    segments = Count(saved, "segment").phrase(language)
    return f"{candidate.phrase(language)}, −{segments} (−{share:.0%})"


def _figures(candidate: _Candidate, all_segments: int) -> tuple[int, int, float]:
    saved = candidate.rows["saved"]
    return int((saved > 0).sum()), int(saved.sum()), int(saved.sum()) / all_segments


def _amounts(rows: pl.DataFrame, messages: pl.DataFrame, prices: Prices | None) -> pl.DataFrame:
    if prices is None:
        return pl.DataFrame(schema={"rank": pl.UInt32, "amount": MONEY})
    require_columns(messages, ["country_code"], verb="advise")
    price = price_table(prices, verb="advise")
    country = messages.select(pl.col("row").cast(pl.UInt32), "country_code")
    return (
        rows.join(country, on="row", how="left")
        .join(price, on="country_code", how="left")
        .group_by("rank")
        .agg(amount=(pl.col("saved").cast(MONEY) * pl.col("price")).sum())
    )


def _replacements(content: pl.DataFrame, measured: pl.DataFrame) -> Iterator[_Candidate]:
    """Measure what other signs, no accents, or no emoji would save, by piece and in all."""
    if not (measured["encoding"] == "UCS-2").any():
        return
    names = content.columns
    versions: list[Version] = ["signs", "accents", "emoji"]
    for version in versions:
        alone = [_replaced(content, measured, name, version) for name in names]
        yield from alone
        together = segments_with(names, dict.fromkeys(names, version))
        yield _Candidate(version, "all", _changed(measured, together), "everywhere", {})


def _replaced(
    content: pl.DataFrame, measured: pl.DataFrame, name: str, version: Version
) -> _Candidate:
    rows = _changed(measured, segments_with(content.columns, {name: version}))
    characters = _characters(
        content[name], measured, rows, _PICTURE if version == "emoji" else OUTSIDE
    )
    facts = {
        "characters": ", ".join(characters),
        "longer": (rows["saved"] > 0).sum(),
        "texts": measured.height,
    }
    return _Candidate(version, name, rows, "one" if len(characters) == 1 else "many", facts)


def _edges(content: pl.DataFrame, measured: pl.DataFrame, *, within: int) -> Iterator[_Candidate]:
    """Find texts that are over the edge of a part by a few units, and what could be shortened."""
    near = measured.with_columns(over=_over_the_edge()).filter(pl.col("over").is_between(1, within))
    if near.is_empty():
        return
    yield from _template_too_long(near, len(str(content["template"][0])))
    for name in content.columns[1:]:
        yield from _value_too_long(near, measured, content.columns[1:], name)


def _template_too_long(near: pl.DataFrame, length: int) -> Iterator[_Candidate]:
    # Nine of ten texts near the edge are worth so many characters; the last few may be many.
    most = int(near["over"].quantile(0.9, "higher") or 0)
    short = near.filter(pl.col("over") <= most)
    if most < length:
        facts = {"texts": short.height, "most": most, "characters": Count(most, "at_most")}
        yield _Candidate("edge", "template", _one_each(short), "template_edge", facts)


def _value_too_long(
    near: pl.DataFrame, measured: pl.DataFrame, names: list[str], name: str
) -> Iterator[_Candidate]:
    """Take the rows in which `name` is the value that is longest beyond its usual length."""
    beyond = {other: _length(other) - _usual(measured, other) for other in names}
    long = near.with_columns(longest=pl.max_horizontal(beyond.values())).filter(
        (beyond[name] == pl.col("longest")) & (beyond[name] >= pl.col("over"))
    )
    if long.height:
        characters = Count(max(long["over"]), "at_most")
        facts = {"characters": characters, "rows": long.height}
        yield _Candidate("edge", name, _one_each(long), "value_edge", facts)


def _one_each(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("row", saved=pl.lit(1, dtype=pl.Int32))


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


def _characters(
    cells: pl.Series, measured: pl.DataFrame, rows: pl.DataFrame, pattern: str
) -> list[str]:
    """Give the characters that a change is about, the most frequent first, at most four."""
    concerned = cells.filter(measured["row"].is_in(rows["row"].implode())).unique()
    counted = (
        concerned.str.extract_all(pattern)
        .explode(empty_as_null=False)
        .value_counts(sort=True)
        .head(4)
    )
    return [sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in counted[cells.name]]
