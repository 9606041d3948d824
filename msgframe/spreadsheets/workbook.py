"""Workbooks of any kind: which of their sheets are read, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgframe.errors import SheetError
from msgframe.frames import did_you_mean, quoted
from msgframe.spreadsheets.findings import finding
from msgframe.spreadsheets.tables import ReadOptions, Table, table

if TYPE_CHECKING:
    import polars as pl

    from msgframe.spreadsheets.cells import Grid
    from msgframe.spreadsheets.layout import Sheet

#: How many unread sheets are glanced at for telephone numbers.
_GLANCES = 20


class Workbook(Protocol):
    """An open workbook: xlsx, OpenDocument, or an old one."""

    @property
    def name(self) -> str:
        """The file's name."""

    @property
    def sheets(self) -> list[Sheet]:
        """Its sheets that hold cells, in the order of their tabs."""

    def grid(self, sheet: Sheet, /) -> Grid:
        """Read a sheet."""

    def may_hold_recipients(self, sheet: Sheet, /) -> bool:
        """Tell from a sheet's first rows whether it holds telephone numbers."""

    def findings(self) -> list[pl.DataFrame]:
        """Say what is odd about the workbook as a whole."""


def read_tables(
    workbook: Workbook, options: ReadOptions
) -> tuple[dict[str | None, Table], list[pl.DataFrame]]:
    """Read the sheets that were asked for, or the first visible one that holds a table.

    Raises
    ------
    SheetError
        Where a sheet is not there, or cannot be read.
    """
    wanted = _chosen(workbook, options.sheet)
    made: dict[str | None, Table] = {}
    empty: list[str] = []
    for sheet in wanted or [sheet for sheet in workbook.sheets if sheet.visible]:
        if one := _table(workbook, sheet, options):
            made[sheet.name] = one
        else:
            empty.append(sheet.name)
        if made and not wanted:
            break
    if not options.findings:
        return made, []
    found = [*workbook.findings(), *_not_read(workbook, {*made, *empty})]
    if empty:
        what, done = f"sheets hold no value: {quoted(empty, most=5)}", "passed over"
        found.append(finding("empty_sheets", len(empty), what, done))
    return made, found


def _table(workbook: Workbook, sheet: Sheet, options: ReadOptions) -> Table | None:
    where = f"{workbook.name}, sheet {sheet.name!r}"
    return table(workbook.grid(sheet), sheet.name, where=where, options=options)


def _chosen(workbook: Workbook, asked: str | list[str] | None) -> list[Sheet]:
    """Give the sheets that were asked for, in their order; none asked is an empty list.

    Raises
    ------
    SheetError
        Where a name is not there, with the names that are.
    """
    by_name = {sheet.name: sheet for sheet in workbook.sheets}
    if asked is None:
        return []
    if asked == "*":
        return [sheet for sheet in workbook.sheets if sheet.visible]
    names = [asked] if isinstance(asked, str) else list(asked)
    missing = [name for name in names if name not in by_name]
    if missing:
        raise SheetError(
            f"{workbook.name} has no sheet {quoted(missing)}. It has {quoted(by_name) or 'none'}."
            f"{did_you_mean(missing, by_name)}"
        )
    return [by_name[name] for name in names]


def _not_read(workbook: Workbook, done: set[str | None]) -> list[pl.DataFrame]:
    """Say which sheets were left alone, the hidden ones apart."""
    left = [one for one in workbook.sheets if one.name not in done]
    seen = [one for one in left if one.visible]
    likely = [one.name for one in seen[:_GLANCES] if workbook.may_hold_recipients(one)]
    groups = {
        "hidden_sheets": ("sheets are hidden", [one.name for one in left if not one.visible]),
        "more_recipients": ("more sheets hold telephone numbers", likely),
        "sheets_not_read": (
            "more sheets are in the workbook",
            [one.name for one in seen if one.name not in likely],
        ),
    }
    how = "not read; name them, as in read(sheet=[…]), or take all visible ones with sheet='*'"
    return [
        finding(name, len(names), f"{what}: {quoted(names, most=5)}", how)
        for name, (what, names) in groups.items()
        if names
    ]
