"""What goes wrong in a database, told as an error that says what to do."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from msgframe.errors import JournalError, JournalLocked

if TYPE_CHECKING:
    from collections.abc import Iterator

#: SQLite's primary result codes (https://www.sqlite.org/rescode.html): the error, and what to do.
_SQLITE: dict[int, tuple[type[JournalError], str]] = {
    5: (JournalLocked, "another process is writing to it. Wait for it, or stop it"),
    6: (JournalLocked, "another process is writing to it. Wait for it, or stop it"),
    8: (JournalError, "it may not be written. Check the rights of the file and its folder"),
    10: (JournalError, "the disk could not be read or written. Check the disk"),
    11: (JournalError, "the file is damaged. Restore it from a backup"),
    13: (JournalError, "the disk is full. Make room, then run the same again"),
    14: (JournalError, "it cannot be opened. Check the path and the rights of its folder"),
    26: (JournalError, "the file is not a database. Name another file"),
}


def place(engine: sa.Engine) -> str:
    """Say where a database is, its password left out.

    >>> place(sa.create_engine("postgresql+psycopg://ana:secret@db/saldo"))
    'postgresql+psycopg://ana:***@db/saldo'
    """
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.render_as_string(hide_password=True)


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """Raise what a database raises as a `JournalError` that says where it was and what next."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _explain(engine, error.orig) from error
    except sqlite3.Error as error:
        raise _explain(engine, error) from error


def _explain(engine: sa.Engine, error: BaseException | None) -> JournalError:
    code = getattr(error, "sqlite_errorcode", None)
    state = getattr(error, "sqlstate", None)
    if code is not None and code & 0xFF in _SQLITE:  # the low byte is the primary code
        kind, what = _SQLITE[code & 0xFF]
        return kind(f"{place(engine)}: {what}.")
    if state == "55P03":  # lock_not_available
        return JournalLocked(f"{place(engine)}: another process holds the row. Wait for it.")
    return JournalError(f"{place(engine)}: {_first_line(error)}")


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return f"{lines[0] if lines else type(error).__name__}."
