"""What the vendor says, in any of its spellings: an `Answer`, or an error that says what helps.

Nobody outside can call the live service, and the public clients of others disagree about its
answers. So every spelling is read, and what cannot be read is never taken for a success.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple, TypeAlias

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

Meaning: TypeAlias = Literal["success", "slow", "credit", "auth", "unknown", "rejected"]

#: What a `responseCode` is called and what it asks of a sender (message-now-api, section 4).
CODES: dict[int, tuple[str, Meaning]] = {
    200: ("SUCCESS", "success"),
    400: ("BAD_REQUEST", "rejected"),
    401: ("UNAUTHORIZED", "auth"),
    408: ("REQUEST_TIMEOUT", "unknown"),
    409: ("DUPLICATE_RESOURCE", "rejected"),
    429: ("TOO_MANY_REQUESTS", "slow"),
    500: ("SERVER_ERROR", "unknown"),
    501: ("INVALID_CUSTOMER_ID", "auth"),
    505: ("INVALID_VERIFICATION_ID", "rejected"),
    506: ("REQUEST_ALREADY_EXISTS", "rejected"),
    508: ("INSUFFICIENT_CREDIT", "credit"),
    511: ("INVALID_COUNTRY_CODE", "rejected"),
    700: ("VERIFICATION_FAILED", "rejected"),
    702: ("WRONG_OTP_PROVIDED", "rejected"),
    703: ("ALREADY_VERIFIED", "rejected"),
    705: ("VERIFICATION_EXPIRED", "rejected"),
    800: ("MAXIMUM_LIMIT_REACHED", "slow"),
    805: ("INSUFFICIENT_CREDIT", "credit"),
}

#: What is said in the vendor's words is cut here: an error is a sentence, not a page.
_LONGEST = 200


class Reply(NamedTuple):
    """What came over the wire."""

    #: The HTTP status.
    status: int
    #: The body as it came.
    body: bytes
    #: The `Retry-After` header as it came.
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor answered. Accepted is not delivered: a receipt tells that later.

    >>> read(Reply(200, b'{"responseCode": "200", "message": "SUCCESS", "data": null}'))
    Answer(code=200, message='SUCCESS', verification_id=None, transaction_id=None, status=200)
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


def read(reply: Reply) -> Answer:
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

    >>> read(Reply(200, b""))
    Traceback (most recent call last):
    msgframe.errors.OutcomeUnknown: The vendor's answer cannot be read (HTTP 200, 0 bytes): the
    texts may be out.
    """
    answer = parse(reply)
    if answer is None:
        raise _unreadable(reply)
    if meaning(answer.code) == "success":
        return answer
    raise _refusal(answer, reply)


def parse(reply: Reply) -> Answer | None:
    """Read code, words and ids out of a body; None where it holds no code.

    >>> parse(Reply(400, b'{"status": 400, "error": "customerId is invalid"}'))
    Answer(code=400, message='customerId is invalid', verification_id=None, transaction_id=None,
    status=400)
    >>> parse(Reply(200, b"<html>")) is None
    True
    """
    body = document(reply.body)
    found = body.get("data")
    data: dict[str, Any] = found if isinstance(found, dict) else {}
    code = _worse(_code(body.get("responseCode")), data) or _refused(body)
    if code is None:
        return None
    words = (body.get("message"), data.get("errorMessage"), body.get("error"))
    if code != _code(body.get("responseCode")):
        words = (words[1], words[2], words[0])
    name = CODES.get(code, ("", None))[0]
    return Answer(
        code=code,
        message=mask_text(next((str(w) for w in words if w), name))[:_LONGEST],
        verification_id=_id(data.get("verificationId", body.get("verificationId"))),
        transaction_id=_id(data.get("transactionId", body.get("transactionId"))),
        status=reply.status,
        raw=data,
    )


def unauthorized(reply: Reply) -> bool:
    """Say whether this is the vendor's catch-all 401, whose body may be empty."""
    answer = parse(reply)
    return (reply.status if answer is None else answer.code) == 401


def document(body: bytes) -> dict[str, Any]:
    """Read a JSON object, with or without a byte order mark; anything else is an empty one."""
    try:
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def meaning(code: int) -> Meaning:
    """Say what a code asks of a sender.

    A code that nobody listed is a refusal, but for 2xx and 5xx, which say nothing certain.

    >>> [meaning(code) for code in (200, 202, 404, 503, 800, 612)]
    ['success', 'unknown', 'rejected', 'unknown', 'slow', 'rejected']
    """
    if code in CODES:
        return CODES[code][1]
    # After a POST, 303 means "done, see there".
    return "unknown" if code // 100 in {2, 5} or code == 303 else "rejected"


def seconds(retry_after: str | None) -> float | None:
    """Read `Retry-After`, a number of seconds or a date, as seconds from now.

    >>> seconds("2.5"), seconds("Wed, 21 Oct 2015 07:28:00 GMT"), seconds("soon")
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


def _unreadable(reply: Reply) -> ApiError:
    match meaning(reply.status):
        case "success" | "unknown":
            size = f"HTTP {reply.status}, {len(reply.body):,} bytes"
            return OutcomeUnknown(
                f"The vendor's answer cannot be read ({size}): the texts may be out.",
                status=reply.status,
            )
        case _:
            name = CODES.get(reply.status, ("", None))[0]
            return _refusal(Answer(reply.status, name, None, None, reply.status), reply)


def _refusal(answer: Answer, reply: Reply) -> ApiError:
    what = f"{answer.code} {answer.message} (HTTP {reply.status})"
    facts = {"code": answer.code, "status": reply.status}
    match meaning(answer.code):
        case "slow":
            wait = seconds(reply.retry_after)
            return Throttled(f"The vendor asks to slow down: {what}.", retry_after=wait, **facts)
        case "auth":
            return AuthFailed(f"The vendor does not know this account or token: {what}.", **facts)
        case "credit":
            return InsufficientCredit(f"The account has no credit left: {what}.", **facts)
        case "unknown":
            return OutcomeUnknown(f"The vendor failed: {what}. The texts may be out.", **facts)
        case _:
            return Rejected(f"The vendor refused the request: {what}.", **facts)


def token_of(reply: Reply) -> str:
    """Read the token out of an answer; failures come with HTTP 200 and an error in the body.

    Raises
    ------
    AuthFailed
        The vendor refused the id or the password.
    Throttled
        429.
    NotSent
        Anything else: no text has left, so it may be asked again.

    >>> token_of(Reply(200, b'{"status": 400, "error": "password is wrong"}'))
    Traceback (most recent call last):
    msgframe.errors.AuthFailed: The vendor gave no token: 400 password is wrong (HTTP 200). Check
    customer_id and password.
    """
    body = document(reply.body)
    token = body.get("token")
    if isinstance(token, str) and token.strip():
        return token.strip()
    answer = parse(reply) or Answer(reply.status, "", None, None, reply.status)
    what = f"{answer.code} {answer.message}".strip() + f" (HTTP {reply.status})"
    match meaning(answer.code):
        case "slow":
            raise _refusal(answer, reply)
        case "rejected" | "auth" | "credit":
            raise AuthFailed(
                f"The vendor gave no token: {what}. Check customer_id and password.",
                code=answer.code,
                status=reply.status,
            )
        case _:
            raise NotSent(
                f"The vendor gave no token: {what}. Nothing was sent.", status=reply.status
            )
