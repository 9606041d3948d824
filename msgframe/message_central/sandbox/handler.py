"""The vendor's API behind its HTTP: it checks who asks for what, and answers."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from msgframe.message_central.sandbox import api_request
from msgframe.message_central.sandbox.faults import chance
from msgframe.message_central.sandbox.responses import (
    UNAUTHORIZED,
    ApiRefusal,
    ApiResponse,
    envelope,
    send_data,
    verified_data,
)
from msgframe.message_central.vocabulary import OTP_LENGTHS, STILL_LIVE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from msgframe.message_central.sandbox.accounts import Account
    from msgframe.message_central.sandbox.api_request import ApiRequest, PlaceholderPasses
    from msgframe.message_central.sandbox.faults import Fault, Faults
    from msgframe.message_central.sandbox.otp import OtpCodes
    from msgframe.message_central.sandbox.responses import ResponseStyle
    from msgframe.message_central.sandbox.store import Ids, SandboxStore


class Handler:
    """Takes calls of the API, one at a time, and gives each an answer and perhaps a fault."""

    def __init__(
        self,
        account: Account,
        store: SandboxStore,
        otp_codes: OtpCodes,
        faults: Faults,
        *,
        response_style: ResponseStyle,
        placeholder_passes: PlaceholderPasses,
        seed: int,
        otp_ttl: float,
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._store = store
        self._otp_codes = otp_codes
        self._faults = faults
        self._style = response_style
        self._placeholder_passes = placeholder_passes
        self._seed = seed
        self._otp_ttl = timedelta(seconds=otp_ttl)
        self._now = now
        self._numbers = count()

    def handle(self, request: ApiRequest) -> tuple[ApiResponse, Fault | None]:
        """Answer a call, and say which fault it suffers."""
        fault = self._faults.match(request.operation, request.fingerprint)
        number, why = next(self._numbers), None
        try:
            faulty = self._apply_fault(fault) if fault and not fault.after else None
            response = faulty or self._serve(number, request)
        except ApiRefusal as refusal:
            unread = request.json_body_ignored and refusal.code in {400, 511}
            response = UNAUTHORIZED if unread else refusal.response(self._style)
            why = refusal.why
        kind = fault.kind if fault else None
        self._store.add_request(number, request, response, fault=kind, why=why)
        return response, fault

    def _serve(self, number: int, request: ApiRequest) -> ApiResponse:
        if request.operation == "token":
            return self._issue_token(request)
        if not self._account.accepts(request.token):
            return UNAUTHORIZED
        if request.get("customer_id", self._account.customer_id) != self._account.customer_id:
            raise ApiRefusal(501)
        if request.operation == "validate":
            return self._validate(request)
        return (
            self._send_otp(number, request)
            if request.mode == "otp"
            else self._send(number, request)
        )

    def _issue_token(self, request: ApiRequest) -> ApiResponse:
        if request.get("customer_id") != self._account.customer_id:
            return ApiResponse(200, {"status": 400, "error": "customerId is invalid"})
        if not self._account.password_matches(request.get("key")):
            return ApiResponse(200, {"status": 400, "error": "password is wrong"})
        return ApiResponse(200, {"status": 200, "token": self._account.token()})

    def _send(self, number: int, request: ApiRequest) -> ApiResponse:
        batch = api_request.batch(request, self._placeholder_passes)
        self._charge(len(batch.texts))
        ids = self._store.new_ids(request)
        self._store.add_messages(number, request, batch, ids)
        mobile = batch.mobiles[0] if request.mode == "single" else None
        choices = self._style.timeouts
        timeout = choices[int(chance(self._seed, "timeout", request.fingerprint) * len(choices))]
        return self._accepted(request, ids, mobile, timeout, taken=len(batch.texts))

    def _send_otp(self, number: int, request: ApiRequest) -> ApiResponse:
        request.flow_type()
        recipient = request.recipient()
        length = request.get("otp_length") or str(OTP_LENGTHS[0])
        if length not in map(str, OTP_LENGTHS):
            raise ApiRefusal(400, "otpLength must be 4 to 8")
        now = self._now()
        if live := self._otp_codes.live(recipient, now):
            raise ApiRefusal(STILL_LIVE, verificationId=str(live), mobileNumber=recipient[1])
        self._charge(1)
        ids = self._store.new_ids(request)
        until = now + self._otp_ttl
        digits = self._otp_codes.issue(ids.verification, recipient, int(length), until=until)
        text = f"{digits} is your verification code."
        message = api_request.Batch(*([value] for value in (*recipient, text)))
        self._store.add_messages(number, request, message, ids)
        timeout = f"{self._otp_ttl.total_seconds():g}"
        return self._accepted(request, ids, recipient[1], timeout, taken=1)

    def _validate(self, request: ApiRequest) -> ApiResponse:
        verification_id = request.get("verification_id")
        mobile = self._otp_codes.verify(verification_id, request.get("code"), self._now())
        data = verified_data(int(verification_id), mobile)
        return ApiResponse(200, envelope(200, data, self._style))

    def _charge(self, messages: int) -> None:
        if not self._account.charge(messages):
            raise ApiRefusal(self._style.no_credit)

    def _accepted(
        self, request: ApiRequest, ids: Ids, mobile: str | None, timeout: str, *, taken: int
    ) -> ApiResponse:
        bulk = request.mode in {"list", "file"}
        if bulk and self._style.bulk == "no_data":
            return ApiResponse(200, envelope(200, None, self._style), taken)
        transaction = None if bulk and not self._names_bulk(request) else ids.transaction
        data = send_data(ids.verification, mobile, transaction, timeout, self._style)
        return ApiResponse(200, envelope(200, data, self._style), taken)

    def _names_bulk(self, request: ApiRequest) -> bool:
        """Tell whether the answer to a list or a file names its transaction."""
        if self._style.bulk == "wandering":
            return chance(self._seed, "bulk", request.fingerprint) < 0.5
        return self._style.bulk == "id"

    def _apply_fault(self, fault: Fault) -> ApiResponse:
        match fault.kind:
            case "error":
                return ApiResponse(500, envelope(500, None, self._style))
            case "limit":
                raise ApiRefusal(800)
            case "no_credit":
                raise ApiRefusal(self._style.no_credit)
            case "throttle":
                return ApiResponse(429)
            case "unauthorized":
                return UNAUTHORIZED
            case _:
                return ApiResponse(0)  # no answer at all
