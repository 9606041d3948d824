"""The file of an SQLite database, made so that its owner alone may read it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgframe.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path


def make(path: Path, *, must_exist: bool) -> None:
    """Make the file and its folders, where it is not there and may be new."""
    if path.exists():
        return
    if must_exist:
        raise JournalError(f"There is no database at {path}. Check the path.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the file that they belong to.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise JournalError(f"{path} cannot be made: {error.strerror}.") from error
