"""Workbooks of today's Excel: which sheets there are, and each of them as a grid of cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import SheetError
from msgframe.frames import quoted
from msgframe.spreadsheets.cells import Grid, grid
from msgframe.spreadsheets.findings import finding
from msgframe.spreadsheets.layout import Layout, layout
from msgframe.spreadsheets.shared_strings import Unusual, shared_strings
from msgframe.spreadsheets.tables import holds_numbers
from msgframe.spreadsheets.values import Book
from msgframe.spreadsheets.xml import canonical, unprefixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from msgframe.spreadsheets.formats import Style
    from msgframe.spreadsheets.layout import Sheet
    from msgframe.spreadsheets.limits import Limits
    from msgframe.spreadsheets.zip_package import Package

    T = TypeVar("T")


#: What is enough of a sheet to tell whether it holds recipients.
_GLANCE = 64 * 1024
_END = b"</sheetData></worksheet>"


class Xlsx:
    """An open xlsx workbook; sheets are read when they are asked for."""

    def __init__(self, package: Package, style: Style, limits: Limits) -> None:
        self._package = package
        self._limits = limits
        self._layout = layout(package)
        self._book = _book(package, self._layout, style, limits)

    @property
    def name(self) -> str:
        """The file's name."""
        return self._package.name

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets that hold cells, in the order of their tabs."""
        return [sheet for sheet in self._layout.sheets if sheet.kind == "worksheet"]

    def grid(self, sheet: Sheet) -> Grid:
        """Read a sheet."""
        where = f"{self.name}, sheet {sheet.name!r}"
        return _fast_or_careful(
            lambda: self._package.stream(sheet.part),
            lambda blocks: grid(blocks, self._book, where, self._limits),
            where,
            self._limits,
        )

    def may_hold_recipients(self, sheet: Sheet) -> bool:
        """Tell whether a sheet's first rows hold telephone numbers, without reading the rest."""
        beginning = b""
        for block in self._package.stream(sheet.part):
            beginning += block
            if len(beginning) >= _GLANCE:
                break
        rows, end, _ = beginning.rpartition(b"</row>")
        try:
            found = grid([rows, end, _END], self._book, self.name, self._limits)
        except (Unusual, SheetError):
            return False
        return holds_numbers(found.cells)

    def findings(self) -> list[pl.DataFrame]:
        """Say what is odd about the workbook as a whole."""
        found = []
        if self._layout.macros:
            found.append(finding("macros", 1, "the workbook holds macros", "they were not run"))
        if self._layout.from_1904:
            what, done = "days count from 1904, as on old Macs", "dates are shown by that count"
            found.append(finding("dates_from_1904", 1, what, done))
        charts = [sheet.name for sheet in self._layout.sheets if sheet.kind != "worksheet"]
        if charts:
            what, done = f"sheets hold no cells: {quoted(charts, most=5)}", "not read"
            found.append(finding("sheets_without_cells", len(charts), what, done))
        return found


def _book(package: Package, described: Layout, style: Style, limits: Limits) -> Book:
    strings = pl.Series(dtype=pl.String)
    part = described.strings
    if part is not None and part in package:
        where = f"{package.name} ({part})"
        strings = _fast_or_careful(
            lambda: package.stream(part),
            lambda blocks: shared_strings(blocks, where),
            where,
            limits,
        )
    style = replace(style, from_1904=described.from_1904)
    lengths = strings.str.len_bytes().cast(pl.UInt64)
    return Book(strings, lengths, described.formats, style, text_bytes=limits.text_bytes // 4)


def _fast_or_careful(
    blocks: Callable[[], Iterator[bytes]],
    work: Callable[[Iterable[bytes]], T],
    where: str,
    limits: Limits,
) -> T:
    """Read XML as Excel spells it; if it is spelt otherwise, once more in Excel's spelling."""
    try:
        return work(unprefixed(blocks()))
    except Unusual:
        try:
            return work(canonical(_bounded(blocks(), where, limits), where))
        except Unusual:
            raise SheetError(
                f"{where} holds something that no sheet holds. Open it in a spreadsheet program "
                "and save it again."
            ) from None


def _bounded(blocks: Iterable[bytes], where: str, limits: Limits) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > limits.careful_bytes:
            raise SheetError(
                f"{where} is spelt in another way than Excel's, and too large to be read in that "
                "way. Open it in Excel and save it again, or raise Limits(careful_bytes=…)."
            )
        yield block
