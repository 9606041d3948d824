"""What `check` gives back: every row once, accepted or rejected, and the proof of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.masking import mask_numbers
from msgframe.core.views import html_panels, one_line
from msgframe.errors import InvariantError, TooManyRejected
from msgframe.recipients.models import NUMBER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.recipients.headers import Match
    from msgframe.recipients.problems import Problems
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
        return count_problems(self.problems).drop("example")

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


def count_problems(problems: pl.DataFrame) -> pl.DataFrame:
    """Count the problems of each rule; the most frequent first.

    Returns
    -------
    `rule`, `severity`, `problems` u32, in how many `rows` u32, and `example`: what the first says.
    """
    return (
        problems.group_by("rule", "severity")
        .agg(problems=pl.len(), rows=pl.col("row").n_unique(), example=pl.col("message").first())
        .sort("problems", "rule", descending=[True, False])
    )


def split_rows(
    problems: Problems, people: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Part the rows by their errors: people accepted, the sheet's rows rejected, all problems.

    Raises
    ------
    InvariantError
        If a row would be in both, or in neither.
    """
    sheet, good, every = problems.sheet, problems.good, problems.frame()
    accepted = people.filter(good).select(
        "row", *NUMBER_COLUMNS, pl.exclude("row", *NUMBER_COLUMNS)
    )
    rejected = sheet.filter(~good).with_columns(reasons=_reasons(every))
    if accepted.height + rejected.height != sheet.height:
        raise InvariantError(
            f"check() read {sheet.height:,} rows, and accepted {accepted.height:,} and rejected "
            f"{rejected.height:,}: rows were lost or doubled. Nothing was given back."
        )
    return accepted, rejected, every.drop("index")


def _reasons(problems: pl.DataFrame) -> pl.Series:
    """Give the errors of each bad row as a list of sentences; rows and errors are in order."""
    errors = problems.lazy().filter(pl.col("severity") == "error").set_sorted("index")
    listed = errors.group_by("index", maintain_order=True).agg("message").collect()
    return listed.get_column("message")


def repaired_numbers(sheet: pl.DataFrame, numbers: pl.DataFrame, matched: Match) -> pl.DataFrame:
    """Give a row a number that was mended: what was typed, what it became, and by which repairs."""
    mended = numbers["repairs"].list.len() > 0
    return pl.DataFrame(
        {
            "row": sheet["row"],
            "typed": sheet[matched.mobile],
            "msisdn": numbers["msisdn"],
            "repairs": numbers["repairs"],
        }
    ).filter(mended & numbers["msisdn"].is_not_null())


def stop_if_too_many(checked: Checked, most: float | None) -> None:
    """Stop where more rows are bad than the share `most`, with the rules most broken."""
    bad = checked.rejected.height
    rows = bad + checked.accepted.height
    if most is None or bad <= most * rows:
        return
    errors = checked.counts.filter(pl.col("severity") == "error").head(5)
    broken = ", ".join(f"{rule} {count:,}" for rule, count in errors.select("rule", "rows").rows())
    raise TooManyRejected(
        f"check() rejected {bad:,} of {rows:,} rows ({bad / rows:.1%}); max_rejected allows "
        f"{most:.1%}. The rules most broken: {broken}. Mend the sheet, or check it without "
        "max_rejected to see every row.",
        checked=checked,
    )
