"""The vendor's API as data: what a client asks for, and what is answered.

The parameters are taken from wherever the client put them; the answers have the vendor's envelope,
its refusals, and types that wander.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal, TypeAlias

from msgframe.message_central.vocabulary import (
    ALL_PARAMETERS,
    CHOICES,
    RESPONSE_CODES,
    Operation,
)

Mode: TypeAlias = Literal["single", "list", "file", "otp"]

#: What a calling code and a number consist of.
DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class ApiRequest:
    """One call of the API, taken out of its HTTP."""

    #: What is to be done.
    operation: Operation
    #: The parameters in the vendor's spelling: those of the query, then those of the form.
    params: dict[str, str] = field(default_factory=dict)
    #: The uploaded workbook.
    file: bytes | None = None
    #: What stood in the header of the token.
    token: str | None = None
    #: Whether it brought a JSON body with something in it, which the vendor does not read.
    json_body_ignored: bool = False

    def get(self, name: str, default: str = "") -> str:
        """Give a parameter, named as in `vocabulary`."""
        return self.params.get(ALL_PARAMETERS[name], default)

    def require(self, name: str) -> str:
        """Give a parameter that must not be missing or blank."""
        if value := self.get(name):
            return value
        raise ApiRefusal(400, f"{ALL_PARAMETERS[name]} is missing")

    def choice(self, name: str, value: str) -> str:
        """Give a value back that is one of the vendor's for this parameter."""
        if value in CHOICES[name]:
            return value
        raise ApiRefusal(
            400, f"{ALL_PARAMETERS[name]} must be one of {', '.join(sorted(CHOICES[name]))}"
        )

    @cached_property
    def mode(self) -> Mode:
        """What is asked for; the docs' own sample sends a file beside a `mobileNumber`."""
        if self.get("type", "OTP").upper() != "SMS":
            return "otp"
        if self.file is not None:
            return "file"
        return "list" if self.get("numbers") else "single"

    def flow_type(self) -> str:
        """Give the channel that is asked for; there is no default."""
        return self.choice("flow_type", self.require("flow_type").upper())

    def message_type(self) -> str:
        """Give the kind of message; one that is not named is an OTP."""
        return self.choice("message_type", self.get("message_type", "OTP"))

    def recipient(self) -> tuple[str, str]:
        """Give the calling code and the number of a call for one person."""
        country = self.get("country_code").strip().removeprefix("+")
        if not DIGITS.fullmatch(country) or len(country) > 3:
            raise ApiRefusal(511)
        mobile = self.require("mobile").strip().removeprefix("+")
        if not DIGITS.fullmatch(mobile):
            raise ApiRefusal(400, "mobileNumber must be digits")
        return country, mobile

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of everything that was asked, the same for the same question."""
        params = "\x1f".join(f"{k}={v}" for k, v in sorted(self.params.items()))
        digest = blake2b(f"{self.operation}\x1f{params}\x1f".encode(), digest_size=16)
        digest.update(self.file or b"")
        return digest.hexdigest()


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
        data = {**self.data, **inner(self.code, self.why)} if self.data or self.why else None
        return ApiResponse(status, envelope(self.code, data, style))


def envelope(code: int, data: dict[str, Any] | None, style: ResponseStyle) -> dict[str, Any]:
    """Put `data` into the vendor's envelope.

    >>> envelope(800, None, ResponseStyle())
    {'responseCode': 800, 'message': 'MAXIMUM_LIMIT_REACHED', 'data': None}
    """
    shown = str(code) if style.text_codes else code
    return {"responseCode": shown, "message": RESPONSE_CODES[code][0], "data": data}


def inner(code: int, why: str | None = None) -> dict[str, Any]:
    """Give what `data` itself says of the outcome; here the code is always text."""
    return {"responseCode": str(code), "errorMessage": why}
