"""Files that are complete or absent, whatever happens while they are written."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def atomic_write(path: str | Path, *, private: bool = False) -> Iterator[Path]:
    """Give a path beside `path` to write to; the file takes its place when the block ends well.

    The parent folders are made. The file is on the disk (fsync) before it is renamed, and so is its
    new name when the block has ended; if the block raises, what was written is removed, and an
    older file at `path` stays as it was. A `private` file may be read by its owner alone (0600).

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic_write(f"{folder}/new/plan.txt") as beside:
    ...         _ = beside.write_text("sent")
    ...     Path(folder, "new", "plan.txt").read_text()
    'sent'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The ending stays, since writers choose their format by it; the process keeps two apart.
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        if private:
            os.close(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        yield beside
        _sync(beside)
        beside.replace(path)
        if os.name == "posix":  # elsewhere a folder cannot be opened
            _sync(path.parent)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
