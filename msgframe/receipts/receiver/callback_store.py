"""A callback is on the disk before it is answered: many waiters share one commit."""

from __future__ import annotations

import asyncio
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Self, TypeAlias

from msgframe.core import databases
from msgframe.errors import JournalError
from msgframe.receipts import sources

if TYPE_CHECKING:
    from pathlib import Path

    from msgframe.core.databases import Transaction

#: One statement inserts so many rows at most: SQLite takes 32,766 placeholders.
_ROWS = 8_192

#: Of each callback when it came (microseconds since 1970) and what came, one after the other: the
#: very sequence that the statement takes, so that nothing is copied per row.
_Values: TypeAlias = list[int | bytes]


class CallbackStore:
    """Holds a store open and stores what comes in groups, each group one commit.

    While a commit waits for the disk the next callbacks gather; so the busier it is, the larger
    the groups, and nobody waits for longer than two commits.
    """

    def __init__(self, store: str | Path) -> None:
        self.database = databases.open(store)
        self.database.migrate(sources.COMPONENT, sources.MIGRATIONS)
        self._insert = _insert_postgres if self.database.shared else _insert_sqlite
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="msgframe-callbacks")
        self._values: _Values = []
        self._waiting: list[asyncio.Future[JournalError | None]] = []
        self._writing: asyncio.Task[None] | None = None
        #: How many were stored, and how many could not be, since the start.
        self.stored, self.failed = 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()
        self.database.close()

    def secret(self) -> str:
        """Give the secret of the store's path: made at the first start, the same ever after."""
        with self.database.writing() as transaction:
            stored = transaction.scalar("SELECT secret FROM callbacks_secret")
            if stored is not None:
                return str(stored)
            new = secrets.token_urlsafe(32)
            insert = "INSERT INTO callbacks_secret (secret) VALUES (:secret)"
            transaction.execute(insert, {"secret": new})
        return new

    def store(self, body: bytes) -> asyncio.Future[JournalError | None]:
        """Store `body`: what it gives is done when it is on the disk, or holds why it is not.

        All calls come from one event loop.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[JournalError | None] = loop.create_future()
        self._values += (time.time_ns() // 1_000, body)
        self._waiting.append(answer)
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        return answer

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            values, self._values = self._values, []
            waiting, self._waiting = self._waiting, []
            failure = await loop.run_in_executor(self._writer, self._commit, values)
            if failure is None:
                self.stored += len(waiting)
            else:
                self.failed += len(waiting)
            for answer in waiting:
                if not answer.done():  # whoever waited may have been stopped
                    answer.set_result(failure)
        self._writing = None

    def _commit(self, values: _Values) -> JournalError | None:
        try:
            with self.database.writing() as transaction:
                for start in range(0, len(values), 2 * _ROWS):
                    self._insert(transaction, values[start : start + 2 * _ROWS])
        except JournalError as failure:
            return failure
        except Exception as failure:  # noqa: BLE001  (whoever waits must be answered, whatever went wrong)
            return JournalError(f"{self.database.location}: {type(failure).__name__}.")
        return None


def _insert_sqlite(transaction: Transaction, values: _Values) -> None:
    # One statement for all: a statement a row would hand the interpreter over at every row, and
    # wait for it to come back from the loop that reads the next requests.
    transaction.driver.execute(_statement(len(values) // 2), values)


@lru_cache(maxsize=256)
def _statement(rows: int) -> str:
    places = ",".join(["(?,?)"] * rows)
    return f"INSERT INTO callbacks (received_at, body) VALUES {places}"  # noqa: S608  (placeholders)


def _insert_postgres(transaction: Transaction, values: _Values) -> None:
    rows = "COPY callbacks (received_at, body) FROM STDIN (FORMAT BINARY)"
    with transaction.driver.cursor() as cursor, cursor.copy(rows) as copy:
        copy.set_types(["int8", "bytea"])
        for row in zip(values[::2], values[1::2], strict=True):
            copy.write_row(row)
