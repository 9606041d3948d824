"""The vendor's side of file mode: open the uploaded workbook, and fill the template's placeholders.

This is a second implementation on purpose. It shares no line with the rooms that read, render and
write for us, so that a text that both agree on was not made wrong twice by the same hand.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import IO, TYPE_CHECKING
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from msgframe.message_central.sandbox.api import ApiRefusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What a vendor would set itself: nothing documented, so far above any careful client.
MAX_ROWS = 100_000
MAX_BYTES = 512 * 1024 * 1024

#: How a file says that it is none: in its zip, its deflate, its XML, or its references.
_UNREADABLE = (
    BadZipFile,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    expat.ExpatError,
    zlib.error,
)

_PLACEHOLDER = re.compile(r"##var(\d*)##", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class UploadedRow:
    """One row of the workbook."""

    country: str
    mobile: str
    #: The values of Var1, Var2, … in the order of their numbers; a blank cell is "".
    variables: list[str]


def read(workbook: bytes) -> list[UploadedRow]:
    """Read the recipients of an uploaded workbook.

    Raises
    ------
    ApiRefusal
        With code 400: not an .xlsx, without the columns Country and Mobile, or without a row.
    """
    try:
        with ZipFile(BytesIO(workbook)) as archive:
            rows = list(_rows(archive))
    except _UNREADABLE as broken:
        raise ApiRefusal(
            400, f"the file is not a readable .xlsx: {type(broken).__name__}"
        ) from broken
    if not rows:
        raise ApiRefusal(400, "the file has no header")
    return _recipients(rows)


def fill(template: str, variables: list[str]) -> str:
    """Put the variables into the template's placeholders, in one pass; `##var##` is the first.

    >>> fill("Hola ##Var1##, ##var2## (##var##, ##var9##)", ["Ana", "##var1##"])
    'Hola Ana, ##var1## (Ana, )'
    """

    def value(placeholder: re.Match[str]) -> str:
        index = int(placeholder[1] or 1) - 1
        return variables[index] if 0 <= index < len(variables) else ""

    return _PLACEHOLDER.sub(value, template)


def fill_in_turn(template: str, variables: list[str]) -> str:
    """Put one variable after the other into its placeholders, those that came with a value too.

    >>> fill_in_turn("Hola ##var1##", ["##var2##", "Ana"])
    'Hola Ana'
    """
    for number, value in enumerate(variables, start=1):
        placeholder = re.compile("##var1?##" if number == 1 else f"##var{number}##", re.IGNORECASE)
        template = value.join(placeholder.split(template))
    return _PLACEHOLDER.sub("", template)


def _recipients(rows: list[dict[int, str]]) -> list[UploadedRow]:
    header = {title.strip().casefold(): column for column, title in rows[0].items()}
    if not {"country", "mobile"} <= header.keys():
        raise ApiRefusal(400, "the first row must hold Country, Mobile, Var1, Var2, …")
    numbered = {int(t[3:]): c for t, c in header.items() if re.fullmatch(r"var[0-9]{1,4}", t)}
    variables = [numbered.get(n, -1) for n in range(1, max(numbered, default=0) + 1)]
    country, mobile = header["country"], header["mobile"]
    people = [
        UploadedRow(
            row.get(country, "").strip(),
            row.get(mobile, "").strip(),
            [row.get(column, "") for column in variables],
        )
        for row in rows[1:]
        if any(row.values())
    ]
    if not people:
        raise ApiRefusal(400, "the file has no recipient")
    return people


def _rows(archive: ZipFile) -> Iterator[dict[int, str]]:
    names = set(archive.namelist())
    shared: list[str] = []
    if "xl/sharedStrings.xml" in names:
        with archive.open("xl/sharedStrings.xml") as part:
            shared = _Texts(part).read()
    sheet = min(n for n in names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n))
    with archive.open(sheet) as part:
        rows = _Cells(part, shared).read()
    return iter([rows[number] for number in sorted(rows)])


class _Part:
    """One XML part, read in pieces and up to a bound, without any entity of its own making."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self._text: list[str] | None = None
        self._kept = False

    def _parse(self, start: Callable[..., None], end: Callable[..., None]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = self._add_text
        parser.StartDoctypeDeclHandler = _no_doctype
        read = 0
        while piece := self._part.read(_CHUNK):
            read += len(piece)
            if read > MAX_BYTES:
                raise ValueError("too large")
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _add_text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _open_text(self, attributes: dict[str, str]) -> None:
        self._text = []
        self._kept = attributes.get("http://www.w3.org/XML/1998/namespace space") == "preserve"

    def _close_text(self) -> str:
        """Give the text, as a spreadsheet reads it: outer blanks only where marked."""
        text = "".join(self._text or ())
        self._text = None
        return _unescape(text if self._kept else text.strip(" \t\r\n"))


class _Texts(_Part):
    """The shared strings, in order; the runs of a rich text joined, its reading aids left out."""

    def read(self) -> list[str]:
        self._all: list[str] = []
        self._runs: list[str] = []
        self._aid = False
        self._parse(self._start, self._end)
        return self._all

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "si":
                self._runs = []
            case "rPh":
                self._aid = True
            case "t" if not self._aid:
                self._open_text(attributes)

    def _end(self, name: str) -> None:
        match _local(name):
            case "t" if not self._aid:
                self._runs.append(self._close_text())
            case "rPh":
                self._aid = False
            case "si":
                self._all.append("".join(self._runs))


class _Cells(_Part):
    """The cells of a sheet, by row number and column number."""

    def __init__(self, part: IO[bytes], shared: list[str]) -> None:
        super().__init__(part)
        self._shared = shared

    def read(self) -> dict[int, dict[int, str]]:
        self._rows: dict[int, dict[int, str]] = {}
        self._row = self._column = 0
        self._kind = "n"
        self._parse(self._start, self._end)
        return self._rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                self._row = int(attributes.get("r", self._row + 1))
                self._column = 0
            case "c":
                self._kind = attributes.get("t", "n")
                self._move_to(attributes.get("r"))
            case "v" | "t":
                self._open_text(attributes)

    def _move_to(self, reference: str | None) -> None:
        self._column += 1
        if reference is not None and (match := _REFERENCE.fullmatch(reference)):
            self._row, self._column = int(match[2]), _column(match[1])
        if self._row not in self._rows:
            if len(self._rows) > MAX_ROWS:
                raise ApiRefusal(400, f"the file has more than {MAX_ROWS:,} rows")
            self._rows[self._row] = {}

    def _end(self, name: str) -> None:
        if _local(name) not in {"v", "t"}:
            return
        text = self._close_text()
        value = self._shared[int(text)] if self._kind == "s" else text
        cells = self._rows[self._row]
        cells[self._column] = cells.get(self._column, "") + value


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _unescape(text: str) -> str:
    """Read `_x0007_`, which is how a workbook writes what XML cannot hold."""
    return _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text) if "_x" in text else text


def _no_doctype(*_: object) -> None:
    raise ValueError("a document type has no place in a workbook")
