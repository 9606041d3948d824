"""Journal: what was meant, tried and answered, on the disk before anybody acts on it.

The rows of a plan are written once, as one parquet file that never changes; each of its requests
has a row in a database that says how far it came. A crash leaves a trace, not a riddle: what was
in flight when a sender ended is unknown from then on, and nobody sends it again by themselves.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import polars as pl

from msgframe.campaigns.journal import statements
from msgframe.campaigns.journal.migrations import STEPS
from msgframe.campaigns.journal.plan_store import Stored, shelf_of
from msgframe.campaigns.journal.results import REQUESTS, fates
from msgframe.campaigns.journal.session import Run, lose, moment
from msgframe.core import databases
from msgframe.errors import JournalError, JournalLocked, PlanChanged, UsageError
from msgframe.frames import MOMENT, columns, forbid_columns, quoted, require_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import sqlalchemy as sa

__all__ = ["Journal"]


class Journal:
    """What was meant, tried and answered. Several campaigns may share one.

    With an SQLite file, which belongs on a disk of this machine, the plans lie in a folder beside
    it (`saldo.db.plans`), and one process at a time sends a campaign. With PostgreSQL everything
    is in the database, and senders on several machines may share a campaign: each request is taken
    by one.

    Parameters
    ----------
    target
        A path, whose folders are made, or `postgresql://user:password@host/name`.
    busy
        Seconds to wait for another writer.
    clock
        Seconds since 1970; the machine's own clock, or PostgreSQL's, where none is given.

    Raises
    ------
    JournalError
        It cannot be opened, or was written by a later msgframe.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Journal(f"{folder}/saldo.db") as journal:
    ...     journal.campaigns().columns
    ['campaign', 'fingerprint', 'made_at', 'people', 'held', 'requests', 'planned', 'in_flight',
     'accepted', 'failed', 'unknown']
    """

    def __init__(
        self,
        target: str | Path,
        /,
        *,
        busy: float = databases.BUSY_SECONDS,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._engine = databases.open(target, busy=busy)
        self._clock = clock
        self._shelf = shelf_of(self._engine)
        try:
            databases.migrate(self._engine, "journal", STEPS)
        except BaseException:
            self._engine.dispose()
            raise

    def begin(
        self, plan: pl.DataFrame, /, *, fingerprint: str, vendor: str = "this machine"
    ) -> str:
        """Write a plan down, or find that it is there already; give its campaign's name.

        Raises
        ------
        PlanChanged
            The campaign is there with another plan.
        UsageError
            The plan holds several campaigns, or none; or this one went to another vendor, such as
            the sandbox.
        JournalError
            The plan cannot be stored; nothing of it is then.
        """
        require_columns(plan, columns("plan"), verb="send")
        forbid_columns(plan, "send", verb="send")
        if plan["campaign"].n_unique() != 1:
            raise UsageError(
                f"A plan is one campaign; this one is {plan['campaign'].n_unique()}:"
                f" {quoted(plan['campaign'].unique(maintain_order=True))}. Send them one by one."
            )
        name = str(plan["campaign"][0])
        if not self._is_there(name, fingerprint, plan):
            self._shelf.prepare(name, fingerprint, plan)
            self._store(name, fingerprint, plan)
        self._address(name, vendor)
        return name

    @contextmanager
    def sending(self, campaign: str) -> Iterator[Run]:
        """Take a campaign in hand: what a sender before left in flight becomes unknown.

        Raises
        ------
        JournalLocked
            Another process sends this campaign, and the journal is an SQLite file.
        """
        shared = self._engine.dialect.name == "postgresql"
        alone = f"campaign {campaign}"
        if shared:
            with self._sender(campaign) as run:
                yield run
            return
        with databases.holding(self._engine, alone) as free:
            if not free:
                raise JournalLocked(
                    f"Another process is sending {campaign!r} from {databases.place(self._engine)}"
                    f" ({self._last_sender(campaign)}). Wait for it or stop it, then run the same"
                    " again: what has gone is not sent again."
                )
            with self._sender(campaign) as run:
                yield run

    def recover(self, campaign: str) -> int:
        """Find requests in flight whose senders are gone, and note them as unknown; give how many.

        To be called by a sender: with an SQLite file it is alone, so every other one is gone.
        """
        with databases.reading(self._engine) as database:
            key = self._stored(database, campaign).id
            senders = database.execute(statements.SENDERS_IN_FLIGHT, {"campaign": key}).all()
        return sum(self._recover(key, *sender) for sender in senders)

    def plan(self, campaign: str) -> pl.DataFrame:
        """Give a campaign's plan as it was stored."""
        return self._plan(campaign, None)

    def campaigns(self) -> pl.DataFrame:
        """Give the campaigns, one a row: people and held rows, and its requests by state."""
        with databases.reading(self._engine) as database:
            campaigns = databases.frame(database, statements.CAMPAIGNS, _CAMPAIGNS)
        return campaigns.with_columns(pl.col("made_at").cast(MOMENT))

    def requests(self, campaign: str) -> pl.DataFrame:
        """Give a campaign's requests, one a row, with state, tries, moments and ids."""
        with databases.reading(self._engine) as database:
            key = self._stored(database, campaign).id
            requests = databases.frame(database, statements.REQUESTS, REQUESTS, campaign=key)
        return requests.with_columns(pl.col("not_before", "tried_at", "answered_at").cast(MOMENT))

    def sent(self, campaign: str) -> pl.DataFrame:
        """Give a campaign's plan with what became of each row, as `send` gives it.

        A row whose request did not go yet is held; one in flight at this moment is unknown.
        """
        return fates(self.plan(campaign), self.requests(campaign))

    def earlier(self, *, days: float = 30) -> pl.DataFrame:
        """Give who was written to lately: `msisdn`, `text_key`, `campaign`, `sent_at`.

        Rows whose request was accepted, is in flight, or is unknown; `text_key` is the first 32
        hex digits of the SHA-256 of the text.
        """
        with databases.reading(self._engine) as database:
            since = moment(database, self._clock) - round(days * 86_400e6)
            names = list(database.scalars(statements.CAMPAIGNS_SINCE, {"since": since}))
        since_then = pl.col("request_at") >= datetime.fromtimestamp(since / 1e6, UTC)
        return pl.concat(
            [_EARLIER, *(_earlier(self._fates(name).filter(since_then)) for name in names)]
        )

    def settle(self, deliveries: pl.DataFrame) -> pl.DataFrame:
        """Note that unknown requests were taken after all, where a receipt proves it.

        Parameters
        ----------
        deliveries
            What `track` gave; matches that are one of several possible prove nothing.

        Returns
        -------
        The requests that were settled: `campaign`, `request`, `people`, `receipts`.

        Raises
        ------
        ColumnsError
            The frame was not tracked.
        """
        require_columns(deliveries, _PROOF, verb="settle")
        receipts = (pl.col("matched_by").is_not_null() & ~pl.col("ambiguous")).sum()
        proven = (
            deliveries.filter(pl.col("state") == "unknown")
            .group_by("campaign", "request", maintain_order=True)
            .agg(people=pl.len(), receipts=receipts)
            .filter(pl.col("receipts") > 0)
        )
        with databases.writing(self._engine) as database:
            unknown = databases.frame(database, statements.UNKNOWN, _UNKNOWN)
            settled = proven.join(unknown, on=["campaign", "request"], how="semi")
            if settled.height:
                told = settled.select("campaign", "request", error=_TOLD).to_dicts()
                databases.many(database, statements.SETTLED, told)
        return settled

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Journal({databases.place(self._engine)!r})"

    def _plan(self, campaign: str, wanted: list[str] | None) -> pl.DataFrame:
        with databases.reading(self._engine) as database:
            return self._shelf.get(database, self._stored(database, campaign), wanted)

    def _fates(self, campaign: str) -> pl.DataFrame:
        plan = self._plan(campaign, ["campaign", "msisdn", "text", "request", "held"])
        return fates(plan, self.requests(campaign))

    def _is_there(self, name: str, fingerprint: str, plan: pl.DataFrame) -> bool:
        with databases.reading(self._engine) as database:
            row = database.execute(statements.CAMPAIGN, {"name": name}).one_or_none()
        if row is None or row.fingerprint == fingerprint:
            return row is not None
        before = self._plan(name, ["message_key"])
        now = plan.select("message_key")
        raise PlanChanged(
            f"The journal holds another plan of {name!r}: {row.fingerprint}, not {fingerprint}."
            f" Of the messages {now.join(before, on='message_key', how='semi').height:,} are the"
            f" same, {now.join(before, on='message_key', how='anti').height:,} new, and"
            f" {before.join(now, on='message_key', how='anti').height:,} gone. Nothing was"
            f" sent. Give the new plan another campaign name, or send the stored one:"
            f" journal.plan({name!r})."
        )

    def _store(self, name: str, fingerprint: str, plan: pl.DataFrame) -> None:
        requests = _requests_of(plan)
        with databases.writing(self._engine) as database:
            made = database.execute(
                statements.NEW_CAMPAIGN,
                {
                    "name": name,
                    "fingerprint": fingerprint,
                    "made_at": moment(database, self._clock),
                    "people": plan.height,
                    "requests": requests.height,
                    "held": plan["request"].null_count(),
                },
            ).scalar()
            if made is not None:
                self._shelf.put(database, made, plan)
                databases.load(database, "requests", requests.with_columns(campaign=made))
        if made is None:  # another sender was quicker
            self._is_there(name, fingerprint, plan)

    def _address(self, name: str, vendor: str) -> None:
        with databases.reading(self._engine) as database:
            before = database.scalar(statements.VENDOR, {"name": name})
        if before == vendor:
            return
        with databases.writing(self._engine) as database:
            if database.execute(statements.ADDRESS, {"name": name, "vendor": vendor}).rowcount:
                return
        raise UsageError(
            f"{name!r} in {databases.place(self._engine)} went to {before}, not to {vendor}: what"
            " one vendor took has not reached the other's people. Send it with another journal."
        )

    @contextmanager
    def _sender(self, campaign: str) -> Iterator[Run]:
        with databases.writing(self._engine) as database:
            key = self._stored(database, campaign).id
            sender = database.execute(
                statements.NEW_SENDER,
                {
                    "campaign": key,
                    "host": socket.gethostname(),
                    "pid": os.getpid(),
                    "began_at": moment(database, self._clock),
                },
            ).scalar_one()
        if self._engine.dialect.name == "sqlite":
            self.recover(campaign)
            yield Run(self._engine, key, sender, self._clock)
            return
        with databases.holding(self._engine, f"sender {sender}"):
            self.recover(campaign)
            yield Run(self._engine, key, sender, self._clock)

    def _recover(self, campaign: int, sender: int, host: str, pid: int) -> int:
        who = f"The sender before (process {pid} on {host})"
        if self._engine.dialect.name == "sqlite":
            with databases.writing(self._engine) as database:
                return lose(database, campaign, sender, who)
        with databases.holding(self._engine, f"sender {sender}") as gone:
            if not gone:
                return 0
            with databases.writing(self._engine) as database:
                return lose(database, campaign, sender, who)

    def _stored(self, database: sa.Connection, campaign: str) -> Stored:
        row = database.execute(statements.CAMPAIGN, {"name": campaign}).one_or_none()
        if row is None:
            names = list(database.scalars(statements.NAMES))
            raise JournalError(
                f"{databases.place(self._engine)} has no campaign {campaign!r}. It has"
                f" {quoted(names) or 'none'}."
            )
        return Stored(*row)

    def _last_sender(self, campaign: str) -> str:
        with databases.reading(self._engine) as database:
            key = self._stored(database, campaign).id
            row = database.execute(statements.LAST_SENDER, {"campaign": key}).one_or_none()
        return "which just began" if row is None else f"process {row.pid} on {row.host}"


def _requests_of(plan: pl.DataFrame) -> pl.DataFrame:
    return (
        plan.lazy()
        .filter(pl.col("request").is_not_null())
        .group_by("request")
        .agg(
            wave=pl.col("wave").max(),
            not_before=pl.col("not_before").max().dt.epoch("us").fill_null(0),
            recipients=pl.len(),
        )
        .sort("request")
        .collect()
    )


def _earlier(sent: pl.DataFrame) -> pl.DataFrame:
    import polars_hash as plh

    return sent.filter(pl.col("state").is_in(["accepted", "unknown"])).select(
        "msisdn",
        text_key=plh.col("text").chash.sha2_256().str.head(32),
        campaign="campaign",
        sent_at="request_at",
    )


_EARLIER = pl.DataFrame(
    schema={"msisdn": pl.Int64, "text_key": pl.String, "campaign": pl.String, "sent_at": MOMENT}
)

#: What `settle` looks at.
_PROOF = ("campaign", "request", "state", "matched_by", "ambiguous")

_TOLD = pl.format("The outcome was unknown; receipts that show it was taken: {}.", "receipts")

_UNKNOWN = {"campaign": pl.String, "request": pl.UInt32}

_CAMPAIGNS = {
    "campaign": pl.String,
    "fingerprint": pl.String,
    "made_at": pl.Int64,
    "people": pl.Int64,
    "held": pl.Int64,
    "requests": pl.Int64,
    "planned": pl.Int64,
    "in_flight": pl.Int64,
    "accepted": pl.Int64,
    "failed": pl.Int64,
    "unknown": pl.Int64,
}
