"""A sender at work: what it takes is written down before it leaves, what it hears after.

All of a sender's steps are one transaction each: the answers that came in, and the requests that
go out next. Many answers share one, so the disk is asked once for all of them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from math import inf
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgframe.campaigns.flow_control import TokenBucket
from msgframe.campaigns.journal import statements
from msgframe.core.translation import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msgframe.campaigns.flow_control import RateLimit
    from msgframe.core.databases import Database, Transaction

#: Beyond every wave.
LAST_WAVE = 2**32 - 1


class Claim(NamedTuple):
    """A request that this sender, and nobody else, may send now: it is written down as such."""

    #: Its number in the plan.
    request: int
    #: The how-manieth try this is, from 1.
    attempt: int
    #: How many people it reaches.
    recipients: int


class Outcome(NamedTuple):
    """What became of a claim."""

    claim: Claim
    #: `planned` puts it back, for certainly nothing was sent.
    state: Literal["planned", "accepted", "failed", "unknown"]
    code: int | None = None
    status: int | None = None
    verification_id: str | None = None
    transaction_id: str | None = None
    error: str | None = None


class Step(NamedTuple):
    """What a step gave."""

    #: The requests to send now.
    claims: list[Claim]
    #: Seconds until asking again may give more; None: not before an answer comes in.
    wait: float | None
    #: Whether nothing is left to send or to hear of.
    finished: bool


class SendSession:
    """One sender's hold on a campaign; made by `Journal.sending`."""

    def __init__(
        self, database: Database, campaign: int, sender: int, clock: Callable[[], float] | None
    ) -> None:
        self._database = database
        self._keys: dict[str, int] = {"campaign": campaign, "sender": sender, "last": LAST_WAVE}
        self._clock = clock

    def step(self, outcomes: Sequence[Outcome], wanted: int, limit: RateLimit) -> Step:
        """Write down what was heard, and take up to `wanted` requests to send, in one commit.

        Raises
        ------
        JournalError
            Nothing of it is written down, and nothing may be sent.
        """
        with self._database.writing() as transaction:
            now = transaction.now_us(self._clock)
            if outcomes:
                rows = [self._row(outcome, now) for outcome in outcomes]
                transaction.executemany(statements.RECORD_OUTCOME, rows)
            if wanted or limit.paused_for:
                return self._claim(transaction, wanted, limit, now)
        return Step([], None, finished=False)

    def stop_after(self, wave: int = LAST_WAVE) -> None:
        """Give out no request of a later wave; what is left then counts as finished."""
        self._keys["last"] = wave

    def waiting(self) -> int:
        """Count the people whose request did not go yet."""
        with self._database.reading() as transaction:
            return int(transaction.scalar(statements.WAITING, self._keys))

    def requeue(self, states: Sequence[str]) -> int:
        """Plan the requests of these states again, and give how many; a person asked for it."""
        if not states:
            return 0
        rows = [{**self._keys, "state": state} for state in states]
        with self._database.writing() as transaction:
            return transaction.executemany(statements.REQUEUE, rows)

    def recover(self) -> None:
        """Find requests in flight whose senders are gone: they are unknown from now on.

        With an SQLite file this sender is alone, so every other one is gone.
        """
        with self._database.reading() as transaction:
            senders = transaction.execute(statements.SENDERS_IN_FLIGHT, self._keys).fetchall()
        for sender, host, pid in senders:
            with sender_lock(self._database, sender) as is_gone:
                if is_gone:
                    error = translate("send.sender_ended", host=host, pid=pid)
                    keys = {**self._keys, "sender": sender, "error": error}
                    with self._database.writing() as transaction:
                        transaction.execute(statements.MARK_UNKNOWN, keys)

    def _claim(self, transaction: Transaction, wanted: int, limit: RateLimit, now: int) -> Step:
        tokens = transaction.execute(statements.BUCKET).fetchone() or (inf, inf, now)
        keys = {**self._keys, "now": now, "wanted": wanted}
        planned = [Claim(*row) for row in transaction.execute(statements.PLANNED, keys).fetchall()]
        bucket = TokenBucket(*tokens).refilled(limit, now)
        granted, bucket = bucket.grants(limit, [claim.recipients for claim in planned], now)
        wait, claims = bucket.wait(limit, now), planned[:granted]
        if claims:
            rows = [{**self._keys, "request": claim.request, "now": now} for claim in claims]
            transaction.executemany(statements.CLAIM, rows)
        transaction.execute(statements.SET_BUCKET, asdict(bucket))
        if planned and (len(planned) == wanted or granted < len(planned)):
            return Step(claims, wait, finished=False)
        # Nothing more may go now, so the next look need not come before the next moment.
        in_flight, not_before = transaction.execute(statements.PENDING, self._keys).fetchone()
        if not_before is None:
            return Step(claims, None, finished=not in_flight)
        return Step(claims, max(0.0, (not_before - now) / 1e6), finished=False)

    def _row(self, outcome: Outcome, now: int) -> dict[str, object]:
        claim, facts = outcome.claim, outcome._asdict()
        facts |= {"request": claim.request, "attempt": claim.attempt, "now": now}
        return facts | self._keys


def sender_lock(database: Database, sender: int) -> AbstractContextManager[bool]:
    """Hold what shows that a sender lives; with an SQLite file the campaign's lock shows it."""
    return database.advisory_lock(f"sender {sender}") if database.shared else nullcontext(True)
