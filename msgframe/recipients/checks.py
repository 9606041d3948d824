"""`check`: from a sheet as typed to rows that can be sent to, and rows that say why not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from msgframe.errors import AccountingError, ColumnsError, SheetError, TooManyRejected, UseError
from msgframe.frames import BESIDE, RESERVED, letters_of, quoted
from msgframe.numbers import repair
from msgframe.recipients import optouts, rules, schemas
from msgframe.recipients.headers import OURS, match
from msgframe.recipients.messages import known_language
from msgframe.recipients.models import NUMBER_COLUMNS, Mark, Recipient, choices, fit, verdicts
from msgframe.recipients.problems import Problems
from msgframe.recipients.recipes import Recipe
from msgframe.recipients.results import Checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandera.polars as pa

    from msgframe.recipients.headers import Match
    from msgframe.recipients.models import Severity
    from msgframe.recipients.rules import Keep, OncePer

#: Problems of a number that lie in its country.
_OF_COUNTRY = frozenset({"no_country", "unknown_country"})


def check(
    sheet: pl.DataFrame,
    model: type[pa.DataFrameModel] = Recipient,
    /,
    *,
    country: str | None = None,
    columns: Mapping[str, str] | None = None,
    variables: Sequence[str] | None = None,
    suppress: Any = None,
    earlier: pl.DataFrame | None = None,
    keep: Keep = "first",
    once_per: OncePer = "message",
    several: Literal["reject", "first"] = "reject",
    repairs: Sequence[str] | None = None,
    max_length: int | None = None,
    severities: Mapping[str, Severity] | None = None,
    max_rejected: float | None = None,
    language: str = "en",
    recipe: Recipe | str | Path | None = None,
) -> Checked:
    """Split a sheet into rows that can be sent to and rows that say why they cannot.

    Parameters
    ----------
    sheet
        What `read` gave: `row`, and the person's own columns as text. A frame without `row` is
        numbered from 2, as though its headers stood in row 1.
    model
        `Recipient`, or a subclass of it with columns and checks of your own.
    country
        The calling code ("91") or ISO code ("IN") of the rows that name none.
    columns
        Which header is which where they are not found by themselves:
        `{"mobile": "Contacto", "country": "Prefijo"}`.
    variables
        The columns that the text will use: only these are looked through for gaps and stand-ins,
        and make two messages the same or not. By default all but country and mobile.
    suppress
        Who must not be texted: a frame, a .txt, .csv or .parquet file, or a list of numbers.
    earlier
        What earlier checks accepted: the same message is not accepted twice.
    keep
        Which of several equal messages goes out: "first", "all", or "none". Each one is said.
    once_per
        "message": one number may get several messages with different values; "number": only one.
    several
        What to do where a cell holds several numbers: "reject" the row or take the "first".
    repairs
        The repairs of a number that may be made without asking, by their names. None: all.
    max_length
        The most characters a value may have. None: 30 for Indian numbers (DLT), as a warning.
    severities
        Another severity for a rule: `{"blank": "error", "placeholder": "warning"}`.
    max_rejected
        The share of rows, from 0 to 1, above which nothing is given back but an error.
    language
        The language of the sentences: "en", "es", or one that was added to `MESSAGES`.
    recipe
        The settings of an earlier check, or the file they were saved in; an argument that is given
        as well, and is not its default, beats the recipe.

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
        country=country,
        columns=dict(columns or {}),
        variables=None if variables is None else list(variables),
        keep=keep,
        once_per=once_per,
        several=several,
        repairs=None if repairs is None else list(repairs),
        max_length=max_length,
        severities=dict(severities or {}),
        max_rejected=max_rejected,
        language=known_language(language),
    )
    letters = letters_of(as_frame(sheet, "check"))
    text = as_text(sheet)
    found = match(text, asked.columns)
    _refuse_reserved(found)
    schema = schemas.of(model, asked.model)
    numbers = _numbers(text, found, asked)
    used = _used(found, asked)
    people = text.select(
        "row",
        *(name for name in OURS if name != "row" and name in text.columns),
        *(numbers[name] for name in NUMBER_COLUMNS),
        *found.variables,
    )

    problems = Problems(text, letters, found, asked.language)
    _mark_numbers(problems, numbers, found)
    typed, mistyped = fit(people, schema)
    broken = [
        *mistyped,
        *verdicts(typed, schema, model),
        *_of_variables(people, schema, used, asked),
    ]
    problems.add(_weigh(broken, numbers["rule"].is_null(), asked), typed)
    if suppress is not None:
        _mark_suppressed(problems, people, optouts.read(suppress, country=asked.country))
    _mark_repeats(problems, people, used, asked, earlier)
    return _split(problems, typed, numbers, asked, schema)


def _recipe(source: Recipe | str | Path) -> Recipe:
    return source if isinstance(source, Recipe) else Recipe.load(source)


def as_frame(sheet: Any, verb: str) -> pl.DataFrame:
    """Give the sheet back if it is a frame with rows, else say what is wrong with it."""
    match sheet:
        case pl.DataFrame() if sheet.is_empty():
            there = [name for name in sheet.columns if name not in OURS]
            raise SheetError(
                f"{verb}() got a sheet without a row. Its headers are {quoted(there) or 'none'}."
            )
        case pl.DataFrame():
            return sheet
        case pl.LazyFrame():
            raise UseError(f"{verb}() decides, so it takes a DataFrame: sheet.collect().")
        case _ if hasattr(sheet, "sheet"):
            raise UseError(f"{verb}() takes the frame that read() gave: reading.sheet.")
        case _:
            raise UseError(f"{verb}() takes a polars DataFrame, not {type(sheet).__name__}.")


def as_text(sheet: pl.DataFrame, *, beside: bool = False) -> pl.DataFrame:
    """Give every cell as text; rows without a number are counted from 2, below their headers.

    What a workbook of rejects has beside the person's columns is left out, unless `beside`.
    """
    if not beside:
        sheet = sheet.drop(BESIDE, strict=False)
    if "row" not in sheet.columns:
        sheet = sheet.with_row_index("row", offset=2)
    try:
        return sheet.with_columns(pl.col("row").cast(pl.UInt32), pl.exclude("row").cast(pl.String))
    except pl.exceptions.PolarsError as error:
        raise ColumnsError(f"The sheet cannot be taken as text: {error}") from None


def _refuse_reserved(found: Match) -> None:
    clash = [name for name in found.variables if name in RESERVED]
    if clash:
        renamed = ", ".join(f"{name!r}: 'my_{name}'" for name in clash)
        raise ColumnsError(
            f"The sheet has {quoted(clash)}, which a later step adds. "
            f"Rename it first: sheet.rename({{{renamed}}})."
        )


def _numbers(text: pl.DataFrame, found: Match, asked: Recipe) -> pl.DataFrame:
    """Mend the numbers, and refuse the mendings that are not allowed, with the result in view."""
    numbers = repair(
        text, mobile=found.mobile, country=found.country, default=asked.country,
        several=asked.several,
    )  # fmt: skip
    if asked.repairs is None:
        return numbers
    refused = (pl.col("repairs").list.set_difference(asked.repairs).list.len() > 0) & pl.col(
        "rule"
    ).is_null()
    return numbers.with_columns(
        rule=pl.when(refused).then(pl.lit("repair_not_allowed")).otherwise("rule"),
        suggestion=pl.when(refused).then(pl.format("+{}", "msisdn")).otherwise("suggestion"),
        **{name: pl.when(~refused).then(name) for name in NUMBER_COLUMNS},
    )


def _mark_numbers(problems: Problems, numbers: pl.DataFrame, found: Match) -> None:
    bad = (
        numbers.with_row_index("index")
        .filter(pl.col("rule").is_not_null())
        .select("index", "rule", "suggestion")
    )
    for rule in bad["rule"].unique().sort():
        header = found.country if rule in _OF_COUNTRY and found.country else found.mobile
        problems.tell(rule, "error", bad.filter(rule=rule), header)


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


def _of_variables(
    people: pl.DataFrame, schema: pa.DataFrameSchema, used: Sequence[str], asked: Recipe
) -> Iterator[Mark]:
    """Mark gaps and stand-ins; the model says of its own fields whether they may be blank."""
    lazy = people.lazy()
    own = {name: field.nullable for name, field in schema.columns.items() if name in people.columns}
    looked = [name for name in people.columns if name in used or name in own]
    for name in (name for name in looked if name not in {"row", *NUMBER_COLUMNS}):
        for mark in rules.of_variable(lazy, name, asked.max_length):
            if mark.rule != "blank" or name not in own:
                yield mark
            elif not own[name]:
                yield replace(mark, severity="error")


def _weigh(marks: Sequence[Mark], known: pl.Series, asked: Recipe) -> Iterator[Mark]:
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


def _mark_suppressed(problems: Problems, people: pl.DataFrame, listed: pl.DataFrame) -> None:
    """Refuse who is on the list: by the whole number, without its country, or as typed."""
    typed = problems.sheet[problems.found.mobile].str.replace_all(r"[^0-9]", "")
    spelled = people.select("mobile", pl.col("msisdn").cast(pl.String), typed=typed)
    reason = [
        pl.col(name).replace_strict(listed["key"], listed["detail"], default=None)
        for name in ("msisdn", "mobile", "typed")
    ]
    rows = spelled.select(detail=pl.coalesce(reason)).with_row_index("index")
    problems.tell("suppressed", "error", rows.drop_nulls("detail"), problems.found.mobile)


def _mark_repeats(
    problems: Problems,
    people: pl.DataFrame,
    used: Sequence[str],
    asked: Recipe,
    earlier: pl.DataFrame | None,
) -> None:
    """Tell what repeats an earlier sheet, then what repeats another row; bad rows take no place."""
    place = pl.col("row").cast(pl.String)
    if "sheet" in people.columns:
        place = pl.format("{} ({})", place, "sheet")
    rows = people.select("msisdn", *used, place=place).with_row_index("index")
    header = problems.found.mobile
    if earlier is not None:
        again = rules.seen_before(rows.filter(problems.good), earlier, used)
        severity = "warning" if asked.keep == "all" else "error"
        problems.tell("repeated_elsewhere", severity, again, header)
    found = rules.repeats(rows.filter(problems.good), used, asked.keep, asked.once_per)
    for rule, severity in found.select("rule", "severity").unique().sort(pl.all()).rows():
        weight = asked.severities.get(rule, severity)
        problems.tell(rule, weight, found.filter(rule=rule, severity=severity), header)


def _split(
    problems: Problems,
    typed: pl.DataFrame,
    numbers: pl.DataFrame,
    asked: Recipe,
    schema: pa.DataFrameSchema,
) -> Checked:
    """Part the rows in two, prove that none is lost, and put beside them what else is known."""
    sheet, found, good = problems.sheet, problems.found, problems.good
    told = problems.frame()
    accepted = typed.filter(good).select("row", *NUMBER_COLUMNS, pl.exclude("row", *NUMBER_COLUMNS))
    rejected = sheet.filter(~good).with_columns(reasons=_reasons(told))
    if accepted.height + rejected.height != sheet.height:
        raise AccountingError(
            f"check() read {sheet.height:,} rows, and accepted {accepted.height:,} and rejected "
            f"{rejected.height:,}: rows were lost or doubled. Nothing was given back."
        )
    _stop_if_too_many(rejected.height, sheet.height, told, asked.max_rejected)
    checked = Checked(accepted, rejected, told.drop("index"))
    checked.match = found
    checked.repairs = _repairs(sheet, numbers, found)
    checked.recipe = replace(asked, columns=found.columns, model=schemas.told(schema))
    checked.choices = choices(schema)
    return checked


def _reasons(problems: pl.DataFrame) -> pl.Series:
    """Give the errors of each bad row as a list of sentences; rows and errors are in order."""
    errors = problems.lazy().filter(pl.col("severity") == "error").set_sorted("index")
    listed = errors.group_by("index", maintain_order=True).agg("message").collect()
    return listed.get_column("message")


def _repairs(sheet: pl.DataFrame, numbers: pl.DataFrame, found: Match) -> pl.DataFrame:
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


def _stop_if_too_many(bad: int, rows: int, problems: pl.DataFrame, most: float | None) -> None:
    if most is None or bad <= most * rows:
        return
    errors = problems.filter(pl.col("severity") == "error")
    counts = errors["rule"].value_counts(sort=True).head(5)
    told = ", ".join(f"{rule} {count:,}" for rule, count in counts.rows())
    raise TooManyRejected(
        f"check() rejected {bad:,} of {rows:,} rows ({bad / rows:.1%}); max_rejected allows "
        f"{most:.1%}. The rules most broken: {told}. Mend the sheet, or check it without "
        "max_rejected to see every row."
    )
