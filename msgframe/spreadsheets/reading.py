"""Any spreadsheet that a person can have, read as text: truly, safely, and saying what was odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import polars as pl

from msgframe.core.a1 import remember_letters
from msgframe.core.views import html_panels, one_line
from msgframe.errors import SheetError, UsageError
from msgframe.frames import quoted
from msgframe.spreadsheets.columnar import is_frame, of_file, of_frame
from msgframe.spreadsheets.delimited_text import delimited
from msgframe.spreadsheets.file_type import kind
from msgframe.spreadsheets.findings import gathered
from msgframe.spreadsheets.formats import Style
from msgframe.spreadsheets.legacy import Legacy
from msgframe.spreadsheets.limits import Limits
from msgframe.spreadsheets.locales import REGIONS
from msgframe.spreadsheets.opendocument import OpenDocument
from msgframe.spreadsheets.sources import Source, source
from msgframe.spreadsheets.tables import Hidden, Table, table
from msgframe.spreadsheets.workbook import Asked, Workbook, read_tables
from msgframe.spreadsheets.xlsx import Xlsx
from msgframe.spreadsheets.zip_package import Package

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Limits", "Reading", "read"]

_LIMITS = Limits()


class Reading(NamedTuple):
    """A sheet as text, and what was odd about its file."""

    #: `row` (the number that a person sees in the file), then the person's own columns.
    sheet: pl.DataFrame
    #: One line for each oddity: kind, sheet, cells, count, what, done.
    findings: pl.DataFrame

    def __repr__(self) -> str:
        return one_line("Reading", sheet=self.sheet, findings=self.findings)

    def _repr_html_(self) -> str:
        return html_panels("Reading", sheet=self.sheet, findings=self.findings)


def read(
    given: str | Path | bytes | BinaryIO | Any,
    /,
    *,
    sheet: str | list[str] | None = None,
    header_row: int | None = None,
    hidden: Hidden = "skip",
    values: Literal["shown", "raw"] = "shown",
    region: str = "en-US",
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits = _LIMITS,
) -> Reading:
    r"""Read a table of recipients from any spreadsheet, every cell as the text that Excel shows.

    Parameters
    ----------
    given
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
    if region not in REGIONS:
        raise UsageError(f"read() knows no region {region!r}; it knows {quoted(sorted(REGIONS))}.")
    if is_frame(given):
        return _reading(of_frame(given, limits), [])
    origin = source(given, limits)
    asked = Asked(sheet, header_row, hidden)
    style = Style(region=REGIONS[region])
    match kind(origin):
        case "zip":
            with origin.open() as file:
                package = Package(file, origin.name, limits)
                return _of_workbook(_opened(package, origin, style, limits, values), asked)
        case "xls":
            return _of_workbook(Legacy(origin.whole(), origin.name, "xls", limits), asked)
        case "text":
            grid, found = delimited(
                origin.at, where=origin.name, encoding=encoding, delimiter=delimiter, limits=limits
            )
            made = table(grid, None, where=origin.name, header_row=header_row, hidden=hidden)
            if made is None:
                raise SheetError(f"{origin.name} holds no table: no cell has a value.")
            return _reading(made, found)
        case "parquet" | "arrow" as columnar:
            return _reading(of_file(origin.at, columnar, origin.name, limits), [])


def _opened(
    package: Package, origin: Source, style: Style, limits: Limits, values: Literal["shown", "raw"]
) -> Workbook:
    if "xl/workbook.bin" in package:
        return Legacy(origin.whole(), origin.name, "xlsb", limits)
    if "content.xml" in package and "mimetype" in package:
        return OpenDocument(package, style, limits, raw=values == "raw")
    return Xlsx(package, style, limits, raw=values == "raw")


def _of_workbook(workbook: Workbook, asked: Asked) -> Reading:
    made, found = read_tables(workbook, asked)
    if not made:
        raise SheetError(f"{workbook.name} holds no table: no cell in a visible sheet has a value.")
    if asked.sheet is None or (isinstance(asked.sheet, str) and asked.sheet != "*"):
        return _reading(next(iter(made.values())), found)
    return _reading(_stacked(made), found)


def _stacked(made: dict[str, Table]) -> Table:
    """Set sheets one below the other, each row with its sheet's name."""
    for name, one in made.items():
        if "sheet" in one.frame.columns:
            raise SheetError(
                f"The header 'sheet' in sheet {name!r} is the name that read() gives to the column "
                "of sheet names. Rename it in the file, or read the sheets one by one."
            )
    frames = [
        one.frame.select("row", pl.lit(name).alias("sheet"), pl.exclude("row"))
        for name, one in made.items()
    ]
    letters = {name: at for one in reversed(made.values()) for name, at in one.letters.items()}
    findings = [each for one in made.values() for each in one.findings]
    return Table(pl.concat(frames, how="diagonal"), letters, findings)


def _reading(made: Table, found: list[pl.DataFrame]) -> Reading:
    findings = gathered([*found, *made.findings])
    return Reading(remember_letters(made.frame, made.letters), findings)
