"""The receiver's store as both sides know it: one table, each callback as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from msgframe.core.databases import Database

COMPONENT = "callbacks"

#: `received_at` is in microseconds since 1970, UTC; `body` is what was posted, byte for byte.
MIGRATIONS = [
    "CREATE TABLE callbacks (id {serial}, received_at BIGINT NOT NULL, body {bytes} NOT NULL)",
    "CREATE TABLE callbacks_secret (secret TEXT NOT NULL)",
]

_STORED = {"id": pl.Int64, "received_at": pl.Int64, "body": pl.Binary}


def is_store(source: str | Path) -> bool:
    """Say whether a source is a database: by its URL, or by the first bytes of the file."""
    from pathlib import Path

    if isinstance(source, str) and "://" in source:
        return True
    path = Path(source)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def stored(database: Database, *, after: int = 0) -> pl.DataFrame:
    """Give what the store holds past the row `after`, as it came: one state of it while it runs."""
    query = "SELECT id, received_at, body FROM callbacks WHERE id > :after ORDER BY id"
    with database.reading() as transaction:
        return transaction.frame(query, _STORED, after=after)


def count(database: Database) -> int:
    """Count what the store holds."""
    with database.reading() as transaction:
        return int(transaction.scalar("SELECT COUNT(*) FROM callbacks"))
