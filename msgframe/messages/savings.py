"""advise: what would make a campaign cheaper, ranked, in plain words, with the rows of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from msgframe.core.views import html_panels, one_line
from msgframe.errors import ColumnsError
from msgframe.frames import require_columns
from msgframe.messages.candidates import edges, replacements
from msgframe.messages.components import contents, measure
from msgframe.messages.prices import MONEY, price_table

if TYPE_CHECKING:
    from msgframe.messages.candidates import Candidate
    from msgframe.messages.prices import Prices

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


def advise(messages: pl.DataFrame, /, *, prices: Prices | None = None, within: int = 10) -> Advice:
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
    found = [*replacements(content, measured), *edges(content, measured, within=within)]
    return _ranked(found, numbered, prices)


def _one_template(messages: pl.DataFrame) -> str:
    templates = messages["template"].unique()
    if templates.len() > 1:
        raise ColumnsError(
            f"advise() looks at one template at a time, and the frame has {templates.len()}. "
            f"Partition it first: messages.partition_by('template')."
        )
    return "" if templates.is_empty() else str(templates[0])


def _ranked(found: list[Candidate], messages: pl.DataFrame, prices: Prices | None) -> Advice:
    saved = {(c.kind, c.piece): int(c.rows["saved"].sum()) for c in found}
    telling = [c for c in found if _adds(c, saved)]
    telling.sort(key=lambda c: saved[c.kind, c.piece], reverse=True)
    rows = pl.concat(
        [
            _EMPTY.clear(),
            *(c.rows.with_columns(rank=pl.lit(rank)) for rank, c in enumerate(telling, 1)),
        ],
        how="diagonal_relaxed",
    ).cast(_EMPTY.schema)
    all_segments = int(messages["segments"].cast(pl.Int64).sum())
    savings = pl.DataFrame(
        [
            (rank, c.kind, c.piece, _sentence(c, all_segments), *_figures(c, all_segments))
            for rank, c in enumerate(telling, 1)
        ],
        schema=_SAVINGS,
        orient="row",
    )
    return Advice(savings.join(_amounts(rows, messages, prices), on="rank", how="left"), rows)


def _adds(candidate: Candidate, saved: dict[tuple[str, str], int]) -> bool:
    """Keep what saves more than each simpler change does."""
    kind, piece = candidate.kind, candidate.piece
    simpler = [("signs", piece)] if kind == "accents" else []
    if piece == "all":
        simpler += [other for other in saved if other[0] == kind and other[1] != "all"]
    return saved[kind, piece] > max([0, *(saved.get(other, 0) for other in simpler)])


def _sentence(candidate: Candidate, all_segments: int) -> str:
    _, saved, share = _figures(candidate, all_segments)
    return f"{candidate.said}, −{saved:,} segment{'s' * (saved > 1)} (−{share:.0%})"


def _figures(candidate: Candidate, all_segments: int) -> tuple[int, int, float]:
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
