"""What the vendor says, in any of its spellings: a `SendResult`, or an error that says what helps.

Nobody outside can call the live service, and the public clients of others disagree about its
answers. So every spelling is read, and what cannot be read is never taken for a success.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from msgframe.core.masking import mask_text
from msgframe.errors import (
    ApiError,
    AuthFailed,
    InsufficientCredit,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Throttled,
)
from msgframe.message_central.vocabulary import RESPONSE_CODES, Meaning

#: The vendor's own words are cut here: an error is a sentence, not a page.
_LONGEST = 200


@dataclass(frozen=True)
class HttpResponse:
    """What came over the network."""

    #: The HTTP status.
    status: int
    #: The body as it came.
    body: bytes
    #: The `Retry-After` header as it came.
    retry_after: str | None = None

    @cached_property
    def result(self) -> SendResult | None:
        """What the body says: code, words and ids; None where it holds no code.

        >>> HttpResponse(400, b'{"status": 400, "error": "customerId is invalid"}').result
        SendResult(code=400, message='customerId is invalid', verification_id=None,
        transaction_id=None, status=400)
        >>> HttpResponse(200, b"<html>").result is None
        True
        """
        body = json_object(self.body)
        data = body["data"] if isinstance(body.get("data"), dict) else {}
        code = _worse(_code(body.get("responseCode")), data) or _refused(body)
        if code is None:
            return None
        words = (body.get("message"), data.get("errorMessage"), body.get("error"))
        if code != _code(body.get("responseCode")):
            words = (words[1], words[2], words[0])
        return SendResult(
            code=code,
            message=mask_text(next((str(w) for w in words if w), _name(code)))[:_LONGEST],
            verification_id=_id(data.get("verificationId", body.get("verificationId"))),
            transaction_id=_id(data.get("transactionId", body.get("transactionId"))),
            status=self.status,
            raw=data,
        )


@dataclass(frozen=True, slots=True)
class SendResult:
    """What the vendor answered. Accepted is not delivered: a receipt tells that later.

    >>> body = b'{"responseCode": "200", "message": "SUCCESS", "data": null}'
    >>> read_result(HttpResponse(200, body))
    SendResult(code=200, message='SUCCESS', verification_id=None, transaction_id=None, status=200)
    """

    #: The vendor's code: the inner one where the two disagree and it is the worse.
    code: int
    #: The vendor's words, numbers masked.
    message: str
    #: The vendor's id of the request, a decimal number as text.
    verification_id: str | None
    #: The vendor's id of the message, a UUID; in list and file mode, of the whole request.
    transaction_id: str | None
    #: The HTTP status, which may say another thing than `code`.
    status: int
    #: The `data` of the answer, untouched.
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


def read_result(response: HttpResponse) -> SendResult:
    """Read an answer: the body's code counts, whatever the HTTP status says.

    Raises
    ------
    Throttled
        429 or 800; with `retry_after` in seconds where it was said.
    AuthFailed
        401 or 501.
    InsufficientCredit
        508 or 805.
    OutcomeUnknown
        A 5xx without a code of the vendor's, or what cannot be read as an answer.
    Rejected
        Anything else that is not a success.

    >>> read_result(HttpResponse(200, b""))
    Traceback (most recent call last):
    msgframe.errors.OutcomeUnknown: The vendor's answer cannot be read (HTTP 200, 0 bytes): the
    texts may be out.
    """
    result = response.result
    if result is None and meaning(response.status) in {"success", "unknown"}:
        size = f"HTTP {response.status}, {len(response.body):,} bytes"
        raise OutcomeUnknown(
            f"The vendor's answer cannot be read ({size}): the texts may be out.",
            status=response.status,
        )
    result = result or _by_status(response)
    if meaning(result.code) == "success":
        return result
    raise _refusal(result, response)


def is_unauthorized(response: HttpResponse) -> bool:
    """Say whether this is the vendor's catch-all 401, whose body may be empty."""
    result = response.result
    return (response.status if result is None else result.code) == 401


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object, with or without a byte order mark; anything else is an empty one."""
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def meaning(code: int) -> Meaning:
    """Say what a code asks of a sender.

    A code that nobody listed is a refusal, but for 2xx and 5xx, which say nothing certain.

    >>> [meaning(code) for code in (200, 202, 404, 503, 800, 612)]
    ['success', 'unknown', 'rejected', 'unknown', 'throttled', 'rejected']
    """
    if code in RESPONSE_CODES:
        return RESPONSE_CODES[code][1]
    # After a POST, 303 means "done, see there".
    return "unknown" if code // 100 in {2, 5} or code == 303 else "rejected"


def seconds_until(retry_after: str | None) -> float | None:
    """Read `Retry-After`, a number of seconds or a date, as seconds from now.

    >>> seconds_until("2.5"), seconds_until("Wed, 21 Oct 2015 07:28:00 GMT"), seconds_until("soon")
    (2.5, 0.0, None)
    """
    if retry_after is None:
        return None
    try:
        if retry_after.strip().replace(".", "", 1).isdecimal():
            return float(retry_after)
        when = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _code(value: object) -> int | None:
    # 200, "200", "200.0" and 200.0 have all been seen; true is no code.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 < number < 10_000 else None


def _refused(body: dict[str, Any]) -> int | None:
    # Without a code, `status` is that of the web server: it may refuse, and cannot accept.
    code = _code(body.get("status"))
    return None if code == 200 else code


def _worse(outer: int | None, data: dict[str, Any]) -> int | None:
    inner = _code(data.get("responseCode"))
    return inner if inner is not None and outer in {None, 200} else outer


def _id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text.strip() or None


def _by_status(response: HttpResponse) -> SendResult:
    """Take the HTTP status for the code, where the body holds none."""
    return SendResult(response.status, _name(response.status), None, None, response.status)


def _name(code: int) -> str:
    return RESPONSE_CODES.get(code, ("", None))[0]


def _refusal(result: SendResult, response: HttpResponse) -> ApiError:
    what = f"{result.code} {result.message} (HTTP {response.status})"
    facts = {"code": result.code, "status": response.status}
    match meaning(result.code):
        case "throttled":
            wait = seconds_until(response.retry_after)
            return Throttled(f"The vendor asks to slow down: {what}.", retry_after=wait, **facts)
        case "auth":
            return AuthFailed(f"The vendor does not know this account or token: {what}.", **facts)
        case "no_credit":
            return InsufficientCredit(f"The account has no credit left: {what}.", **facts)
        case "unknown":
            return OutcomeUnknown(f"The vendor failed: {what}. The texts may be out.", **facts)
        case _:
            return Rejected(f"The vendor refused the request: {what}.", **facts)


def read_token(response: HttpResponse) -> str:
    """Read the token out of an answer; failures come with HTTP 200 and an error in the body.

    Raises
    ------
    AuthFailed
        The vendor refused the id or the password.
    Throttled
        429.
    NotSent
        Anything else: no text has left, so it may be asked again.

    >>> read_token(HttpResponse(200, b'{"status": 400, "error": "password is wrong"}'))
    Traceback (most recent call last):
    msgframe.errors.AuthFailed: The vendor gave no token: 400 password is wrong (HTTP 200). Check
    customer_id and password.
    """
    body = json_object(response.body)
    token = body.get("token")
    if isinstance(token, str) and token.strip():
        return token.strip()
    result = response.result or _by_status(response)
    what = f"{result.code} {result.message}".strip() + f" (HTTP {response.status})"
    match meaning(result.code):
        case "throttled":
            raise _refusal(result, response)
        case "rejected" | "auth" | "no_credit":
            raise AuthFailed(
                f"The vendor gave no token: {what}. Check customer_id and password.",
                code=result.code,
                status=response.status,
            )
        case _:
            raise NotSent(
                f"The vendor gave no token: {what}. Nothing was sent.", status=response.status
            )
