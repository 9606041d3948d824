"""`check`: from a sheet as typed to rows that can be sent to, and rows that say why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from msgframe.core.translation import require_language
from msgframe.errors import ColumnsError, SheetError, UsageError
from msgframe.frames import REJECTS_COLUMNS, RESERVED, did_you_mean, quoted
from msgframe.phone import repair
from msgframe.phone import split as split_numbers
from msgframe.recipients import row_rules, suppression
from msgframe.recipients.headers import OURS, evidence, header_scores, known_letters, match
from msgframe.recipients.models import (
    NUMBER_COLUMNS,
    Recipient,
    choices,
    coerce,
    first_line,
    verdicts,
)
from msgframe.recipients.recipes import Recipe, describe, schema_of
from msgframe.recipients.results import (
    Checked,
    Problems,
    repaired_numbers,
    split_rows,
    stop_if_too_many,
)
from msgframe.recipients.row_rules import SEVERITIES
from msgframe.spreadsheets import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandera.polars as pa

    from msgframe.recipients.headers import Match
    from msgframe.recipients.models import Severity
    from msgframe.recipients.row_rules import Keep, OncePer

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
    settings = _recipe(recipe).override(
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
    require_language(settings.language, verb="check")
    typed_cells = typed_sheet(sheet, letters, verb="check")
    text, letters = typed_cells.text, typed_cells.letters
    scores = header_scores(text)
    matched = match(text, settings.columns, scores=scores)
    basis = evidence(text, matched, letters=letters, scores=scores)
    _refuse_headers(matched)
    schema = schema_of(model, settings.model)
    _refuse_severities(settings, schema)
    if settings.several == "split":
        text = split_numbers(text, mobile_column=matched.mobile)
    numbers = _numbers(text, matched, settings)
    used = _used(matched, settings)
    people = text.select(
        "row",
        *(name for name in OURS if name != "row" and name in text.columns),
        *(numbers[name] for name in NUMBER_COLUMNS),
        *matched.variables,
    )

    problems = Problems(text, letters, matched, settings.language)
    if settings.several == "split":
        row_rules.several_numbers(problems)
    row_rules.numbers(problems, numbers, matched)
    typed, mistyped = coerce(people, schema)
    results = [
        *mistyped,
        *verdicts(typed, schema, model),
        *row_rules.variable_results(people, schema, used, settings),
    ]
    problems.add(row_rules.with_severity(results, numbers["rule"].is_null(), settings), typed)
    if suppress is not None:
        row_rules.suppressed(problems, people, suppress, settings.country)
    row_rules.repeats(problems, people, used, settings, earlier)

    checked = Checked(
        *split_rows(problems, typed),
        match=matched,
        evidence=basis,
        repairs=repaired_numbers(text, numbers, matched),
        recipe=replace(settings, columns=matched.columns, model=describe(schema)),
        choices=choices(schema),
    )
    stop_if_too_many(checked, settings.max_rejected)
    return checked


def _recipe(source: Recipe | str | Path | None) -> Recipe:
    if source is None:
        return Recipe()
    return source if isinstance(source, Recipe) else Recipe.load(source)


def _refuse_severities(settings: Recipe, schema: pa.DataFrameSchema) -> None:
    """Refuse a severity for a rule that nobody knows, or that is no matter of opinion."""
    checks = [*schema.checks, *(check for c in schema.columns.values() for check in c.checks)]
    known = {*SEVERITIES, *(str(check.name) for check in checks)}
    known |= {"unique", "joint_unique", "type", "not_nullable"}
    strange = [rule for rule in settings.severities if rule not in known]
    if strange:
        raise UsageError(
            f"check(severities=…) names {quoted(strange)}. The severity can be changed of "
            f"{quoted(sorted(known), most=30)}.{did_you_mean(strange, known)}"
        )


def _refuse_headers(matched: Match) -> None:
    """Refuse headers that polars takes for several columns (* and ^…$), or a later step adds."""
    headers = [name for name in (matched.mobile, matched.country, *matched.variables) if name]
    strange = [name for name in headers if name == "*" or (name[0] == "^" and name[-1] == "$")]
    if strange:
        raise ColumnsError(
            f"The sheet has {quoted(strange)} for a header, which means more than one column. "
            "Rename it first: sheet.rename({…})."
        )
    clash = [name for name in matched.variables if name in RESERVED]
    if clash:
        renamed = ", ".join(f"{name!r}: 'my_{name}'" for name in clash)
        raise ColumnsError(
            f"The sheet has {quoted(clash)}, which a later step adds. "
            f"Rename it first: sheet.rename({{{renamed}}})."
        )


def _numbers(text: pl.DataFrame, matched: Match, settings: Recipe) -> pl.DataFrame:
    """Mend the numbers, and refuse the mendings that are not allowed, with the result in view."""
    several: Literal["reject", "first"] = "first" if settings.several == "first" else "reject"
    numbers = repair(
        text,
        mobile_column=matched.mobile,
        country_column=matched.country,
        default=settings.country,
        several=several,
    )
    if settings.repairs is None:
        return numbers
    others = pl.col("repairs").list.set_difference(pl.lit(settings.repairs, dtype=_NAMES))
    refused = (others.list.len() > 0) & pl.col("rule").is_null()
    return numbers.with_columns(
        rule=pl.when(refused).then(pl.lit("repair_not_allowed")).otherwise("rule"),
        suggestion=pl.when(refused).then(pl.format("+{}", "msisdn")).otherwise("suggestion"),
        **{name: pl.when(~refused).then(name) for name in NUMBER_COLUMNS},
    )


def _used(matched: Match, settings: Recipe) -> list[str]:
    """Give the variables that the text uses: those that were named, or all."""
    if settings.variables is None:
        return list(matched.variables)
    missing = [name for name in settings.variables if name not in matched.variables]
    if missing:
        raise ColumnsError(
            f"check(variables=…) names {quoted(missing)}. The sheet's variables are "
            f"{quoted(matched.variables) or 'none'}."
        )
    return list(settings.variables)


@dataclass(frozen=True, slots=True)
class TypedSheet:
    """What a person typed, and where."""

    #: `row` u32, then the person's columns, all text.
    text: pl.DataFrame
    #: Excel's letters of the columns whose place is known.
    letters: Mapping[str, str]


def typed_sheet(
    source: pl.DataFrame | Reading,
    letters: Mapping[str, str] | None = None,
    *,
    verb: str,
    rejects_columns: bool = False,
) -> TypedSheet:
    """Take a reading, or a frame, as the sheet that a person typed.

    A reading knows its letters; for a frame see `known_letters`. What a workbook of rejects has
    beside the person's columns is left out, unless `rejects_columns`.
    """
    if isinstance(source, Reading):
        letters = source.letters if letters is None else letters
    sheet = _frame(source, verb)
    known = known_letters(sheet, letters)
    if not rejects_columns:
        sheet = sheet.drop(REJECTS_COLUMNS, strict=False)
    return TypedSheet(_as_text(sheet), known)


def _frame(source: Any, verb: str) -> pl.DataFrame:
    """Give the frame of a source if it has rows, else say what is wrong with it."""
    match source:
        case Reading():
            return _frame(source.sheet, verb)
        case pl.DataFrame() if source.is_empty():
            headers = [name for name in source.columns if name not in OURS]
            raise SheetError(
                f"{verb}() got a sheet without a row. Its headers are {quoted(headers) or 'none'}."
            )
        case pl.DataFrame():
            return source
        case pl.LazyFrame():
            raise UsageError(f"{verb}() decides, so it takes a DataFrame: sheet.collect().")
        case _:
            raise UsageError(
                f"{verb}() takes what read() gave, or a polars DataFrame, not "
                f"{type(source).__name__}."
            )


def _as_text(sheet: pl.DataFrame) -> pl.DataFrame:
    if "row" not in sheet.columns:
        sheet = sheet.with_row_index("row", offset=2)
    try:
        return sheet.with_columns(pl.col("row").cast(pl.UInt32), pl.exclude("row").cast(pl.String))
    except pl.exceptions.PolarsError as error:
        raise ColumnsError(f"The sheet cannot be taken as text: {first_line(error)}") from None
