"""Workbooks of today's Excel: which sheets there are, and each of them as a grid of cells."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import SheetError
from msgframe.frames import quoted
from msgframe.spreadsheets.findings import Finding
from msgframe.spreadsheets.shared_strings import NotFastPath, read_shared_strings
from msgframe.spreadsheets.sheet_xml import read_grid
from msgframe.spreadsheets.tables import Grid, holds_numbers
from msgframe.spreadsheets.values import WorkbookContext
from msgframe.spreadsheets.workbook import Sheet
from msgframe.spreadsheets.xml import canonical, elements, unprefixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from msgframe.spreadsheets.formats import Style
    from msgframe.spreadsheets.options import Limits
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


@dataclass(frozen=True, slots=True)
class Layout:
    """A workbook's own description."""

    #: The sheets, in the order of their tabs.
    sheets: list[Sheet]
    #: Whether its days count from 1904 instead of 1900.
    from_1904: bool
    #: The number format of each cell style, by the style's number.
    formats: list[str]
    #: The part with the shared strings, if there is one.
    strings: str | None
    #: Whether it carries macros; they are never run.
    macros: bool


class Xlsx:
    """An open xlsx workbook; sheets are read when they are asked for."""

    def __init__(self, package: Package, style: Style, limits: Limits) -> None:
        self._package = package
        self._limits = limits
        self._layout = _layout(package)
        self._context = _context(package, self._layout, style, limits)

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
            lambda blocks: read_grid(blocks, self._context, where, self._limits),
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
            grid = read_grid([rows, end, _END], self._context, self.name, self._limits)
        except (NotFastPath, SheetError):
            return False
        return holds_numbers(grid.cells)

    def findings(self) -> list[Finding]:
        """Say what is odd about the workbook as a whole."""
        findings = []
        if self._layout.macros:
            findings.append(Finding("macros", 1))
        if self._layout.from_1904:
            findings.append(Finding("dates_from_1904", 1))
        charts = [sheet.name for sheet in self._layout.sheets if sheet.kind != "worksheet"]
        if charts:
            facts = {"names": quoted(charts, most=5)}
            findings.append(Finding("sheets_without_cells", len(charts), facts=facts))
        return findings


def _context(package: Package, described: Layout, style: Style, limits: Limits) -> WorkbookContext:
    strings = pl.Series(dtype=pl.String)
    part = described.strings
    if part is not None and part in package:
        where = f"{package.name} ({part})"
        strings = _fast_or_careful(
            lambda: package.stream(part),
            lambda blocks: read_shared_strings(blocks, where),
            where,
            limits,
        )
    style = replace(style, from_1904=described.from_1904)
    lengths = strings.str.len_bytes().cast(pl.UInt64)
    return WorkbookContext(
        strings, lengths, described.formats, style, text_bytes=limits.text_bytes // 4
    )


def _fast_or_careful(
    blocks: Callable[[], Iterator[bytes]],
    work: Callable[[Iterable[bytes]], T],
    where: str,
    limits: Limits,
) -> T:
    """Read XML as Excel spells it; if it is spelt otherwise, once more in Excel's spelling."""
    try:
        return work(unprefixed(blocks()))
    except NotFastPath:
        try:
            return work(canonical(_bounded(blocks(), where, limits), where))
        except NotFastPath:
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


def _layout(package: Package) -> Layout:
    """Read a workbook's description from its small parts.

    Raises
    ------
    SheetError
        Where the package is no xlsx workbook, is damaged, or holds an Excel 4 macro sheet.
    """
    main = _main_part(package)
    related = _related(package, main)
    parts = elements(package.read(main), f"{package.name} ({main})")
    sheets = [
        _sheet(element.attributes, related, package)
        for element in parts
        if (element.name, element.parent) == ("sheet", "sheets")
    ]
    _refuse_macro_sheets(sheets, package.name)
    setup = [element.attributes for element in parts if element.name == "workbookPr"]
    return Layout(
        sheets=sheets,
        from_1904=any(_true(attributes.get("date1904")) for attributes in setup),
        formats=_formats(package, _of_kind(related, "styles")),
        strings=_of_kind(related, "sharedStrings"),
        macros=any(name.lower().endswith("vbaproject.bin") for name in package.names()),
    )


def _main_part(package: Package) -> str:
    related = _related(package, "") if "_rels/.rels" in package else {}
    main = _of_kind(related, "officeDocument") or "xl/workbook.xml"
    if main not in package:
        _refuse_others(package)
        raise SheetError(
            f"{package.name} is a zip file and no workbook: it has no {main!r}. "
            "Save it as .xlsx or .csv first."
        )
    return main


#: Folders that tell another program's file.
_OTHERS = {"word": "a Word document", "ppt": "a PowerPoint presentation", "visio": "a drawing"}


def _refuse_others(package: Package) -> None:
    folders = {name.partition("/")[0] for name in package.names()}
    for folder, what in _OTHERS.items():
        if folder in folders:
            raise SheetError(f"{package.name} is {what}. It holds no table that can be read.")


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
    return Sheet(name, part, kind, visible=attributes.get("state", "visible") == "visible")


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
        _whole(element.attributes.get("numFmtId")): element.attributes.get("formatCode", "General")
        for element in parts
        if element.name == "numFmt" and element.parent == "numFmts"
    }
    return [
        _code(_whole(element.attributes.get("numFmtId")), own)
        for element in parts
        if element.name == "xf" and element.parent == "cellXfs"
    ]


def _code(number: int, own: dict[int, str]) -> str:
    if number in own:
        return own[number] if len(own[number]) <= _LONGEST_FORMAT else "General"
    return "[$-date]" if number in _EAST_ASIAN else BUILT_IN.get(number, "General")


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _true(text: str | None) -> bool:
    return text in {"1", "true", "on"}
