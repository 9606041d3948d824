"""`Recipient`, the pandera model that people subclass, and the verdicts of any such model.

A model is written as pandera has it: fields, checks, methods. What evaluates it here are pandera's
own check functions, each asked for its lazy verdict and all collected together; pandera's engine
collects them one by one and builds whole-row failure cases, which costs up to twelve times as much
on a check of the whole frame, and its `drop_invalid_rows` lets rows through when a check raises.

A check speaks in its own words, else in pandera's, else in ours (`[check]` of `core/locales`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandera.polars as pa
import polars as pl

# Importing the built-in checks is what registers them for polars frames.
from pandera.backends.polars import builtin_checks as _registered  # noqa: F401
from pandera.backends.polars.checks import PolarsCheckBackend
from pandera.polars import PolarsData

from msgframe.core.masking import mask_text
from msgframe.errors import ColumnsError, UsageError
from msgframe.frames import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

Severity: TypeAlias = Literal["error", "warning"]

#: What `check` itself puts in the place of the matched country and number columns.
NUMBER_COLUMNS = ("country_code", "mobile", "msisdn")

#: The ways to write a day or a time that mean one thing only; 01/02/2026 is two different days.
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d-%b-%Y", "%d %b %Y", "%d %B %Y")
_TIMES = ("%H:%M:%S", "%H:%M")
_MOMENTS = tuple(f"%Y-%m-%d{between}{time}" for between in " T" for time in _TIMES)
_BOOLEANS = {"true": True, "false": False, "verdadero": True, "falso": False}


class Recipient(pa.DataFrameModel):
    """Somebody to write to, with a number that exists. Subclass it for columns of your own.

    Fields and checks are pandera's. A column of another type than text is read from the text of
    its cells; a check with `raise_warning=True` only tells. `rule` writes a check as a polars
    expression with its sentences.

    >>> import pandera.polars as pa
    >>> class Customer(Recipient):
    ...     Plan: str = pa.Field(isin=["oro", "plata"])
    ...     Saldo: str = pa.Field(nullable=True)
    ...
    ...     @rule("Saldo", en="{column} is not an amount.", es="{column} no es un importe.")
    ...     def saldo_is_an_amount(cls, cell):
    ...         return cell.str.contains(r"^[$€]?[0-9]")
    >>> list(Customer.to_schema().columns)
    ['row', 'country_code', 'mobile', 'msisdn', 'Plan', 'Saldo']
    """

    row: pl.UInt32 = pa.Field(ge=1)
    country_code: str = pa.Field(str_matches=r"^[1-9][0-9]{0,2}$")
    mobile: str = pa.Field(str_matches=r"^[0-9]{3,14}$")
    msisdn: int = pa.Field(ge=1_000_000, lt=10**15)


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule says and proposes, beside what it checks."""

    #: Language → sentence.
    sentences: Mapping[str, str] = field(default_factory=dict)
    #: A better value, as an expression over the row; null where there is none.
    suggestion: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule on one column of one frame: who breaks it, how bad that is, what it says."""

    rule: str
    #: The column of the checked frame; None for a rule about the whole row.
    column: str | None
    severity: Severity
    #: One boolean column, true where the rule is broken; never null. A single verdict is about all
    #: rows together.
    broken: pl.LazyFrame
    #: What the sentence may name, beside the column.
    facts: Mapping[str, Any] = field(default_factory=dict)
    rule_text: RuleText = field(default_factory=RuleText)
    #: Which sentence to say where the rule has none of its own.
    otherwise: str = "check"


def rule(
    *columns: str,
    severity: Severity = "error",
    suggestion: pl.Expr | None = None,
    **sentences: str,
) -> Callable[[Callable[..., pl.Expr]], classmethod[Any, Any, Any]]:
    """Write a check of a model as a polars expression, with its sentence in each language.

    Parameters
    ----------
    columns
        The columns to check, one by one: the method gets `cls` and the cell as an expression.
        Without any, the method gets `cls` only and its expression is about the whole row.
    severity
        "error" rejects the row, "warning" only tells.
    suggestion
        A better value, as an expression over the row.
    sentences
        The sentence per language, such as `en="{column} is not an amount."`.

    The result is an ordinary pandera check: `Model.validate(frame)` runs it as well.
    """
    write = pa.check if columns else pa.dataframe_check

    def decorate(written: Callable[..., pl.Expr]) -> classmethod[Any, Any, Any]:
        method = written.__func__ if isinstance(written, classmethod) else written

        @wraps(method)
        def evaluate(cls: type, data: PolarsData) -> pl.LazyFrame:
            cell = (pl.col(data.key),) if columns else ()
            return data.lazyframe.select(method(cls, *cell))

        evaluate.rule_text = RuleText(sentences, suggestion)  # type: ignore[attr-defined]
        return write(*columns, raise_warning=severity == "warning")(evaluate)

    return decorate


def coerce(
    people: pl.DataFrame, schema: pa.DataFrameSchema
) -> tuple[pl.DataFrame, list[RuleResult]]:
    """Give the columns the types that a schema asks for, and mark the cells that have not got it.

    Raises
    ------
    ColumnsError
        Where the schema needs a column that is not there, or allows none beside its own.
    """
    names = _named(people, schema)
    wanted = {
        name: dtype
        for name, column in names
        if (dtype := _dtype(column)) is not None and dtype != people.schema[name]
    }
    try:
        typed = people.with_columns(_cast(name, dtype) for name, dtype in wanted.items())
    except pl.exceptions.PolarsError as error:
        raise ColumnsError(
            f"check() cannot read the text of {quoted(wanted)} as the model's types: "
            f"{first_line(error)}"
        ) from None
    results = [_of_type(people, typed[name], dtype) for name, dtype in wanted.items()]
    return typed.with_columns(_defaults(typed, names)), results


def _of_type(people: pl.DataFrame, typed: pl.Series, dtype: pl.DataType) -> RuleResult:
    """Mark the cells that say something but not what the type asks for; an enum is a choice."""
    unread = people.lazy().select((_filled(typed.name) & typed.is_null()).fill_null(value=False))
    if isinstance(dtype, pl.Enum):
        facts = {"allowed_values": dtype.categories.to_list()}
        return RuleResult("isin", typed.name, "error", unread, facts)
    return RuleResult("type", typed.name, "error", unread, {"kind": dtype})


def _defaults(typed: pl.DataFrame, names: list[tuple[str, pa.Column]]) -> Iterator[pl.Expr]:
    """Fill blanks where a field names a default; in a sheet a blank cell is a missing value."""
    for name, column in names:
        if column.default is not None:
            blank = pl.col(name).is_null()
            if typed.schema[name] == pl.String:
                blank |= pl.col(name).str.strip_chars() == ""
            yield pl.when(blank).then(pl.lit(column.default)).otherwise(name).alias(name)


def verdicts(
    people: pl.DataFrame, schema: pa.DataFrameSchema, model: Any = None
) -> list[RuleResult]:
    """Mark what breaks the checks of a schema: of columns, of rows, and of repeated values.

    The verdicts are pandera's, row for row: a null passes a check unless it says `ignore_na=False`,
    and each of several equal values is a repeat, the first one too.
    """
    results = [
        result
        for name, column in _named(people, schema)
        for result in _of_column(people, name, column, model)
    ]
    results += [_of_check(people, None, check, {}, model) for check in schema.checks]
    return results + [_repeats_of(people, together) for together in _unique_groups(schema)]


def choices(schema: pa.DataFrameSchema) -> dict[str, list[str]]:
    """Give the values that a column is closed to, for a drop-down in a workbook."""
    enums = {
        name: dtype.categories.to_list()
        for name, column in schema.columns.items()
        if isinstance(dtype := _dtype(column), pl.Enum)
    }
    return enums | {
        name: [str(value) for value in check.statistics["allowed_values"]]
        for name, column in schema.columns.items()
        for check in column.checks
        if check.name == "isin"
    }


def _named(people: pl.DataFrame, schema: pa.DataFrameSchema) -> list[tuple[str, pa.Column]]:
    """Pair each column of the schema with its name in the frame; a pattern stands for several."""
    pairs: list[tuple[str, pa.Column]] = []
    missing = []
    for name, column in schema.columns.items():
        fitting = [
            n for n in people.columns if (re.fullmatch(name, n) if column.regex else n == name)
        ]
        pairs += [(n, column) for n in fitting]
        if not fitting and column.required:
            missing.append(name)
    own = [name for name in people.columns if name != "sheet"]
    if missing:
        plural = "" if len(missing) == 1 else "s"
        raise ColumnsError(
            f"check() needs {len(missing)} more column{plural} for the model {schema.name!r}: "
            f"{quoted(missing)}. The sheet has {quoted(own)}.{did_you_mean(missing, own)}"
        )
    extra = [name for name in own if name not in dict(pairs)]
    if schema.strict is True and extra:
        raise ColumnsError(
            f"The model {schema.name!r} is strict and knows nothing of {quoted(extra)}. "
            f"Leave them out first: sheet.drop({extra!r})."
        )
    return pairs


def _dtype(column: pa.Column) -> pl.DataType | None:
    dtype = getattr(column.dtype, "type", None)
    # pandera gives some dtypes as their class.
    instance: pl.DataType | None = dtype() if isinstance(dtype, type) else dtype
    return instance


def _cast(name: str, dtype: pl.DataType) -> pl.Expr:
    """Read a column's text as another type; null where it cannot be read, never a guess."""
    bare = pl.col(name).cast(pl.String).str.strip_chars().replace("", None)
    match dtype:
        case pl.Date():
            days = [bare.str.to_date(form, strict=False) for form in _DAYS]
            return pl.coalesce(days).alias(name)
        case pl.Datetime():
            moments = [bare.str.to_datetime(form, strict=False) for form in _MOMENTS]
            return pl.coalesce(moments).cast(dtype).alias(name)
        case pl.Time():
            times = [bare.str.to_time(form, strict=False) for form in _TIMES]
            return pl.coalesce(times).alias(name)
        case pl.Boolean():
            word = bare.str.to_lowercase()
            return word.replace_strict(_BOOLEANS, default=None).alias(name)
        case _:
            return bare.cast(dtype, strict=False).alias(name)


def _filled(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars() != ""


def _of_column(
    people: pl.DataFrame, name: str, column: pa.Column, model: Any
) -> Iterator[RuleResult]:
    cell, lazy = pl.col(name), people.lazy()
    if _is_kept_by_check(name, column):
        return
    extra = column.metadata or {}
    if not column.nullable:
        # pandera takes what is not a number for no value.
        lacks = cell.is_null() | (cell.is_nan() if people.schema[name].is_float() else False)
        yield RuleResult("not_nullable", name, "error", lazy.select(lacks.fill_null(value=True)))
    for check in column.checks:
        yield _of_check(people, name, check, extra, model)
    if column.unique:
        yield RuleResult("unique", name, "error", lazy.select(cell.is_duplicated()))


def _is_kept_by_check(name: str, column: pa.Column) -> bool:
    """Tell whether `check` itself makes the column, so that `Recipient`'s own checks hold in it."""
    own = Recipient.to_schema().columns.get(name)
    return own is not None and own.checks == column.checks and not column.unique


def _unique_groups(schema: pa.DataFrameSchema) -> list[list[str]]:
    unique: Any = schema.unique or []
    return [unique] if unique and isinstance(unique[0], str) else list(unique)


def _repeats_of(people: pl.DataFrame, together: list[str]) -> RuleResult:
    repeats = people.lazy().select(pl.struct(together).is_duplicated())
    return RuleResult("joint_unique", None, "error", repeats, {"columns": ", ".join(together)})


def _of_check(
    people: pl.DataFrame, name: str | None, check: pa.Check, extra: Mapping[str, Any], model: Any
) -> RuleResult:
    settings = settings_of(check)
    severity: Severity = "warning" if check.raise_warning else extra.get("severity", "error")
    return RuleResult(
        str(check.name),
        name,
        severity,
        _broken(people, name, check),
        facts={**settings, **_lengths(settings), "rule": check.name},
        rule_text=_rule_text(name, check, extra, model),
        otherwise="check" if name else "check_row",
    )


def _rule_text(name: str | None, check: pa.Check, extra: Mapping[str, Any], model: Any) -> RuleText:
    """Find what a check says: by `rule`, in its field's metadata, or in pandera's own words."""
    written = getattr(getattr(model, str(check.name), None), "rule_text", None)
    if isinstance(written, RuleText):
        return written
    own = {
        language: sentences[check.name]
        for language, sentences in extra.get("messages", {}).items()
        if check.name in sentences
    }
    words = own_words(check)
    suggestion = extra.get("suggestion")
    suggestion = suggestion.get(check.name) if isinstance(suggestion, dict) else suggestion
    if suggestion is None and check.name == "isin":
        suggestion = _nearest(str(name), settings_of(check)["allowed_values"])
    return RuleText({"en": words, **own} if words else own, suggestion)


def _nearest(name: str, values: Collection[Any]) -> pl.Expr | None:
    """Propose the value that differs in case, accents, or blanks only."""
    words = pl.Series([value for value in values if isinstance(value, str)], dtype=pl.String)
    alike = _folded(words).is_first_distinct() if words.len() else words.is_null()
    known = words.filter(alike)
    if known.is_empty():
        return None
    cell: pl.Expr = _folded(pl.col(name))
    return cell.replace_strict(_folded(known), known, default=None)


def _folded(text: Any) -> Any:
    """Fold a series or an expression of text: no case, no accents, no blanks or marks."""
    apart = text.str.normalize("NFKD").str.to_lowercase()
    return apart.str.replace_all(r"[\p{M}\s_.-]", "")


def own_words(check: pa.Check) -> str | None:
    """Give the words that a check was given; pandera's own for its built-in checks do not count."""
    if check not in pa.Check:
        return check.error or (check.description or "").split("\n")[0] or None
    usual = getattr(pa.Check, str(check.name))(**settings_of(check)).error
    return None if check.error == usual else check.error


def settings_of(check: pa.Check) -> dict[str, Any]:
    """Give what a check was made with, such as its lowest value; code has none."""
    return dict(check.statistics or {})


def _lengths(statistics: Mapping[str, Any]) -> dict[str, str]:
    """Say the lengths that `str_length` allows: 4–8, ≤ 30; nothing for other checks."""
    low, high = statistics.get("min_value"), statistics.get("max_value")
    match statistics.get("exact_value"), low, high:
        case None, None, None:
            return {}
        case None, None, _:
            return {"lengths": f"≤ {high}"}
        case None, _, None:
            return {"lengths": f"≥ {low}"}
        case None, _, _:
            return {"lengths": f"{low}–{high}"}
        case exact, _, _:
            return {"lengths": str(exact)}


def _broken(people: pl.DataFrame, name: str | None, check: pa.Check) -> pl.LazyFrame:
    """Ask a check for its verdict, lazily; `ignore_na` decides what becomes of a null."""
    where = "the row" if name is None else repr(name)
    try:
        verdict: pl.LazyFrame | bool = PolarsCheckBackend(check).apply(
            PolarsData(people.lazy(), name or "*")
        )
    except Exception as error:  # the check is the person's own code: whatever it raises is told
        raise UsageError(
            f"The check {check.name!r} of {where} cannot be run: {first_line(error)}"
        ) from error
    if isinstance(verdict, bool):
        verdict = pl.LazyFrame({"passed": [verdict]})
    passed = pl.first().fill_null(value=bool(check.ignore_na))
    return verdict.select(~passed)


def first_line(error: Exception) -> str:
    """Give the first line of another library's error, its numbers masked."""
    return mask_text((str(error).strip() or type(error).__name__).splitlines()[0])
