"""Where plans lie: one immutable parquet each, whole or not there at all.

Beside an SQLite file it is a file; with PostgreSQL it is kept in the database, so that a sender on
another machine finds it.
"""

from __future__ import annotations

import hashlib
import re
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from msgframe.campaigns.journal import statements
from msgframe.core.atomic_files import atomic_write
from msgframe.errors import JournalError

if TYPE_CHECKING:
    from msgframe.core.databases import Database, Transaction

#: Bytes of a plan that go into the database at once.
PART = 8 << 20


class StoredCampaign(NamedTuple):
    """What a campaign is stored under."""

    #: The key of its row.
    id: int
    #: Its name, as a person wrote it.
    name: str
    #: Its plan's fingerprint.
    fingerprint: str
    #: To whom it went, or will go; None in the journal of an early msgframe.
    vendor: str | None


class PlanStore:
    """A place that keeps a campaign's plan."""

    def prepare(self, name: str, fingerprint: str, plan: pl.DataFrame) -> None:
        """Write what must be on the disk before the campaign is."""

    def put(self, transaction: Transaction, campaign: int, plan: pl.DataFrame) -> None:
        """Write what belongs to the transaction that makes the campaign."""

    def get(
        self, transaction: Transaction, stored: StoredCampaign, columns: list[str] | None
    ) -> pl.DataFrame:
        """Give the plan back, or some columns of it."""
        raise NotImplementedError


class FilePlanStore(PlanStore):
    """A folder beside the database file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def prepare(self, name: str, fingerprint: str, plan: pl.DataFrame) -> None:
        """Write the plan's file beside its place, and put it there when it is on the disk."""
        path = self._file(name, fingerprint)
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with atomic_write(path, private=True) as beside:
                plan.write_parquet(beside)
        except (OSError, pl.exceptions.ComputeError) as error:
            raise JournalError(
                f"The plan cannot be stored at {path}: {error}. Nothing was sent."
            ) from error

    def get(
        self,
        transaction: Transaction,  # noqa: ARG002  (one in the database needs it)
        stored: StoredCampaign,
        columns: list[str] | None,
    ) -> pl.DataFrame:
        """Read the plan's file."""
        path = self._file(stored.name, stored.fingerprint)
        if not path.exists():
            raise JournalError(f"The plan of {stored.name!r} is gone: there is no {path}.")
        return pl.read_parquet(path, columns=columns)

    def _file(self, name: str, fingerprint: str) -> Path:
        # Names are people's: the file's is readable, and its own whatever they wrote.
        readable = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-")[:40]
        own = hashlib.sha256(name.encode()).hexdigest()[:8]
        return self._path / f"{readable}-{own}-{fingerprint}.parquet"


class DatabasePlanStore(PlanStore):
    """Rows of bytes in the database itself."""

    def put(self, transaction: Transaction, campaign: int, plan: pl.DataFrame) -> None:
        """Insert the plan's parquet in parts."""
        file = BytesIO()
        plan.write_parquet(file)
        file.seek(0)
        for part, chunk in enumerate(iter(partial(file.read, PART), b"")):
            row = {"campaign": campaign, "part": part, "bytes": chunk}
            transaction.execute(statements.NEW_PLAN_PART, row)

    def get(
        self, transaction: Transaction, stored: StoredCampaign, columns: list[str] | None
    ) -> pl.DataFrame:
        """Put the parts together again."""
        rows = transaction.execute(statements.PLAN_PARTS, {"campaign": stored.id}).fetchall()
        return pl.read_parquet(BytesIO(b"".join(part for (part,) in rows)), columns=columns)


def plan_store_of(database: Database) -> PlanStore:
    """Give the store that goes with a database."""
    if database.shared:
        return DatabasePlanStore()
    return FilePlanStore(Path(f"{database.location}.plans"))
