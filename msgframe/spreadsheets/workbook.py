"""Workbooks of any kind: which of their sheets are read, and what is said of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from msgframe.errors import SheetError
from msgframe.frames import did_you_mean, quoted
from msgframe.spreadsheets.findings import Finding
from msgframe.spreadsheets.tables import Grid, Table, to_table

if TYPE_CHECKING:
    from msgframe.spreadsheets.options import ReadOptions

#: How many unread sheets are glanced at for telephone numbers.
_GLANCES = 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook, as the workbook lists it."""

    #: Its name on the tab.
    name: str
    #: Its part in the package.
    part: str
    #: worksheet, chartsheet, dialogsheet or xlMacrosheet.
    kind: str
    #: Whether a person sees its tab.
    visible: bool


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

    def findings(self) -> list[Finding]:
        """Say what is odd about the workbook as a whole."""


def read_tables(
    workbook: Workbook, options: ReadOptions
) -> tuple[dict[str | None, Table], list[Finding]]:
    """Read the sheets that were asked for, or the first visible one that holds a table.

    Raises
    ------
    SheetError
        Where a sheet is not there, or cannot be read.
    """
    wanted = _chosen(workbook, options.sheet)
    tables: dict[str | None, Table] = {}
    empty: list[str] = []
    for sheet in wanted or [sheet for sheet in workbook.sheets if sheet.visible]:
        if one := _table(workbook, sheet, options):
            tables[sheet.name] = one
        else:
            empty.append(sheet.name)
        if tables and not wanted:
            break
    findings = [*workbook.findings(), *_not_read(workbook, {*tables, *empty})]
    if empty:
        facts = {"names": quoted(empty, most=5)}
        findings.append(Finding("empty_sheets", len(empty), facts=facts))
    return tables, findings


def _table(workbook: Workbook, sheet: Sheet, options: ReadOptions) -> Table | None:
    where = f"{workbook.name}, sheet {sheet.name!r}"
    return to_table(workbook.grid(sheet), sheet.name, where=where, options=options)


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
