"""What `check` gives back, and what it tells about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from msgframe.core.masking import mask_numbers
from msgframe.core.views import html_panels, one_line

if TYPE_CHECKING:
    from msgframe.recipients.headers import Match
    from msgframe.recipients.recipes import Recipe


class _Frames(NamedTuple):
    accepted: pl.DataFrame
    rejected: pl.DataFrame
    problems: pl.DataFrame


class Checked(_Frames):
    """The outcome of `check`: three frames to unpack, and what else there is to know.

    Every row of the sheet is in `accepted` or in `rejected`, exactly once.
    """

    #: Which header was taken for which part.
    match: Match
    #: What the match rests on: a row a header, with its part and its likeness to it.
    evidence: pl.DataFrame
    #: What every number that was mended looked like before and after, and by which repairs.
    repairs: pl.DataFrame
    #: All settings of this check, to be saved and replayed.
    recipe: Recipe
    #: The columns that are closed to a few values, with these.
    choices: dict[str, list[str]]

    @property
    def counts(self) -> pl.DataFrame:
        """How many problems each rule found, and in how many rows; the most frequent first."""
        return (
            self.problems.group_by("rule", "severity")
            .agg(problems=pl.len(), rows=pl.col("row").n_unique())
            .sort("problems", "rule", descending=[True, False])
        )

    @property
    def pairs(self) -> pl.DataFrame:
        """How many rows break two rules at once, for each pair of rules that meet."""
        broken = self.problems.lazy().select("row", "rule").unique()
        return (
            broken.join(broken, on="row", suffix="_too")
            .filter(pl.col("rule") < pl.col("rule_too"))
            .group_by("rule", "rule_too")
            .agg(rows=pl.len())
            .sort("rows", "rule", "rule_too", descending=[True, False, False])
            .collect()
        )

    def __repr__(self) -> str:
        return one_line("Checked", **self._asdict())

    def _repr_html_(self) -> str:
        hidden = self.rejected.with_columns(mask_numbers(self.match.mobile))
        return html_panels(
            "Checked",
            columns=self.evidence,
            accepted=self.accepted,
            rejected=hidden,
            problems=self.problems,
        )
