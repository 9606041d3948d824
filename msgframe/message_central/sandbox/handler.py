"""The vendor's API behind its HTTP: it checks who asks for what, and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgframe.message_central.sandbox import xlsx_reader
from msgframe.message_central.sandbox.api import (
    DIGITS,
    UNAUTHORIZED,
    ApiRefusal,
    ApiResponse,
    envelope,
    inner,
)
from msgframe.message_central.sandbox.faults import chance
from msgframe.message_central.vocabulary import ALL_PARAMETERS, OTP_LENGTHS, STILL_LIVE, VERIFIED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from msgframe.message_central.sandbox.accounts import Account, OtpCodes
    from msgframe.message_central.sandbox.api import ApiRequest, ResponseStyle
    from msgframe.message_central.sandbox.faults import Fault, Faults
    from msgframe.message_central.sandbox.store import Ids, SandboxStore


#: How the vendor fills a template's placeholders: in one pass, or one variable after the other, so
#: that a value that looks like a placeholder is filled again. Nobody knows which; a careful plan
#: minds neither.
PlaceholderPasses: TypeAlias = Literal["one", "many"]

_LIST_ENTRY = re.compile(r"\s*\+?([0-9]+)\s+([0-9]+)\s*")


@dataclass(kw_only=True, repr=False, eq=False)
class Handler:
    """Takes calls of the API, one at a time, and gives each an answer and perhaps a fault."""

    account: Account
    store: SandboxStore
    otp_codes: OtpCodes
    faults: Faults
    style: ResponseStyle
    placeholder_passes: PlaceholderPasses
    seed: int
    otp_ttl: timedelta
    now: Callable[[], datetime]
    _numbers: count[int] = field(default_factory=count, init=False)

    def handle(self, request: ApiRequest) -> tuple[ApiResponse, Fault | None]:
        """Answer a call, and say which fault it suffers."""
        fault = self.faults.match(request.operation, request.fingerprint)
        number, why = next(self._numbers), None
        try:
            faulty = self._apply_fault(fault) if fault and not fault.after else None
            response = faulty or self._serve(number, request)
        except ApiRefusal as refusal:
            unread = request.json_body_ignored and refusal.code in {400, 511}
            response = UNAUTHORIZED if unread else refusal.response(self.style)
            why = refusal.why
        kind = fault.kind if fault else None
        self.store.add_request(number, request, response, fault=kind, why=why)
        return response, fault

    def _serve(self, number: int, request: ApiRequest) -> ApiResponse:
        if request.operation == "token":
            return self._issue_token(request)
        if not self.account.accepts(request.token):
            return UNAUTHORIZED
        if request.get("customer_id", self.account.customer_id) != self.account.customer_id:
            raise ApiRefusal(501)
        if request.operation == "validate":
            return self._validate(request)
        return (
            self._send_otp(number, request)
            if request.mode == "otp"
            else self._send(number, request)
        )

    def _issue_token(self, request: ApiRequest) -> ApiResponse:
        if request.get("customer_id") != self.account.customer_id:
            return ApiResponse(200, {"status": 400, "error": "customerId is invalid"})
        if not self.account.password_matches(request.get("key")):
            return ApiResponse(200, {"status": 400, "error": "password is wrong"})
        return ApiResponse(200, {"status": 200, "token": self.account.token()})

    def _send(self, number: int, request: ApiRequest) -> ApiResponse:
        batch = _batch(request, self.placeholder_passes)
        self._charge(len(batch.texts))
        ids = self.store.new_ids(request)
        self.store.add_messages(number, request, batch, ids)
        mobile = batch.mobiles[0] if request.mode == "single" else None
        choices = self.style.timeouts
        timeout = choices[int(chance(self.seed, "timeout", request.fingerprint) * len(choices))]
        return self._accepted(request, ids, mobile, timeout, taken=len(batch.texts))

    def _send_otp(self, number: int, request: ApiRequest) -> ApiResponse:
        request.flow_type()
        recipient = request.recipient()
        length = request.get("otp_length") or str(OTP_LENGTHS[0])
        if length not in map(str, OTP_LENGTHS):
            raise ApiRefusal(400, "otpLength must be 4 to 8")
        now = self.now()
        if live := self.otp_codes.live(recipient, now):
            raise ApiRefusal(STILL_LIVE, verificationId=str(live), mobileNumber=recipient[1])
        self._charge(1)
        ids = self.store.new_ids(request)
        until = now + self.otp_ttl
        digits = self.otp_codes.issue(ids.verification, recipient, int(length), until=until)
        text = f"{digits} is your verification code."
        message = Batch(*([value] for value in (*recipient, text)))
        self.store.add_messages(number, request, message, ids)
        timeout = f"{self.otp_ttl.total_seconds():g}"
        return self._accepted(request, ids, recipient[1], timeout, taken=1)

    def _validate(self, request: ApiRequest) -> ApiResponse:
        verification_id = request.get("verification_id")
        mobile = self.otp_codes.verify(verification_id, request.get("code"), self.now())
        data = {
            "verificationId": int(verification_id),  # here a number, in the answer to a send text
            "mobileNumber": mobile,
            "verificationStatus": VERIFIED,
            **inner(200),
            "transactionId": None,
            "authToken": None,
        }
        return ApiResponse(200, envelope(200, data, self.style))

    def _charge(self, messages: int) -> None:
        if not self.account.charge(messages):
            raise ApiRefusal(self.style.no_credit)

    def _accepted(
        self, request: ApiRequest, ids: Ids, mobile: str | None, timeout: str, *, taken: int
    ) -> ApiResponse:
        bulk = request.mode in {"list", "file"}
        if bulk and self.style.bulk == "no_data":
            return ApiResponse(200, envelope(200, None, self.style), taken)
        transaction = None if bulk and not self._names_bulk(request) else ids.transaction
        data = {
            "verificationId": ids.verification if self.style.number_ids else str(ids.verification),
            "mobileNumber": mobile,
            **inner(200),
            "timeout": timeout,
            "smsCLI": None,
            "transactionId": transaction,
        }
        return ApiResponse(200, envelope(200, data, self.style), taken)

    def _names_bulk(self, request: ApiRequest) -> bool:
        """Tell whether the answer to a list or a file names its transaction."""
        if self.style.bulk == "wandering":
            return chance(self.seed, "bulk", request.fingerprint) < 0.5
        return self.style.bulk == "id"

    def _apply_fault(self, fault: Fault) -> ApiResponse:
        match fault.kind:
            case "error":
                return ApiResponse(500, envelope(500, None, self.style))
            case "limit":
                raise ApiRefusal(800)
            case "no_credit":
                raise ApiRefusal(self.style.no_credit)
            case "throttle":
                return ApiResponse(429)
            case "unauthorized":
                return UNAUTHORIZED
            case _:
                return ApiResponse(0)  # no answer at all


class Batch(NamedTuple):
    """The messages of one request, column by column."""

    countries: list[str]
    mobiles: list[str]
    texts: list[str]


def _batch(request: ApiRequest, passes: PlaceholderPasses) -> Batch:
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
    if not all(DIGITS.fullmatch(person.country + person.mobile) for person in people):
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
