"""A database and the transactions on it; and SQLite, which is a file on a disk of this machine."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import polars as pl

from msgframe.errors import JournalError, JournalLocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Rows that go in or come out at once, which bounds the memory.
BATCH = 100_000

#: What a statement's placeholders stand for: `:name`, or the driver's own in their order.
Parameters: TypeAlias = "Mapping[str, Any] | Sequence[Any]"


class Transaction:
    """A transaction under way: SQL goes in, rows come out as tuples."""

    def __init__(self, database: Database, driver: Any) -> None:
        self._database = database
        #: The driver's own connection, for what only one kind of database can do.
        self.driver = driver
        #: Whether senders on several machines may use the database at once.
        self.shared = database.shared

    def execute(self, sql: str, parameters: Parameters = ()) -> Any:
        """Run a statement, and give the driver's cursor: `fetchone`, `fetchall`, `rowcount`."""
        return self.driver.execute(self._database.spell(sql), parameters)

    def executemany(self, sql: str, rows: Sequence[Parameters]) -> int:
        """Run one statement for many rows, and give how many rows of the database it touched."""
        cursor = self.driver.cursor()
        cursor.executemany(self._database.spell(sql), rows)
        return int(cursor.rowcount)

    def scalar(self, sql: str, parameters: Parameters = ()) -> Any:
        """Give the first value of the first row, or None."""
        cursor = self.execute(sql, parameters)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else row[0]

    def now_us(self, clock: Callable[[], float] | None = None) -> int:
        """Give now in microseconds since 1970: by `clock`, else this machine's or the server's.

        Of senders on several machines only the database's clock is one.
        """
        if clock is None and self.shared:
            return int(self.scalar(_CLOCK))
        return round((clock or time.time)() * 1e6)

    def frame(
        self, sql: str, schema: Mapping[str, pl.DataType | type[pl.DataType]], **parameters: object
    ) -> pl.DataFrame:
        """Give a statement's rows as a frame of this schema; memory holds one batch of tuples."""
        cursor = self._database.streaming_cursor(self.driver)
        cursor.execute(self._database.spell(sql), parameters)
        batches = [pl.DataFrame(schema=dict(schema))]
        while rows := cursor.fetchmany(BATCH):
            batches.append(pl.DataFrame(rows, schema=dict(schema), orient="row"))
        cursor.close()
        return pl.concat(batches)

    def bulk_insert(self, table: str, frame: pl.DataFrame) -> None:
        """Insert a frame's rows into a table whose columns have the frame's names."""
        for rows in frame.iter_slices(BATCH):
            self._database.bulk_insert(self.driver, table, rows)


class Database(ABC):
    """A database that keeps what it was told: every commit is on the disk when it returns.

    Threads may share it: each transaction has a connection of its own, kept for the next one.
    """

    #: What SQL may write in braces, and what it means to this kind of database.
    WORDS: ClassVar[Mapping[str, str]]
    #: How a transaction begins that writes, and one that only reads.
    BEGIN: ClassVar[str]
    BEGIN_READING: ClassVar[str]
    #: Whether senders on several machines may use it at once.
    shared: ClassVar[bool]

    def __init__(self, location: str, errors: tuple[type[Exception], ...]) -> None:
        #: Where it is, its password left out.
        self.location = location
        self._errors = errors
        self._idle: list[Any] = []
        self._closed = False

    def writing(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that writes: on the disk when the block ends, undone when it raises.

        SQLite's lock is taken at its start (`BEGIN IMMEDIATE`), so what the block reads stays true
        until it commits.

        Raises
        ------
        JournalLocked
            Another writer held the database for longer than it waits.
        JournalError
            The database could not do what was asked: disk full, file damaged, server gone.
        """
        return self._transaction(self.BEGIN)

    def reading(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads: one state of the database, writers do not wait.

        Raises
        ------
        JournalError
            As for `writing`.
        """
        return self._transaction(self.BEGIN_READING)

    def migrate(self, component: str, migrations: Sequence[str]) -> int:
        """Bring a component's tables up to date, each migration once, and give their version.

        A migration is SQL that both databases understand, statements ended by `;`, with words in
        braces for what differs. They are only ever added: one that somebody may have run is not
        changed. Several processes may call this at once.

        Raises
        ------
        JournalError
            The database was written by a later version of msgframe, or could not be written.

        >>> from tempfile import TemporaryDirectory
        >>> from msgframe.core import databases
        >>> notes = ["CREATE TABLE notes (id {serial}, text TEXT)"]
        >>> with TemporaryDirectory() as folder, databases.open(f"{folder}/store.db") as database:
        ...     database.migrate("notes", notes), database.migrate("notes", notes)
        (1, 1)
        """
        with self.writing() as transaction:
            self._lock_migrations(transaction)
            transaction.execute(_VERSIONS)
            version = transaction.scalar(_VERSION, {"component": component}) or 0
            if version > len(migrations):
                raise JournalError(
                    f"{self.location} was written by a later msgframe: its {component} has version"
                    f" {version}, this one knows up to {len(migrations)}. Upgrade msgframe."
                )
            for migration in migrations[version:]:
                for statement in filter(None, map(str.strip, migration.split(";"))):
                    transaction.execute(statement)
            if version < len(migrations):
                new = {"component": component, "version": len(migrations)}
                transaction.execute(_NEW_VERSION, new)
        return len(migrations)

    @abstractmethod
    def advisory_lock(self, name: str) -> AbstractContextManager[bool]:
        """Hold a name while the block runs, and yield whether it was free.

        The lock ends with the process, however it ends, and knows no clock: with SQLite it is a
        lock on an empty file in a folder beside the database, with PostgreSQL one of a session's
        advisory locks.

        >>> from tempfile import TemporaryDirectory
        >>> from msgframe.core import databases
        >>> with TemporaryDirectory() as folder, databases.open(f"{folder}/saldo.db") as database:
        ...     with database.advisory_lock("saldo") as mine, database.advisory_lock("saldo") as no:
        ...         print(mine, no)
        True False
        """

    def close(self) -> None:
        """Close the connections; one that is in use closes when its transaction ends."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def spell(self) -> Callable[[str], str]:
        """Write a statement as this kind of database and its driver understand it."""
        return lru_cache(maxsize=256)(self._spell)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise what the driver raises as a `JournalError` that says where it was and what next."""
        try:
            yield
        except self._errors as error:
            raise self._translated(error) from error

    def streaming_cursor(self, driver: Any) -> Any:
        """Give a cursor that does not hold all rows of its result in memory; SQLite's none do."""
        return driver.cursor()

    def bulk_insert(self, driver: Any, table: str, rows: pl.DataFrame) -> None:
        """Insert some rows into a table whose columns have the frame's names."""
        names, marks = ", ".join(rows.columns), ", ".join("?" * rows.width)
        into = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  (our own names)
        driver.executemany(into, rows.rows())

    @abstractmethod
    def _connect(self) -> Any:
        """Make a connection that begins and ends transactions when it is told to, and only then."""

    @abstractmethod
    def _translated(self, error: Exception) -> JournalError:
        """Say what an error of the driver means, and what to do."""

    def _spell(self, sql: str) -> str:
        return sql.format(**self.WORDS)

    def _lock_migrations(self, transaction: Transaction) -> None:  # noqa: B027  (nothing by default)
        """Let no other process migrate until the transaction ends; a lone writer needs nothing."""

    def _is_stale(self, connection: Any) -> bool:  # noqa: ARG002  (only servers go away)
        """Say whether a connection that was kept has ended in the meantime."""
        return False

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        with self.translate_errors():
            connection = self._begun(begin)
            try:
                yield Transaction(self, connection)
                connection.execute("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise
            self._release(connection)

    def _begun(self, begin: str) -> Any:
        try:
            connection, is_kept = self._idle.pop(), True
        except IndexError:
            connection, is_kept = self._connect(), False
        try:
            connection.execute(begin)
        except BaseException:
            went_away = is_kept and self._is_stale(connection)
            connection.close()
            if went_away:
                return self._begun(begin)
            raise
        return connection

    def _roll_back(self, connection: Any) -> None:
        try:
            connection.execute("ROLLBACK")
        except self._errors:  # it broke, or has rolled back by itself
            connection.close()
        else:
            self._release(connection)

    def _release(self, connection: Any) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)


def digest(name: str) -> int:
    """Give a number for a name, the same everywhere, that fits a bigint."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1


def first_line(error: Exception) -> str:
    """Give the first line of what a driver says, or the name of its error."""
    lines = str(error).strip().splitlines()
    return f"{lines[0] if lines else type(error).__name__}."


_CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"

#: A component is called `room` in the database, since the first version.
_VERSIONS = """
    CREATE TABLE IF NOT EXISTS msgframe_versions (room TEXT PRIMARY KEY, version INTEGER NOT NULL)
"""
_VERSION = "SELECT version FROM msgframe_versions WHERE room = :component"
_NEW_VERSION = """
    INSERT INTO msgframe_versions (room, version) VALUES (:component, :version)
    ON CONFLICT (room) DO UPDATE SET version = excluded.version"""

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
        with self.translate_errors(), closing(_connection(path, timeout=0)) as connection:
            yield _is_free(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = _connection(self.location, timeout=self._busy)
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


def _connection(path: str | Path, *, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)


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
