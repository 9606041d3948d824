"""OpenDocument spreadsheets: their cells hold the shown text already, so it is taken as it is.

The document is translated into the XML of Excel's sheets while it streams through a real XML
parser, and then read like any other; that costs several times as much as an xlsx of the same table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import polars as pl

from msgframe.core.a1 import column_letter
from msgframe.errors import SheetError
from msgframe.spreadsheets.options import MIB
from msgframe.spreadsheets.shared_strings import NotFastPath
from msgframe.spreadsheets.sheet_xml import read_grid
from msgframe.spreadsheets.values import WorkbookContext
from msgframe.spreadsheets.workbook import Sheet
from msgframe.spreadsheets.xml import events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.spreadsheets.findings import Finding
    from msgframe.spreadsheets.formats import Style
    from msgframe.spreadsheets.options import Limits
    from msgframe.spreadsheets.tables import Grid
    from msgframe.spreadsheets.zip_package import Package

_CONTENT = "content.xml"
_HIDDEN = frozenset({"collapse", "filter"})


class OpenDocument:
    """An open ods document; sheets are read when they are asked for."""

    def __init__(self, package: Package, style: Style, limits: Limits) -> None:
        self._package = package
        self._limits = limits
        self._context = WorkbookContext(
            pl.Series(dtype=pl.String), pl.Series(dtype=pl.UInt64), [], style
        )
        self._where = f"{package.name} ({_CONTENT})"
        _refuse_encrypted(package)
        _refuse_large(package, limits)
        self.sheets = self._tables()

    @property
    def name(self) -> str:
        """The file's name."""
        return self._package.name

    def grid(self, sheet: Sheet) -> Grid:
        """Read a sheet."""
        where = f"{self.name}, sheet {sheet.name!r}"
        translator = _Translator(int(sheet.part), where, self._limits, self._context.style)
        blocks = events(self._package.stream(_CONTENT), self._where, translator)
        try:
            return read_grid(_spelt(blocks, translator), self._context, where, self._limits)
        except NotFastPath:
            raise SheetError(f"{where} holds something that no sheet holds.") from None

    def may_hold_recipients(self, sheet: Sheet) -> bool:  # noqa: ARG002  (as a workbook's)
        """Say no: a document is one part, and a glance would cost as much as reading it."""
        return False

    def findings(self) -> list[Finding]:
        """Say what is odd about the document as a whole: nothing that shows from here."""
        return []

    def _tables(self) -> list[Sheet]:
        reader = _Tables()
        for _ in events(self._package.stream(_CONTENT), self._where, reader):
            pass
        return [
            Sheet(name, str(at), "worksheet", visible=style not in reader.hidden)
            for at, (name, style) in enumerate(reader.tables)
        ]


def _refuse_encrypted(package: Package) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in package and b"encryption-data" in package.read(manifest):
        raise SheetError(f"{package.name} is password protected: save a copy without a password.")


def _refuse_large(package: Package, limits: Limits) -> None:
    size = package.size(_CONTENT)
    if size > limits.document_bytes:
        raise SheetError(
            f"{package.name} holds {size / MIB:,.0f} MiB of content, which would take too long to "
            "read. Save it as .xlsx or .csv, or raise Limits(document_bytes=…)."
        )


def _spelt(blocks: Iterator[None], translator: _Translator) -> Iterator[bytes]:
    yield b"<worksheet>"
    for _ in blocks:
        yield translator.take()
    yield translator.end_of_sheet()


class _Tables:
    """Collects the sheets and the styles that hide them."""

    def __init__(self) -> None:
        self.tables: list[tuple[str, str]] = []
        self.hidden: set[str] = set()
        self._style = ""
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "style":
                self._style = attributes.get("name", "")
            case "table-properties" if attributes.get("display") == "false":
                self.hidden.add(self._style)
            case "table":
                if not self._depth:
                    self.tables.append(
                        (attributes.get("name", ""), attributes.get("style-name", ""))
                    )
                self._depth += 1

    def end(self, name: str) -> None:
        self._depth -= name == "table"

    def text(self, text: str) -> None:
        pass


class _Translator:
    """Writes one table of a document as Excel would have written it."""

    def __init__(self, wanted: int, where: str, limits: Limits, style: Style) -> None:
        self._wanted, self._where, self._limits, self._style = wanted, where, limits, style
        self._out: list[str] = []
        self._columns: list[str] = []
        self._merged: list[str] = []
        self._tables = self._depth = 0
        self._row = self._column = self._cells = self._notes = self._paragraphs = 0
        self._times = self._row_times = 1
        self._began = self._filtered = False
        self._row_hidden = ""
        self._of_row: list[tuple[int, int, str]] = []
        self._cell: dict[str, str] = {}
        self._text: list[str] | None = None

    def take(self) -> bytes:
        """Give what was written since the last time."""
        text, self._out = "".join(self._out), []
        return text.encode()

    def end_of_sheet(self) -> bytes:
        """Give the end: the merged ranges, and whether a filter is on."""
        self._begin()
        merged = "".join(f'<mergeCell ref="{reference}"/>' for reference in self._merged)
        filtered = "<filterColumn/>" if self._filtered else ""
        return f"{self.take().decode()}</sheetData>{merged}{filtered}</worksheet>".encode()

    @property
    def _here(self) -> bool:
        return self._depth == 1 and self._tables == self._wanted + 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._tables += self._depth == 0
            self._depth += 1
        if not self._here:
            return
        match name:
            case "table-column":
                self._add_column(attributes)
            case "table-row":
                self._row_times = _times(attributes, "number-rows-repeated")
                visibility = attributes.get("visibility", "")
                self._filtered |= visibility == "filter"
                self._row_hidden = ' hidden="1"' if visibility in _HIDDEN else ""
                self._of_row, self._column = [], 0
            case "table-cell" | "covered-table-cell":
                self._times = _times(attributes, "number-columns-repeated")
                self._cell, self._text, self._paragraphs = attributes, [], 0
            case "annotation":
                self._notes += 1
            case _ if self._text is not None and not self._notes:
                self._add_text(name, attributes)

    def end(self, name: str) -> None:
        if self._here:
            match name:
                case "table-cell" | "covered-table-cell":
                    self._end_cell()
                case "table-row":
                    self._end_row()
                case "annotation":
                    self._notes -= 1
        self._depth -= name == "table"

    def text(self, text: str) -> None:
        if self._text is not None and self._paragraphs and not self._notes and self._here:
            self._text.append(text)

    def _add_column(self, attributes: dict[str, str]) -> None:
        first = self._column + 1
        self._column += _times(attributes, "number-columns-repeated")
        if attributes.get("visibility") in _HIDDEN:
            self._columns.append(f'<col min="{first}" max="{self._column}" hidden="1"/>')

    def _add_text(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "p":
                added = "\n" if self._paragraphs else ""
                self._paragraphs += 1
            case "s":
                added = " " * min(_times(attributes, "c"), 32_767)
            case "tab":
                added = "\t"
            case "line-break":
                added = "\n"
            case _:
                return
        if self._text is not None:
            self._text.append(added)

    def _end_cell(self) -> None:
        content = self._content()
        if content:
            self._of_row.append((self._column, self._times, content))
            self._cells += self._times * self._row_times
            if self._cells > self._limits.cells:
                raise SheetError(
                    f"{self._where} is too large: it repeats cells past {self._limits.cells:,}, "
                    "the number allowed. If it is yours, raise Limits(cells=…)."
                )
        wide = _times(self._cell, "number-columns-spanned")
        high = _times(self._cell, "number-rows-spanned")
        if wide > 1 or high > 1:
            last = f"{column_letter(self._column + wide - 1)}{self._row + high}"
            self._merged.append(f"{column_letter(self._column)}{self._row + 1}:{last}")
        self._column += self._times
        self._text = None

    def _content(self) -> str:
        value = self._cell.get("value")
        if self._style.raw and value is not None:
            return f"><v>{escape(value)}</v></c>"
        if self._style.iso_dates and (date := self._cell.get("date-value")):
            return f' t="str"><v>{escape(date.replace("T", " "))}</v></c>'
        text = "".join(self._text or ())
        if self._cell.get("value-type", "string") != "string":
            # A number's format pads it with blanks to line up its column.
            text = text.strip(" ")
        if not text:
            return ""
        error = text.startswith("#") and "string-value" not in self._cell and _is_error(text)
        kind = ' t="e"><v>' if error else ' t="str"><v>'
        return f"{kind}{escape(text.replace('_x', '_x005F_x'))}</v></c>"

    def _end_row(self) -> None:
        self._begin()
        times = self._row_times
        written = times if self._of_row else 0
        for row in range(self._row + 1, self._row + 1 + written):
            cells = "".join(
                f'<c r="{column_letter(at)}{row}"{content}'
                for first, repeat, content in self._of_row
                for at in range(first, first + repeat)
            )
            self._out.append(f'<row r="{row}"{self._row_hidden}>{cells}</row>')
        self._row += times

    def _begin(self) -> None:
        if not self._began:
            self._began = True
            self._out.append(f"{''.join(self._columns)}<sheetData>")


def _times(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _is_error(text: str) -> bool:
    return text in {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}
