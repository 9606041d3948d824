"""What a vendor must offer: whoever does can be planned for, sent through and tracked.

`campaigns` and `receipts` know vendors by these shapes alone; `message_central` is one of them. A
second one is a folder beside it, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

#: How messages travel: one text to one person, one text to many, or a template with a file.
Mode: TypeAlias = Literal["single", "list", "file"]


@dataclass(frozen=True, slots=True)
class RequestSizes:
    """How big the text and the numbers of a request are, in bytes as they travel."""

    #: Counts the bytes of a text, or somewhat more, never less.
    text: Callable[[pl.Expr], pl.Expr]
    #: How many bytes one byte of UTF-8 becomes at most: saves exact counts where all is short.
    most_per_byte: int
    #: Counts the bytes of a row's `country_code`, `mobile` and `msisdn`.
    number: pl.Expr
    #: The most that `number` comes to.
    longest_number: int
    #: Bytes between two numbers of a list.
    separator: int
    #: What they are in, as a person is told: URL, JSON, …
    container: str


class PlanLimits(Protocol):
    """The limits that every vendor has; one may have more, which it alone reads."""

    @property
    def list_numbers(self) -> int:
        """Numbers in one list."""

    @property
    def file_rows(self) -> int:
        """Rows in one file."""

    @property
    def handful(self) -> int:
        """Own texts of one template that go single rather than by file."""

    @property
    def segments(self) -> int:
        """Segments of one message."""


class Vendor(Protocol):
    """What `plan` must know of a vendor: a value, since nothing of it is open."""

    @property
    def modes(self) -> Sequence[Mode]:
        """The modes that it offers; "single" is always one of them."""

    @property
    def limits(self) -> PlanLimits:
        """The limits of a plan that says none."""

    @property
    def sizes(self) -> RequestSizes:
        """How big texts and numbers are in a request."""

    # `*_` lets a type checker take a method of any keywords; nothing is passed there.
    def check_settings(self, *_: Any, **settings: Any) -> Mapping[str, str | None]:
        """Give the settings of a campaign by their columns in a plan; a column left out is null.

        Raises
        ------
        SettingsError
            The vendor would refuse a value.
        TypeError
            A setting that the vendor does not have, or one that it needs and lacks.
        """

    def capacity(self, settings: Mapping[str, Any], limits: Any, /) -> int:
        """Give the bytes that text and numbers of a request may take beside these settings."""

    def unsafe_in_file(self, rows: pl.DataFrame, limits: Any, /, *, capacity: int) -> pl.Series:
        """Say why a row must not go by file, null where it may; only asked if files are offered."""


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


class VendorClient(Protocol):
    """A connection to a vendor that `send` sends through; threads share it."""

    @property
    def vendor(self) -> str:
        """Who is at the other end: a host name, or "this machine"; the journal holds on to it."""

    def request(self, rows: pl.DataFrame, /) -> Any:
        """Make the request that carries these rows of a plan, which share request and mode.

        They have the columns of `frames.columns("plan")`, and `country_code`, `mobile`, `text`,
        `template` and `variables`.

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
    #: Each status of `frames.STATUSES`, and how it is spelled, in letters, numbers, or both.
    spellings: Mapping[str, tuple[str, ...]]
    #: IANA name of the zone of dates that tell none.
    zone: str
