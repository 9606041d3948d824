"""Callbacks that are really POSTed: each when it is due, in the order in which they arrive."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import polars as pl

from msgframe.errors import UsageError
from msgframe.frames import MOMENT
from msgframe.message_central.sandbox.append_frame import Columns, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.message_central.sandbox.vendor import Vendor

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
PATIENCE = 1.0

#: Seconds between two looks at the vendor's books, and for one answer.
_TICK = 0.02
_TIMEOUT = 10.0


@dataclass(order=True, slots=True)
class _Letter:
    """A callback on its way: when it is due, and which of equally due ones is first."""

    due: float
    number: int
    payload: str = field(compare=False)
    message: int | None = field(compare=False)
    kind: str = field(compare=False)
    attempt: int = field(compare=False, default=1)


class Postman:
    """Takes the vendor's receipts as they are decided, and brings them to one URL.

    Parameters
    ----------
    vendor
        Whose receipts.
    url
        Where to, http or https.
    hurry
        Seconds of the vendor's time that pass in one of ours; infinite brings all at once.
    """

    def __init__(self, vendor: Vendor, url: str, *, hurry: float = 1.0) -> None:
        self._address = urlsplit(url)
        if self._address.scheme not in {"http", "https"} or not self._address.hostname:
            # The URL itself is not repeated: its path may be the receiver's secret.
            raise UsageError("callback_url must be like http://127.0.0.1:8030/callbacks/<secret>.")
        if not hurry > 0:
            raise UsageError(
                f"hurry={hurry} must be above 0: 1 is real time, 60 a minute a second."
            )
        self._vendor = vendor
        self._hurry = hurry
        self._bag: list[_Letter] = []
        self._numbers = iter(range(1 << 62))
        self._seen = 0
        #: How many messages had been taken when the bag was last found empty.
        self._rested_at = 0
        self._ending = Event()
        self._connection: HTTPConnection | None = None
        self.posts = Ledger(POSTS)

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

    def rests(self, timeout: float) -> bool:
        """Wait until every receipt of every message taken so far was brought, or given up."""
        taken, deadline = self._vendor.books.taken, monotonic() + timeout
        while self._rested_at < taken and monotonic() < deadline:
            sleep(_TICK)
        return self._rested_at >= taken

    def _work(self) -> None:
        while not self._ending.is_set():
            taken = self._vendor.books.taken
            self._collect()
            while self._bag and self._bag[0].due <= monotonic() and not self._ending.is_set():
                self._bring(heappop(self._bag))
            if not self._bag:
                self._rested_at = taken
            self._ending.wait(_TICK)
        self._hang_up()

    def _collect(self) -> None:
        """Put what was decided since the last look into the bag."""
        pieces = self._vendor.books.decided()
        for receipts in pieces[self._seen :]:
            self._pack(receipts)
        self._seen = len(pieces)

    def _pack(self, receipts: pl.DataFrame) -> None:
        now, here = self._vendor.now(), monotonic()
        ahead = (receipts["arrives_at"] - now).dt.total_microseconds() / 1e6 / self._hurry
        payloads = self._vendor.payloads(receipts).rows(named=True)
        known = receipts.select("message", "kind").rows()
        for seconds, payload, (message, kind) in zip(ahead, payloads, known, strict=True):
            letter = _Letter(
                here + seconds, next(self._numbers), json.dumps(payload), message, kind
            )
            heappush(self._bag, letter)

    def _bring(self, letter: _Letter) -> None:
        status = self._post(letter.payload)
        self.posts.extend(
            message=letter.message,
            kind=letter.kind,
            posted_at=datetime.now(UTC),
            attempt=letter.attempt,
            status=status,
        )
        taken = status is not None and 200 <= status < 300
        if not taken and letter.attempt < ATTEMPTS:
            letter.due = monotonic() + PATIENCE * 2 ** (letter.attempt - 1) / self._hurry
            letter.attempt += 1
            heappush(self._bag, letter)

    def _post(self, payload: str) -> int | None:
        """POST a payload; give the status, or None where nobody answered."""
        path = self._address.path or "/"
        target = f"{path}?{self._address.query}" if self._address.query else path
        try:
            connection = self._connected()
            connection.request("POST", target, payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._hang_up()
            return None
        return answer.status

    def _connected(self) -> HTTPConnection:
        if self._connection is None:
            kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
            host, port = self._address.hostname or "", self._address.port
            self._connection = kind(host, port, timeout=_TIMEOUT)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
