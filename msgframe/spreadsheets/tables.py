"""From a grid of cells to a table: what is hidden left out, the header found, columns named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.core.a1 import column_index
from msgframe.errors import SheetError
from msgframe.spreadsheets.findings import finding, odd_texts, of_cells, ranges, spans
from msgframe.spreadsheets.limits import EXCEL_COLUMNS

if TYPE_CHECKING:
    from msgframe.spreadsheets.cells import Grid

Hidden: TypeAlias = Literal["skip", "keep", "error"]

#: A header stands within the first rows in use, or the sheet has none.
_SEARCHED = 60

#: A cell that is a telephone number and nothing else: where one stands, the data has begun.
_NUMBER = r"^\s*[+＋(]?[0-9٠-٩०-९０-９][0-9٠-٩०-९０-９ \x{a0}().\-/]{5,}$"
_DATE = r"^\s*[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[ T].*)?$"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person wants of a file; `read` and `read_table` explain each."""

    #: A sheet, several, "*" for all visible ones; None for the first that holds a table.
    sheet: str | list[str] | None = None
    #: The header's row number as a person sees it; 0 for none; None to look for it.
    header_row: int | None = None
    #: What becomes of hidden rows and columns.
    hidden: Hidden = "skip"
    #: The column of the row numbers that a person sees; None for no such column.
    row_index: str | None = "row"
    #: Whether two columns may have one header: the second is then called as polars calls it.
    repeated_headers: bool = False
    #: Whether to look for what is odd, which costs a pass over all texts.
    findings: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as a table."""

    #: The row numbers, where they are wanted, then the person's columns under their own headers.
    frame: pl.DataFrame
    #: Excel's letter of each header.
    letters: dict[str, str]
    #: What was odd, as frames of findings.
    findings: list[pl.DataFrame]


def table(grid: Grid, name: str | None, *, where: str, options: ReadOptions) -> Table | None:
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
    grid, found = _visible(grid, name, where, options.hidden)
    grid = _in_use(grid)
    if grid.cells.is_empty():
        return None
    header = _header(grid.cells, options.header_row, where)
    names, unnamed = _names(grid.cells, header, where, options)
    letters = dict(zip(names, grid.cells.columns[1:], strict=True))
    if options.findings:
        found += _of_header(grid.cells, header, unnamed, name)
        found += _of_table(grid, header, name)
    body = grid.cells.filter(pl.col("row") > (header or 0))
    return Table(_named(body, letters, options.row_index), letters, found)


def _named(body: pl.DataFrame, letters: dict[str, str], row_index: str | None) -> pl.DataFrame:
    rows = [body["row"].alias(row_index)] if row_index is not None else []
    return pl.DataFrame([*rows, *(body[old].alias(new) for new, old in letters.items())])


def _of_table(grid: Grid, header: int | None, name: str | None) -> list[pl.DataFrame]:
    used = grid.cells.filter(pl.col("row") >= (header or 0))
    odd = pl.concat([grid.odd, odd_texts(used["row"], used[:, 1:].to_dict())])
    return [
        *_of_blanks(used["row"], grid.hidden_rows, name),
        *_of_merged(grid.merged, name),
        *of_cells(_in_table(odd, used), name),
    ]


def _visible(
    grid: Grid, name: str | None, where: str, hidden: Hidden
) -> tuple[Grid, list[pl.DataFrame]]:
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
    done = "left out; read(hidden='keep') takes them" if hidden == "skip" else "read like any other"
    found = _of_hidden(rows, letters, name, done, filtered=grid.filtered)
    if hidden == "keep":
        return grid, found
    left = cells.drop(letters).filter(~pl.col("row").is_in(rows.implode()))
    return replace(grid, cells=left), found


def _of_hidden(
    rows: pl.Series, letters: list[str], name: str | None, done: str, *, filtered: bool
) -> list[pl.DataFrame]:
    kind = "filtered_rows" if filtered else "hidden_rows"
    what = "rows are filtered out in Excel" if filtered else "rows are hidden in Excel"
    found = []
    if len(rows):
        found.append(finding(kind, len(rows), what, done, sheet=name, cells=ranges(rows)))
    if letters:
        what, listed = "columns are hidden in Excel", ", ".join(letters[:12])
        found.append(finding("hidden_columns", len(letters), what, done, sheet=name, cells=listed))
    return found


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


def _header(cells: pl.DataFrame, asked: int | None, where: str) -> int | None:
    """Find the row of the headers: the first wide row above the first telephone number."""
    if asked is not None:
        return _asked(cells, asked, where)
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
    return (
        cells.head(_SEARCHED)
        .unpivot(index="row", value_name="text")
        .group_by("row", maintain_order=True)
        .agg(
            width=(text.str.strip_chars() != "").sum(),
            number=_is_number(text).fill_null(value=False).any(),
        )
    )


def _is_number(text: pl.Expr) -> pl.Expr:
    digits = text.str.count_matches(r"[0-9٠-٩०-९０-９]")
    return text.str.contains(_NUMBER) & ~text.str.contains(_DATE) & digits.is_between(7, 18)


def _asked(cells: pl.DataFrame, asked: int, where: str) -> int | None:
    if asked == 0:
        return None
    if asked not in cells["row"]:
        raise SheetError(
            f"{where} has no header in row {asked:,}: it is blank, hidden, or past the end. Rows "
            f"in use: {ranges(cells['row'])}. Say header_row=… as Excel counts, or header_row=0 "
            "for none."
        )
    return asked


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


def _in_table(odd: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Keep the oddities of cells that are in the table or its header."""
    return odd.filter(
        pl.col("letter").is_in(used.columns[1:]) & pl.col("row").is_in(used["row"].implode())
    )


def _of_header(
    cells: pl.DataFrame, header: int | None, unnamed: list[str], name: str | None
) -> list[pl.DataFrame]:
    if header is None:
        what, done = "no row of headers was found", "columns are named by their letters"
        return [finding("no_header", 1, what, done, sheet=name)]
    found = []
    above = cells["row"].filter(cells["row"] < header)
    if len(above):
        what, done = "rows stand above the header", "taken for a title and left out"
        found.append(
            finding("rows_above_header", len(above), what, done, sheet=name, cells=ranges(above))
        )
    if unnamed:
        what, done = "columns in use have no header", "named by their letters"
        where = ", ".join(f"{one}{header}" for one in unnamed[:12])
        found.append(finding("blank_headers", len(unnamed), what, done, sheet=name, cells=where))
    return found


def _of_blanks(rows: pl.Series, hidden: pl.Series, name: str | None) -> list[pl.DataFrame]:
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
    what, done = "rows are blank", "left out; the other rows keep their numbers"
    return [finding("blank_rows", count, what, done, sheet=name, cells=spans(gaps))]


def _of_merged(merged: list[str], name: str | None) -> list[pl.DataFrame]:
    if not merged:
        return []
    more = f" and {len(merged) - 6:,} more" if len(merged) > 6 else ""
    return [
        finding(
            "merged_cells",
            len(merged),
            "ranges are merged into one cell",
            "the value stays in the first cell of each, the others are blank",
            sheet=name,
            cells=", ".join(merged[:6]) + more,
        )
    ]


__all__ = ["Hidden", "ReadOptions", "Table", "table"]
