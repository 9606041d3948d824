"""The workbook of rejects: the person's own sheet again, with what must be mended in red."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from xlsxwriter.utility import xl_rowcol_to_cell

from msgframe.core.a1 import column_index
from msgframe.core.translation import languages, section
from msgframe.errors import DataError
from msgframe.frames import REJECTS_COLUMNS
from msgframe.spreadsheets.reading import Reading
from msgframe.spreadsheets.xlsx_writer import (
    MAX_ROWS,
    MAX_TEXT,
    column_widths,
    fit_page,
    iter_rows,
    open_workbook,
    sheet_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: Excel takes minutes to open a sheet with many comments; past this the last column says it alone.
MAX_COMMENTS = 5_000

#: A drop-down written into the cell's own rule holds 255 characters, commas included.
_MAX_LIST = 255

#: Wide enough for a sentence and a suggestion.
_COMMENT = {"width": 280, "height": 90, "author": "msgframe"}

#: What XlsxWriter answers where it cut a text.
_CUT = -2


class _Mark(NamedTuple):
    """What is wrong with a cell or a row: the gravest severity, the sentences, a suggestion."""

    severity: str
    message: str
    suggestion: str | None


def write_rejects(
    sheet: Reading | pl.DataFrame,
    checked: Iterable[pl.DataFrame],
    path: str | Path,
    /,
    *,
    letters: Mapping[str, str] | None = None,
    choices: Mapping[str, Sequence[str]] | None = None,
    language: str | None = None,
    advance: Callable[[int], None] | None = None,
) -> Path:
    """Write the person's own sheet again, with what must be mended in red.

    Columns, order and row numbers are the sheet's own, so that B17 is B17 in both. A red cell is an
    error and a yellow one a warning; a comment tells the reason and the suggestion. Two columns
    stand beside: the reasons, under a filter, and the row's number, by which `merge` finds the row
    again even if the sheet was sorted. The first sheet counts the problems.

    Parameters
    ----------
    sheet
        What was checked: what `read` gave, or a frame.
    checked
        What `check` gave back; bare frames do not know which rules meet in one row.
    letters
        Excel's letters of the columns, as in `Reading.letters`; by default those of `sheet`, and
        for a frame the columns stand side by side.
    choices
        Columns that are closed to a few values, for a drop-down; by default those of the model.
    language
        The language of the words around, "en" or "es"; by default the one of the check.
    advance
        Called with the number of rows as they are written, for a bar of progress.
    """
    if isinstance(sheet, Reading):
        letters = sheet.letters if letters is None else letters
        sheet = sheet.sheet
    if sheet.height + 1 > MAX_ROWS:
        raise DataError(
            f"write_rejects() got {sheet.height:,} rows; a sheet of Excel holds {MAX_ROWS:,}. "
            "Write the rejected rows only: write_rejects(rejected.drop('reasons'), …)."
        )
    typed = _as_typed(sheet)
    accepted, rejected, problems = checked
    counts = {"read": typed.height, "accepted": accepted.height, "rejected": rejected.height}
    choices = getattr(checked, "choices", {}) if choices is None else choices
    labels = _labels(language, checked)
    with open_workbook(path) as workbook:
        writer = RejectsWriter(workbook, _positions(typed, letters), choices, labels, advance)
        writer.write_summary(counts, problems, getattr(checked, "pairs", None))
        for name, rows, of_sheet in _by_sheet(typed, problems):
            writer.write_rows(name or labels["rows"], rows, of_sheet)
    return Path(path)


def _as_typed(sheet: pl.DataFrame) -> pl.DataFrame:
    """Give the sheet as `check` saw it: rows counted from 2 where they have no number, all text."""
    if "row" not in sheet.columns:
        sheet = sheet.with_row_index("row", offset=2)
    return sheet.drop(REJECTS_COLUMNS, strict=False).with_columns(pl.exclude("row").cast(pl.String))


def _labels(language: str | None, checked: object) -> dict[str, str]:
    """Give the words around the rows in the language of the check; a bare tuple does not know."""
    language = language or getattr(getattr(checked, "recipe", None), "language", "en")
    return section("rejects", language if language in languages() else "en")


def _positions(sheet: pl.DataFrame, letters: Mapping[str, str] | None) -> dict[str, int]:
    """Give each header the index of its column; headers without letters fill the gaps."""
    own = [name for name in sheet.columns if name not in {"row", "sheet"}]
    known = {name: column_index(letters[name]) for name in own if letters and name in letters}
    free = (index for index in count() if index not in known.values())
    return {name: known[name] if name in known else next(free) for name in own}


class Formats:
    """The formats of the workbook, each made once."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self.title = workbook.add_format({"bold": True, "font_size": 14})
        self.head = workbook.add_format({"bold": True, "bottom": 1})
        self.note = workbook.add_format(
            {"text_wrap": True, "valign": "top", "font_color": "#444444"}
        )
        # "@" keeps what a person types as text: Excel would show a long number as 9.19817E+11.
        self.text = workbook.add_format({"num_format": "@"})
        red = {"bg_color": "#F8CBCB", "font_color": "#8B0000"}
        self.error = workbook.add_format({"num_format": "@", "border": 1, **red})
        self.warning = workbook.add_format({"num_format": "@", "border": 1, "bg_color": "#FFF2CC"})
        self.row_number = workbook.add_format({"font_color": "#777777", "align": "center"})

    def of(self, severity: str) -> Format:
        """Give the format of a cell with a problem."""
        return self.error if severity == "error" else self.warning


class RejectsWriter:
    """A workbook of rejects while it is written, sheet after sheet."""

    def __init__(
        self,
        workbook: xlsxwriter.Workbook,
        positions: Mapping[str, int],
        choices: Mapping[str, Sequence[str]],
        labels: Mapping[str, str],
        advance: Callable[[int], None] | None,
    ) -> None:
        self.advance = advance or (lambda _: None)
        self.workbook = workbook
        self.positions = positions
        self.choices = choices
        self.labels = labels
        self.formats = Formats(workbook)
        self.comments = iter(range(MAX_COMMENTS))

    def write_summary(
        self, counts: Mapping[str, int], problems: pl.DataFrame, pairs: pl.DataFrame | None
    ) -> None:
        """Write the first sheet: how many rows, what is wrong with how many, and what to do."""
        page, labels = self.workbook.add_worksheet(self.labels["summary"]), self.labels
        fit_page(page)
        for at, width in enumerate((80, 26, 12, 10, 10)):
            page.set_column(at, at, width)
        page.write_string(0, 0, labels["title"], self.formats.title)
        for line, (name, height) in enumerate(counts.items(), 2):
            page.write_string(line, 0, labels[name])
            page.write_number(line, 1, height)
        marked = problems.drop_nulls("column").n_unique(["row", "column"])
        more = labels["more"].format(most=MAX_COMMENTS) if marked > MAX_COMMENTS else ""
        page.set_row(6, 50)
        page.write_string(6, 0, f"{labels['how']} {more}".rstrip(), self.formats.note)
        line = self._write_counts(page, 8, _counts(problems, labels))
        if pairs is not None and pairs.height:
            page.write_string(line + 1, 0, labels["pairs"], self.formats.head)
            self._write_counts(page, line + 2, _pairs(pairs, labels))

    def write_rows(self, name: str, sheet: pl.DataFrame, problems: pl.DataFrame) -> None:
        """Write one sheet: its headers, its rows with what is wrong, and the columns beside."""
        page = self.workbook.add_worksheet(sheet_name(self.workbook, name))
        lines = _lines(sheet)
        head, last = min(lines, default=1) - 1, max(lines, default=1)
        own = {header: self.positions[header] for header in sheet.columns if header != "row"}
        beside = max(own.values(), default=-1) + 1
        self._write_headers(page, head, sheet.select(list(own)), beside)
        for header in (header for header in own if header in self.choices):
            self._offer(page, (head + 1, own[header], last, own[header]), self.choices[header])
        marks = _by_cell(problems)
        rows = iter_rows(sheet.select("row", *own), self.advance)
        for line, (row, *cells) in zip(lines, rows, strict=True):
            for header, value in zip(own, cells, strict=True):
                self._write_cell(page, (line, own[header]), value, marks.get((row, header)))
            page.write_number(line, beside, row, self.formats.row_number)
            if reason := marks.get((row, None)):
                look = self.formats.of(reason.severity)
                page.write_string(line, beside + 1, reason.message[:MAX_TEXT], look)
        page.autofilter(head, min(own.values(), default=0), last, beside + 1)
        page.repeat_rows(head)
        # A telephone number as text is what is wanted here, not a slip that Excel must point at.
        page.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})

    def _write_headers(self, page: Worksheet, head: int, sheet: pl.DataFrame, beside: int) -> None:
        """Write the headers, which stay in view, and fit the columns to what they hold."""
        for header, width in zip(sheet.columns, column_widths(sheet), strict=True):
            at = self.positions[header]
            page.write_string(head, at, header, self.formats.head)
            page.set_column(at, at, width, self.formats.text)
        for at, header, width in zip((beside, beside + 1), REJECTS_COLUMNS, (18, 90), strict=True):
            page.write_string(head, at, header, self.formats.head)
            page.set_column(at, at, width)
        page.freeze_panes(head + 1, 0)
        fit_page(page)

    def _write_cell(
        self, page: Worksheet, at: tuple[int, int], value: str | None, mark: _Mark | None
    ) -> None:
        """Write a cell as it was; one with a problem in its colour, with a comment."""
        look = self.formats.text if mark is None else self.formats.of(mark.severity)
        if value is not None and page.write_string(*at, value, look) == _CUT:
            raise DataError(
                f"write_rejects() cannot write {xl_rowcol_to_cell(*at)}: its {len(value):,} "
                f"characters are more than a cell of Excel holds ({MAX_TEXT:,})."
            )
        if value is None and mark is not None:
            page.write_blank(*at, None, look)
        if mark is not None and next(self.comments, None) is not None:
            page.write_comment(*at, _comment(mark, self.labels), _COMMENT)

    def _offer(
        self, page: Worksheet, cells: tuple[int, int, int, int], values: Sequence[str]
    ) -> None:
        """Offer the values of a closed column as a drop-down; a long list gets a sheet."""
        inline = len(",".join(values)) <= _MAX_LIST and not any("," in value for value in values)
        offer = {
            "validate": "list",
            "source": list(values) if inline else self._write_choices(values),
            "error_message": self.labels["choose"],
            "error_type": "warning",
        }
        page.data_validation(*cells, offer)

    def _write_choices(self, values: Sequence[str]) -> str:
        name = sheet_name(self.workbook, self.labels["choices"])
        page = self.workbook.add_worksheet(name)
        for line, value in enumerate(values):
            page.write_string(line, 0, value)
        return f"='{name}'!$A$1:$A${len(values)}"

    def _write_counts(self, page: Worksheet, line: int, frame: pl.DataFrame) -> int:
        """Write a small frame under its headers, and give the line below it."""
        for at, name in enumerate(frame.columns):
            page.write_string(line, at, name, self.formats.head)
        for number, row in enumerate(frame.rows(), line + 1):
            for at, value in enumerate(row):
                write = page.write_string if isinstance(value, str) else page.write_number
                write(number, at, value)
        return line + frame.height + 1


def _by_sheet(
    sheet: pl.DataFrame, problems: pl.DataFrame
) -> Iterator[tuple[str | None, pl.DataFrame, pl.DataFrame]]:
    """Give the rows of each sheet with their problems; rows of several sheets stay apart."""
    if "sheet" not in sheet.columns:
        yield None, sheet, problems
        return
    origin = problems["cell"].str.extract(r"^'(.*)'![A-Z]*[0-9]")
    for name in sheet["sheet"].unique(maintain_order=True):
        yield name, sheet.filter(sheet=name).drop("sheet"), problems.filter(origin == name)


def _counts(problems: pl.DataFrame, labels: Mapping[str, str]) -> pl.DataFrame:
    """Count the problems by sentence; what differs from row to row in a sentence becomes "…"."""
    message = pl.col("message").first()
    return (
        problems.group_by("column", "rule", "severity", maintain_order=True)
        .agg(
            message=pl.when(pl.col("message").n_unique() > 1)
            .then(message.str.replace(r" \(.*\)|[0-9]+", " …").str.replace("  ", " "))
            .otherwise(message),
            problems=pl.len(),
            rows=pl.col("row").n_unique(),
        )
        .sort("severity", "problems", descending=[False, True], maintain_order=True)
        .select(
            pl.col("message").alias(labels["problem"]),
            pl.col("rule").alias(labels["rule"]),
            pl.col("severity").cast(pl.String).replace(dict(labels)).alias(labels["severity"]),
            pl.col("problems").alias(labels["problems"]),
            pl.col("rows").alias(f"{labels['hit']} "),
        )
    )


def _pairs(pairs: pl.DataFrame, labels: Mapping[str, str]) -> pl.DataFrame:
    """Give the ten pairs of rules that meet in most rows, under the words of the language."""
    return pairs.head(10).select(
        pl.format("{} + {}", "rule", "rule_too").alias(labels["rule"]),
        pl.col("rows").alias(labels["hit"]),
    )


def _lines(sheet: pl.DataFrame) -> list[int]:
    """Give the line of each row, counted from 0: its own, or the next where it cannot have that.

    A list without headers begins in row 1 and has no line for them; rows of a frame that was sorted
    or joined have no order of their own.
    """
    row = sheet["row"]
    in_order = row.is_sorted() and row.n_unique() == row.len()
    fits = row.len() and row[0] > 1 and row[-1] <= MAX_ROWS
    return (row.cast(pl.Int64) - 1).to_list() if in_order and fits else [*range(1, row.len() + 1)]


def _by_cell(problems: pl.DataFrame) -> dict[tuple[int, str | None], _Mark]:
    """Gather what is wrong with each cell, and under no header what is wrong with each row."""
    mark = (
        pl.col("severity").min().cast(pl.String),
        pl.col("message").unique(maintain_order=True).str.join(" "),
        pl.col("suggestion").drop_nulls().first(),
    )
    cells = problems.group_by("row", "column").agg(mark)
    whole = problems.group_by("row").agg(mark).with_columns(column=pl.lit(None, dtype=pl.String))
    every = pl.concat([cells.filter(pl.col("column").is_not_null()), whole.select(cells.columns)])
    return {(row, header): _Mark(*facts) for row, header, *facts in every.rows()}


def _comment(mark: _Mark, labels: Mapping[str, str]) -> str:
    if mark.suggestion is None:
        return mark.message
    return f"{mark.message}\n{labels['suggestion'].format(value=mark.suggestion)}"
