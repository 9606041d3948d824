"""From a grid of cells to a table: what is hidden left out, the header found, columns named."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.a1 import column_index
from msgframe.errors import SheetError
from msgframe.spreadsheets.findings import (
    MOST_RANGES,
    ODD_CELLS,
    Finding,
    Ranges,
    odd_texts,
    of_cells,
    ranges,
    spans,
)
from msgframe.spreadsheets.sources import EXCEL_COLUMNS, Hidden, ReadOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A header stands within the first rows in use, or the sheet has none.
_SEARCHED = 60

#: A cell that is a telephone number and nothing else: where one stands, the data has begun.
_NUMBER = r"^\s*[+＋(]?[0-9٠-٩०-९０-９][0-9٠-٩०-९０-９ \x{a0}().\-/]{5,}$"
_DATE = r"^\s*[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[ T].*)?$"


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells in use of one sheet; columns are named by Excel's letters."""

    #: `row` u32 and a String column for every letter in use, in Excel's order.
    cells: pl.DataFrame
    #: Oddities of single cells: kind, row, letter.
    odd: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ODD_CELLS))
    #: Rows that the sheet hides, as numbers.
    hidden_rows: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt32))
    #: Columns that the sheet hides: first and last, from 0.
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    #: Merged ranges, as "B3:B5".
    merged: list[str] = field(default_factory=list)
    #: Whether a filter is on, which is then what hides the rows.
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook, as the workbook lists it."""

    #: Its name on the tab.
    name: str
    #: Its part in the package.
    part: str
    #: Whether a person sees its tab.
    visible: bool
    #: worksheet, chartsheet, dialogsheet or xlMacrosheet.
    kind: str = "worksheet"


class Workbook(ABC):
    """An open workbook: xlsx, OpenDocument, or an old one."""

    #: The file's name.
    name: str
    #: Its sheets that hold cells, in the order of their tabs.
    sheets: list[Sheet]
    #: What is odd about the workbook as a whole.
    findings: Sequence[Finding] = ()

    @abstractmethod
    def grid(self, sheet: Sheet) -> Grid:
        """Read a sheet."""

    def may_hold_recipients(self, sheet: Sheet) -> bool:  # noqa: ARG002  (as xlsx's)
        """Tell from a sheet's first rows whether it holds telephone numbers.

        The answer is no where a glance proves nothing, since hidden rows cannot be seen, or costs
        as much as reading the whole.
        """
        return False


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as a table."""

    #: The row numbers, where they are wanted, then the person's columns under their own headers.
    frame: pl.DataFrame
    #: Excel's letter of each header.
    letters: dict[str, str]
    #: What was odd.
    findings: list[Finding]


def to_table(grid: Grid, name: str | None, *, where: str, options: ReadOptions) -> Table | None:
    """Give a grid as a table, or None where it has no cell in use.

    Parameters
    ----------
    grid
        The cells.
    name
        The sheet's name, for the findings.
    where
        The file and the sheet, for errors.
    options
        Where the header is, and what becomes of hidden rows and columns.

    Raises
    ------
    SheetError
        Where headers are equal or the header row is missing, and at hidden parts if asked.
    """
    grid, findings = _visible(grid, name, where, options.hidden)
    grid = _in_use(grid)
    if grid.cells.is_empty():
        return None
    header = _header(grid.cells, options.header_row, where)
    names, unnamed = _names(grid.cells, header, where, options)
    letters = dict(zip(names, grid.cells.columns[1:], strict=True))
    if options.findings:
        findings += _of_header(grid.cells, header, unnamed, name)
        findings += _of_table(grid, header, name)
    body = grid.cells.filter(pl.col("row") > (header or 0))
    rows = [] if options.row_index is None else [body["row"].alias(options.row_index)]
    named = [body[letter].alias(name) for name, letter in letters.items()]
    return Table(pl.DataFrame([*rows, *named]), letters, findings)


def _of_table(grid: Grid, header: int | None, name: str | None) -> list[Finding]:
    used = grid.cells.filter(pl.col("row") >= (header or 0))
    odd = pl.concat([grid.odd, odd_texts(used["row"], used[:, 1:].to_dict())])
    in_table = pl.col("letter").is_in(used.columns[1:]) & pl.col("row").is_in(used["row"].implode())
    merged, more = grid.merged[:MOST_RANGES], grid.merged[MOST_RANGES:]
    cells = Ranges(", ".join(merged), len(more))
    return [
        *_of_blanks(used["row"], grid.hidden_rows, name),
        *([Finding("merged_cells", len(grid.merged), name, cells)] if merged else []),
        *of_cells(odd.filter(in_table), name),
    ]


def _visible(
    grid: Grid, name: str | None, where: str, hidden: Hidden
) -> tuple[Grid, list[Finding]]:
    """Leave out what a person does not see, and say so."""
    cells = grid.cells
    rows = cells["row"].filter(cells["row"].is_in(grid.hidden_rows.implode()))
    hides = _hidden_columns(grid.hidden_columns)
    letters = [one for one in cells.columns[1:] if hides[column_index(one)]]
    if hidden == "error" and (len(rows) or letters):
        raise SheetError(
            f"{where} hides {len(rows):,} rows and {len(letters):,} columns. Show them in Excel or "
            "delete them, or read them on purpose with hidden='keep' or hidden='skip'."
        )
    kind = "filtered_rows" if grid.filtered else "hidden_rows"
    listed = Ranges(", ".join(letters[:12]))
    findings = [
        Finding(kind, len(rows), name, ranges(rows), outcome=hidden),
        Finding("hidden_columns", len(letters), name, listed, outcome=hidden),
    ]
    findings = [finding for finding in findings if finding.count]
    if hidden == "keep":
        return grid, findings
    visible = cells.drop(letters).filter(~pl.col("row").is_in(rows.implode()))
    return replace(grid, cells=visible), findings


def _hidden_columns(spans: list[tuple[int, int]]) -> bytearray:
    """Give a mark for each column of a sheet; there may be many spans, and they may overlap."""
    marks = bytearray(EXCEL_COLUMNS)
    for first, last in spans:
        begin, end = max(first, 0), min(last + 1, EXCEL_COLUMNS)
        marks[begin:end] = b"\x01" * max(end - begin, 0)
    return marks


def _in_use(grid: Grid) -> Grid:
    """Leave out columns without a value, and blank rows."""
    cells = grid.cells
    letters = [one for one in cells.columns[1:] if cells[one].null_count() < cells.height]
    cells = cells.select("row", *letters)
    blank = _blank(cells, letters)
    return replace(grid, cells=cells.filter(~blank) if blank.any() else cells)


def _blank(cells: pl.DataFrame, letters: list[str]) -> pl.Series:
    """Find the blank rows; most are told by their first columns, so the rest is not looked at."""
    blank = pl.repeat(value=True, n=cells.height, dtype=pl.Boolean, eager=True)
    for one in letters:
        text = cells[one].str.strip_chars()
        blank = blank & (text.is_null() | (text == ""))
        if not blank.any():
            break
    return blank


def _header(cells: pl.DataFrame, header_row: int | None, where: str) -> int | None:
    """Find the row of the headers: the first wide row above the first telephone number."""
    if header_row is not None:
        if header_row and header_row not in cells["row"]:
            raise SheetError(
                f"{where} has no header in row {header_row:,}: it is blank, hidden, or past the "
                f"end. Rows in use: {ranges(cells['row'])}. Say header_row=… as Excel counts, or "
                "header_row=0 for none."
            )
        return header_row or None
    top = _looked_at(cells)
    first = top["number"].arg_true()
    above = top.head(int(first[0])) if len(first) else top
    if above.is_empty():
        return None
    widest = int(top["width"][int(first[0])] if len(first) else above["width"].sort()[-1])
    least = max(2 if widest > 1 else 1, -(-widest // 2))
    wide = above.filter(pl.col("width") >= least)
    if len(first) and (widest == 1 or wide.is_empty()):
        # A table of one column, or of one header: the row right above the data is the header.
        nearest = int(above["row"][-1])
        return nearest if nearest + 1 == top["row"][int(first[0])] or widest == 1 else None
    if wide.is_empty():
        return None
    if len(first):
        # A title of two cells is no header of four; a header with one blank cell still is one.
        wide = wide.filter(pl.col("width") * 4 >= pl.col("width").max() * 3)
    return int(wide["row"][0])


def holds_numbers(cells: pl.DataFrame) -> bool:
    """Tell whether the first rows hold a telephone number, so that a sheet may hold recipients.

    >>> holds_numbers(pl.DataFrame({"row": [1, 2], "A": ["Mobile", "98161 11111"]}))
    True
    """
    return bool(_looked_at(cells)["number"].any())


def _looked_at(cells: pl.DataFrame) -> pl.DataFrame:
    """Give of the first rows how many cells are filled, and whether one is a telephone number."""
    text = pl.col("text")
    digits = text.str.count_matches(r"[0-9٠-٩०-९０-９]").is_between(7, 18)
    number = text.str.contains(_NUMBER) & ~text.str.contains(_DATE) & digits
    return (
        cells.head(_SEARCHED)
        .unpivot(index="row", value_name="text")
        .group_by("row", maintain_order=True)
        .agg(
            width=(text.str.strip_chars() != "").sum(),
            number=number.fill_null(value=False).any(),
        )
    )


def _names(
    cells: pl.DataFrame, header: int | None, where: str, options: ReadOptions
) -> tuple[list[str], list[str]]:
    """Name the columns by the header, untouched, or by letter; refuse names that clash."""
    letters = cells.columns[1:]
    if header is None:
        return letters, letters
    typed = cells.filter(pl.col("row") == header).row(0)[1:]
    unnamed = [one for one, text in zip(letters, typed, strict=True) if not (text or "").strip()]
    names = [one if one in unnamed else text for one, text in zip(letters, typed, strict=True)]
    if options.repeated_headers:
        names = without_repeats(names)
    if options.row_index in names:
        raise SheetError(
            f"{where}: the header {options.row_index!r} in "
            f"{letters[names.index(options.row_index)]}{header} is the name that read() gives to "
            "Excel's row numbers. Rename it in the file."
        )
    _refuse_repeated(names, letters, header, where)
    return names, unnamed


def without_repeats(names: list[str]) -> list[str]:
    """Give equal headers a number, as polars does.

    >>> without_repeats(["a", "b", "a", "a"])
    ['a', 'b', 'a_duplicated_0', 'a_duplicated_1']
    """
    times = Counter[str]()
    unique = []
    for name in names:
        unique.append(f"{name}_duplicated_{times[name] - 1}" if times[name] else name)
        times[name] += 1
    return unique


def _refuse_repeated(names: list[str], letters: list[str], header: int, where: str) -> None:
    seen: dict[str, str] = {}
    for one, text in zip(letters, names, strict=True):
        if text in seen:
            raise SheetError(
                f"{where}: the header {text!r} stands twice in row {header}, in {seen[text]} and "
                f"in {one}. Rename one of them in the file."
            )
        seen[text] = one


def _of_header(
    cells: pl.DataFrame, header: int | None, unnamed: list[str], name: str | None
) -> list[Finding]:
    if header is None:
        return [Finding("no_header", 1, name)]
    above = cells["row"].filter(cells["row"] < header)
    blank = Ranges(", ".join(f"{letter}{header}" for letter in unnamed[:12]))
    findings = [
        Finding("rows_above_header", len(above), name, ranges(above)),
        Finding("blank_headers", len(unnamed), name, blank),
    ]
    return [finding for finding in findings if finding.count]


def _of_blanks(rows: pl.Series, hidden: pl.Series, name: str | None) -> list[Finding]:
    """Find the gaps between the rows in use; a hidden row is none."""
    row = pl.col("row").cast(pl.Int64)
    gaps = (
        pl.concat([rows, hidden.filter(hidden.is_between(rows.min(), rows.max()))])
        .unique()
        .sort()
        .to_frame("row")
        .select(first=row.shift(1) + 1, last=row - 1)
        .filter(pl.col("first") <= pl.col("last"))
    )
    if gaps.is_empty():
        return []
    count = int(gaps.select((pl.col("last") - pl.col("first") + 1).sum()).item())
    return [Finding("blank_rows", count, name, spans(gaps))]
