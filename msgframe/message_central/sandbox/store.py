"""The vendor's record: what it was asked, what it took, and what became of it."""

from __future__ import annotations

from collections import Counter
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, get_args
from uuid import UUID

import polars as pl

from msgframe.frames import MOMENT
from msgframe.message_central.sandbox.accounts import digest
from msgframe.message_central.sandbox.delivery_model import RECEIPTS, simulate
from msgframe.message_central.vocabulary import Operation

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from msgframe.message_central.sandbox.api import ApiRequest, ApiResponse
    from msgframe.message_central.sandbox.delivery_model import DeliveryModel
    from msgframe.message_central.sandbox.handler import Batch

#: The columns of a table, with their dtypes.
Columns: TypeAlias = dict[str, "pl.DataType | type[pl.DataType]"]

#: A frame of more pieces is slow to read; joining them copies it.
_MAX_CHUNKS = 256

_MODE = pl.Enum(["single", "list", "file", "otp"])

#: Every call of the API, also the refused ones; no token, key or password is kept.
REQUESTS: Columns = {
    "request": pl.UInt32,
    "received_at": MOMENT,
    "operation": pl.Enum(get_args(Operation)),
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
    "occurrence": pl.UInt32,
    "transaction_id": pl.String,
    "verification_id": pl.String,
}


class Ids(NamedTuple):
    """What the vendor calls a request."""

    #: A growing number.
    verification: int
    #: A UUID.
    transaction: str


class SandboxStore:
    """Requests, messages and receipts; written by the handler, read by anybody."""

    def __init__(
        self, *, seed: int, delivery_model: DeliveryModel, now: Callable[[], datetime]
    ) -> None:
        self._seed = seed
        self._delivery_model = delivery_model
        self._now = now
        self._lock = Lock()
        #: All calls so far, and all messages.
        self.requests = AppendFrame(REQUESTS)
        self.messages = AppendFrame(MESSAGES)
        self._verifications = count(12_000_001)
        self._equal: Counter[tuple[str, str, str]] = Counter()
        self._repeats: Counter[str] = Counter()
        self._simulated = [pl.DataFrame(schema=RECEIPTS)]
        self._unsimulated_from = 0

    @property
    def taken(self) -> int:
        """How many messages were taken so far."""
        return len(self.messages)

    def add_request(
        self,
        number: int,
        request: ApiRequest,
        response: ApiResponse,
        *,
        fault: str | None,
        why: str | None,
    ) -> None:
        """Write a call and its answer down."""
        self.requests.extend(
            request=number,
            received_at=self._now(),
            operation=request.operation,
            mode=request.mode if request.operation == "send" else None,
            taken=response.taken,
            fault=fault,
            status=response.status or None,
            response_code=response.code,
            why=why,
        )

    def new_ids(self, request: ApiRequest) -> Ids:
        """Give a request its ids: the first grows with time, the second comes from its content."""
        with self._lock:
            self._repeats[request.fingerprint] += 1
            drawn = digest(self._seed, request.fingerprint, self._repeats[request.fingerprint])
            return Ids(next(self._verifications), str(UUID(drawn[:32], version=4)))

    def add_messages(self, number: int, request: ApiRequest, batch: Batch, ids: Ids) -> None:
        """Write the messages of a request down: from here on they are out."""
        with self._lock:
            first, size = len(self.messages), len(batch.texts)
            self.messages.extend(
                message=list(range(first, first + size)),
                request=number,
                position=list(range(size)),
                received_at=self._now(),
                mode=request.mode,
                country_code=batch.countries,
                mobile=batch.mobiles,
                text=batch.texts,
                sender_id=request.get("sender_id") or None,
                message_type=request.get("message_type", "OTP"),
                flow_type=request.flow_type(),
                occurrence=[self._occurrence(message) for message in zip(*batch, strict=True)],
                transaction_id=ids.transaction,
                verification_id=str(ids.verification),
            )

    def simulated(self) -> list[pl.DataFrame]:
        """Simulate what is new, and give all receipts in the pieces they were simulated in."""
        with self._lock:
            unsimulated = self.messages.frame()[self._unsimulated_from :]
            if not unsimulated.is_empty():
                self._simulated.append(simulate(unsimulated, self._delivery_model, seed=self._seed))
                self._unsimulated_from += unsimulated.height
            return list(self._simulated)

    def receipts(self) -> pl.DataFrame:
        """Give all receipts there will be, in the order of their arrival."""
        order = ["arrives_at", "message", "kind"]
        return pl.concat(self.simulated()).sort(order, nulls_last=True)

    def _occurrence(self, message: tuple[str, str, str]) -> int:
        self._equal[message] += 1
        return self._equal[message] - 1


class AppendFrame:
    """A table that only grows, safe to write in one thread and to read in another.

    >>> table = AppendFrame({"n": pl.Int64, "name": pl.String})
    >>> table.extend(n=[1, 2], name="Ana")
    >>> table.frame().rows()
    [(1, 'Ana'), (2, 'Ana')]
    """

    def __init__(self, columns: Columns) -> None:
        self._lock = Lock()
        self._written = pl.DataFrame(schema=columns)
        self._new: dict[str, list[Any]] = {name: [] for name in columns}

    def extend(self, **columns: Any) -> None:
        """Add rows: a list is a column of them, a single value stands in each, silence is null."""
        rows = next((len(c) for c in columns.values() if isinstance(c, list)), 1)
        with self._lock:
            for name, column in self._new.items():
                value = columns.get(name)
                column.extend(value if isinstance(value, list) else [value] * rows)

    def frame(self) -> pl.DataFrame:
        """Give all rows so far."""
        with self._lock:
            if any(self._new.values()):
                new = pl.DataFrame(self._new, schema=self._written.schema)
                self._written = self._written.vstack(new)
                if self._written.n_chunks() > _MAX_CHUNKS:
                    self._written = self._written.rechunk()
                self._new = {name: [] for name in self._new}
            return self._written

    def __len__(self) -> int:
        with self._lock:
            return self._written.height + len(next(iter(self._new.values())))
