"""Where a sheet comes from, what is wanted of it, and what it is by its bytes, not by its name."""

from __future__ import annotations

import io
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from msgframe.errors import SheetError
from msgframe.spreadsheets.formats import Style

Hidden: TypeAlias = Literal["skip", "keep", "error"]

MIB = 2**20
GIB = 2**30

#: Excel's own measures; a file beyond them was not made by Excel.
EXCEL_ROWS, EXCEL_COLUMNS = 1_048_576, 16_384


@dataclass(frozen=True, slots=True)
class Limits:
    """What `read` accepts; the defaults let a full sheet of 1,048,576 rows × 50 columns pass.

    >>> Limits(cells=1_000).cells
    1000
    """

    #: Bytes of the file itself.
    file_bytes: int = 2 * GIB
    #: Bytes of all parts of a workbook that are read, once inflated.
    inflated_bytes: int = 8 * GIB
    #: Inflated bytes a stored byte of one part; past it (and past 32 MiB) the part is a bomb.
    #: Sheets whose cells are all alike reach 17, as measured.
    ratio: int = 100
    #: Parts in a workbook; the largest seen in the wild have some thousands.
    parts: int = 20_000
    #: Cells of the table, blank ones included: rows in use × columns in use.
    cells: int = 64 * MIB
    #: Bytes of text in the table.
    text_bytes: int = 2 * GIB
    #: Bytes of one cell; Excel's own cells end at 32,767 characters.
    cell_bytes: int = MIB
    #: Columns in use.
    columns: int = 4_096
    #: Different number formats in use; Excel's own workbooks hold some 250 at most.
    formats: int = 300
    #: Bytes of XML that is not spelt as Excel spells it; a parser reads some 10 MiB a second.
    careful_bytes: int = 48 * MIB
    #: Bytes of an OpenDocument's content, which goes through the same parser; 200,000 rows of three
    #: cells take 56 MiB and six seconds.
    document_bytes: int = 64 * MIB
    #: Seconds and bytes for a format that is read in a process of its own (xls, xlsb).
    child_seconds: float = 8.0
    child_bytes: int = 5 * GIB // 4


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person wants of a file; `read` and `read_table` explain each."""

    #: A sheet, several, "*" for all visible ones; None for the first that holds a table.
    sheet: str | list[str] | None = None
    #: The header's row number as a person sees it; 0 for none; None to look for it.
    header_row: int | None = None
    #: What becomes of hidden rows and columns.
    hidden: Hidden = "skip"
    #: The column of the row numbers that a person sees; None for no such column.
    row_index: str | None = "row"
    #: Whether two columns may have one header: the second is then called as polars calls it.
    repeated_headers: bool = False
    #: Whether to look for what is odd, which costs a pass over all texts.
    findings: bool = True
    #: How numbers and dates are spelt.
    style: Style = field(default_factory=Style)
    #: Of a text file; None to find them.
    encoding: str | None = None
    delimiter: str | None = None
    #: How much it may ask of this machine.
    limits: Limits = field(default_factory=Limits)


#: The part of a file that tells what it is; old Excel's directory stands anywhere in it.
_BEGINNING = MIB

Kind: TypeAlias = Literal["zip", "xls", "parquet", "arrow", "text"]

#: Beginnings of files that hold no table, and what they are.
_OTHERS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"{\\rtf": "an RTF document",
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"BZh": "a bzip2 archive: unpack it first",
    b"\xfd7zXZ": "an xz archive: unpack it first",
    b"(\xb5/\xfd": "a zstd archive: unpack it first",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
    b"<!DOCTYPE html": "a web page, as some sites give under the name .xls: save it as .xlsx",
    b"<html": "a web page, as some sites give under the name .xls: save it as .xlsx",
    b"<?xml": "XML (perhaps Excel 2003's): open it in Excel and save it as .xlsx",
}
#: Of an OLE header: the size of a sector, as a power of two, and the directory's first sector.
_HEADER = struct.Struct("<30xH16xI")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Names of streams in an OLE file, which is old Excel's container and an encrypted workbook's too.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_BOOKS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))


@dataclass(frozen=True, slots=True)
class Source:
    """A file, on the disk or in memory."""

    #: What it is called in errors and findings.
    name: str
    #: Where its bytes are.
    at: Path | bytes

    def piece(self, size: int, offset: int = 0) -> bytes:
        """Give some bytes of it, from its beginning or from within; past its end there are none."""
        with self.open() as file:
            file.seek(offset)
            return file.read(size)

    def whole(self) -> bytes:
        """Give all of its bytes."""
        return self.at if isinstance(self.at, bytes) else self.at.read_bytes()

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return io.BytesIO(self.at) if isinstance(self.at, bytes) else self.at.open("rb")

    def scannable(self) -> Path | io.BytesIO:
        """Give it in a form that polars scans."""
        return io.BytesIO(self.at) if isinstance(self.at, bytes) else self.at


def source_of(source: str | Path | bytes | BinaryIO, limits: Limits) -> Source:
    """Take what a person gave as a source.

    Raises
    ------
    SheetError
        Where there is no such file, it is no ordinary file, or it is too large.
    """
    if isinstance(source, (str, Path)):
        return _of_path(Path(source), limits)
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    else:
        data = _read_all(source, limits)
    _refuse_large(len(data), "the file", limits)
    return Source("the file", data)


def _of_path(path: Path, limits: Limits) -> Source:
    try:
        status = path.stat()
        readable = stat.S_ISREG(status.st_mode)
    except (OSError, ValueError) as error:
        raise SheetError(f"{path.name or path} cannot be read: {_reason(error)}.") from None
    if not readable:
        raise SheetError(f"{path.name or path} is no file but a folder or a device.")
    _refuse_large(status.st_size, path.name, limits)
    try:
        path.open("rb").close()
    except OSError as error:
        raise SheetError(f"{path.name} cannot be read: {_reason(error)}.") from None
    return Source(path.name, path)


def _read_all(source: BinaryIO, limits: Limits) -> bytes:
    data: object = source.read(limits.file_bytes + 1)
    if not isinstance(data, bytes):
        raise SheetError("read() needs a file opened for bytes: open(path, 'rb').")
    return data


def _refuse_large(size: int, name: str, limits: Limits) -> None:
    if size > limits.file_bytes:
        raise SheetError(
            f"{name} holds {size / MIB:,.0f} MiB; {limits.file_bytes / MIB:,.0f} are allowed. "
            "If it is yours, raise Limits(file_bytes=…)."
        )


def _reason(error: OSError | ValueError) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]


def file_type(source: Source) -> Kind:
    """Tell what a file is by its bytes.

    Raises
    ------
    SheetError
        Where it is empty, encrypted, or something that holds no table; with its true type.

    >>> file_type(Source("people.xlsx", b"PAR1"))
    'parquet'
    """
    data, name = source.piece(_BEGINNING), source.name
    if not data:
        raise SheetError(f"{name} is empty: it has 0 bytes. Was the download cut off?")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if data.startswith(_OLE):
        return _ole(data + _directory(source, data), name)
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(b"ARROW1"):
        return "arrow"
    if data.startswith((b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")):
        return "xls"
    for beginning, what in _OTHERS.items():
        if data.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(beginning.lower()):
            raise SheetError(f"{name} is {what}. It holds no table that can be read.")
    return "text"


def _directory(source: Source, data: bytes) -> bytes:
    """Give the first sector of an OLE file's directory, which may lie at its very end."""
    if len(data) < _HEADER.size:
        return b""
    shift, first = _HEADER.unpack_from(data)
    size = 1 << min(shift, 16)
    return source.piece(max(size, 4096), (first + 1) * size)


def _ole(data: bytes, name: str) -> Kind:
    if _ENCRYPTED in data:
        raise SheetError(
            f"{name} is password protected. Open it in Excel, remove the password (File, Info, "
            "Protect Workbook), and save it."
        )
    if any(context in data for context in _OLD_BOOKS):
        return "xls"
    raise SheetError(f"{name} is an old Office document and no workbook. Save it as .xlsx or .csv.")
