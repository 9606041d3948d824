"""What `check` gives back: a value, and what it says about itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.masking import mask_numbers
from msgframe.core.views import html_panels, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.recipients.headers import Match
    from msgframe.recipients.recipes import Recipe


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Checked:
    """The outcome of `check`: three frames to unpack, and what else there is to know.

    Every row of the sheet is in `accepted` or in `rejected`, exactly once. A value: it compares by
    what is in its frames, and `dataclasses.replace` gives another one.
    """

    #: The rows that can be sent to: `row`, the number, then the person's other columns.
    accepted: pl.DataFrame
    #: The rows that cannot, as typed, with their `reasons`.
    rejected: pl.DataFrame
    #: A row a problem, warnings among them.
    problems: pl.DataFrame
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

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Give the three frames, for `accepted, rejected, problems = check(…)`."""
        return iter((self.accepted, self.rejected, self.problems))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Checked):
            return NotImplemented
        return all(
            one.equals(two) if isinstance(one, pl.DataFrame) else one == two
            for one, two in ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        )

    # Frames have no hash, so neither has what holds them.
    __hash__ = None  # type: ignore[assignment]

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
        accepted, rejected, problems = self
        return one_line("Checked", accepted=accepted, rejected=rejected, problems=problems)

    def _repr_html_(self) -> str:
        numbers = {self.match.mobile} & set(self.rejected.columns)
        hidden = self.rejected.with_columns(mask_numbers(name) for name in numbers)
        return html_panels(
            "Checked",
            columns=self.evidence,
            accepted=self.accepted,
            rejected=hidden,
            problems=self.problems,
        )
