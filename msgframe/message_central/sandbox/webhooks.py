"""Callbacks that are really POSTed: each when it is due, in the order in which they arrive."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import polars as pl

from msgframe.errors import UsageError
from msgframe.frames import MOMENT
from msgframe.message_central.sandbox.store import AppendFrame, Columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.message_central.sandbox import Sandbox

#: Every try to deliver a callback.
POSTS: Columns = {
    "message": pl.UInt32,
    "kind": pl.String,
    "posted_at": MOMENT,
    "attempt": pl.UInt32,
    "status": pl.UInt16,
}

#: How often a callback is tried, and the seconds before the second try, doubled for the third.
#: Invented: the vendor documents neither.
ATTEMPTS = 3
RETRY_SECONDS = 1.0

#: Seconds between two looks at the record, and for one answer.
_TICK = 0.02
_TIMEOUT = 10.0


@dataclass(order=True, slots=True)
class Delivery:
    """A callback on its way: when it is due, and which of equally due ones is first."""

    due: float
    number: int
    payload: str = field(compare=False)
    message: int | None = field(compare=False)
    kind: str = field(compare=False)
    attempt: int = field(compare=False, default=1)


class WebhookSender:
    """Takes the vendor's receipts as they are simulated, and brings them to one URL.

    Parameters
    ----------
    sandbox
        Whose receipts.
    url
        Where to, http or https.
    speedup
        Seconds of the vendor's time that pass in one of ours; infinite brings all at once.
    """

    def __init__(self, sandbox: Sandbox, url: str, *, speedup: float = 1.0) -> None:
        address = urlsplit(url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            # The URL itself is not repeated: its path may be the receiver's secret.
            raise UsageError("callback_url must be like http://127.0.0.1:8030/callbacks/<secret>.")
        if not speedup > 0:
            raise UsageError(
                f"speedup={speedup} must be above 0: 1 is real time, 60 a minute a second."
            )
        self._sandbox = sandbox
        self._speedup = speedup
        self._queue: list[Delivery] = []
        self._sequence = count()
        self._seen = 0
        #: How many messages had been taken when the queue was last found empty.
        self._idle_at = 0
        self._ending = Event()
        path = address.path or "/"
        self._target = f"{path}?{address.query}" if address.query else path
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        # It opens by itself at the first request, and again after it was closed.
        self._connection = kind(address.hostname, address.port, timeout=_TIMEOUT)
        self.posts = AppendFrame(POSTS)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Bring callbacks while the block runs; what is not due by then stays here."""
        thread = Thread(target=self._work, name="msgframe-sandbox-post", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            thread.join()

    def wait_idle(self, timeout: float) -> bool:
        """Wait until every receipt of every message taken so far was brought, or given up."""
        taken, deadline = self._sandbox.store.taken, monotonic() + timeout
        while self._idle_at < taken and monotonic() < deadline:
            sleep(_TICK)
        return self._idle_at >= taken

    def _work(self) -> None:
        while not self._ending.is_set():
            taken = self._sandbox.store.taken
            self._collect()
            while self._queue and self._queue[0].due <= monotonic() and not self._ending.is_set():
                self._deliver(heappop(self._queue))
            if not self._queue:
                self._idle_at = taken
            self._ending.wait(_TICK)
        self._connection.close()

    def _collect(self) -> None:
        """Put what was simulated since the last look into the queue."""
        pieces = self._sandbox.store.simulated()
        for receipts in pieces[self._seen :]:
            self._enqueue(receipts)
        self._seen = len(pieces)

    def _enqueue(self, receipts: pl.DataFrame) -> None:
        now, clock = self._sandbox.now(), monotonic()
        ahead = (receipts["arrives_at"] - now).dt.total_microseconds() / 1e6 / self._speedup
        payloads = self._sandbox.payloads(receipts).rows(named=True)
        sources = receipts.select("message", "kind").rows()
        for seconds, payload, (message, kind) in zip(ahead, payloads, sources, strict=True):
            delivery = Delivery(
                clock + seconds, next(self._sequence), json.dumps(payload), message, kind
            )
            heappush(self._queue, delivery)

    def _deliver(self, delivery: Delivery) -> None:
        status = self._post(delivery.payload)
        self.posts.extend(
            message=delivery.message,
            kind=delivery.kind,
            posted_at=datetime.now(UTC),
            attempt=delivery.attempt,
            status=status,
        )
        taken = status is not None and 200 <= status < 300
        if not taken and delivery.attempt < ATTEMPTS:
            delivery.due = monotonic() + RETRY_SECONDS * 2 ** (delivery.attempt - 1) / self._speedup
            delivery.attempt += 1
            heappush(self._queue, delivery)

    def _post(self, payload: str) -> int | None:
        """POST a payload; give the status, or None where nobody answered."""
        try:
            self._connection.request(
                "POST", self._target, payload, {"Content-Type": "application/json"}
            )
            response = self._connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            self._connection.close()
            return None
        return response.status
