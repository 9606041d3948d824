"""Workbooks of today's Excel: which sheets there are, and each of them as a grid of cells."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import SheetError
from msgframe.frames import quoted
from msgframe.spreadsheets.findings import Finding
from msgframe.spreadsheets.shared_strings import NotFastPath, read_shared_strings
from msgframe.spreadsheets.sheet_xml import read_grid
from msgframe.spreadsheets.tables import Grid, Sheet, Workbook, holds_numbers
from msgframe.spreadsheets.values import SheetContext
from msgframe.spreadsheets.xml import canonical, elements, unprefixed, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from msgframe.spreadsheets.formats import Style
    from msgframe.spreadsheets.zip_package import Package

    T = TypeVar("T")


#: The formats that files name by number only (ECMA-376 part 1, 18.8.30, en-US).
BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);\\("$"#,##0\\)',
    6: '"$"#,##0_);[Red]\\("$"#,##0\\)',
    7: '"$"#,##0.00_);\\("$"#,##0.00\\)',
    8: '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "[$-date]",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "[$-date] h:mm",
    37: "#,##0_);\\(#,##0\\)",
    38: "#,##0_);[Red]\\(#,##0\\)",
    39: "#,##0.00_);\\(#,##0.00\\)",
    40: "#,##0.00_);[Red]\\(#,##0.00\\)",
    41: '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* \\(#,##0\\);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}

#: Numbers 27 to 36 and 50 to 58 are dates in the spelling of East Asian Excels.
_EAST_ASIAN = frozenset({*range(27, 37), *range(50, 59)})

#: Excel's own formats end here; a longer one is made to fill the memory.
_LONGEST_FORMAT = 255

#: What is enough of a sheet to tell whether it holds recipients.
_GLANCE = 64 * 1024
_END = b"</sheetData></worksheet>"


class Xlsx(Workbook):
    """An open xlsx workbook; sheets are read when they are asked for.

    Raises
    ------
    SheetError
        Where the package is no xlsx workbook, is damaged, or holds an Excel 4 macro sheet.
    """

    def __init__(self, package: Package, style: Style) -> None:
        self.name = package.name
        self._package = package
        main = _main_part(package)
        related = _related(package, main)
        parts = elements(package.read(main), f"{package.name} ({main})")
        sheets = [
            _sheet(element.attributes, related, package)
            for element in parts
            if (element.name, element.parent) == ("sheet", "sheets")
        ]
        _refuse_macro_sheets(sheets, package.name)
        self.sheets = [sheet for sheet in sheets if sheet.kind == "worksheet"]
        setup = [element.attributes for element in parts if element.name == "workbookPr"]
        from_1904 = any(each.get("date1904") in {"1", "true", "on"} for each in setup)
        self.findings = _findings(package, sheets, from_1904=from_1904)
        formats = _formats(package, _of_kind(related, "styles"))
        self._context = SheetContext(
            package.name,
            package.limits,
            replace(style, from_1904=from_1904),
            formats,
            _strings(package, _of_kind(related, "sharedStrings")),
        )

    def grid(self, sheet: Sheet) -> Grid:
        """Read a sheet."""
        context = replace(self._context, where=f"{self.name}, sheet {sheet.name!r}")
        return _fast_or_careful(
            self._package, sheet.part, context.where, lambda blocks: read_grid(blocks, context)
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
            grid = read_grid([rows, end, _END], self._context)
        except (NotFastPath, SheetError):
            return False
        return holds_numbers(grid.cells)


def _findings(package: Package, sheets: list[Sheet], *, from_1904: bool) -> list[Finding]:
    macros = any(name.lower().endswith("vbaproject.bin") for name in package.names())
    charts = [sheet.name for sheet in sheets if sheet.kind != "worksheet"]
    facts = {"names": quoted(charts, most=5)}
    findings = [
        Finding("macros", int(macros)),  # they are never run
        Finding("dates_from_1904", int(from_1904)),
        Finding("sheets_without_cells", len(charts), facts=facts),
    ]
    return [finding for finding in findings if finding.count]


def _strings(package: Package, part: str | None) -> pl.Series:
    if part is None or part not in package:
        return pl.Series(dtype=pl.String)
    where = f"{package.name} ({part})"
    return _fast_or_careful(package, part, where, lambda blocks: read_shared_strings(blocks, where))


def _fast_or_careful(
    package: Package, part: str, where: str, work: Callable[[Iterable[bytes]], T]
) -> T:
    """Read XML as Excel spells it; if it is spelt otherwise, once more in Excel's spelling."""
    try:
        return work(unprefixed(package.stream(part)))
    except NotFastPath:
        most = package.limits.careful_bytes
        try:
            return work(canonical(_bounded(package.stream(part), where, most), where))
        except NotFastPath:
            raise SheetError(
                f"{where} holds something that no sheet holds. Open it in a spreadsheet program "
                "and save it again."
            ) from None


def _bounded(blocks: Iterable[bytes], where: str, most: int) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > most:
            raise SheetError(
                f"{where} is spelt in another way than Excel's, and too large to be read in that "
                "way. Open it in Excel and save it again, or raise Limits(careful_bytes=…)."
            )
        yield block


def _main_part(package: Package) -> str:
    related = _related(package, "") if "_rels/.rels" in package else {}
    main = _of_kind(related, "officeDocument") or "xl/workbook.xml"
    if main not in package:
        folders = {name.partition("/")[0] for name in package.names()}
        for folder, what in _OTHERS.items():
            if folder in folders:
                raise SheetError(f"{package.name} is {what}. It holds no table that can be read.")
        raise SheetError(
            f"{package.name} is a zip file and no workbook: it has no {main!r}. "
            "Save it as .xlsx or .csv first."
        )
    return main


#: Folders that tell another program's file.
_OTHERS = {"word": "a Word document", "ppt": "a PowerPoint presentation", "visio": "a drawing"}


def _related(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Give the relations of a part: id to (kind, target); targets outside are left out."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in package:
        return {}
    return {
        element.attributes.get("Id", ""): (
            element.attributes.get("Type", "").rpartition("/")[2],
            _target(folder, element.attributes.get("Target", "")),
        )
        for element in elements(package.read(relations), f"{package.name} ({relations})")
        if element.name == "Relationship" and element.attributes.get("TargetMode") != "External"
    }


def _target(folder: str, target: str) -> str:
    path = target if target.startswith("/") else posixpath.join("/", folder, target)
    return posixpath.normpath(path).lstrip("/")


def _of_kind(related: dict[str, tuple[str, str]], kind: str) -> str | None:
    return next((target for its_kind, target in related.values() if its_kind == kind), None)


def _sheet(
    attributes: dict[str, str], related: dict[str, tuple[str, str]], package: Package
) -> Sheet:
    name = attributes.get("name", "")
    if attributes.get("id", "") not in related:
        raise SheetError(
            f"{package.name} is damaged: nothing tells where its sheet {name!r} is kept."
        )
    kind, part = related[attributes["id"]]
    return Sheet(name, part, attributes.get("state", "visible") == "visible", kind)


def _refuse_macro_sheets(sheets: list[Sheet], name: str) -> None:
    macros = [sheet.name for sheet in sheets if sheet.kind in {"xlMacrosheet", "xlIntlMacrosheet"}]
    if macros:
        raise SheetError(
            f"{name} holds an Excel 4 macro sheet ({macros[0]!r}), which hostile files use to run "
            "programs. It was refused: copy the table into a new workbook and read that."
        )


def _formats(package: Package, part: str | None) -> list[str]:
    if part is None or part not in package:
        return []
    parts = elements(package.read(part), f"{package.name} ({part})")
    own = {
        whole_number(element.attributes.get("numFmtId", "")): element.attributes.get(
            "formatCode", "General"
        )
        for element in parts
        if element.name == "numFmt" and element.parent == "numFmts"
    }
    return [
        _code(whole_number(element.attributes.get("numFmtId", "")), own)
        for element in parts
        if element.name == "xf" and element.parent == "cellXfs"
    ]


def _code(number: int, own: dict[int, str]) -> str:
    if number in own:
        return own[number] if len(own[number]) <= _LONGEST_FORMAT else "General"
    return "[$-date]" if number in _EAST_ASIAN else BUILT_IN.get(number, "General")
