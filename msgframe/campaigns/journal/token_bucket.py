"""The token bucket: how many requests and recipients may leave now, for all senders together.

It lies in the journal and is moved in the transaction that takes requests, so processes that share
a journal share one rate. Its clock may jump: a jump back gives no token, a jump ahead no more than
the bucket holds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from msgframe.campaigns.journal import statements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgframe.core.databases import Transaction

#: A bucket holds what runs in during this time, in seconds, and never less than one request.
BURST_SECONDS = 0.1


class RateLimit(NamedTuple):
    """How fast a sender may go."""

    #: Requests per second; None is without limit.
    requests: float | None = None
    #: Recipients per second; None is without limit.
    recipients: float | None = None
    #: Seconds for which nobody may send, since the vendor asked for it.
    paused_for: float = 0.0


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """The tokens that are there at a moment."""

    #: Requests that may leave.
    requests: float
    #: Recipients that may be written to; below zero after a large request, which takes them ahead.
    recipients: float
    #: When it was last moved, microseconds since 1970.
    moved_at: int
    #: Until when nothing leaves, microseconds since 1970.
    paused_until: int = 0

    def refilled(self, limit: RateLimit, now: int) -> TokenBucket:
        """Let run in what came since it was last moved.

        >>> TokenBucket(0, 0, moved_at=0).refilled(RateLimit(requests=50), now=20_000).requests
        1.0
        >>> TokenBucket(0, 0, moved_at=9_000_000).refilled(RateLimit(requests=50), now=0).requests
        0.0
        """
        back = max(0, self.moved_at - now)
        elapsed = max(0, now - self.moved_at) / 1e6
        return TokenBucket(
            _filled(self.requests, limit.requests, elapsed, least=1.0),
            _filled(self.recipients, limit.recipients, elapsed, least=0.0),
            moved_at=now,
            # After a jump back the wait is as long as it was before.
            paused_until=max(self.paused_until - back, now + round(limit.paused_for * 1e6)),
        )

    def grants(self, limit: RateLimit, wanted: Iterable[int], now: int) -> tuple[int, TokenBucket]:
        """Say how many of the wanted requests, given by their recipients, may leave now.

        >>> bucket = TokenBucket(5, 10, moved_at=0)
        >>> bucket.grants(RateLimit(recipients=10), [50_000, 50_000], now=0)
        (1, TokenBucket(requests=5, recipients=-49990, moved_at=0, paused_until=0))
        """
        requests, recipients, granted = self.requests, self.recipients, 0
        for people in wanted if now >= self.paused_until else ():
            if limit.requests is not None:
                if requests < 1:
                    break
                requests -= 1
            if limit.recipients is not None:
                if recipients <= 0:
                    break
                recipients -= people
            granted += 1
        return granted, replace(self, requests=requests, recipients=recipients)

    def wait(self, limit: RateLimit, now: int) -> float:
        """Give the seconds until the next request may leave."""
        waits = [(self.paused_until - now) / 1e6]
        if limit.requests is not None and self.requests < 1:
            waits.append((1 - self.requests) / limit.requests)
        if limit.recipients is not None and self.recipients <= 0:
            waits.append(max(1e-3, -self.recipients / limit.recipients))
        return max(0.0, *waits)


def read(transaction: Transaction, limit: RateLimit, now: int) -> TokenBucket:
    """Read the bucket that all senders share, refilled; it is locked until the transaction ends."""
    row = transaction.execute(statements.BUCKET).fetchone() or (inf, inf, now)
    return TokenBucket(*row).refilled(limit, now)


def write(transaction: Transaction, bucket: TokenBucket) -> None:
    """Write the bucket back."""
    transaction.execute(statements.SET_BUCKET, asdict(bucket))


def _filled(tokens: float, rate: float | None, elapsed: float, *, least: float) -> float:
    if rate is None:
        return tokens
    return min(tokens + elapsed * rate, max(least, rate * BURST_SECONDS))
