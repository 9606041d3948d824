"""The desk: where couriers hand in what they heard and get the next request.

One thread sits at it and writes: all that was handed in since its last step is one commit, together
with the requests that go out next. So a request is on the disk before it leaves, and the disk is
asked once for many of them.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from msgframe.campaigns.journal.session import Step
from msgframe.campaigns.journal.token_bucket import RateLimit
from msgframe.errors import JournalError, MsgframeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgframe.campaigns.journal.session import Claim, Outcome, SendSession
    from msgframe.campaigns.sending.flow_control import Pressure
    from msgframe.errors import ApiError, DataError, Throttled, UsageError

#: Where several senders share a campaign, one looks this often for what the others did, in seconds.
LOOK_AROUND = 0.5
#: No wait is shorter, so that a moment that is just being reached is not asked for in a loop.
SHORTEST_WAIT = 0.005


class Desk:
    """Gives out requests and takes in outcomes of `staff` couriers.

    `told` is called with each batch of outcomes that was written down, `look_around` while others
    have in flight what is left.
    """

    def __init__(
        self,
        run: SendSession,
        pressure: Pressure,
        *,
        staff: int,
        max_wait: float,
        told: Callable[[list[Outcome]], None],
        look_around: Callable[[], object],
    ) -> None:
        self.pressure = pressure
        #: Why nothing more goes out, where that is an error.
        self.error: BaseException | None = None
        #: Until when the next request has to wait, where that is too long to stay.
        self.later: datetime | None = None
        #: Set when all is written down, or nothing more can be.
        self.closed = threading.Event()
        #: How many couriers there are.
        self.staff = staff
        self._run = run
        self._present = staff
        self._max_wait = max_wait
        self._told = told
        self._look_around = look_around
        self._counter: SimpleQueue[tuple[Outcome | None, SimpleQueue[Claim | None]] | None]
        self._counter = SimpleQueue()
        self._mine = threading.local()
        self._waiting: deque[SimpleQueue[Claim | None]] = deque()
        self._outcomes: list[Outcome] = []
        self._in_flight = 0
        self._stopping = False
        self._worry: BaseException | None = None

    def next(self, outcome: Outcome | None) -> Claim | None:
        """Hand in an outcome and wait for the next request; None: go home."""
        tray = self._tray()
        self._counter.put((outcome, tray))
        return tray.get()

    def stop(self, error: BaseException | None = None) -> None:
        """Give nothing more out; what is in flight is heard to its end."""
        self.error = self.error or error
        self._stopping = True
        self._counter.put(None)

    def trouble(self, error: ApiError) -> None:
        """Note that a request did not come through."""
        self.pressure.troubled()
        self._worry = error

    def throttle(self, busy: Throttled) -> None:
        """Note that the vendor asked to slow down."""
        self.pressure.throttled(busy.retry_after)
        self._worry = busy

    def refusal(self, error: ApiError | UsageError | DataError) -> None:
        """Note that a request was refused."""
        self.pressure.refused()
        self._worry = error

    def serve(self) -> None:
        """Sit at the desk until every courier has gone home; runs in a thread of its own."""
        try:
            wait: float | None = None
            while wait is None or wait >= 0:
                self._gather(wait)
                wait = self._work()
        except BaseException as error:  # noqa: BLE001  (a desk that dies must let the couriers go)
            self.error = error if isinstance(error, JournalError) else self.error or error
        finally:
            self._close()

    def _work(self) -> float | None:
        """Do one step; give the seconds to wait for the next visit, below zero to end."""
        if self.pressure.exhausted and not self._stopping:
            self.stop(self._worry)
        wanted = 0 if self._stopping else self._room()
        if not wanted and not self._outcomes:
            return self._patience(Step([], None, finished=False))
        step = self._run.step(self._outcomes, wanted, self.pressure.pace)
        self._report()
        for claim in step.claims:
            self._waiting.popleft().put(claim)
        self._in_flight += len(step.claims)
        return self._patience(step)

    def _patience(self, step: Step) -> float | None:
        if self._in_flight:
            # With no room left, nothing can go out before an answer comes in.
            open_ = self._room() and not self._stopping and step.wait is not None
            return max(SHORTEST_WAIT, step.wait or 0.0) if open_ else None
        if step.finished or self._stopping:
            return -1.0
        if step.wait is not None and step.wait > self._max_wait:
            self.later = datetime.now(UTC) + timedelta(seconds=step.wait)
            return -1.0
        if step.wait is None and self._waiting:
            self._look_around()
        return min(LOOK_AROUND, max(SHORTEST_WAIT, step.wait or LOOK_AROUND))

    def _room(self) -> int:
        return max(0, min(len(self._waiting), self.pressure.window - self._in_flight))

    def _gather(self, wait: float | None) -> None:
        try:
            self._take_in(self._counter.get(timeout=wait))
            while True:
                self._take_in(self._counter.get_nowait())
        except Empty:
            return

    def _take_in(self, visit: tuple[Outcome | None, SimpleQueue[Claim | None]] | None) -> None:
        if visit is None:
            return
        outcome, tray = visit
        self._waiting.append(tray)
        if outcome is not None:
            self._outcomes.append(outcome)
            self._in_flight -= 1

    def _report(self) -> None:
        if self._outcomes:
            self._told(self._outcomes)
            self._outcomes = []

    def _close(self) -> None:
        """Send everybody home, and write down what they still bring."""
        while self._present:
            while self._waiting:
                self._waiting.popleft().put(None)
                self._present -= 1
            if self._present:
                self._gather(None)
        try:
            self._write_last()
        finally:
            self.closed.set()

    def _write_last(self) -> None:
        if not self._outcomes:
            return
        try:
            self._run.step(self._outcomes, 0, RateLimit())
        except MsgframeError as error:
            self.error = JournalError(
                f"{error} {len(self._outcomes):,} answers could not be written down: their"
                " requests will be unknown."
            )
        else:
            self._report()

    def _tray(self) -> SimpleQueue[Claim | None]:
        if not hasattr(self._mine, "tray"):
            self._mine.tray = SimpleQueue()
        tray: SimpleQueue[Claim | None] = self._mine.tray
        return tray
