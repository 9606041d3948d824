"""The split: every row once among the accepted or the rejected, and the proof of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import InvariantError, TooManyRejected
from msgframe.recipients.models import NUMBER_COLUMNS

if TYPE_CHECKING:
    from msgframe.recipients.headers import Match
    from msgframe.recipients.problems import Problems
    from msgframe.recipients.results import Checked


def split(
    problems: Problems, people: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Part the rows by their errors: people accepted, the sheet's rows rejected, all problems.

    Raises
    ------
    InvariantError
        If a row would be in both, or in neither.
    """
    sheet, good, told = problems.sheet, problems.good, problems.frame()
    accepted = people.filter(good).select(
        "row", *NUMBER_COLUMNS, pl.exclude("row", *NUMBER_COLUMNS)
    )
    rejected = sheet.filter(~good).with_columns(reasons=_reasons(told))
    if accepted.height + rejected.height != sheet.height:
        raise InvariantError(
            f"check() read {sheet.height:,} rows, and accepted {accepted.height:,} and rejected "
            f"{rejected.height:,}: rows were lost or doubled. Nothing was given back."
        )
    return accepted, rejected, told.drop("index")


def _reasons(problems: pl.DataFrame) -> pl.Series:
    """Give the errors of each bad row as a list of sentences; rows and errors are in order."""
    errors = problems.lazy().filter(pl.col("severity") == "error").set_sorted("index")
    listed = errors.group_by("index", maintain_order=True).agg("message").collect()
    return listed.get_column("message")


def repaired(sheet: pl.DataFrame, numbers: pl.DataFrame, found: Match) -> pl.DataFrame:
    """Give a row a number that was mended: what was typed, what it became, and by which repairs."""
    mended = numbers["repairs"].list.len() > 0
    return pl.DataFrame(
        {
            "row": sheet["row"],
            "typed": sheet[found.mobile],
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
    told = ", ".join(f"{rule} {count:,}" for rule, count in errors.select("rule", "rows").rows())
    raise TooManyRejected(
        f"check() rejected {bad:,} of {rows:,} rows ({bad / rows:.1%}); max_rejected allows "
        f"{most:.1%}. The rules most broken: {told}. Mend the sheet, or check it without "
        "max_rejected to see every row.",
        checked=checked,
    )
