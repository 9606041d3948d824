"""OpenDocument spreadsheets: their cells hold the shown text already, so it is taken as it is.

The document is translated into the XML of Excel's sheets while it streams through a real XML
parser, and then read like any other; that costs several times as much as an xlsx of the same table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from msgframe.core.a1 import column_letter
from msgframe.errors import SheetError
from msgframe.spreadsheets.shared_strings import NotFastPath
from msgframe.spreadsheets.sheet_xml import read_grid
from msgframe.spreadsheets.sources import MIB
from msgframe.spreadsheets.tables import Grid, Sheet, Workbook
from msgframe.spreadsheets.values import SheetContext
from msgframe.spreadsheets.xml import Handler, Translator, events

if TYPE_CHECKING:
    from msgframe.spreadsheets.formats import Style
    from msgframe.spreadsheets.zip_package import Package

_CONTENT = "content.xml"
_HIDDEN = frozenset({"collapse", "filter"})
_ERRORS = frozenset({"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"})


class OpenDocument(Workbook):
    """An open ods document; sheets are read when they are asked for."""

    def __init__(self, package: Package, style: Style) -> None:
        self.name = package.name
        self._package = package
        self._style = style
        self._where = f"{package.name} ({_CONTENT})"
        _refuse_unreadable(package)
        tables = _Tables()
        for _ in events(package.stream(_CONTENT), self._where, tables):
            pass
        self.sheets = [
            Sheet(name, str(at), visible=style not in tables.hidden)
            for at, (name, style) in enumerate(tables.tables)
        ]

    def grid(self, sheet: Sheet) -> Grid:
        """Read a sheet."""
        where = f"{self.name}, sheet {sheet.name!r}"
        context = SheetContext(where, self._package.limits, self._style)
        translator = _SheetTranslator(int(sheet.part), context)
        try:
            blocks = translator.translate(self._package.stream(_CONTENT), self._where)
            return read_grid(blocks, context)
        except NotFastPath:
            raise SheetError(f"{where} holds something that no sheet holds.") from None


def _refuse_unreadable(package: Package) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in package and b"encryption-data" in package.read(manifest):
        raise SheetError(f"{package.name} is password protected: save a copy without a password.")
    size = package.size(_CONTENT)
    if size > package.limits.document_bytes:
        raise SheetError(
            f"{package.name} holds {size / MIB:,.0f} MiB of content, which would take too long to "
            "read. Save it as .xlsx or .csv, or raise Limits(document_bytes=…)."
        )


class _Tables(Handler):
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


class _SheetTranslator(Translator):
    """Writes one table of a document as Excel would have written it."""

    def __init__(self, wanted: int, context: SheetContext) -> None:
        super().__init__()
        self._out.append("<worksheet>")
        self._wanted, self._context = wanted, context
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
                case "table":
                    self._end_table()
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
            if self._cells > (most := self._context.limits.cells):
                raise SheetError(
                    f"{self._context.where} is too large: it repeats cells past {most:,}, "
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
        if self._context.style.raw and value is not None:
            return f"><v>{escape(value)}</v></c>"
        if self._context.style.iso_dates and (date := self._cell.get("date-value")):
            return f' t="str"><v>{escape(date.replace("T", " "))}</v></c>'
        text = "".join(self._text or ())
        if self._cell.get("value-type", "string") != "string":
            # A number's format pads it with blanks to line up its column.
            text = text.strip(" ")
        if not text:
            return ""
        error = text in _ERRORS and "string-value" not in self._cell
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

    def _end_table(self) -> None:
        """Write the end: the merged ranges, and whether a filter is on."""
        self._begin()
        merged = "".join(f'<mergeCell ref="{reference}"/>' for reference in self._merged)
        filtered = "<filterColumn/>" if self._filtered else ""
        self._out.append(f"</sheetData>{merged}{filtered}</worksheet>")

    def _begin(self) -> None:
        if not self._began:
            self._began = True
            self._out.append(f"{''.join(self._columns)}<sheetData>")


def _times(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1
