"""How hard to press the vendor: the first request goes alone, each success opens the way wider.

Trouble narrows it; much trouble in a row closes it for a while (the circuit breaker); trouble that
lasts ends the run. Being asked to slow down (429, 800) lowers the rate, success raises it again.

What all senders together may send is the token bucket's to say. It lies in the journal and is moved
in the transaction that takes requests, so processes that share a journal share one rate. Its clock
may jump: a jump back gives no token, a jump ahead no more than the bucket holds.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: So much trouble in a row closes the way.
TROUBLES = 5
#: So many refusals in a row, with nothing accepted between them, end the run: what is wrong is
#: then mostly the same for all.
REFUSALS = 20
#: The way is closed for this long at first, twice as long each time, up to the last; in seconds.
COOLDOWN, LONGEST_COOLDOWN = 1.0, 30.0
#: A rate that was halved is back where it was after this many seconds of success.
RECOVERY = 10.0


@dataclass(frozen=True, slots=True)
class SendLimits:
    """What the person allows."""

    #: Requests in flight at once.
    concurrency: int
    #: Requests per second; None is without limit.
    rate: float | None
    #: Recipients per second; None is without limit.
    recipients_rate: float | None
    #: Seconds of trouble without one success, after which the next failure ends the run.
    patience: float


class FlowController:
    """What has been heard lately, and what follows from it; for one thread.

    >>> limits = SendLimits(concurrency=50, rate=None, recipients_rate=None, patience=60)
    >>> flow = FlowController(limits)
    >>> flow.window
    1
    >>> for _ in range(7):
    ...     flow.accepted()
    >>> flow.window
    8
    >>> flow.troubled()
    >>> flow.window
    4
    """

    def __init__(self, limits: SendLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._window = 1.0
        self._rate = limits.rate
        self._ceiling = limits.rate
        self._successes: deque[float] = deque(maxlen=64)
        self._troubles = 0
        self._refusals = 0
        self._backoff_level = 0
        self._troubled_since: float | None = None
        self._is_out_of_patience = False
        self._paused_until = 0.0

    @property
    def window(self) -> int:
        """How many requests may be in flight now."""
        return min(self._limits.concurrency, int(self._window))

    @property
    def paused_for(self) -> float:
        """Seconds for which nothing may leave."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def rate_limit(self) -> RateLimit:
        """The rates that hold now, and the pause that the vendor asked for."""
        return RateLimit(self._rate, self._limits.recipients_rate, self.paused_for)

    @property
    def exhausted(self) -> bool:
        """Whether a try just failed, and all since longer ago than the person waits."""
        return self._refusals >= REFUSALS or self._is_out_of_patience

    def accepted(self) -> None:
        """Note a success: one more may be in flight, so their number doubles each round."""
        self._successes.append(self._clock())
        self._window = min(self._window + 1, self._limits.concurrency)
        self._troubles = self._backoff_level = self._refusals = 0
        self._troubled_since, self._is_out_of_patience = None, False
        self._recover()

    def refused(self) -> None:
        """Note a request that the vendor understood and refused."""
        self._refusals += 1

    def troubled(self) -> None:
        """Note a request that did not come through: half as many may be in flight."""
        self._shrink()
        self._troubles += 1
        if self._troubles >= TROUBLES:
            # One request goes first after the pause; if it fails too, the next pause is longer.
            self._window = 1.0
            self._pause(min(COOLDOWN * 2**self._backoff_level, LONGEST_COOLDOWN))
            self._backoff_level += 1

    def throttled(self, retry_after: float | None) -> None:
        """Note that the vendor asked to slow down, for as many seconds as it said."""
        is_paused = self._paused_until > self._clock()
        self._shrink()
        wait = min(COOLDOWN * 2**self._backoff_level, LONGEST_COOLDOWN)
        wait = wait if retry_after is None else retry_after
        self._pause(wait)
        # Of many that were in flight, the first one counts.
        if not is_paused:
            self._slow_down()
            self._backoff_level += 1

    def _shrink(self) -> None:
        self._window = max(1.0, self._window / 2)
        self._troubled_since = self._troubled_since or self._clock()
        # Looked at after a failed try: a long pause that the vendor asked for is no trouble.
        self._is_out_of_patience = self._clock() - self._troubled_since > self._limits.patience

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _slow_down(self) -> None:
        rate = min(filter(None, (self._rate, self._measured_rate())), default=2.0)
        self._ceiling = self._limits.rate or rate
        self._rate = max(0.2, rate / 2)

    def _recover(self) -> None:
        if self._rate is None or self._ceiling is None or self._rate == self._limits.rate:
            return
        self._rate += self._ceiling / (RECOVERY * self._rate)
        if self._limits.rate is not None:
            self._rate = min(self._rate, self._limits.rate)
        elif self._rate > 2 * self._ceiling:
            self._rate = None

    def _measured_rate(self) -> float | None:
        if len(self._successes) < 2:
            return None
        span = self._successes[-1] - self._successes[0]
        return (len(self._successes) - 1) / span if span > 0 else None


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


def _filled(tokens: float, rate: float | None, elapsed: float, *, least: float) -> float:
    if rate is None:
        return tokens
    return min(tokens + elapsed * rate, max(least, rate * BURST_SECONDS))
