"""The vendor's record: what it was asked, what it took, and what became of it."""

from __future__ import annotations

from collections import Counter
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import polars as pl

from msgframe.frames import MOMENT
from msgframe.message_central.sandbox.accounts import digest
from msgframe.message_central.sandbox.append_frame import Columns, Ledger
from msgframe.message_central.sandbox.delivery_model import RECEIPTS, decide

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from msgframe.message_central.sandbox.api_request import Ask, Batch
    from msgframe.message_central.sandbox.delivery_model import Fates
    from msgframe.message_central.sandbox.responses import Reply

_MODE = pl.Enum(["single", "list", "file", "otp"])

#: Every call of the API, also the refused ones; no token, key or password is kept.
REQUESTS: Columns = {
    "request": pl.UInt32,
    "received_at": MOMENT,
    "path": pl.Enum(["token", "send", "validate"]),
    "mode": _MODE,
    "taken": pl.UInt32,
    "fault": pl.String,
    "status": pl.UInt16,
    "response_code": pl.Int32,
    "why": pl.String,
}

#: Every message that was taken, in the order of its taking.
MESSAGES: Columns = {
    "message": pl.UInt32,
    "request": pl.UInt32,
    "position": pl.UInt32,
    "received_at": MOMENT,
    "mode": _MODE,
    "country_code": pl.String,
    "mobile": pl.String,
    "text": pl.String,
    "sender_id": pl.String,
    "message_type": pl.String,
    "flow_type": pl.String,
    "nth": pl.UInt32,
    "transaction_id": pl.String,
    "verification_id": pl.String,
}


class Ids(NamedTuple):
    """What the vendor calls a request."""

    #: A growing number.
    verification: int
    #: A UUID.
    transaction: str


class Books:
    """Requests, messages and receipts; written by the desk, read by anybody."""

    def __init__(self, *, seed: int, fates: Fates, now: Callable[[], datetime]) -> None:
        self._seed = seed
        self._fates = fates
        self._now = now
        self._lock = Lock()
        self._requests = Ledger(REQUESTS)
        self._messages = Ledger(MESSAGES)
        self._verifications = count(12_000_001)
        self._equal: Counter[tuple[str, str, str]] = Counter()
        self._asked: Counter[str] = Counter()
        self._decided = [pl.DataFrame(schema=RECEIPTS)]
        self._undecided_from = 0

    @property
    def requests(self) -> pl.DataFrame:
        """All calls so far."""
        return self._requests.frame()

    @property
    def messages(self) -> pl.DataFrame:
        """All messages so far."""
        return self._messages.frame()

    @property
    def taken(self) -> int:
        """How many messages were taken so far."""
        return len(self._messages)

    def note(
        self, number: int, ask: Ask, reply: Reply, *, fault: str | None, why: str | None
    ) -> None:
        """Write a call and its answer down."""
        self._requests.extend(
            request=number,
            received_at=self._now(),
            path=ask.path,
            mode=ask.mode if ask.path == "send" else None,
            taken=reply.taken,
            fault=fault,
            status=reply.status or None,
            response_code=reply.code,
            why=why,
        )

    def name(self, ask: Ask) -> Ids:
        """Give a request its ids: the first grows with time, the second comes from its content."""
        with self._lock:
            self._asked[ask.fingerprint] += 1
            drawn = digest(self._seed, ask.fingerprint, self._asked[ask.fingerprint])
            return Ids(next(self._verifications), str(UUID(drawn[:32], version=4)))

    def take(self, number: int, ask: Ask, batch: Batch, ids: Ids) -> None:
        """Write the messages of a request down: from here on they are out."""
        with self._lock:
            first, size = len(self._messages), len(batch.texts)
            self._messages.extend(
                message=list(range(first, first + size)),
                request=number,
                position=list(range(size)),
                received_at=self._now(),
                mode=ask.mode,
                country_code=batch.countries,
                mobile=batch.mobiles,
                text=batch.texts,
                sender_id=ask.params.get("senderId"),
                message_type=ask.params.get("messageType", "OTP"),
                flow_type=ask.params["flowType"].upper(),
                nth=[self._nth(message) for message in zip(*batch, strict=True)],
                transaction_id=ids.transaction,
                verification_id=str(ids.verification),
            )

    def decided(self) -> list[pl.DataFrame]:
        """Decide what is undecided, and give all receipts in the pieces they were decided in."""
        with self._lock:
            undecided = self.messages[self._undecided_from :]
            if not undecided.is_empty():
                self._decided.append(decide(undecided, self._fates, seed=self._seed))
                self._undecided_from += undecided.height
            return list(self._decided)

    def receipts(self) -> pl.DataFrame:
        """Give all receipts there will be, in the order of their arrival."""
        order = ["arrives_at", "message", "kind"]
        return pl.concat(self.decided()).sort(order, nulls_last=True)

    def _nth(self, message: tuple[str, str, str]) -> int:
        self._equal[message] += 1
        return self._equal[message] - 1
