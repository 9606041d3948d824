"""One request: made of its rows when it is needed, sent, and what became of it."""

from __future__ import annotations

from bisect import bisect
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import polars as pl

from msgframe.campaigns.journal.session import Outcome
from msgframe.core.masking import mask_text
from msgframe.errors import (
    ApiError,
    AuthFailed,
    DataError,
    InsufficientCredit,
    NotSent,
    Rejected,
    UsageError,
)
from msgframe.frames import columns, require_columns

if TYPE_CHECKING:
    import threading

    from msgframe.campaigns.journal.session import Claim
    from msgframe.core.vendor import VendorClient

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
        self._client = client
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
        return self._client.request(self._rows.slice(start, end - start))


class Result(NamedTuple):
    """What a worker hands in."""

    #: What is to be written down.
    outcome: Outcome
    #: Why the request was not accepted, where an error says so.
    error: BaseException | None = None


def attempt(
    claim: Claim,
    requests: RequestBuilder,
    client: VendorClient,
    stopping: threading.Event,
) -> Result:
    """Send one request, and say what became of it; one that has not left when it stops stays."""
    request = None
    try:
        request = requests.request(claim.request)
        if stopping.is_set():
            return Result(Outcome(claim, "planned"))
        answer = client.send(request)
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


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows that go, by request and position; a plan in that order is not copied."""
    if rows["request"].null_count():
        rows = rows.filter(pl.col("request").is_not_null())
    order = pl.col("request").cast(pl.UInt64) * (1 << 32) + pl.col("position")
    is_sorted = rows.select(order).to_series().is_sorted()
    return rows if is_sorted else rows.sort("request", "position")
