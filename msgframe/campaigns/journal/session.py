"""A sender at work: what it takes is written down before it leaves, what it hears after.

All of a sender's steps are one transaction each: the answers that came in, and the requests that
go out next. Many answers share one, so the disk is asked once for all of them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgframe.campaigns.journal import statements, token_bucket
from msgframe.core import databases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from msgframe.campaigns.journal.token_bucket import Pace


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


class Run:
    """One sender's hold on a campaign; made by `Journal.sending`."""

    def __init__(
        self, engine: sa.Engine, campaign: int, sender: int, clock: Callable[[], float] | None
    ) -> None:
        self._engine = engine
        self._facts: dict[str, int] = {"campaign": campaign, "sender": sender, "last": LAST_WAVE}
        self._clock = clock

    def step(self, outcomes: Sequence[Outcome], wanted: int, pace: Pace) -> Step:
        """Write down what was heard, and take up to `wanted` requests to send, in one commit.

        Raises
        ------
        JournalError
            Nothing of it is written down, and nothing may be sent.
        """
        with databases.writing(self._engine) as database:
            now = moment(database, self._clock)
            if outcomes:
                heard = [self._row(outcome, now) for outcome in outcomes]
                databases.many(database, statements.HEARD, heard)
            if wanted or pace.closed_for:
                return self._take(database, wanted, pace, now)
        return Step([], None, finished=False)

    def stop_after(self, wave: int = LAST_WAVE) -> None:
        """Give out no request of a later wave; what is left then counts as finished."""
        self._facts["last"] = wave

    def waiting(self) -> int:
        """Count the people whose request did not go yet."""
        with databases.reading(self._engine) as database:
            return int(database.scalar(statements.WAITING, self._facts) or 0)

    def forget(self, states: Sequence[str]) -> int:
        """Plan the requests of these states again, and give how many; a person asked for it."""
        if not states:
            return 0
        with databases.writing(self._engine) as database:
            again = database.execute(statements.AGAIN, {**self._facts, "states": list(states)})
            return again.rowcount

    def _take(self, database: sa.Connection, wanted: int, pace: Pace, now: int) -> Step:
        bucket = token_bucket.read(database, pace, now)
        found = database.execute(
            statements.PLANNED[database.dialect.name], {**self._facts, "now": now, "wanted": wanted}
        ).all()
        granted, left = bucket.grants(pace, [row.recipients for row in found], now)
        claims = [Claim(row.request, row.attempts + 1, row.recipients) for row in found[:granted]]
        if claims:
            taken = [{**self._facts, "request": claim.request, "now": now} for claim in claims]
            databases.many(database, statements.TAKEN, taken)
        token_bucket.write(database, left)
        if claims or found:
            return Step(claims, left.wait(pace, now), finished=False)
        return self._rest(database, now)

    def _rest(self, database: sa.Connection, now: int) -> Step:
        open_ = database.execute(statements.OPEN, self._facts).one()
        if open_.next is None:
            return Step([], None, finished=not open_.in_flight)
        return Step([], max(0.0, (open_.next - now) / 1e6), finished=False)

    def _row(self, outcome: Outcome, now: int) -> dict[str, object]:
        return {
            **self._facts,
            "request": outcome.claim.request,
            "attempt": outcome.claim.attempt,
            "state": outcome.state,
            "answered_at": now,
            "code": outcome.code,
            "status": outcome.status,
            "verification_id": outcome.verification_id,
            "transaction_id": outcome.transaction_id,
            "error": outcome.error,
        }


def lose(database: sa.Connection, campaign: int, sender: int, who: str) -> int:
    """Note that a sender ended before its answers came: its requests are unknown from now on."""
    lost = database.execute(
        statements.LOST,
        {
            "campaign": campaign,
            "sender": sender,
            "error": f"{who} ended before the answer was written down: the texts may be out.",
        },
    )
    return lost.rowcount


def moment(database: sa.Connection, clock: Callable[[], float] | None) -> int:
    """Give now in microseconds: of senders on several machines only the database's clock is one."""
    if clock is None and database.dialect.name == "postgresql":
        return int(database.scalar(statements.CLOCK) or 0)
    return round((clock or time.time)() * 1e6)
