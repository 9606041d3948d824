"""The rules of every sheet, applied to one: each finds its rows and adds what it has to tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from msgframe.frames import require_columns
from msgframe.recipients import rules, suppression
from msgframe.recipients.models import NUMBER_COLUMNS, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandera.polars as pa

    from msgframe.recipients.headers import Match
    from msgframe.recipients.models import Severity
    from msgframe.recipients.problems import Problems
    from msgframe.recipients.recipes import Recipe

#: Problems of a number that lie in its country.
_OF_COUNTRY = frozenset({"no_country"})


def numbers(problems: Problems, repaired: pl.DataFrame, found: Match) -> None:
    """Refuse the numbers that could not be repaired, under the rule that says why."""
    bad = (
        repaired.with_row_index("index")
        .filter(pl.col("rule").is_not_null())
        .select("index", "rule", "suggestion")
    )
    for rule in bad["rule"].unique().sort():
        header = found.country if rule in _OF_COUNTRY and found.country else found.mobile
        problems.tell(rule, "error", bad.filter(rule=rule), header)


def several_numbers(problems: Problems) -> None:
    """Tell the rows that one row became, because its cell held several numbers."""
    place = [name for name in ("sheet", "row") if name in problems.sheet.columns]
    twice = problems.sheet.select(pl.struct(place).is_duplicated()).to_series()
    rows = pl.DataFrame({"index": twice.arg_true()})
    problems.tell("several_numbers", "warning", rows, problems.found.mobile)


def of_variables(
    people: pl.DataFrame, schema: pa.DataFrameSchema, used: Sequence[str], asked: Recipe
) -> Iterator[Mark]:
    """Mark gaps and stand-ins; the model says of its own fields whether they may be blank."""
    own = {
        name: field.nullable or field.default is not None
        for name, field in schema.columns.items()
        if name in people.columns
    }
    looked = [name for name in people.columns if name in used or name in own]
    for name in (name for name in looked if name not in {"row", *NUMBER_COLUMNS}):
        # Two columns, not all: a sheet may have thousands, and each plan carries its frame's.
        for mark in rules.of_variable(people.select("country_code", name), name, asked.max_length):
            if mark.rule != "blank" or name not in own:
                yield mark
            elif not own[name]:
                yield replace(mark, severity="error")


def weigh(marks: Sequence[Mark], known: pl.Series, asked: Recipe) -> Iterator[Mark]:
    """Give each mark the severity asked for, and tell a blank and an unknown number only once."""
    blank = {mark.column for mark in marks if mark.rule == "blank"}
    for mark in marks:
        if mark.rule == "not_nullable" and mark.column in blank:
            continue
        severity = asked.severities.get(mark.rule, mark.severity)
        if mark.column in NUMBER_COLUMNS or mark.rule == "joint_unique":
            yield replace(mark, severity=severity, broken=mark.broken.select(pl.first() & known))
        else:
            yield replace(mark, severity=severity)


def suppressed(
    problems: Problems, people: pl.DataFrame, source: suppression.Source, country: str | None
) -> None:
    """Refuse who is on the list: by the whole number, without its country, or as typed."""
    there = people["country_code"].drop_nulls().value_counts(sort=True)["country_code"]
    listed = suppression.read(source, countries=[country] if country else there.to_list())
    typed = problems.sheet[problems.found.mobile].str.replace_all(r"[^0-9]", "")
    spelled = people.select("mobile", pl.col("msisdn").cast(pl.String), typed=typed)
    reason = [
        pl.col(name).replace_strict(listed["key"], listed["detail"], default=None)
        for name in ("msisdn", "mobile", "typed")
    ]
    rows = spelled.select(detail=pl.coalesce(reason)).with_row_index("index")
    problems.tell("suppressed", "error", rows.drop_nulls("detail"), problems.found.mobile)


def repeats(
    problems: Problems,
    people: pl.DataFrame,
    used: Sequence[str],
    asked: Recipe,
    earlier: pl.DataFrame | Sequence[pl.DataFrame] | None,
) -> None:
    """Tell what repeats an earlier sheet, then what repeats another row; bad rows take no place."""
    place = pl.col("row").cast(pl.String)
    if "sheet" in people.columns:
        place = pl.format("{} ({})", place, "sheet")
    # The variables go by their turn, since a person's column may be called "index" or "place".
    turns = {f"variable {n}": pl.col(name) for n, name in enumerate(used)}
    rows = people.select("msisdn", place=place, **turns).with_row_index("index")
    header = problems.found.mobile
    if earlier is not None and len(earlier):
        again = rules.seen_before(*_shared(rows.filter(problems.good), earlier, used))
        usual: Severity = "warning" if asked.keep == "all" else "error"
        severity = asked.severities.get("repeated_elsewhere", usual)
        problems.tell("repeated_elsewhere", severity, again, header)
    found = rules.repeats(rows.filter(problems.good), asked.keep, asked.once_per)
    for rule, severity in found.select("rule", "severity").unique().sort(pl.all()).rows():
        weight = asked.severities.get(rule, severity)
        problems.tell(rule, weight, found.filter(rule=rule, severity=severity), header)


def _shared(
    rows: pl.DataFrame, earlier: pl.DataFrame | Sequence[pl.DataFrame], used: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bring the variables that both sheets have under the same names, as text."""
    if not isinstance(earlier, pl.DataFrame):
        earlier = pl.concat(earlier, how="diagonal_relaxed")
    require_columns(earlier, ["msisdn"], verb="check")
    turns = {f"variable {n}": name for n, name in enumerate(used) if name in earlier.columns}
    label = [name for name in ("row",) if name in earlier.columns]
    before = {turn: pl.col(name).cast(pl.String) for turn, name in turns.items()}
    now = rows.select("index", "place", "msisdn", *turns)
    return now, earlier.select("msisdn", *label, **before)
