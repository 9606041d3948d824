"""What a check finds: each problem listed once, with its cell, and every row accepted or rejected.

A sentence may name `{column}` and the settings of its rule (`{min_value}`, `{pattern}`, …). Values
are never part of a sentence: they stand beside it, in `value`, so that a sentence can be logged
without showing anybody's number.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe import frames
from msgframe.core.masking import mask_numbers
from msgframe.core.translation import fill, template_of, translate, untranslated
from msgframe.core.views import html_panels, one_line
from msgframe.errors import DataError, InvariantError, TooManyRejected, UsageError
from msgframe.recipients.models import NUMBER_COLUMNS, RuleResult, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from msgframe.recipients.headers import Match
    from msgframe.recipients.models import Severity
    from msgframe.recipients.recipes import Recipe

#: A problem while it is known by the index of its row and of its rule in the table of rules.
_CELLS = pl.Schema(
    {
        "index": pl.UInt32,
        "rule_index": pl.UInt16,
        "value": pl.String,
        "suggestion": pl.String,
        "detail": pl.String,
    }
)

#: What is the same for all problems of one rule in one column.
_RULE: dict[str, pl.DataType | type[pl.DataType]] = {
    "column": pl.String,
    "letter": pl.String,
    "rule": pl.String,
    "severity": frames.SEVERITY,
    "message": pl.String,
}


@dataclass
class Problems:
    """All problems of one sheet, while they are being found."""

    #: The sheet as typed, all text.
    sheet: pl.DataFrame
    #: Excel's letter of each header.
    letters: Mapping[str, str]
    matched: Match
    language: str
    _parts: list[pl.DataFrame] = field(default_factory=list)
    _rules: list[tuple[str | None, str | None, str, str, str]] = field(default_factory=list)
    _bad: list[pl.Series] = field(default_factory=list)

    @property
    def good(self) -> pl.Series:
        """Which rows have no error so far, one boolean a row."""
        if not self._bad:
            return pl.repeat(value=True, n=self.sheet.height, dtype=pl.Boolean, eager=True)
        return ~pl.DataFrame(self._bad).select(pl.any_horizontal(pl.all())).to_series()

    def add(self, results: Iterable[RuleResult], people: pl.DataFrame) -> None:
        """Add what the results say of the people: column by column, then the whole row."""
        order = {name: position for position, name in enumerate(self.sheet.columns)}
        last = len(order)
        results = sorted(
            results, key=lambda result: order.get(self._header(result.column) or "", last)
        )
        for result, verdict in zip(results, _collected(results), strict=True):
            if verdict.len() != self.sheet.height:
                _of_the_whole(result, verdict)
                continue
            index = verdict.arg_true()
            if index.len():
                self._add_result(result, index, people)
                self._refuse(result.severity, verdict)

    def add_rows(self, rule: str, severity: Severity, rows: pl.DataFrame, header: str) -> None:
        """Add problems that are known by row: `index`, and `suggestion` or `detail` where known."""
        if rows.is_empty():
            return
        result = RuleResult(rule, header, severity, rows.lazy())
        self._append(result, header, rows.get_column("index"), rows)
        hit = pl.repeat(value=False, n=self.sheet.height, dtype=pl.Boolean, eager=True)
        self._refuse(severity, hit.scatter(rows.get_column("index"), values=True))

    def frame(self) -> pl.DataFrame:
        """Give `frames.columns("problems")`, and `index`, the row's place, in the order of rows."""
        cells = pl.concat([_CELLS.to_frame(), *self._parts]).sort("index", maintain_order=True)
        index = cells["index"]
        rules = pl.DataFrame(self._rules, schema=_RULE, orient="row")
        of_cells = rules.select(pl.all().gather(cells["rule_index"]))
        every = pl.concat([cells, of_cells], how="horizontal").with_columns(
            row=self.sheet["row"].gather(index),
            sheet=self.sheet["sheet"].gather(index) if "sheet" in self.sheet.columns else None,
        )
        if cells["detail"].count():
            detailed = pl.col("message").str.replace("{detail}", pl.col("detail"), literal=True)
            every = every.with_columns(
                message=pl.when(pl.col("detail").is_not_null()).then(detailed).otherwise("message")
            )
        cell = cell_name(several="sheet" in self.sheet.columns)
        return every.with_columns(cell=cell).select("index", *frames.columns("problems"))

    def _add_result(self, result: RuleResult, index: pl.Series, people: pl.DataFrame) -> None:
        rows = pl.DataFrame({"index": index})
        if result.rule_text.suggestion is not None:
            rows = rows.with_columns(_suggested(people, index, result.rule_text.suggestion))
        self._append(result, self._header(result.column), index, rows)

    def _append(
        self, result: RuleResult, header: str | None, index: pl.Series, rows: pl.DataFrame
    ) -> None:
        none = pl.lit(None, dtype=pl.String)
        value = self.sheet[header].gather(index) if header in self.sheet.columns else none
        cell = {"index": index, "rule_index": pl.lit(len(self._rules)), "value": value}
        more = {name: pl.col(name) if name in rows.columns else none for name in _CELLS.names()[3:]}
        self._parts.append(rows.select(**cell, **more).cast(_CELLS))  # type: ignore[arg-type]
        message = _message(result, header, self.language)
        if "detail" not in rows.columns:
            message = message.replace("{detail}", "")
        letter = self.letters.get(header or "")
        self._rules.append((header, letter, result.rule, result.severity, message))

    def _refuse(self, severity: str, verdict: pl.Series) -> None:
        if severity == "error":
            self._bad.append(verdict.alias(str(len(self._bad))))

    def _header(self, column: str | None) -> str | None:
        """Give the header under which the person sees a column of ours."""
        match column:
            case "mobile" | "msisdn":
                return self.matched.mobile
            case "country_code":
                return self.matched.country or self.matched.mobile
            case _:
                return column


def _collected(results: list[RuleResult]) -> list[pl.Series]:
    """Collect all verdicts together; where one cannot be had, say which."""
    try:
        return [
            frame.to_series() for frame in pl.collect_all([result.broken for result in results])
        ]
    except pl.exceptions.PolarsError:
        return [_collected_alone(result) for result in results]


def _collected_alone(result: RuleResult) -> pl.Series:
    try:
        return result.broken.collect().to_series()
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"The check {result.rule!r} of {result.column!r} cannot be run: {first_line(error)}"
        ) from None


def _of_the_whole(result: RuleResult, verdict: pl.Series) -> None:
    """Take a verdict about all rows together: it has no row to reject, so it stops the check."""
    if result.severity == "error" and verdict.any():
        raise DataError(
            f"The check {result.rule!r} of {result.column or 'the rows'!r} looks at all rows "
            "together, and they fail it. No row is to blame, so nothing was split."
        )


def _message(result: RuleResult, header: str | None, language: str) -> str:
    facts = {"column": header, "rule": result.rule, **result.facts}
    own, otherwise = result.rule_text.sentences, result.otherwise
    return sentence(result.rule, facts, language=language, own=own, otherwise=otherwise)


def _suggested(people: pl.DataFrame, index: pl.Series, suggestion: pl.Expr) -> pl.Series:
    """Work a suggestion out, on each different value once where it looks at one column only."""
    roots = suggestion.meta.root_names()
    proposed = suggestion.cast(pl.String).alias("suggestion")
    rows = people.select(pl.col(name).gather(index) for name in dict.fromkeys(roots))
    if rows.width != 1:
        return (rows if roots else people[index]).with_columns(proposed).get_column("suggestion")
    values = rows.unique()
    better = values.select(proposed).to_series()
    return rows.to_series().replace_strict(values.to_series(), better).alias("suggestion")


def cell_name(*, several: bool) -> pl.Expr:
    """Name cells as Excel does: B17; of several sheets 'Hoja 2'!B17, and a whole row 17:17.

    Where a column's letter is not known, the cell of a single sheet is null, and of several a row.
    """
    cell = pl.concat_str("letter", "row")
    if not several:
        return cell
    return pl.format("'{}'!{}", "sheet", cell.fill_null(pl.format("{}:{}", "row", "row")))


def sentence(
    rule: str,
    facts: Mapping[str, Any],
    *,
    language: str,
    own: Mapping[str, str] | None = None,
    otherwise: str = "check",
) -> str:
    """Say a rule in its own words, else in ours, else in those of the rule called `otherwise`.

    >>> sentence("isin", {"column": "Plan", "allowed_values": ["oro", "plata"]}, language="es")
    'Plan debe ser uno de oro, plata.'
    >>> sentence("saldo_ok", {"column": "Saldo", "rule": "saldo_ok"}, language="en")
    'Saldo does not meet the rule saldo ok.'
    """
    key, own = f"check.{rule}", own or {}
    ours = template_of(key, language)
    # Of two English sentences the rule's own one knows more.
    theirs = own.get(language, own.get("en") if key in untranslated(language) else None)
    template = theirs or ours or own.get("en") or template_of(f"check.{otherwise}", language)
    spoken = {name: _spoken(name, fact, language) for name, fact in facts.items()}
    return fill(template or rule, language, **spoken)


def _spoken(name: str, fact: Any, language: str) -> str:
    match fact:
        case str() if name == "rule":
            return fact.replace("_", " ")
        case pl.DataType():
            return _kind(fact, language)
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(str, fact))
        case _:
            return str(fact)


def _kind(dtype: pl.DataType, language: str) -> str:
    groups = {"integer": dtype.is_integer(), "float": dtype.is_numeric()}
    groups["temporal"] = dtype.is_temporal()
    group = next((name for name, fits in groups.items() if fits), "other")
    return translate(f"kind.{group}", language, kind=str(dtype).lower())


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
    # Rows and errors are in order.
    errors = every.lazy().filter(pl.col("severity") == "error").set_sorted("index")
    reasons = errors.group_by("index", maintain_order=True).agg("message").collect()["message"]
    rejected = sheet.filter(~good).with_columns(reasons=reasons)
    if accepted.height + rejected.height != sheet.height:
        raise InvariantError(
            f"check() read {sheet.height:,} rows, and accepted {accepted.height:,} and rejected "
            f"{rejected.height:,}: rows were lost or doubled. Nothing was given back."
        )
    return accepted, rejected, every.drop("index")


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
