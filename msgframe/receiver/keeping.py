"""A callback is on the disk before it is answered: many waiters share one commit."""

from __future__ import annotations

import asyncio
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import sqlalchemy as sa

from msgframe import databases
from msgframe.callbacks import stores
from msgframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: One statement inserts so many rows at most: SQLite takes 32,766 placeholders.
_ROWS = 8_192

#: When it came (microseconds since 1970), what came, and who is told how it went.
_Waiting: TypeAlias = list[tuple[int, bytes, "Callable[[JournalError | None], None]"]]


class Keeper:
    """Holds a store open and keeps what it is given, in groups, each group one commit.

    While a commit waits for the disk the next callbacks gather; so the busier it is, the larger
    the groups, and nobody waits for longer than two commits.
    """

    def __init__(self, store: str | Path) -> None:
        self.engine = databases.open(store)
        databases.migrate(self.engine, stores.ROOM, stores.STEPS)
        self._insert = _insert_postgres if self.engine.name == "postgresql" else _insert_sqlite
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="msgframe-keeper")
        self._waiting: _Waiting = []
        self._writing: asyncio.Task[None] | None = None
        #: How many were kept, and how many could not be, since the start.
        self.kept, self.failed = 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()
        self.engine.dispose()

    def secret(self) -> str:
        """Give the secret of the store's path: made at the first start, the same ever after."""
        with databases.writing(self.engine) as database:
            found = database.exec_driver_sql("SELECT secret FROM callbacks_secret").scalar()
            if found is not None:
                return str(found)
            made = secrets.token_urlsafe(32)
            database.execute(
                sa.text("INSERT INTO callbacks_secret (secret) VALUES (:made)"), {"made": made}
            )
        return made

    def keep(self, body: bytes, told: Callable[[JournalError | None], None]) -> None:
        """Keep `body`, and call `told` when it is on the disk, or with the error if it is not.

        All calls come from one event loop, and `told` is called in it.
        """
        self._waiting.append((time.time_ns() // 1_000, body, told))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            failure = await loop.run_in_executor(self._writer, self._commit, group)
            self._tell(group, failure)
        self._writing = None

    def _commit(self, group: _Waiting) -> JournalError | None:
        try:
            with databases.writing(self.engine) as database:
                for start in range(0, len(group), _ROWS):
                    self._insert(database, group[start : start + _ROWS])
        except JournalError as failure:
            return failure
        except Exception as failure:  # noqa: BLE001  (whoever waits must be answered, whatever went wrong)
            return JournalError(f"{databases.place(self.engine)}: {type(failure).__name__}.")
        return None

    def _tell(self, group: _Waiting, failure: JournalError | None) -> None:
        if failure is None:
            self.kept += len(group)
        else:
            self.failed += len(group)
        for _, _, told in group:
            told(failure)


def _insert_sqlite(database: sa.Connection, group: _Waiting) -> None:
    # One statement for all: a statement a row would hand the interpreter over at every row, and
    # wait for it to come back from the loop that reads the next requests.
    places = ",".join(["(?,?)"] * len(group))
    values = tuple(value for at, body, _ in group for value in (at, body))
    database.exec_driver_sql(
        f"INSERT INTO callbacks (received_at, body) VALUES {places}",  # noqa: S608  (placeholders)
        values,
    )


def _insert_postgres(database: sa.Connection, group: _Waiting) -> None:
    driver: Any = database.connection.driver_connection
    rows = "COPY callbacks (received_at, body) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(rows) as copy:
        copy.set_types(["int8", "bytea"])
        for at, body, _ in group:
            copy.write_row((at, body))
