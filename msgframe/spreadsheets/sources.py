"""Where a sheet comes from: a path, bytes or an open file, looked at before it is read."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from msgframe.errors import SheetError
from msgframe.spreadsheets.limits import MIB, Limits

#: The part of a file that tells what it is; old Excel's directory stands anywhere in it.
_BEGINNING = MIB


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


def source_of(given: str | Path | bytes | BinaryIO, limits: Limits) -> Source:
    """Take what a person gave as a source.

    Raises
    ------
    SheetError
        Where there is no such file, it is no ordinary file, or it is too large.
    """
    if isinstance(given, (str, Path)):
        return _of_path(Path(given), limits)
    data = (
        bytes(given) if isinstance(given, (bytes, bytearray, memoryview)) else _taken(given, limits)
    )
    _refuse_large(len(data), "the file", limits)
    return Source("the file", data)


def _of_path(path: Path, limits: Limits) -> Source:
    try:
        found = path.stat()
        readable = stat.S_ISREG(found.st_mode)
    except (OSError, ValueError) as error:
        raise SheetError(f"{path.name or path} cannot be read: {_reason(error)}.") from None
    if not readable:
        raise SheetError(f"{path.name or path} is no file but a folder or a device.")
    _refuse_large(found.st_size, path.name, limits)
    try:
        path.open("rb").close()
    except OSError as error:
        raise SheetError(f"{path.name} cannot be read: {_reason(error)}.") from None
    return Source(path.name, path)


def _taken(given: BinaryIO, limits: Limits) -> bytes:
    data: object = given.read(limits.file_bytes + 1)
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
