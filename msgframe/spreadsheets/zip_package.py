"""The zip layer: a workbook's parts, checked before they are inflated, and inflated in a stream.

`zipfile` reads the central directory; the parts themselves go through isal, which inflates three
times as fast as zlib, and each is checked for its size and CRC on the way.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from isal import igzip_lib, isal_zlib

from msgframe.errors import SheetError
from msgframe.spreadsheets.sources import MIB, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes taken from the file at a time; a bomb inflates a block of this size to 64 MiB at most.
_BLOCK = 64 * 1024
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_STORED, _DEFLATED = 0, 8

#: What `zipfile` raises on a directory that is not one.
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    struct.error,
    NotImplementedError,
    OverflowError,
    UnicodeError,
    ValueError,
    EOFError,
    OSError,
)


class Package:
    """An open workbook file: its parts by name, each given as a stream of bytes."""

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        self.name = name
        self._file = file
        self.limits = limits
        self._opened: dict[str, int] = {}
        self._parts = _directory(file, name, limits)

    def __contains__(self, part: str) -> bool:
        return _key(part) in self._parts

    def names(self) -> list[str]:
        """Give the names of the parts, in the order of the directory."""
        return [info.filename for info in self._parts.values()]

    def size(self, part: str) -> int:
        """Give how many bytes a part says it holds; `stream` holds it to its word."""
        return self._parts[_key(part)].file_size

    def read(self, part: str, *, most: int = 64 * MIB) -> bytes:
        """Give a small part whole; one larger than `most` bytes is refused.

        Raises
        ------
        SheetError
            Where the part is missing, damaged, or too large.
        """
        data = bytearray()
        for block in self.stream(part):
            data += block
            if len(data) > most:
                raise SheetError(
                    f"{self.name}: its part {part!r} holds over {most:,} bytes, which no workbook "
                    "needs there. The file was refused."
                )
        return bytes(data)

    def stream(self, part: str) -> Iterator[bytes]:
        """Give a part in blocks, inflated; its size and CRC are checked by the last one.

        Raises
        ------
        SheetError
            Where the part is missing, encrypted, damaged, or a bomb.
        """
        if part not in self:
            raise SheetError(f"{self.name} is damaged: its part {part!r} is missing.")
        info = self._parts[_key(part)]
        self._check(info)
        inflate = isal_zlib.decompressobj(-15) if info.compress_type == _DEFLATED else None
        size, crc = 0, 0
        for raw in self._raw(info):
            block = raw if inflate is None else self._inflate(inflate, raw, part)
            size, crc = size + len(block), isal_zlib.crc32(block, crc)
            if size > info.file_size:
                break
            yield block
        if (size, crc) != (info.file_size, info.CRC):
            raise SheetError(
                f"{self.name} is damaged: its part {part!r} does not have the size and the "
                "checksum that the file's directory says. Was the download cut off? Get it again."
            )

    def _inflate(self, inflate: isal_zlib.Decompress, raw: bytes, part: str) -> bytes:
        try:
            return bytes(inflate.decompress(raw))
        except igzip_lib.IsalError:  # type: ignore[misc]  # its stub hides that it is an error
            raise SheetError(
                f"{self.name} is damaged: its part {part!r} cannot be unpacked. Get the file again."
            ) from None

    def _raw(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        self._file.seek(info.header_offset)
        header = self._file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise SheetError(
                f"{self.name} is damaged: {info.filename!r} is not where it should be."
            )
        _, name, extra = _LOCAL_HEADER.unpack(header)
        self._file.seek(name + extra, io.SEEK_CUR)
        remaining = info.compress_size
        while remaining > 0 and (raw := self._file.read(min(_BLOCK, remaining))):
            remaining -= len(raw)
            yield raw

    def _check(self, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 0x1:
            raise SheetError(f"{self.name} is password protected: save a copy without a password.")
        if info.compress_type not in {_STORED, _DEFLATED}:
            raise SheetError(
                f"{self.name}: its part {info.filename!r} is packed by a method that no "
                "spreadsheet program uses. Open it in Excel and save it again."
            )
        ratio = info.file_size / max(info.compress_size, 1)
        if ratio > self.limits.ratio and info.file_size > 32 * MIB:
            raise SheetError(
                f"{self.name} looks like a zip bomb: {info.filename!r} grows {ratio:,.0f} times, "
                f"to {info.file_size / MIB:,.0f} MiB. It was not unpacked. If the file is yours, "
                "raise Limits(ratio=…)."
            )
        self._opened[info.filename] = info.file_size
        if sum(self._opened.values()) > self.limits.inflated_bytes:
            raise SheetError(
                f"{self.name} holds over {self.limits.inflated_bytes / MIB:,.0f} MiB once "
                "unpacked. It was refused; if the file is yours, raise Limits(inflated_bytes=…)."
            )


def _directory(file: BinaryIO, name: str, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except _BROKEN:
        raise SheetError(
            f"{name} is damaged: it begins like a workbook, and its directory at the end is "
            "missing or broken. Was the download cut off? Get the file again."
        ) from None
    if len(infos) > limits.parts:
        raise SheetError(f"{name} holds {len(infos):,} parts; {limits.parts:,} are allowed.")
    _refuse_overlaps(infos, name)
    parts: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if parts.setdefault(_key(info.filename), info) is not info:
            raise SheetError(
                f"{name} holds the part {info.filename!r} twice: two programs would read two "
                "different sheets from it. It was refused."
            )
    return parts


def _refuse_overlaps(infos: list[zipfile.ZipInfo], name: str) -> None:
    """Parts that share their bytes are how a small file inflates to petabytes."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise SheetError(f"{name}: its parts overlap, as in a zip bomb. It was not unpacked.")
        end = info.header_offset + _LOCAL_HEADER.size + info.compress_size


def _key(part: str) -> str:
    """Part names are compared without case, and with either slash (ECMA-376 part 2, 6.2.2)."""
    return posixpath.normpath(part.replace("\\", "/").lstrip("/")).lower()
