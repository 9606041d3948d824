"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from msgframe.core.databases.errors import explained
from msgframe.core.databases.files import make

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def holding(engine: sa.Engine, name: str) -> Iterator[bool]:
    """Hold a name while the block runs, and yield whether it was free.

    The lock ends with the process, however it ends, and knows no clock: with SQLite it is a lock
    on an empty file in a folder beside the database, with PostgreSQL one of a session's advisory
    locks.

    >>> from tempfile import TemporaryDirectory
    >>> from msgframe.core import databases
    >>> with TemporaryDirectory() as folder:
    ...     engine = databases.open(f"{folder}/saldo.db")
    ...     with holding(engine, "saldo") as mine, holding(engine, "saldo") as again:
    ...         print(mine, again)
    ...     engine.dispose()
    True False
    """
    if engine.dialect.name == "sqlite":
        with _holding_file(Path(f"{engine.url.database}.locks", f"{_digest(name):x}")) as free:
            yield free
    else:
        with _holding_key(engine, _digest(name)) as free:
            yield free


@contextmanager
def _holding_file(path: Path) -> Iterator[bool]:
    make(path, must_exist=False)
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        yield _begins(connection)
    finally:
        connection.close()


def _begins(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE").close()
    except sqlite3.OperationalError:
        return False
    return True


@contextmanager
def _holding_key(engine: sa.Engine, key: int) -> Iterator[bool]:
    # A connection of its own, never given to others: the lock ends with its session.
    with explained(engine):
        session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        session.detach()
    try:
        with explained(engine):
            free = bool(session.scalar(sa.select(sa.func.pg_try_advisory_lock(key))))
        yield free
    finally:
        with suppress(sa.exc.DBAPIError):  # a session that broke has let go already
            session.close()


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1  # it fits a bigint
