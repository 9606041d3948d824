"""The collector of problems: each listed once, with its cell, and put in the order of the sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from msgframe import frames
from msgframe.errors import DataError, UsageError
from msgframe.recipients.models import RuleResult, first_line
from msgframe.recipients.rule_texts import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from msgframe.recipients.headers import Match
    from msgframe.recipients.models import Severity

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
        every = pl.concat(
            [cells, self._rules_of(cells["rule_index"])], how="horizontal"
        ).with_columns(
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

    def _rules_of(self, rule_index: pl.Series) -> pl.DataFrame:
        """Give what each problem's rule says, from the table of rules."""
        rules = pl.DataFrame(self._rules, schema=_RULE, orient="row")
        return rules.select(pl.all().gather(rule_index))

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
        ours = {"mobile": self.matched.mobile, "msisdn": self.matched.mobile}
        ours["country_code"] = self.matched.country or self.matched.mobile
        return None if column is None else ours.get(column, column)


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
