"""SQLite: one file on a disk of this machine, which its owner alone may read."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgframe.core.databases.database import Database, digest, first_line
from msgframe.errors import JournalError, JournalLocked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import polars as pl

#: SQLite's primary result codes (https://www.sqlite.org/rescode.html): the error, and what to do.
_CODES: dict[int, tuple[type[JournalError], str]] = {
    5: (JournalLocked, "another process is writing to it. Wait for it, or stop it"),
    6: (JournalLocked, "another process is writing to it. Wait for it, or stop it"),
    8: (JournalError, "it may not be written. Check the rights of the file and its folder"),
    10: (JournalError, "the disk could not be read or written. Check the disk"),
    11: (JournalError, "the file is damaged. Restore it from a backup"),
    13: (JournalError, "the disk is full. Make room, then run the same again"),
    14: (JournalError, "it cannot be opened. Check the path and the rights of its folder"),
    26: (JournalError, "the file is not a database. Name another file"),
}


class SQLiteDatabase(Database):
    """A file in WAL mode with `synchronous=FULL`."""

    WORDS: ClassVar[Mapping[str, str]] = {
        "serial": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "bytes": "BLOB",
        "real": "REAL",
        "clustered": "WITHOUT ROWID",
        # A transaction that writes is alone from its beginning.
        "for_update": "",
        "skip_locked": "",
    }
    BEGIN = "BEGIN IMMEDIATE"
    BEGIN_READING = "BEGIN"
    shared = False

    def __init__(self, path: Path, busy: float, *, must_exist: bool) -> None:
        super().__init__(str(path), (sqlite3.Error,))
        self._busy = busy
        _make_file(path, must_exist=must_exist)
        self._switch_to_wal()

    @contextmanager
    def advisory_lock(self, name: str) -> Iterator[bool]:
        """Lock an empty file in a folder beside the database."""
        path = Path(f"{self.location}.locks", f"{digest(name):x}")
        _make_file(path, must_exist=False)
        with self.translate_errors():
            connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
        try:
            with self.translate_errors():
                is_free = _is_free(connection)
            yield is_free
        finally:
            connection.close()

    def streaming_cursor(self, driver: Any) -> Any:
        """Give a cursor; SQLite's all read as they go."""
        return driver.cursor()

    def bulk_insert(self, driver: Any, table: str, rows: pl.DataFrame) -> None:
        """Insert some rows in one statement's name."""
        names, marks = ", ".join(rows.columns), ", ".join("?" * rows.width)
        into = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  (our own names)
        driver.executemany(into, rows.rows())

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.location, timeout=self._busy, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in ("synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            connection.close()
            raise
        return connection

    def _translated(self, error: Exception) -> JournalError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        kind, meaning = _CODES.get(code, (JournalError, first_line(error).removesuffix(".")))
        return kind(f"{self.location}: {meaning}.")

    def _switch_to_wal(self) -> None:
        # The switch does not wait for others by itself, unlike every other statement.
        patience = time.monotonic() + self._busy
        while True:
            try:
                with self.translate_errors():
                    self._set_wal()
            except JournalLocked:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.02)
            else:
                return

    def _set_wal(self) -> None:
        connection = self._connect()
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except BaseException:
            connection.close()
            raise
        self._release(connection)


def _is_free(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE").close()
    except sqlite3.OperationalError as error:
        if _CODES.get(error.sqlite_errorcode & 0xFF, (None,))[0] is not JournalLocked:
            raise
        return False
    return True


def _make_file(path: Path, *, must_exist: bool) -> None:
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
