"""What the vendor answers: its envelope, its refusals, and how its types wander."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from msgframe.message_central.vocabulary import RESPONSE_CODES, VERIFIED


@dataclass(frozen=True, slots=True)
class ResponseStyle:
    """How the answers look where the documentation is silent or disagrees with itself.

    >>> ResponseStyle(bulk="no_data").timeouts
    ('30.0', '60')
    """

    #: `timeout` of an answer, in seconds, as text; each request gets one of these by its content.
    #: Where the vendor makes a code, it is the time that the code lives.
    timeouts: tuple[str, ...] = ("30.0", "60")
    #: Whether an answer's outer `responseCode` is text as well, as the inner one always is.
    text_codes: bool = False
    #: Whether `verificationId` of a send is a number, as it is in the answer to `validateOtp`.
    number_ids: bool = False
    #: What list and file mode answer: an id of the request, a null id, or `data` that is null.
    #: "wandering" draws the first or the second by the request's content.
    bulk: Literal["id", "no_id", "no_data", "wandering"] = "wandering"
    #: HTTP status of a refusal that has a code of its own: 200 or 400, clients disagree.
    refusal_status: int = 200
    #: Which of its two codes for "no credit" the vendor uses: 508 or 805.
    no_credit: int = 508


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer before it is HTTP: a status, and a body that may be empty."""

    #: HTTP status.
    status: int
    #: The JSON body; None is an empty body.
    body: dict[str, Any] | None = None
    #: How many messages were taken.
    taken: int = 0

    @property
    def code(self) -> int | None:
        """The vendor's `responseCode`, as a number."""
        code = (self.body or {}).get("responseCode")
        return None if code is None else int(code)


#: The answer to a missing token, a wrong method, JSON instead of a query, and an unknown path.
UNAUTHORIZED = ApiResponse(401)


class ApiRefusal(Exception):
    """A request that the vendor understands and does not take."""

    def __init__(self, code: int, why: str | None = None, **data: Any) -> None:
        super().__init__(why or RESPONSE_CODES[code][0])
        self.code = code
        self.why = why
        self.data = data

    def response(self, style: ResponseStyle) -> ApiResponse:
        """Give the refusal as an answer; `data` is null unless there is something to tell."""
        status = 200 if self.code == 200 else style.refusal_status
        data = {**self.data, **_inner(self.code, self.why)} if self.data or self.why else None
        return ApiResponse(status, envelope(self.code, data, style))


def envelope(code: int, data: dict[str, Any] | None, style: ResponseStyle) -> dict[str, Any]:
    """Put `data` into the vendor's envelope.

    >>> envelope(800, None, ResponseStyle())
    {'responseCode': 800, 'message': 'MAXIMUM_LIMIT_REACHED', 'data': None}
    """
    shown = str(code) if style.text_codes else code
    return {"responseCode": shown, "message": RESPONSE_CODES[code][0], "data": data}


def send_data(
    verification_id: int,
    mobile: str | None,
    transaction_id: str | None,
    timeout: str,
    style: ResponseStyle,
) -> dict[str, Any]:
    """Give the `data` of an accepted send, as documented: the inner code and the id are text."""
    return {
        "verificationId": verification_id if style.number_ids else str(verification_id),
        "mobileNumber": mobile,
        **_inner(200, None),
        "timeout": timeout,
        "smsCLI": None,
        "transactionId": transaction_id,
    }


def verified_data(verification_id: int, mobile: str) -> dict[str, Any]:
    """Give the `data` of a code that was right: here the vendor's id is a number."""
    return {
        "verificationId": verification_id,
        "mobileNumber": mobile,
        "verificationStatus": VERIFIED,
        **_inner(200, None),
        "transactionId": None,
        "authToken": None,
    }


def _inner(code: int, why: str | None) -> dict[str, Any]:
    return {"responseCode": str(code), "errorMessage": why}
