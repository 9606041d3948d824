"""What a file truly is, whatever its name says: told by its first bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgframe.errors import SheetError

if TYPE_CHECKING:
    from msgframe.spreadsheets.sources import Source

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


def kind(origin: Source) -> Kind:
    """Tell what a file is by its bytes.

    Raises
    ------
    SheetError
        Where it is empty, encrypted, or something that holds no table; with its true type.

    >>> from msgframe.spreadsheets.sources import Source
    >>> kind(Source("people.xlsx", b"PAR1"))
    'parquet'
    """
    data, name = origin.beginning(), origin.name
    if not data:
        raise SheetError(f"{name} is empty: it has 0 bytes. Was the download cut off?")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if data.startswith(_OLE):
        return _ole(data + _directory(origin, data), name)
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


def _directory(origin: Source, data: bytes) -> bytes:
    """Give the first sector of an OLE file's directory, which may lie at its very end."""
    if len(data) < _HEADER.size:
        return b""
    shift, first = _HEADER.unpack_from(data)
    size = 1 << min(shift, 16)
    return origin.piece((first + 1) * size, max(size, 4096))


def _ole(data: bytes, name: str) -> Kind:
    if _ENCRYPTED in data:
        raise SheetError(
            f"{name} is password protected. Open it in Excel, remove the password (File, Info, "
            "Protect Workbook), and save it."
        )
    if any(book in data for book in _OLD_BOOKS):
        return "xls"
    raise SheetError(f"{name} is an old Office document and no workbook. Save it as .xlsx or .csv.")
