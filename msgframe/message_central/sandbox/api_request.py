"""What a client asks for: the vendor's parameters, from wherever the client put them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Literal, NamedTuple, TypeAlias

from msgframe.message_central.sandbox import xlsx_reader
from msgframe.message_central.sandbox.responses import ApiRefusal
from msgframe.message_central.vocabulary import ALL_PARAMETERS, CHOICES, Operation

#: How the vendor fills a template's placeholders: in one pass, or one variable after the other, so
#: that a value that looks like a placeholder is filled again. Nobody knows which; a careful plan
#: minds neither.
PlaceholderPasses: TypeAlias = Literal["one", "many"]
Mode: TypeAlias = Literal["single", "list", "file", "otp"]

_DIGITS = re.compile(r"[0-9]+")
_LIST_ENTRY = re.compile(r"\s*\+?([0-9]+)\s+([0-9]+)\s*")


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
        if not _DIGITS.fullmatch(country) or len(country) > 3:
            raise ApiRefusal(511)
        mobile = self.require("mobile").strip().removeprefix("+")
        if not _DIGITS.fullmatch(mobile):
            raise ApiRefusal(400, "mobileNumber must be digits")
        return country, mobile

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of everything that was asked, the same for the same question."""
        params = "\x1f".join(f"{k}={v}" for k, v in sorted(self.params.items()))
        digest = blake2b(f"{self.operation}\x1f{params}\x1f".encode(), digest_size=16)
        digest.update(self.file or b"")
        return digest.hexdigest()


class Batch(NamedTuple):
    """The messages of one request, column by column."""

    countries: list[str]
    mobiles: list[str]
    texts: list[str]


def batch(request: ApiRequest, passes: PlaceholderPasses = "one") -> Batch:
    """Give the messages that are asked for.

    Raises
    ------
    ApiRefusal
        400 where a parameter is missing or malformed, 511 where the calling code is.
    """
    _check(request)
    text = request.require("message")
    match request.mode:
        case "file":
            return _from_file(request.file or b"", text, passes)
        case "list":
            return _from_list(request.get("numbers"), text)
        case "single" | "otp":
            country, mobile = request.recipient()
            return Batch([country], [mobile], [text])


def _check(request: ApiRequest) -> None:
    request.flow_type()
    request.require("sender_id")
    request.message_type()
    if bool(request.get("template_id")) != bool(request.get("entity_id")):
        raise ApiRefusal(400, "templateId and entityId must both be present, or both absent")


def _from_file(workbook: bytes, template: str, passes: PlaceholderPasses) -> Batch:
    fill = xlsx_reader.fill if passes == "one" else xlsx_reader.fill_in_turn
    people = xlsx_reader.read(workbook)
    if not all(_DIGITS.fullmatch(person.country + person.mobile) for person in people):
        raise ApiRefusal(400, "a row of the file has a Country or a Mobile that is not digits")
    if not all(person.country and person.mobile for person in people):
        raise ApiRefusal(400, "a row of the file lacks its Country or its Mobile")
    return Batch(
        [person.country for person in people],
        [person.mobile for person in people],
        [fill(template, person.variables) for person in people],
    )


def _from_list(numbers: str, text: str) -> Batch:
    entries = [entry for entry in numbers.split(",") if entry.strip()]
    parsed = [_LIST_ENTRY.fullmatch(entry) for entry in entries]
    people = [(entry[1], entry[2]) for entry in parsed if entry]
    if not people or len(people) < len(entries):
        raise ApiRefusal(
            400, f"{ALL_PARAMETERS['numbers']} must be like '91 9816111111, 91 7715131105'"
        )
    return Batch([c for c, _ in people], [m for _, m in people], [text] * len(people))
