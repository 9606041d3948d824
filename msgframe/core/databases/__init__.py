"""The one place that knows databases: SQLite by default, PostgreSQL by URL, one code for both.

`open("out/saldo.db")` gives a `Database` whose every commit is on the disk when it returns. Its
`writing()` and `reading()` are the two ways in, `migrate(...)` brings the tables up to date. What
goes wrong in a database comes out as a `JournalError` that says what to do.

SQL that both databases understand is written once, with its parameters as `:name`; the few words
that differ stand in braces (`Database.WORDS`). Both are spoken to through their own drivers.
"""

from __future__ import annotations

from pathlib import Path

from msgframe.core.databases.database import Database, SQLiteDatabase, Transaction
from msgframe.errors import SettingsError

__all__ = ["BUSY_SECONDS", "Database", "Transaction", "open"]

#: How long a writer waits for another one, in seconds, before it says that the file is locked.
BUSY_SECONDS = 30.0


def open(  # noqa: A001  (databases.open reads as what it does)
    target: str | Path, /, *, must_exist: bool = False, busy: float = BUSY_SECONDS
) -> Database:
    """Open a database that keeps what it was told: an SQLite file, or PostgreSQL by URL.

    SQLite runs in WAL with `synchronous=FULL`, so a commit is on the disk when it returns; a new
    file may be read by its owner alone (mode 0600), and its parent folders are made. PostgreSQL
    runs with `synchronous_commit` on.

    Parameters
    ----------
    target
        A path, `sqlite:///path`, or `postgresql://user:password@host/name`.
    must_exist
        Whether a missing SQLite file is an error instead of a new database.
    busy
        Seconds to wait for another writer.

    Raises
    ------
    SettingsError
        A URL of another kind, a database in memory, or no `psycopg` to reach PostgreSQL with.
    JournalError
        The file is missing though it must exist, is not a database, or cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, open(f"{folder}/new/saldo.db") as database:
    ...     with database.reading() as transaction:
    ...         print(transaction.scalar("PRAGMA journal_mode"))
    wal
    """
    if isinstance(target, Path) or "://" not in target:
        return _open_file(str(target), busy, must_exist=must_exist)
    scheme, _, address = target.partition("://")
    match scheme.partition("+")[0]:
        case "sqlite":
            return _open_file(address.removeprefix("/"), busy, must_exist=must_exist)
        case "postgresql" | "postgres":
            from msgframe.core.databases.postgresql import PostgreSQLDatabase

            return PostgreSQLDatabase(f"postgresql://{address}", busy)
        case other:
            raise SettingsError(
                f"A database of the kind {other!r} is not known here. There are a path,"
                " sqlite:///path, and postgresql://user:password@host/name."
            )


def _open_file(path: str, busy: float, *, must_exist: bool) -> Database:
    if path in {"", ":memory:"}:
        raise SettingsError(
            "A database in memory forgets who was written to. Name a file: 'out/journal.db'."
        )
    return SQLiteDatabase(Path(path).expanduser(), busy, must_exist=must_exist)
