"""A callback is on the disk before it is answered: many waiters share one commit."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from msgframe import databases
from msgframe.callbacks import stores
from msgframe.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

#: The placeholder that each database's driver understands.
_INSERT = {
    "sqlite": "INSERT INTO callbacks (received_at, body) VALUES (?, ?)",
    "postgresql": "INSERT INTO callbacks (received_at, body) VALUES (%s, %s)",
}

_Waiting = list[tuple[int, bytes, "asyncio.Future[None]"]]


class Keeper:
    """Holds a store open and keeps what it is given, in groups, each group one commit.

    While a commit waits for the disk, the next callbacks gather; so the busier it is, the larger
    the groups, and nobody waits for longer than two commits.
    """

    def __init__(self, store: str | Path) -> None:
        self._engine = databases.open(store)
        databases.migrate(self._engine, stores.ROOM, stores.STEPS)
        self._insert = _INSERT[self._engine.dialect.name]
        self._waiting: _Waiting = []
        self._changed = threading.Condition()
        self._closing = False
        self._writer = threading.Thread(target=self._write, name="msgframe-keeper", daemon=True)

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join()
        self._engine.dispose()

    def secret(self) -> str:
        """Give the secret of the store's path: made at the first start, the same ever after."""
        with databases.writing(self._engine) as database:
            found = database.exec_driver_sql("SELECT secret FROM callbacks_secret").scalar()
            if found is not None:
                return str(found)
            made = secrets.token_urlsafe(32)
            database.execute(
                sa.text("INSERT INTO callbacks_secret (secret) VALUES (:made)"), {"made": made}
            )
        return made

    async def keep(self, body: bytes) -> None:
        """Return when `body` is on the disk.

        Raises
        ------
        JournalError
            It could not be written: nothing of it is kept.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._closing:
                raise JournalError("The store is closing.")
            self._waiting.append((time.time_ns() // 1_000, body, kept))
            self._changed.notify()
        await kept

    def _write(self) -> None:
        while batch := self._next():
            failure = self._commit(batch)
            loop = batch[0][2].get_loop()
            loop.call_soon_threadsafe(_answer, batch, failure)

    def _next(self) -> _Waiting:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            batch, self._waiting = self._waiting, []
        return batch

    def _commit(self, batch: _Waiting) -> JournalError | None:
        try:
            with databases.writing(self._engine) as database:
                database.exec_driver_sql(self._insert, [(at, body) for at, body, _ in batch])
        except JournalError as failure:
            return failure
        return None


def _answer(batch: _Waiting, failure: JournalError | None) -> None:
    for _, _, kept in batch:
        if kept.cancelled():  # its sender went away; what it sent is kept all the same
            continue
        if failure is None:
            kept.set_result(None)
        else:
            kept.set_exception(failure)
