"""Files that are complete or absent, whatever happens while they are written."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; the file takes its place when the block ends well.

    The parent folders are made. The file is on the disk (fsync) before it is renamed; if the block
    raises, what was written is removed, and an older file at `path` stays as it was.

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
        yield beside
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
