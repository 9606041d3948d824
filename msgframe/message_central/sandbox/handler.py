"""The vendor's desk: it checks who asks for what, and answers."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from msgframe.message_central.sandbox import api_request
from msgframe.message_central.sandbox.faults import chance
from msgframe.message_central.sandbox.responses import (
    CATCH_ALL,
    Refused,
    Reply,
    envelope,
    sent,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from msgframe.message_central.sandbox.accounts import Account
    from msgframe.message_central.sandbox.api_request import Ask, Filling
    from msgframe.message_central.sandbox.faults import Fault, Faults
    from msgframe.message_central.sandbox.otp import Codes
    from msgframe.message_central.sandbox.responses import Answers
    from msgframe.message_central.sandbox.store import Books, Ids

#: Lengths of a code that may be asked for; the first is the default.
CODE_LENGTHS = {"": 4, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8}


class Desk:
    """Takes calls of the API, one at a time, and gives each an answer and perhaps a fault."""

    def __init__(
        self,
        account: Account,
        books: Books,
        codes: Codes,
        faults: Faults,
        *,
        answers: Answers,
        filling: Filling,
        seed: int,
        code_lives: float,
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._books = books
        self._codes = codes
        self._faults = faults
        self._answers = answers
        self._filling = filling
        self._seed = seed
        self._code_lives = timedelta(seconds=code_lives)
        self._now = now
        self._numbers = count()

    def handle(self, ask: Ask) -> tuple[Reply, Fault | None]:
        """Answer a call, and say which fault strikes it on its way."""
        fault = self._faults.strike(ask.path, ask.fingerprint)
        number, why = next(self._numbers), None
        try:
            struck = self._struck(fault) if fault and not fault.after else None
            reply = struck or self._serve(number, ask)
        except Refused as refused:
            unread = ask.astray and refused.code in {400, 511}
            reply = CATCH_ALL if unread else refused.reply(self._answers)
            why = refused.why
        self._books.note(number, ask, reply, fault=fault.kind if fault else None, why=why)
        return reply, fault

    def _serve(self, number: int, ask: Ask) -> Reply:
        if ask.path == "token":
            return self._let_in(ask.params)
        if not self._account.knows(ask.token):
            return CATCH_ALL
        if ask.params.get("customerId", self._account.customer_id) != self._account.customer_id:
            raise Refused(501)
        if ask.path == "validate":
            return self._validate(ask.params)
        return self._send_code(number, ask) if ask.mode == "otp" else self._send(number, ask)

    def _let_in(self, params: dict[str, str]) -> Reply:
        if params.get("customerId") != self._account.customer_id:
            return Reply(200, {"status": 400, "error": "customerId is invalid"})
        if not self._account.opens(params.get("key", "")):
            return Reply(200, {"status": 400, "error": "password is wrong"})
        return Reply(200, {"status": 200, "token": self._account.token()})

    def _send(self, number: int, ask: Ask) -> Reply:
        batch = api_request.batch(ask, self._filling)
        self._pay(len(batch.texts))
        ids = self._books.name(ask)
        self._books.take(number, ask, batch, ids)
        mobile = batch.mobiles[0] if ask.mode == "single" else None
        choices = self._answers.timeouts
        timeout = choices[int(chance(self._seed, "timeout", ask.fingerprint) * len(choices))]
        return self._accepted(ask, ids, mobile, timeout, taken=len(batch.texts))

    def _send_code(self, number: int, ask: Ask) -> Reply:
        api_request.flow(ask.params)
        recipient = api_request.recipient(ask.params)
        length = CODE_LENGTHS.get(ask.params.get("otpLength", ""))
        if length is None:
            raise Refused(400, "otpLength must be 4 to 8")
        now = self._now()
        if live := self._codes.live(recipient, now):
            raise Refused(506, verificationId=str(live), mobileNumber=recipient[1])
        self._pay(1)
        ids = self._books.name(ask)
        until = now + self._code_lives
        digits = self._codes.make(ids.verification, recipient, length, until=until)
        text = f"{digits} is your verification code."
        self._books.take(
            number, ask, api_request.Batch(*([one] for one in (*recipient, text))), ids
        )
        timeout = f"{self._code_lives.total_seconds():g}"
        return self._accepted(ask, ids, recipient[1], timeout, taken=1)

    def _validate(self, params: dict[str, str]) -> Reply:
        verification_id, digits = params.get("verificationId", ""), params.get("code", "")
        mobile = self._codes.check(verification_id, digits, self._now())
        return Reply(200, envelope(200, verified(int(verification_id), mobile), self._answers))

    def _pay(self, messages: int) -> None:
        if not self._account.pay(messages):
            raise Refused(self._answers.no_credit)

    def _accepted(
        self, ask: Ask, ids: Ids, mobile: str | None, timeout: str, *, taken: int
    ) -> Reply:
        bulk = ask.mode in {"list", "file"}
        if bulk and self._answers.bulk == "no_data":
            return Reply(200, envelope(200, None, self._answers), taken)
        told = None if bulk and not self._tells_id(ask) else ids.transaction
        data = sent(ids.verification, mobile, told, timeout, self._answers)
        return Reply(200, envelope(200, data, self._answers), taken)

    def _tells_id(self, ask: Ask) -> bool:
        if self._answers.bulk == "wandering":
            return chance(self._seed, "bulk", ask.fingerprint) < 0.5
        return self._answers.bulk == "id"

    def _struck(self, fault: Fault) -> Reply:
        match fault.kind:
            case "error":
                return Reply(500, envelope(500, None, self._answers))
            case "limit":
                raise Refused(800)
            case "no_credit":
                raise Refused(self._answers.no_credit)
            case "throttle":
                return Reply(429)
            case "unauthorized":
                return CATCH_ALL
            case _:
                return Reply(0)  # no answer at all
