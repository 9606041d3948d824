"""`check`: from a sheet as typed to rows that can be sent to, and rows that say why not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from msgframe.core.translation import require_language
from msgframe.errors import ColumnsError, UsageError
from msgframe.frames import RESERVED, did_you_mean, quoted
from msgframe.phone import repair
from msgframe.phone import split as split_numbers
from msgframe.recipients import row_rules, schemas, suppression
from msgframe.recipients.headers import OURS, evidence, match
from msgframe.recipients.models import NUMBER_COLUMNS, Recipient, choices, fit, verdicts
from msgframe.recipients.partition import repaired, split, stop_if_too_many
from msgframe.recipients.problems import Problems
from msgframe.recipients.recipes import Recipe
from msgframe.recipients.results import Checked
from msgframe.recipients.rules import SEVERITIES
from msgframe.recipients.typed_sheet import typed_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandera.polars as pa

    from msgframe.recipients.headers import Match
    from msgframe.recipients.models import Severity
    from msgframe.recipients.rules import Keep, OncePer
    from msgframe.spreadsheets import Reading

_NAMES = pl.List(pl.String)


def check(
    sheet: pl.DataFrame | Reading,
    /,
    model: type[pa.DataFrameModel] | pa.DataFrameSchema = Recipient,
    *,
    country: str | int | None = None,
    columns: Mapping[str, str] | None = None,
    variables: Sequence[str] | None = None,
    suppress: suppression.Source | None = None,
    earlier: pl.DataFrame | Sequence[pl.DataFrame] | None = None,
    keep: Keep = "first",
    once_per: OncePer = "message",
    several: Literal["reject", "first", "split"] = "reject",
    repairs: Sequence[str] | None = None,
    max_length: int | None = None,
    severities: Mapping[str, Severity] | None = None,
    max_rejected: float | None = None,
    language: str = "en",
    recipe: Recipe | str | Path | None = None,
    letters: Mapping[str, str] | None = None,
) -> Checked:
    """Split a sheet into rows that can be sent to and rows that say why they cannot.

    Parameters
    ----------
    sheet
        What `read` gave: `row`, and the person's own columns as text. A frame without `row` is
        taken for a sheet of its own, its headers in row 1. Of a frame with `row`, such as
        `reading.sheet` after some steps of polars, no cell is named without `letters`.
    model
        `Recipient`, or a subclass of it with columns and checks of your own; any polars model or
        schema of pandera will do.
    country
        The calling code ("91") or ISO code ("IN") of the rows that name none.
    columns
        Which header is which where they are not found by themselves:
        `{"mobile": "Contacto", "country": "Prefijo"}`.
    variables
        The columns that the text will use: only these are looked through for gaps and stand-ins,
        and make two messages the same or not. By default all but country and mobile.
    suppress
        Who must not be texted: a frame, a file of any kind that `read` reads, a list of numbers, or
        several of these. A number without its country is held back in every country of the sheet.
    earlier
        What earlier checks accepted, one frame or several: the same message is not accepted again.
    keep
        Which of several equal messages goes out: "first", "all", or "none". Each one is said.
    once_per
        "message": one number may get several messages with different values; "number": only one.
    several
        What to do where a cell holds several numbers: "reject" the row, take the "first", or
        "split" it into a row for each, and say so; the sums then count these rows.
    repairs
        The repairs of a number that may be made without asking, by their names in
        `msgframe.phone.REPAIRS`. None: all.
    max_length
        The most characters a value may have. None: 30 for Indian numbers (DLT), as a warning.
    severities
        Another severity for a rule: `{"blank": "error", "placeholder": "warning"}`. A number that
        does not exist and a person on an opt-out list stay errors.
    max_rejected
        The share of rows, from 0 to 1, above which nothing is given back but an error.
    language
        The language of the sentences: "en", "es", or another one that has a file of sentences, in
        `msgframe/core/locales` or in the folder that `MSGFRAME_LOCALES` names.
    recipe
        The settings of an earlier check, or the file they were saved in; an argument that is given
        as well, and is not its default, beats the recipe.
    letters
        Excel's letters of the columns, for `problems.cell`: `reading.letters`. A reading brings its
        own.

    Returns
    -------
    `accepted`: `row`, `country_code`, `mobile`, `msisdn`, then the person's other columns.
    `rejected`: the sheet as typed, and `reasons`, a list of sentences.
    `problems`: a row a problem, warnings among them, in the order of the sheet.

    Raises
    ------
    ColumnsError
        Where the sheet has no column of numbers, lacks one that the model needs, or has one named
        like a column that a later verb adds.
    SheetError
        Where the sheet has no row at all. (A sheet whose every row is bad is not an error.)
    TooManyRejected
        Where more rows are bad than `max_rejected` allows.

    >>> sheet = pl.DataFrame(
    ...     {
    ...         "row": [2, 3, 4],
    ...         "Mobile": ["+91 98161-11111", "12345678901", "98161 11112"],
    ...         "Name": ["Amit", "Kunal", "N/A"],
    ...     },
    ...     schema_overrides={"row": pl.UInt32},
    ... )
    >>> accepted, rejected, problems = check(sheet, country="91")
    >>> accepted
    shape: (1, 5)
    ┌─────┬──────────────┬────────────┬──────────────┬──────┐
    │ row ┆ country_code ┆ mobile     ┆ msisdn       ┆ Name │
    │ --- ┆ ---          ┆ ---        ┆ ---          ┆ ---  │
    │ u32 ┆ str          ┆ str        ┆ i64          ┆ str  │
    ╞═════╪══════════════╪════════════╪══════════════╪══════╡
    │ 2   ┆ 91           ┆ 9816111111 ┆ 919816111111 ┆ Amit │
    └─────┴──────────────┴────────────┴──────────────┴──────┘
    >>> problems.select("cell", "rule", "message")["message"].to_list()
    ['Mobile has too many digits for a number of its country.',
     'Name holds a stand-in for a missing value: the person would read it.']
    """
    asked = (Recipe() if recipe is None else _recipe(recipe)).but(
        country=None if country is None else str(country),
        columns=dict(columns or {}),
        variables=None if variables is None else list(variables),
        keep=keep,
        once_per=once_per,
        several=several,
        repairs=None if repairs is None else list(repairs),
        max_length=max_length,
        severities=dict(severities or {}),
        max_rejected=max_rejected,
        language=language,
    )
    require_language(asked.language, verb="check")
    typed_cells = typed_sheet(sheet, letters, verb="check")
    text, letters = typed_cells.text, typed_cells.letters
    found = match(text, asked.columns)
    basis = evidence(text, found, letters=letters)
    _refuse_reserved(found)
    schema = schemas.of(model, asked.model)
    _refuse_severities(asked, schema)
    if asked.several == "split":
        text = split_numbers(text, mobile=found.mobile)
    numbers = _numbers(text, found, asked)
    used = _used(found, asked)
    people = text.select(
        "row",
        *(name for name in OURS if name != "row" and name in text.columns),
        *(numbers[name] for name in NUMBER_COLUMNS),
        *found.variables,
    )

    problems = Problems(text, letters, found, asked.language)
    if asked.several == "split":
        row_rules.several_numbers(problems)
    row_rules.numbers(problems, numbers, found)
    typed, mistyped = fit(people, schema)
    marks = [
        *mistyped,
        *verdicts(typed, schema, model),
        *row_rules.of_variables(people, schema, used, asked),
    ]
    problems.add(row_rules.weigh(marks, numbers["rule"].is_null(), asked), typed)
    if suppress is not None:
        row_rules.suppressed(problems, people, suppress, asked.country)
    row_rules.repeats(problems, people, used, asked, earlier)

    checked = Checked(
        *split(problems, typed),
        match=found,
        evidence=basis,
        repairs=repaired(text, numbers, found),
        recipe=replace(asked, columns=found.columns, model=schemas.told(schema)),
        choices=choices(schema),
    )
    stop_if_too_many(checked, asked.max_rejected)
    return checked


def _recipe(source: Recipe | str | Path) -> Recipe:
    return source if isinstance(source, Recipe) else Recipe.load(source)


def _refuse_severities(asked: Recipe, schema: pa.DataFrameSchema) -> None:
    """Refuse a severity for a rule that nobody knows, or that is no matter of opinion."""
    checks = [*schema.checks, *(check for c in schema.columns.values() for check in c.checks)]
    known = {*SEVERITIES, *(str(check.name) for check in checks)}
    known |= {"unique", "joint_unique", "type", "not_nullable"}
    strange = [rule for rule in asked.severities if rule not in known]
    if strange:
        raise UsageError(
            f"check(severities=…) names {quoted(strange)}. The severity can be changed of "
            f"{quoted(sorted(known), most=30)}.{did_you_mean(strange, known)}"
        )


def _refuse_reserved(found: Match) -> None:
    _refuse_patterns(found)
    clash = [name for name in found.variables if name in RESERVED]
    if clash:
        renamed = ", ".join(f"{name!r}: 'my_{name}'" for name in clash)
        raise ColumnsError(
            f"The sheet has {quoted(clash)}, which a later step adds. "
            f"Rename it first: sheet.rename({{{renamed}}})."
        )


def _refuse_patterns(found: Match) -> None:
    """Refuse headers that polars takes for several columns: * and ^…$."""
    headers = [name for name in (found.mobile, found.country, *found.variables) if name]
    strange = [name for name in headers if name == "*" or (name[0] == "^" and name[-1] == "$")]
    if strange:
        raise ColumnsError(
            f"The sheet has {quoted(strange)} for a header, which means more than one column. "
            "Rename it first: sheet.rename({…})."
        )


def _numbers(text: pl.DataFrame, found: Match, asked: Recipe) -> pl.DataFrame:
    """Mend the numbers, and refuse the mendings that are not allowed, with the result in view."""
    several: Literal["reject", "first"] = "first" if asked.several == "first" else "reject"
    numbers = repair(
        text, mobile=found.mobile, country=found.country, default=asked.country, several=several
    )
    if asked.repairs is None:
        return numbers
    others = pl.col("repairs").list.set_difference(pl.lit(asked.repairs, dtype=_NAMES))
    refused = (others.list.len() > 0) & pl.col("rule").is_null()
    return numbers.with_columns(
        rule=pl.when(refused).then(pl.lit("repair_not_allowed")).otherwise("rule"),
        suggestion=pl.when(refused).then(pl.format("+{}", "msisdn")).otherwise("suggestion"),
        **{name: pl.when(~refused).then(name) for name in NUMBER_COLUMNS},
    )


def _used(found: Match, asked: Recipe) -> list[str]:
    """Give the variables that the text uses: those that were named, or all."""
    if asked.variables is None:
        return list(found.variables)
    missing = [name for name in asked.variables if name not in found.variables]
    if missing:
        raise ColumnsError(
            f"check(variables=…) names {quoted(missing)}. The sheet's variables are "
            f"{quoted(found.variables) or 'none'}."
        )
    return list(asked.variables)
