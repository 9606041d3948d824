"""What a client asks for: the vendor's parameters, from wherever the client put them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgframe.message_central.sandbox import xlsx_reader
from msgframe.message_central.sandbox.responses import Refused

if TYPE_CHECKING:
    from msgframe.message_central.sandbox.faults import Door

#: How the vendor fills a template's places: in one pass, or one variable after the other, so that a
#: value that looks like a place is filled again. Nobody knows which; a careful plan minds neither.
Filling: TypeAlias = Literal["once", "again"]
Mode: TypeAlias = Literal["single", "list", "file", "otp"]

FLOWS = frozenset({"SMS", "WHATSAPP", "RCS", "SAUTH"})
MESSAGE_TYPES = frozenset({"TRANSACTION", "PROMOTIONAL", "OTP"})

_DIGITS = re.compile(r"[0-9]+")
_LISTED = re.compile(r"\s*\+?([0-9]+)\s+([0-9]+)\s*")


@dataclass(frozen=True)
class Ask:
    """One call of the API, taken out of its HTTP."""

    #: Which door it came through.
    path: Door
    #: The parameters: those of the query, then those of the form.
    params: dict[str, str] = field(default_factory=dict)
    #: The uploaded workbook.
    file: bytes | None = None
    #: What stood in the header `authToken`.
    token: str | None = None
    #: Whether it brought a JSON body with something in it, which the vendor does not read.
    astray: bool = False

    @property
    def mode(self) -> Mode:
        """What is asked for; the docs' own sample sends a file beside a `mobileNumber`."""
        if self.params.get("type", "OTP").upper() != "SMS":
            return "otp"
        if self.file is not None:
            return "file"
        return "list" if self.params.get("phoneNumbers") else "single"

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of everything that was asked, the same for the same question."""
        asked = "\x1f".join(f"{k}={v}" for k, v in sorted(self.params.items()))
        digest = blake2b(f"{self.path}\x1f{asked}\x1f".encode(), digest_size=16)
        digest.update(self.file or b"")
        return digest.hexdigest()


class Batch(NamedTuple):
    """The messages of one request, column by column."""

    countries: list[str]
    mobiles: list[str]
    texts: list[str]


def batch(ask: Ask, filling: Filling = "once") -> Batch:
    """Give the messages that are asked for.

    Raises
    ------
    Refused
        400 where a parameter is missing or malformed, 511 where the calling code is.
    """
    _check(ask.params)
    text = _need(ask.params, "message")
    match ask.mode:
        case "file":
            return _from_file(ask.file or b"", text, filling)
        case "list":
            return _from_list(ask.params["phoneNumbers"], text)
        case "single" | "otp":
            country, mobile = recipient(ask.params)
            return Batch([country], [mobile], [text])


def recipient(params: dict[str, str]) -> tuple[str, str]:
    """Give the calling code and the number of a call for one person."""
    country = params.get("countryCode", "").strip().removeprefix("+")
    if not _DIGITS.fullmatch(country) or len(country) > 3:
        raise Refused(511)
    mobile = _need(params, "mobileNumber").strip().removeprefix("+")
    if not _DIGITS.fullmatch(mobile):
        raise Refused(400, "mobileNumber must be digits")
    return country, mobile


def flow(params: dict[str, str]) -> str:
    """Give the channel that is asked for; there is no default."""
    named = _need(params, "flowType").upper()
    if named not in FLOWS:
        raise Refused(400, f"flowType must be one of {', '.join(sorted(FLOWS))}")
    return named


def _check(params: dict[str, str]) -> None:
    flow(params)
    _need(params, "senderId")
    if params.get("messageType", "OTP") not in MESSAGE_TYPES:
        raise Refused(400, f"messageType must be one of {', '.join(sorted(MESSAGE_TYPES))}")
    if bool(params.get("templateId")) != bool(params.get("entityId")):
        raise Refused(400, "templateId and entityId must both be present, or both absent")


def _from_file(workbook: bytes, template: str, filling: Filling) -> Batch:
    fill = xlsx_reader.fill if filling == "once" else xlsx_reader.fill_again
    people = xlsx_reader.read(workbook)
    if not all(_DIGITS.fullmatch(person.country + person.mobile) for person in people):
        raise Refused(400, "a row of the file has a Country or a Mobile that is not digits")
    if not all(person.country and person.mobile for person in people):
        raise Refused(400, "a row of the file lacks its Country or its Mobile")
    return Batch(
        [person.country for person in people],
        [person.mobile for person in people],
        [fill(template, person.variables) for person in people],
    )


def _from_list(numbers: str, text: str) -> Batch:
    entries = [entry for entry in numbers.split(",") if entry.strip()]
    found = [_LISTED.fullmatch(entry) for entry in entries]
    people = [(entry[1], entry[2]) for entry in found if entry]
    if not people or len(people) < len(entries):
        raise Refused(400, "phoneNumbers must be like '91 9816111111, 91 7715131105'")
    return Batch([c for c, _ in people], [m for _, m in people], [text] * len(people))


def _need(params: dict[str, str], name: str) -> str:
    value = params.get(name)
    if not value:
        raise Refused(400, f"{name} is missing")
    return value
