"""What a vendor must offer: whoever does can be planned for, sent through and tracked.

`campaigns` and `receipts` know vendors by these shapes alone; `message_central` is one of them. A
second one is a folder beside it, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl


class SendResult(Protocol):
    """What a vendor answered to a request that it accepted."""

    @property
    def code(self) -> int:
        """The vendor's code of the answer."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def verification_id(self) -> str | None:
        """The vendor's id of the request, where it gives one."""

    @property
    def transaction_id(self) -> str | None:
        """The vendor's id of the message or request that receipts name, where it gives one."""


class Sender(Protocol):
    """A connection to a vendor that `send` sends through; threads share it."""

    @property
    def vendor(self) -> str:
        """Who is at the other end: a host name, or "this machine"; the journal holds on to it."""

    def request(self, rows: pl.DataFrame, /) -> Any:
        """Make the request that carries these rows of a plan, which share request and mode.

        Raises
        ------
        UsageError
            The rows say what the vendor would refuse.
        """

    def send(self, request: Any, /) -> SendResult:
        """Send a request, and give the answer where it says yes.

        Raises
        ------
        NotSent
            It certainly never left; `Throttled` where the vendor asked to slow down.
        AuthFailed, Rejected, InsufficientCredit
            The vendor refused.
        OutcomeUnknown
            It may have been carried out.
        """


@dataclass(frozen=True, slots=True)
class CallbackFields:
    """How a vendor writes its delivery receipts."""

    #: Each field of a receipt, and the keys that tell it as the vendor writes them, the surest
    #: first. The fields: message_id, status, error_code, country_code, mobile, submitted, done,
    #: received, and receipt (a text of SMPP). Case, blanks and marks make no difference.
    headers: Mapping[str, tuple[str, ...]]
    #: Each status of `frames.STATUSES`, and how it is spelled; letters alone make a difference.
    spellings: Mapping[str, tuple[str, ...]]
    #: IANA name of the zone of dates that tell none.
    zone: str
