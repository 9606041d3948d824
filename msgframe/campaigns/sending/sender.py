"""The sender: one thread that writes the journal, and workers that each send one request at a time.

All answers that came in since the last step are one commit, together with the requests that go out
next. So a request is on the disk before it leaves, and the disk is asked once for many of them.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import polars as pl

from msgframe.campaigns.flow_control import FlowController, RateLimit
from msgframe.campaigns.journal.session import Outcome, Step
from msgframe.core import progress
from msgframe.core.masking import mask_text
from msgframe.core.translation import translate
from msgframe.errors import (
    ApiError,
    AuthFailed,
    DataError,
    InsufficientCredit,
    JournalError,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Throttled,
    UsageError,
)
from msgframe.frames import columns, require_columns

if TYPE_CHECKING:
    from msgframe.campaigns.flow_control import SendLimits
    from msgframe.campaigns.journal.session import Claim, SendSession
    from msgframe.core.vendor import VendorClient

_log = logging.getLogger(__name__)

#: Where several senders share a campaign, one looks this often for what the others did, in seconds.
POLL_INTERVAL = 0.5
#: No wait is shorter, so that a moment that is just being reached is not asked for in a loop.
SHORTEST_WAIT = 0.005
#: A wait that never comes: the sender is done.
_END = -1.0

#: What a request needs of a row, beside the columns that `plan` adds.
NEEDED = ("country_code", "mobile", "text", "template", "variables")


class RequestBuilder:
    """The requests of a plan by their number; the vendor's client makes each when it is asked for.

    Raises
    ------
    ColumnsError
        The plan lacks a column that a request is made of.
    """

    def __init__(self, plan: pl.DataFrame, client: VendorClient) -> None:
        require_columns(plan, NEEDED, verb="send")
        self.client = client
        self._rows = _in_order(plan.select(*columns("plan"), *NEEDED))
        runs = self._rows["request"].rle().struct
        self._numbers = runs.field("value").to_list()
        #: How many requests there are.
        self.count = len(self._numbers)
        self._starts = [0, *runs.field("len").cast(pl.Int64).cum_sum()]

    def request(self, number: int) -> Any:
        """Make the request of this number.

        Raises
        ------
        UsageError
            The plan says what the vendor would refuse.
        """
        index = bisect(self._numbers, number)
        start, end = self._starts[index - 1 : index + 1]
        return self.client.request(self._rows.slice(start, end - start))


class Result(NamedTuple):
    """What a worker hands in."""

    #: What is to be written down.
    outcome: Outcome
    #: Why the request was not accepted, where an error says so.
    error: BaseException | None = None


def attempt(claim: Claim, requests: RequestBuilder, stopping: threading.Event) -> Result:
    """Send one request, and say what became of it; one that has not left when it stops stays."""
    request = None
    try:
        request = requests.request(claim.request)
        if stopping.is_set():
            return Result(Outcome(claim, "planned"))
        answer = requests.client.send(request)
        ids = {"verification_id": answer.verification_id, "transaction_id": answer.transaction_id}
        return Result(Outcome(claim, "accepted", code=answer.code, status=answer.status, **ids))
    except (NotSent, AuthFailed, InsufficientCredit) as error:  # the vendor took nothing
        return _failure(claim, "planned", error)
    except (Rejected, UsageError, DataError) as error:
        return _failure(claim, "failed", error)
    except BaseException as error:  # noqa: BLE001  (whatever it was, what was made may be out)
        return _failure(claim, "planned" if request is None else "unknown", error)


def _failure(
    claim: Claim, state: Literal["planned", "failed", "unknown"], error: BaseException
) -> Result:
    sentence = mask_text(str(error)) or type(error).__name__
    code, status = (error.code, error.status) if isinstance(error, ApiError) else (None, None)
    return Result(Outcome(claim, state, code=code, status=status, error=sentence), error)


class Sender:
    """Sends what a session gives out, with as many workers as the limits and the plan allow."""

    def __init__(
        self, session: SendSession, requests: RequestBuilder, limits: SendLimits, *, max_wait: float
    ) -> None:
        self._session = session
        self._requests = requests
        self._flow = FlowController(limits)
        self._workers = min(limits.concurrency, max(1, requests.count))
        self._max_wait = max_wait
        #: What a worker takes: a claim, or None to end.
        self._claims: SimpleQueue[Claim | None] = SimpleQueue()
        #: What the writer takes: a result, or None, which only wakes it.
        self._inbox: SimpleQueue[Result | None] = SimpleQueue()
        self._outcomes: list[Outcome] = []
        self._counts: Counter[str] = Counter()
        self._in_flight = 0
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._last_error: BaseException | None = None
        self._not_before: datetime | None = None
        self._closed = threading.Event()

    def run(self, *, show: bool | None) -> str:
        """Send until nothing may go any more, and say why something stays behind, if it does.

        Raises
        ------
        ApiError
            The vendor takes nothing more.
        JournalError
            The journal takes nothing more.
        KeyboardInterrupt
            A person stopped it; what was in flight is written down.
        """
        with progress.bar("sending", self._session.waiting(), show=show) as advance:
            self._advance, self._began = advance, time.monotonic()
            self._run_interruptibly()
        if self._error is not None:
            raise _with_advice(self._error)
        if self._not_before is None:
            return ""
        return translate("send.not_before", moment=f"{self._not_before:%Y-%m-%d %H:%M}")

    def _run_interruptibly(self) -> None:
        # Threads that do not keep the process alive: a second Ctrl-C ends it at once.
        writer = threading.Thread(target=self._write, daemon=True)
        try:
            for _ in range(self._workers):
                threading.Thread(target=self._work, daemon=True).start()
            writer.start()
            self._wait()
        except KeyboardInterrupt:
            self._stopping.set()
            self._inbox.put(None)
            _log.warning(
                "Stopping: what is in flight is heard to its end. Ctrl-C again ends at once."
            )
            if writer.ident is not None:
                self._wait()
            raise KeyboardInterrupt(
                "Stopped, and nothing lost. Run the same send again to go on."
            ) from None

    def _wait(self) -> None:
        # Once polars has run, its own handler of Ctrl-C lets a wait go on that Python's would break
        # off (it is installed with SA_RESTART), so the wait is made of short ones.
        while not self._closed.wait(0.1):
            pass

    def _work(self) -> None:
        """Send one claim after the other; runs in the workers' threads."""
        while (claim := self._claims.get()) is not None:
            self._inbox.put(attempt(claim, self._requests, self._stopping))

    def _write(self) -> None:
        """Write and claim until the end, then drain; runs in the writer's thread."""
        try:
            while (wait := self._step()) is None or wait >= 0:
                self._receive(wait)
        except BaseException as error:  # noqa: BLE001  (what is in flight must still be heard)
            self._stop(error)
        try:
            self._drain()
        except BaseException as error:  # noqa: BLE001  (whoever waits must hear of it)
            self._stop(error)
        self._closed.set()

    def _step(self) -> float | None:
        """Write and claim in one commit; give the seconds to wait for an answer, None for any."""
        if self._flow.exhausted:
            self._stop(self._last_error)
        capacity = 0 if self._stopping.is_set() else max(0, self._flow.window - self._in_flight)
        if not capacity and not self._outcomes:
            return self._wait_after(Step([], None, finished=False), capacity)
        step = self._session.step(self._outcomes, capacity, self._flow.rate_limit)
        self._in_flight += len(step.claims)
        for claim in step.claims:
            self._claims.put(claim)
        self._report()
        return self._wait_after(step, capacity - len(step.claims))

    def _wait_after(self, step: Step, capacity: int) -> float | None:
        if self._in_flight:
            # With no capacity left, nothing can go out before an answer comes in.
            may_claim = capacity > 0 and step.wait is not None
            return max(SHORTEST_WAIT, step.wait or 0.0) if may_claim else None
        if step.finished or self._stopping.is_set():
            return _END
        if step.wait is not None and step.wait > self._max_wait:
            self._not_before = datetime.now(UTC) + timedelta(seconds=step.wait)
            return _END
        if step.wait is None:
            # Others have in flight what is left: do they live?
            self._session.recover()
        return min(POLL_INTERVAL, max(SHORTEST_WAIT, step.wait or POLL_INTERVAL))

    def _receive(self, wait: float | None) -> None:
        """Take all results that came in, waiting for the first."""
        with suppress(Empty):
            self._take(self._inbox.get(timeout=wait))
            while True:
                self._take(self._inbox.get_nowait())

    def _take(self, result: Result | None) -> None:
        if result is None:
            return
        self._in_flight -= 1
        self._outcomes.append(result.outcome)
        self._last_error = result.error or self._last_error
        match result.error:
            case None if result.outcome.state == "accepted":
                self._flow.accepted()
            case None:  # it was told to stop before the request left
                pass
            case Throttled() as error:
                self._flow.throttled(error.retry_after)
            case NotSent() | OutcomeUnknown():
                self._flow.troubled()
            case _ if result.outcome.state == "failed":
                self._flow.refused()
            case error:
                self._stop(error)

    def _stop(self, error: BaseException | None) -> None:
        """Give nothing more out; of two errors the first counts, but the journal's above all."""
        if self._error is None or isinstance(error, JournalError):
            self._error = error
        self._stopping.set()

    def _report(self) -> None:
        """Show what was just written down."""
        outcomes, self._outcomes = self._outcomes, []
        if not outcomes:
            return
        before = self._counts.total()
        for outcome in outcomes:
            if outcome.state != "planned":
                self._counts[outcome.state] += outcome.claim.recipients
        speed = self._counts.total() / max(1e-3, time.monotonic() - self._began)
        words = [f"{number:,} {state}" for state, number in self._counts.items()]
        self._advance(self._counts.total() - before, note=", ".join([*words, f"{speed:,.0f}/s"]))

    def _drain(self) -> None:
        """Hear what is in flight to its end, and write it down."""
        for _ in range(self._workers):
            self._claims.put(None)
        while self._in_flight:
            self._receive(None)
        if not self._outcomes:
            return
        try:
            self._session.step(self._outcomes, 0, RateLimit())
        except Exception as error:
            raise JournalError(
                f"{error} {len(self._outcomes):,} answers could not be written down: their"
                " requests will be unknown."
            ) from error
        self._report()


def _with_advice(error: BaseException) -> BaseException:
    """Let an error say how to go on."""
    if isinstance(error, ApiError | JournalError):
        how = "What has gone is in the journal; run the same send again to go on."
        error.args = (f"{error} {how}",)
    return error


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows that go, by request and position; a plan in that order is not copied."""
    if rows["request"].null_count():
        rows = rows.filter(pl.col("request").is_not_null())
    order = pl.col("request").cast(pl.UInt64) * (1 << 32) + pl.col("position")
    is_sorted = rows.select(order).to_series().is_sorted()
    return rows if is_sorted else rows.sort("request", "position")
