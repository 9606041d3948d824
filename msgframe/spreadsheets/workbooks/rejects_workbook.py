"""The workbook of rejects: the person's own sheet again, with what must be mended in red."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import polars as pl
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from msgframe.core.a1 import letters_of
from msgframe.errors import DataError
from msgframe.frames import REJECTS_COLUMNS
from msgframe.spreadsheets.workbooks.labels import WORDS
from msgframe.spreadsheets.workbooks.writer import (
    MAX_ROWS,
    MAX_TEXT,
    fit_page,
    rows,
    title,
    widths,
    workbook,
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

#: What is wrong with a cell or a row: the gravest severity, the sentences, the first suggestion.
_Told: TypeAlias = tuple[str, str, str | None]

#: Wide enough for a sentence and a suggestion.
_COMMENT = {"width": 280, "height": 90, "author": "msgframe"}

#: What XlsxWriter answers where it cut a text.
_CUT = -2


def rejects(
    sheet: pl.DataFrame,
    checked: Iterable[pl.DataFrame],
    path: str | Path,
    /,
    *,
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
        What was checked.
    checked
        What `check` gave back.
    choices
        Columns that are closed to a few values, for a drop-down; by default those of the model.
    language
        The language of the words around, "en" or "es"; by default the one of the check.
    advance
        Called with the number of rows as they are written, for a bar of progress.
    """
    if sheet.height + 1 > MAX_ROWS:
        raise DataError(
            f"rejects() got {sheet.height:,} rows; a sheet of Excel holds {MAX_ROWS:,}. Write the "
            "rejected rows only: rejects(rejected.drop('reasons'), …)."
        )
    closed = getattr(checked, "choices", {}) if choices is None else choices
    typed = _typed(sheet)
    with workbook(path) as book:
        words = WORDS.get(language or _language(checked), WORDS["en"])
        mending = _Mending(book, letters_of(sheet), closed, words, advance)
        mending.summary(typed, checked)
        for name, part, problems in _by_sheet(typed, [*checked][2]):
            mending.sheet(name or words["rows"], part, problems)
    return Path(path)


def _typed(sheet: pl.DataFrame) -> pl.DataFrame:
    """Give the sheet as `check` saw it: rows counted from 2 where they have no number, all text."""
    if "row" not in sheet.columns:
        sheet = sheet.with_row_index("row", offset=2)
    return sheet.drop(REJECTS_COLUMNS, strict=False).with_columns(pl.exclude("row").cast(pl.String))


def _language(checked: object) -> str:
    """Give the language that the check spoke; a plain tuple of frames does not know."""
    return getattr(getattr(checked, "recipe", None), "language", "en")


class _Looks:
    """The formats of the workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bottom": 1})
        self.note = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#444444"})
        # "@" keeps what a person types as text: Excel would show a long number as 9.19817E+11.
        self.text = book.add_format({"num_format": "@"})
        red = {"bg_color": "#F8CBCB", "font_color": "#8B0000"}
        self.error = book.add_format({"num_format": "@", "border": 1, **red})
        self.warning = book.add_format({"num_format": "@", "border": 1, "bg_color": "#FFF2CC"})
        self.beside = book.add_format({"font_color": "#777777", "align": "center"})

    def of(self, severity: str) -> Format:
        return self.error if severity == "error" else self.warning


class _Mending:
    """A workbook of rejects while it is written, sheet after sheet."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        letters: Mapping[str, str],
        closed: Mapping[str, Sequence[str]],
        words: Mapping[str, str],
        advance: Callable[[int], None] | None,
    ) -> None:
        self.advance = advance or (lambda _: None)
        self.book = book
        self.letters = letters
        self.closed = closed
        self.words = words
        self.looks = _Looks(book)
        self.comments = iter(range(MAX_COMMENTS))

    def summary(self, sheet: pl.DataFrame, checked: Iterable[pl.DataFrame]) -> None:
        """Write the first sheet: how many rows, what is wrong with how many, and what to do."""
        accepted, rejected, problems = checked
        page, words = self.book.add_worksheet(self.words["summary"]), self.words
        fit_page(page)
        for place, width in enumerate((80, 26, 12, 10, 10)):
            page.set_column(place, place, width)
        page.write_string(0, 0, words["title"], self.looks.title)
        totals = {"read": sheet.height, "accepted": accepted.height, "rejected": rejected.height}
        for line, (name, count) in enumerate(totals.items(), 2):
            page.write_string(line, 0, words[name])
            page.write_number(line, 1, count)
        marked = problems.drop_nulls("column").n_unique(["row", "column"])
        more = words["more"].format(most=MAX_COMMENTS) if marked > MAX_COMMENTS else ""
        page.set_row(6, 50)
        page.write_string(6, 0, f"{words['how']} {more}".rstrip(), self.looks.note)
        line = self._listed(page, 8, _counts(problems, words))
        met = _pairs(problems, words)
        if met.height:
            page.write_string(line + 1, 0, words["pairs"], self.looks.head)
            self._listed(page, line + 2, met)

    def sheet(self, name: str, sheet: pl.DataFrame, problems: pl.DataFrame) -> None:
        """Write one sheet: its headers, its rows with what is wrong, and the columns beside."""
        page = self.book.add_worksheet(title(self.book, name))
        lines = _lines(sheet)
        head, last = min(lines, default=1) - 1, max(lines, default=1)
        own = {header: _place(self.letters[header]) for header in sheet.columns if header != "row"}
        beside = max(own.values(), default=-1) + 1
        self._headers(
            page, head, {**own, **dict(zip(REJECTS_COLUMNS, (beside, beside + 1), strict=True))}
        )
        self._fit(page, sheet, own, beside)
        for header in (header for header in own if header in self.closed):
            self._offer(page, (head + 1, own[header], last, own[header]), self.closed[header])
        wrong = _by_cell(problems)
        every = rows(sheet.select("row", *own), self.advance)
        for line, (row, *cells) in zip(lines, every, strict=True):
            for header, value in zip(own, cells, strict=True):
                self._cell(page, (line, own[header]), value, wrong.get((row, header)))
            page.write_number(line, beside, row, self.looks.beside)
            if reason := wrong.get((row, None)):
                look = self.looks.of(reason[0])
                page.write_string(line, beside + 1, reason[1][:MAX_TEXT], look)
        page.autofilter(head, min(own.values(), default=0), last, beside + 1)
        page.repeat_rows(head)
        # A telephone number as text is what is wanted here, not a slip that Excel must point at.
        page.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})

    def _headers(self, page: Worksheet, head: int, headers: Mapping[str, int]) -> None:
        for header, place in headers.items():
            page.write_string(head, place, header, self.looks.head)
        page.freeze_panes(head + 1, 0)

    def _fit(
        self, page: Worksheet, sheet: pl.DataFrame, own: Mapping[str, int], beside: int
    ) -> None:
        for place, width in zip(own.values(), widths(sheet.select(list(own))), strict=True):
            page.set_column(place, place, width, self.looks.text)
        page.set_column(beside, beside, 18)
        page.set_column(beside + 1, beside + 1, 90)
        fit_page(page)

    def _cell(
        self, page: Worksheet, at: tuple[int, int], value: str | None, told: _Told | None
    ) -> None:
        """Write a cell as it was; one with a problem in its colour, with a comment."""
        look = self.looks.text if told is None else self.looks.of(told[0])
        if value is not None and page.write_string(*at, value, look) == _CUT:
            raise DataError(
                f"rejects() cannot write {xl_rowcol_to_cell(*at)}: its {len(value):,} characters "
                f"are more than a cell of Excel holds ({MAX_TEXT:,})."
            )
        if value is None and told is not None:
            page.write_blank(*at, None, look)
        if told is not None and next(self.comments, None) is not None:
            page.write_comment(*at, _comment(told, self.words), _COMMENT)

    def _offer(
        self, page: Worksheet, cells: tuple[int, int, int, int], values: Sequence[str]
    ) -> None:
        """Offer the values of a closed column as a drop-down; a long list gets a sheet."""
        inline = len(",".join(values)) <= _MAX_LIST and not any("," in value for value in values)
        offer = {
            "validate": "list",
            "source": list(values) if inline else self._list(values),
            "error_message": self.words["choose"],
            "error_type": "warning",
        }
        page.data_validation(*cells, offer)

    def _list(self, values: Sequence[str]) -> str:
        name = title(self.book, self.words["choices"])
        page = self.book.add_worksheet(name)
        for line, value in enumerate(values):
            page.write_string(line, 0, value)
        return f"='{name}'!$A$1:$A${len(values)}"

    def _listed(self, page: Worksheet, line: int, frame: pl.DataFrame) -> int:
        """Write a small frame under its headers, and give the line below it."""
        for place, name in enumerate(frame.columns):
            page.write_string(line, place, name, self.looks.head)
        for number, row in enumerate(frame.rows(), line + 1):
            for place, value in enumerate(row):
                write = page.write_string if isinstance(value, str) else page.write_number
                write(number, place, value)
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


def _counts(problems: pl.DataFrame, words: Mapping[str, str]) -> pl.DataFrame:
    """Count the problems by sentence; what differs from row to row in a sentence becomes "…"."""
    said = pl.col("message").first()
    return (
        problems.group_by("column", "rule", "severity", maintain_order=True)
        .agg(
            message=pl.when(pl.col("message").n_unique() > 1)
            .then(said.str.replace(r" \(.*\)|[0-9]+", " …").str.replace("  ", " "))
            .otherwise(said),
            problems=pl.len(),
            rows=pl.col("row").n_unique(),
        )
        .sort("severity", "problems", descending=[False, True], maintain_order=True)
        .select(
            pl.col("message").alias(words["problem"]),
            pl.col("rule").alias(words["rule"]),
            pl.col("severity").cast(pl.String).replace(dict(words)).alias(words["severity"]),
            pl.col("problems").alias(words["problems"]),
            pl.col("rows").alias(f"{words['hit']} "),
        )
    )


def _pairs(problems: pl.DataFrame, words: Mapping[str, str]) -> pl.DataFrame:
    """Count the rows in which two rules meet, the ten most frequent pairs."""
    broken = problems.select("row", "rule").unique()
    met = broken.join(broken, on="row", suffix="_too").filter(pl.col("rule") < pl.col("rule_too"))
    return (
        met.group_by("rule", "rule_too")
        .agg(rows=pl.len())
        .sort("rows", "rule", "rule_too", descending=[True, False, False])
        .head(10)
        .select(
            pl.format("{} + {}", "rule", "rule_too").alias(words["rule"]),
            pl.col("rows").alias(words["hit"]),
        )
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


def _by_cell(problems: pl.DataFrame) -> dict[tuple[int, str | None], _Told]:
    """Gather what is wrong with each cell, and under no header what is wrong with each row."""
    told = (
        pl.col("severity").min().cast(pl.String),
        pl.col("message").unique(maintain_order=True).str.join(" "),
        pl.col("suggestion").drop_nulls().first(),
    )
    cells = problems.group_by("row", "column").agg(told)
    whole = problems.group_by("row").agg(told).with_columns(column=pl.lit(None, dtype=pl.String))
    every = pl.concat([cells.filter(pl.col("column").is_not_null()), whole.select(cells.columns)])
    return {(row, header): (*rest,) for row, header, *rest in every.rows()}


def _comment(told: _Told, words: Mapping[str, str]) -> str:
    _, said, suggestion = told
    return said if suggestion is None else f"{said}\n{words['suggestion'].format(suggestion)}"


def _place(letters: str) -> int:
    """Give the place of a column, counted from 0: A is 0, AA is 26."""
    return int(xl_cell_to_rowcol(f"{letters}1")[1])
