"""Where a sheet comes from, and what it truly is by its first bytes, whatever its name says."""

from __future__ import annotations

import io
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from msgframe.errors import SheetError
from msgframe.spreadsheets.options import MIB, Limits

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

    def beginning(self) -> bytes:
        """Give its first MiB."""
        if isinstance(self.at, bytes):
            return self.at[:_BEGINNING]
        with self.at.open("rb") as file:
            return file.read(_BEGINNING)

    def piece(self, offset: int, size: int) -> bytes:
        """Give some bytes from within it; past its end there are none."""
        with self.open() as file:
            file.seek(offset)
            return file.read(size)

    def whole(self) -> bytes:
        """Give all of its bytes."""
        return self.at if isinstance(self.at, bytes) else self.at.read_bytes()

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return io.BytesIO(self.at) if isinstance(self.at, bytes) else self.at.open("rb")


def source_of(source: str | Path | bytes | BinaryIO, limits: Limits) -> Source:
    """Take what a person gave as a source.

    Raises
    ------
    SheetError
        Where there is no such file, it is no ordinary file, or it is too large.
    """
    if isinstance(source, (str, Path)):
        return _of_path(Path(source), limits)
    data = (
        bytes(source)
        if isinstance(source, (bytes, bytearray, memoryview))
        else _read_all(source, limits)
    )
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
    data, name = source.beginning(), source.name
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
    return source.piece((first + 1) * size, max(size, 4096))


def _ole(data: bytes, name: str) -> Kind:
    if _ENCRYPTED in data:
        raise SheetError(
            f"{name} is password protected. Open it in Excel, remove the password (File, Info, "
            "Protect Workbook), and save it."
        )
    if any(context in data for context in _OLD_BOOKS):
        return "xls"
    raise SheetError(f"{name} is an old Office document and no workbook. Save it as .xlsx or .csv.")
