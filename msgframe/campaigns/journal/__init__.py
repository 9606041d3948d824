"""Journal: what was meant, tried and answered, on the disk before anybody acts on it.

The rows of a plan are written once, as one parquet file that never changes; each of its requests
has a row in a database that says how far it came. A crash leaves a trace, not a riddle: what was
in flight when a sender ended is unknown from then on, and nobody sends it again by themselves.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import polars as pl

from msgframe.campaigns.journal import statements
from msgframe.campaigns.journal.plan_store import StoredCampaign, plan_store_of
from msgframe.campaigns.journal.session import SendSession, sender_lock
from msgframe.campaigns.journal.statements import MIGRATIONS, REQUESTS_SCHEMA
from msgframe.campaigns.planning.keys import text_key
from msgframe.core import databases
from msgframe.core.translation import template_of, translate
from msgframe.errors import JournalError, JournalLocked, PlanChanged, UsageError
from msgframe.frames import MAY_HAVE_LEFT, MOMENT, columns, quoted, require_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from msgframe.core.databases import Transaction

__all__ = ["Journal", "join_results"]


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
        self._database = databases.open(target, busy=busy)
        self._clock = clock
        self._plans = plan_store_of(self._database)
        try:
            self._database.migrate("journal", MIGRATIONS)
        except BaseException:
            self._database.close()
            raise

    def begin(
        self, plan: pl.DataFrame, /, *, fingerprint: str, vendor: str = "this machine"
    ) -> str:
        """Write a plan down, as `send` has checked it, or find it there; give its campaign's name.

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
        if plan["campaign"].n_unique() != 1:
            raise UsageError(
                f"A plan is one campaign; this one is {plan['campaign'].n_unique()}:"
                f" {quoted(plan['campaign'].unique(maintain_order=True))}. Send them one by one."
            )
        name = str(plan["campaign"][0])
        stored = self._find(name)
        if stored is None:
            self._plans.prepare(name, fingerprint, plan)
            if not self._store(name, fingerprint, vendor, plan):  # another sender was quicker
                return self.begin(plan, fingerprint=fingerprint, vendor=vendor)
        elif stored.fingerprint != fingerprint:
            raise self._plan_changed(stored, fingerprint, plan)
        elif stored.vendor != vendor:
            self._bind_vendor(stored, vendor)
        return name

    @contextmanager
    def sending(self, campaign: str) -> Iterator[SendSession]:
        """Take a campaign in hand: what a sender before left in flight becomes unknown.

        Raises
        ------
        JournalLocked
            Another process sends this campaign, and the journal is an SQLite file.
        """
        database = self._database
        lock = database.advisory_lock(f"campaign {campaign}")
        with nullcontext(True) if database.shared else lock as is_free:
            if not is_free:
                raise JournalLocked(
                    f"Another process is sending {campaign!r} from {database.location}"
                    f" ({self._last_sender(campaign)}). Wait for it or stop it, then run the same"
                    " again: what has gone is not sent again."
                )
            key, sender = self._new_sender(campaign)
            with sender_lock(database, sender):
                session = SendSession(database, key, sender, self._clock)
                session.recover()
                yield session

    def plan(self, campaign: str, *, columns: list[str] | None = None) -> pl.DataFrame:
        """Give a campaign's plan as it was stored, or some columns of it."""
        with self._database.reading() as transaction:
            return self._plans.get(transaction, self._stored(transaction, campaign), columns)

    def campaigns(self) -> pl.DataFrame:
        """Give the campaigns, one a row: people and held rows, and its requests by state."""
        with self._database.reading() as transaction:
            campaigns = transaction.frame(statements.CAMPAIGNS, _CAMPAIGNS_SCHEMA)
        return campaigns.with_columns(pl.col("made_at").cast(MOMENT))

    def requests(self, campaign: str) -> pl.DataFrame:
        """Give a campaign's requests, one a row, with state, tries, moments and ids."""
        with self._database.reading() as transaction:
            key = self._stored(transaction, campaign).id
            requests = transaction.frame(statements.REQUESTS, REQUESTS_SCHEMA, campaign=key)
        return requests.with_columns(pl.col("not_before", "tried_at", "answered_at").cast(MOMENT))

    def sent(self, campaign: str) -> pl.DataFrame:
        """Give a campaign's plan with what became of each row, as `send` gives it.

        A row whose request did not go yet is held; one in flight at this moment is unknown.
        """
        return join_results(self.plan(campaign), self.requests(campaign))

    def earlier(self, *, days: float = 30) -> pl.DataFrame:
        """Give who was written to lately: `msisdn`, `text_key`, `campaign`, `sent_at`.

        Rows whose request was accepted, is in flight, or is unknown; `text_key` is the first 32
        hex digits of the SHA-256 of the text.
        """
        with self._database.reading() as transaction:
            since = transaction.now_us(self._clock) - round(days * 86_400e6)
            rows = transaction.execute(statements.CAMPAIGNS_SINCE, {"since": since}).fetchall()
        since_then = pl.col("request_at") >= datetime.fromtimestamp(since / 1e6, UTC)
        return pl.concat(
            [_EARLIER, *(_earlier(self._results(name).filter(since_then)) for (name,) in rows)]
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
        with self._database.writing() as transaction:
            unknown = transaction.frame(statements.UNKNOWN, _UNKNOWN_SCHEMA)
            settled = proven.join(unknown, on=["campaign", "request"], how="semi")
            if settled.height:
                rows = settled.select("campaign", "request", error=_settled_by()).to_dicts()
                transaction.executemany(statements.SETTLE, rows)
        return settled

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Journal({self._database.location!r})"

    def _results(self, campaign: str) -> pl.DataFrame:
        columns = ["campaign", "msisdn", "text", "request", "held"]
        return join_results(self.plan(campaign, columns=columns), self.requests(campaign))

    def _find(self, name: str) -> StoredCampaign | None:
        with self._database.reading() as transaction:
            row = transaction.execute(statements.CAMPAIGN, {"name": name}).fetchone()
        return StoredCampaign(*row) if row else None

    def _plan_changed(
        self, stored: StoredCampaign, fingerprint: str, plan: pl.DataFrame
    ) -> PlanChanged:
        name = stored.name
        before, now = self.plan(name, columns=["message_key"]), plan.select("message_key")
        return PlanChanged(
            f"The journal holds another plan of {name!r}: {stored.fingerprint}, not {fingerprint}."
            f" Of the messages {now.join(before, on='message_key', how='semi').height:,} are the"
            f" same, {now.join(before, on='message_key', how='anti').height:,} new, and"
            f" {before.join(now, on='message_key', how='anti').height:,} gone. Nothing was"
            f" sent. Give the new plan another campaign name, or send the stored one:"
            f" journal.plan({name!r})."
        )

    def _store(self, name: str, fingerprint: str, vendor: str, plan: pl.DataFrame) -> bool:
        """Store a new campaign, and say whether it was new still."""
        requests = _requests_of(plan)
        campaign = {
            "name": name,
            "fingerprint": fingerprint,
            "people": plan.height,
            "requests": requests.height,
            "held": plan["request"].null_count(),
            "vendor": vendor,
        }
        with self._database.writing() as transaction:
            campaign["made_at"] = transaction.now_us(self._clock)
            key = transaction.scalar(statements.NEW_CAMPAIGN, campaign)
            if key is not None:
                self._plans.put(transaction, key, plan)
                transaction.bulk_insert("requests", requests.with_columns(campaign=key))
        return key is not None

    def _bind_vendor(self, stored: StoredCampaign, vendor: str) -> None:
        with self._database.writing() as transaction:
            row = {"name": stored.name, "vendor": vendor}
            is_bound = transaction.execute(statements.BIND_VENDOR, row).rowcount
        if not is_bound:
            raise UsageError(
                f"{stored.name!r} in {self._database.location} went to {stored.vendor}, not to"
                f" {vendor}: what one vendor took has not reached the other's people. Send it with"
                " another journal."
            )

    def _new_sender(self, campaign: str) -> tuple[int, int]:
        """Give the keys of a campaign, and of one more sender of it."""
        with self._database.writing() as transaction:
            key = self._stored(transaction, campaign).id
            began_at = transaction.now_us(self._clock)
            sender = {"host": socket.gethostname(), "pid": os.getpid(), "began_at": began_at}
            return key, transaction.scalar(statements.NEW_SENDER, sender | {"campaign": key})

    def _stored(self, transaction: Transaction, campaign: str) -> StoredCampaign:
        row = transaction.execute(statements.CAMPAIGN, {"name": campaign}).fetchone()
        if row is None:
            names = [name for (name,) in transaction.execute(statements.NAMES).fetchall()]
            raise JournalError(
                f"{self._database.location} has no campaign {campaign!r}. It has"
                f" {quoted(names) or 'none'}."
            )
        return StoredCampaign(*row)

    def _last_sender(self, campaign: str) -> str:
        with self._database.reading() as transaction:
            key = self._stored(transaction, campaign).id
            row = transaction.execute(statements.LAST_SENDER, {"campaign": key}).fetchone()
        return "which just began" if row is None else "process {1} on {0}".format(*row)


def join_results(plan: pl.DataFrame, requests: pl.DataFrame, *, reason: str = "") -> pl.DataFrame:
    """Join to each row of a plan what became of its request; rows keep their order.

    >>> plan = pl.DataFrame(
    ...     {"request": [0, None], "held": [None, "quiet_hours"]},
    ...     schema_overrides={"request": pl.UInt32},
    ... )
    >>> requests = pl.DataFrame(
    ...     [(0, 0, None, 1, "accepted", 1, 1, 2, 200, 200, "1234", None, None)],
    ...     schema=REQUESTS_SCHEMA,
    ...     orient="row",
    ... )
    >>> join_results(plan, requests).select("state", "response_code", "error").rows()
    [('accepted', 200, None), ('held', None, 'quiet_hours')]
    """
    state = pl.col("state")
    waiting = pl.lit(": ".join(filter(None, [translate("send.not_yet"), reason])))
    return plan.join(
        requests.select(
            pl.col("request").cast(pl.UInt32),
            "state",
            request_at=pl.col("tried_at").cast(MOMENT),
            response_code=pl.col("code").cast(pl.Int32),
            verification_id="verification_id",
            transaction_id="transaction_id",
            error="error",
        ),
        on="request",
        how="left",
        maintain_order="left",
    ).with_columns(
        error=pl.when(state.is_null())
        .then("held")
        .when(state == "planned")
        .then(pl.concat_str([waiting, "error"], separator="; ", ignore_nulls=True))
        .when(state == "in flight")
        .then(pl.lit(translate("send.no_answer")))
        .otherwise("error"),
        request_at=pl.when(state != "planned").then("request_at"),
        state=state.replace({"planned": "held", "in flight": "unknown"})
        .fill_null("held")
        .cast(columns("send")["state"]),
    )


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
    return sent.filter(MAY_HAVE_LEFT).select(
        "msisdn",
        text_key=text_key(),
        campaign="campaign",
        sent_at="request_at",
    )


def _settled_by() -> pl.Expr:
    sentence = str(template_of("send.settled"))
    return pl.format(sentence.replace("{receipts}", "{}"), "receipts")


_EARLIER = pl.DataFrame(
    schema={"msisdn": pl.Int64, "text_key": pl.String, "campaign": pl.String, "sent_at": MOMENT}
)

#: What `settle` looks at.
_PROOF = ("campaign", "request", "state", "matched_by", "ambiguous")

_UNKNOWN_SCHEMA = {"campaign": pl.String, "request": pl.UInt32}

_COUNTS = ("people", "held", "requests", "planned", "in_flight", "accepted", "failed", "unknown")

_CAMPAIGNS_SCHEMA = {"campaign": pl.String, "fingerprint": pl.String} | dict.fromkeys(
    ["made_at", *_COUNTS], pl.Int64
)
