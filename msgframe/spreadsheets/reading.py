"""Any spreadsheet that a person can have, read as text: truly, safely, and saying what was odd."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias
from warnings import warn

import polars as pl

from msgframe.core.translation import require_language
from msgframe.core.views import html_panels, one_line
from msgframe.errors import SheetError, UsageError
from msgframe.frames import did_you_mean, quoted
from msgframe.spreadsheets.columnar import is_frame, of_file, of_frame
from msgframe.spreadsheets.delimited_text import read_text
from msgframe.spreadsheets.findings import Finding, findings_frame
from msgframe.spreadsheets.formats import Style
from msgframe.spreadsheets.legacy import Legacy
from msgframe.spreadsheets.locales import REGIONS
from msgframe.spreadsheets.opendocument import OpenDocument
from msgframe.spreadsheets.sources import Hidden, Limits, ReadOptions, file_type, source_of
from msgframe.spreadsheets.tables import Sheet, Table, Workbook, to_table
from msgframe.spreadsheets.xlsx import Xlsx
from msgframe.spreadsheets.zip_package import Package

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from msgframe.spreadsheets.sources import Source

_LIMITS = Limits()

#: How many unread sheets are glanced at for telephone numbers.
_GLANCES = 20

#: Tables by the names of their sheets; a file or a frame that is one table has none.
_Tables: TypeAlias = dict[str | None, Table]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reading:
    r"""A sheet as text, and what was odd about its file: two frames to unpack, and Excel's letters.

    >>> reading = read(b"Country;;Mobile\n91;;9816111111\n")
    >>> sheet, findings = reading
    >>> reading.letters
    {'Country': 'A', 'Mobile': 'C'}
    """

    #: `row` (the number that a person sees in the file), then the person's own columns.
    sheet: pl.DataFrame
    #: One line for each oddity: kind, sheet, cells, count, what, done.
    findings: pl.DataFrame
    #: The letters that Excel gives to the column of each header; a header that has other letters in
    #: another sheet has none here.
    letters: Mapping[str, str]

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Give the two frames, for `sheet, findings = read(…)`."""
        return iter((self.sheet, self.findings))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reading):
            return NotImplemented
        frames = self.sheet.equals(other.sheet) and self.findings.equals(other.findings)
        return frames and self.letters == other.letters

    # Frames have no hash, so neither has what holds them.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return one_line("Reading", sheet=self.sheet, findings=self.findings)

    def _repr_html_(self) -> str:
        return html_panels("Reading", sheet=self.sheet, findings=self.findings)


def read(
    source: str | Path | bytes | BinaryIO | Any,
    /,
    *,
    sheet: str | list[str] | None = None,
    header_row: int | None = None,
    hidden: Hidden = "skip",
    values: Literal["shown", "raw"] = "shown",
    region: str = "en-US",
    encoding: str | None = None,
    delimiter: str | None = None,
    language: str = "en",
    limits: Limits = _LIMITS,
) -> Reading:
    r"""Read a table of recipients from any spreadsheet, every cell as the text that Excel shows.

    Parameters
    ----------
    source
        A path, bytes, a file opened for bytes, or a frame (polars, pandas, Arrow).
    sheet
        A sheet's name, several, or `"*"` for all visible ones; by default the first visible one
        that holds a table. With several there is a column `sheet` after `row`.
    header_row
        The row of the headers as Excel counts, 0 for none; by default it is looked for.
    hidden
        What becomes of hidden and filtered-out rows and of hidden columns: `"skip"` leaves them
        out, `"keep"` reads them, `"error"` refuses the file. The findings say which there were.
    values
        `"shown"` gives numbers and dates in their cells' formats, `"raw"` as the file stores them.
    region
        Whose dates and marks a computer's own formats have, such as `"en-IN"` or `"es-ES"`.
    encoding, delimiter
        Of a text file; by default both are found.
    language
        Of the findings' sentences: "en" or "es".
    limits
        How much a file may ask of this machine.

    Returns
    -------
    The sheet: `row` u32, the number that a person sees in the file, then the person's columns, all
    text. And the findings: `kind`, `sheet`, `cells`, `count`, `what`, `done`.

    Raises
    ------
    SheetError
        Where the file is broken, encrypted, hostile, or holds no table; in a line or two.

    >>> sheet, findings = read(b"Country;Mobile\n91;09816111111\n\n44;07700900123\n")
    >>> sheet
    shape: (2, 3)
    ┌─────┬─────────┬─────────────┐
    │ row ┆ Country ┆ Mobile      │
    │ --- ┆ ---     ┆ ---         │
    │ u32 ┆ str     ┆ str         │
    ╞═════╪═════════╪═════════════╡
    │ 2   ┆ 91      ┆ 09816111111 │
    │ 4   ┆ 44      ┆ 07700900123 │
    └─────┴─────────┴─────────────┘
    >>> findings.select("kind", "cells").rows()
    [('blank_rows', '3')]
    """
    require_language(language, verb="read")
    style = _style(region, values)
    options = ReadOptions(
        sheet,
        header_row,
        hidden,
        style=style,
        encoding=encoding,
        delimiter=delimiter,
        limits=limits,
    )
    tables, findings = _read(source, options)
    with_names = None not in tables and (sheet == "*" or isinstance(sheet, list))
    one = _stacked(tables) if with_names else next(iter(tables.values()))
    oddities = findings_frame([*findings, *one.findings], language)
    return Reading(one.frame, oddities, one.letters)


def read_table(
    source: str | Path | bytes | BinaryIO | Any,
    /,
    *,
    sheet: str | list[str] | None = None,
    header_row: int | None = None,
    row_index: str | None = None,
    sheet_index: str | None = None,
    hidden: Hidden = "keep",
    values: Literal["shown", "raw"] = "raw",
    region: str = "en-US",
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits = _LIMITS,
) -> pl.DataFrame:
    r"""Read any table, such as an export, a list of opt-outs or of prices, as a frame of text.

    It finds sheet, header, encoding and delimiter as `read` does. But a program reads this table
    and nobody mends it, so numbers come with all their digits (a format may show a price of 0.0075
    as 0.01) and dates as ISO 8601 spells them (a format may swap day and month, or hide the
    seconds); hidden rows and columns count as well; columns may have any name, and equal headers
    are numbered as polars does. Nothing is said of oddities.

    Parameters
    ----------
    source
        A path, bytes, a file opened for bytes, or a frame (polars, pandas, Arrow).
    sheet
        A sheet's name, several, or `"*"` for all visible ones, set one below the other; by default
        the first visible one that holds a table.
    header_row
        The row of the headers as Excel counts, 0 for none; by default it is looked for.
    row_index
        The name of a column for the number of each row, u32, as a person sees it in the file.
    sheet_index
        The name of a column for the name of each row's sheet, null where a file has no sheets.
    hidden, values, region, encoding, delimiter, limits
        As for `read`.

    Returns
    -------
    The table's own columns, all text; blank rows are left out, and empty cells are null.

    Warns
    -----
    UserWarning
        Where no sheet was named, and others than the first hold telephone numbers, too.

    Raises
    ------
    SheetError
        Where the file is broken, encrypted, hostile, or holds no table; in a line or two.

    >>> read_table(b"sep=;\nstatus;row\nDELIVRD;7\n", row_index="line")
    shape: (1, 3)
    ┌──────┬─────────┬─────┐
    │ line ┆ status  ┆ row │
    │ ---  ┆ ---     ┆ --- │
    │ u32  ┆ str     ┆ str │
    ╞══════╪═════════╪═════╡
    │ 2    ┆ DELIVRD ┆ 7   │
    └──────┴─────────┴─────┘
    """
    options = ReadOptions(
        sheet,
        header_row,
        hidden,
        row_index,
        repeated_headers=True,
        findings=False,
        style=replace(_style(region, values), iso_dates=True),
        encoding=encoding,
        delimiter=delimiter,
        limits=limits,
    )
    tables, findings = _read(source, options)
    if sheet is None:
        _warn_of_more(findings)
    frames = [table.frame for table in tables.values()]
    if sheet_index is not None:
        sheets = [pl.lit(name, pl.String).alias(sheet_index) for name in tables]
        frames = [frame.with_columns(name) for frame, name in zip(frames, sheets, strict=True)]
    return pl.concat(frames, how="diagonal")


def _warn_of_more(findings: list[Finding]) -> None:
    """Warn of more sheets with numbers: somebody who opted out in one of them would be texted."""
    more = findings_frame(finding for finding in findings if finding.kind == "more_recipients")
    for what, done in more.select("what", "done").iter_rows():
        warn(f"read_table(): {what}; {done}.", stacklevel=3)


def _style(region: str, values: Literal["shown", "raw"]) -> Style:
    if region not in REGIONS:
        raise UsageError(f"read() knows no region {region!r}; it knows {quoted(sorted(REGIONS))}.")
    return Style(region=REGIONS[region], raw=values == "raw")


def _read(source: Any, options: ReadOptions) -> tuple[_Tables, list[Finding]]:
    """Read the tables that are wanted, by the names of their sheets, and what is odd of the file.

    Raises
    ------
    SheetError
        Where there is none.
    """
    if is_frame(source):
        return {None: of_frame(source, options)}, []
    file = source_of(source, options.limits)
    match file_type(file):
        case "zip":
            with file.open() as stream:
                return _of_workbook(_open_zip(stream, file, options), options)
        case "xls":
            return _of_workbook(Legacy(file, "xls", options.limits), options)
        case "text":
            return _of_text(file, options)
        case "parquet" | "arrow" as columnar:
            return {None: of_file(file, columnar, options)}, []


def _open_zip(stream: BinaryIO, file: Source, options: ReadOptions) -> Workbook:
    package = Package(stream, file.name, options.limits)
    if "xl/workbook.bin" in package:
        return Legacy(file, "xlsb", options.limits)
    if "content.xml" in package and "mimetype" in package:
        return OpenDocument(package, options.style)
    return Xlsx(package, options.style)


def _of_text(file: Source, options: ReadOptions) -> tuple[_Tables, list[Finding]]:
    grid, findings = read_text(file, options)
    table = to_table(grid, None, where=file.name, options=options)
    if table is None:
        raise SheetError(f"{file.name} holds no table: no cell has a value.")
    return {None: table}, findings


def _of_workbook(workbook: Workbook, options: ReadOptions) -> tuple[_Tables, list[Finding]]:
    """Read the sheets that were asked for, or the first visible one that holds a table."""
    wanted = _chosen(workbook, options.sheet)
    tables: _Tables = {}
    empty: list[str] = []
    for sheet in wanted or [sheet for sheet in workbook.sheets if sheet.visible]:
        where = f"{workbook.name}, sheet {sheet.name!r}"
        if one := to_table(workbook.grid(sheet), sheet.name, where=where, options=options):
            tables[sheet.name] = one
        else:
            empty.append(sheet.name)
        if tables and not wanted:
            break
    if not tables:
        raise SheetError(f"{workbook.name} holds no table: no cell in a visible sheet has a value.")
    findings = [*workbook.findings, *_not_read(workbook, {*tables, *empty})]
    if empty:
        facts = {"names": quoted(empty, most=5)}
        findings.append(Finding("empty_sheets", len(empty), facts=facts))
    return tables, findings


def _chosen(workbook: Workbook, wanted: str | list[str] | None) -> list[Sheet]:
    """Give the sheets that were asked for, in their order; none asked is an empty list.

    Raises
    ------
    SheetError
        Where a name is not there, with the names that are.
    """
    by_name = {sheet.name: sheet for sheet in workbook.sheets}
    if wanted is None:
        return []
    if wanted == "*":
        return [sheet for sheet in workbook.sheets if sheet.visible]
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    missing = [name for name in names if name not in by_name]
    if missing:
        raise SheetError(
            f"{workbook.name} has no sheet {quoted(missing)}. It has {quoted(by_name) or 'none'}."
            f"{did_you_mean(missing, by_name)}"
        )
    return [by_name[name] for name in names]


def _not_read(workbook: Workbook, done: set[str | None]) -> list[Finding]:
    """Say which sheets were not read, the hidden ones apart."""
    others = [sheet for sheet in workbook.sheets if sheet.name not in done]
    visible = [sheet for sheet in others if sheet.visible]
    likely = [one.name for one in visible[:_GLANCES] if workbook.may_hold_recipients(one)]
    groups = {
        "hidden_sheets": [sheet.name for sheet in others if not sheet.visible],
        "more_recipients": likely,
        "sheets_not_read": [sheet.name for sheet in visible if sheet.name not in likely],
    }
    return [
        Finding(kind, len(names), facts={"names": quoted(names, most=5)})
        for kind, names in groups.items()
        if names
    ]


def _stacked(tables: _Tables) -> Table:
    """Set sheets one below the other, each row with its sheet's name."""
    for name, table in tables.items():
        if "sheet" in table.frame.columns:
            raise SheetError(
                f"The header 'sheet' in sheet {name!r} is the name that read() gives to the column "
                "of sheet names. Rename it in the file, or read the sheets one by one."
            )
    frames = [
        table.frame.select("row", pl.lit(name).alias("sheet"), pl.exclude("row"))
        for name, table in tables.items()
    ]
    letters = _agreed([table.letters for table in tables.values()])
    findings = [finding for table in tables.values() for finding in table.findings]
    return Table(pl.concat(frames, how="diagonal"), letters, findings)


def _agreed(sheets: list[dict[str, str]]) -> dict[str, str]:
    """Give the letters on which all sheets agree: a wrong cell is worse than none."""
    every = {name: letter for letters in sheets for name, letter in letters.items()}
    return {
        name: letter
        for name, letter in every.items()
        if all(letters.get(name, letter) == letter for letters in sheets)
    }
