"""The vendor itself: its account, its desk, and its record of all that it took."""

from __future__ import annotations

import base64
import hmac
import json
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl

from msgframe.errors import UseError
from msgframe.frames import MOMENT
from msgframe.sandbox import asks, exports, pages
from msgframe.sandbox.answers import CATCH_ALL, Answers, Refused, Reply, envelope, sent, verified
from msgframe.sandbox.codes import Codes
from msgframe.sandbox.fates import RECEIPTS, Fates, decide, payloads
from msgframe.sandbox.faults import Fault, Faults, chance
from msgframe.sandbox.ledgers import Columns, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from msgframe.sandbox.asks import Ask, Batch
    from msgframe.sandbox.faults import Kind
    from msgframe.sandbox.postmen import Postman
    from msgframe.sandbox.services import Service

#: Every call of the API, also the refused ones; no token, key or password is kept.
REQUESTS: Columns = {
    "request": pl.UInt32,
    "received_at": MOMENT,
    "path": pl.Enum(["token", "send", "validate"]),
    "mode": pl.Enum(["single", "list", "file", "otp"]),
    "taken": pl.UInt32,
    "fault": pl.String,
    "status": pl.UInt16,
    "response_code": pl.Int32,
    "why": pl.String,
}

#: Every message that was taken, in the order of its taking.
MESSAGES: Columns = {
    "message": pl.UInt32,
    "request": pl.UInt32,
    "position": pl.UInt32,
    "received_at": MOMENT,
    "mode": pl.Enum(["single", "list", "file", "otp"]),
    "country_code": pl.String,
    "mobile": pl.String,
    "text": pl.String,
    "sender_id": pl.String,
    "message_type": pl.String,
    "flow_type": pl.String,
    "nth": pl.UInt32,
    "transaction_id": pl.String,
    "verification_id": pl.String,
}

#: In Base64 it holds each of + / =, which a client must percent-encode in a URL.
PASSWORD = "wonder~~~land???!"  # noqa: S105  (opens nothing but a sandbox on loopback)

#: Tokens live 1,825 days, as the published ones do.
TOKEN_LIVES = timedelta(days=1825)


class Vendor:
    """The vendor, played: what it was asked, what it took, and what became of it.

    `requests`, `messages` and `receipts` are the truth of the sandbox, as frames; `callbacks()`
    and `export()` are what a client would get to see of it.
    """

    #: Where it listens, such as http://127.0.0.1:8025; also the address of its page.
    url: str = ""
    #: The server that it speaks through, once it does.
    service: Service | None = None
    #: Who brings its callbacks, if there is a `callback_url`.
    postman: Postman | None = None

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Iterable[Fault] | Mapping[Kind, float] = (),
        answers: Answers | None = None,
        fates: Fates | None = None,
        zone: str = "Asia/Kolkata",
        customer_id: str | None = None,
        password: str = PASSWORD,
        credit: int | None = None,
        code_lives: float = 60.0,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.customer_id = customer_id or f"C-{_hex(seed, 'customer')[:15].upper()}"
        self.password = password
        self.zone = zone
        self.faults = Faults(faults, seed=seed)
        self.codes = Codes(seed=seed)
        #: Messages that the account can still pay for; None is without end.
        self.credit = credit
        self._seed = seed
        self._answers = answers or Answers()
        self._fates = fates or Fates()
        self._code_lives = timedelta(seconds=code_lives)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._lock = Lock()
        self._generation = 0
        self._requests = Ledger(REQUESTS)
        self._messages = Ledger(MESSAGES)
        self._verification_ids = count(12_000_001)
        self._numbers = count()
        self._equal: Counter[tuple[str, str, str]] = Counter()
        self._asked: Counter[str] = Counter()
        self._nothing = pl.DataFrame(schema=RECEIPTS)
        self._decided: list[pl.DataFrame] = []
        self._decided_of = 0

    def __repr__(self) -> str:
        taken = f"{len(self._messages):,} messages taken"
        return f"Vendor({self.url!r}, customer_id={self.customer_id!r}, {taken})"

    # What a person and a test want to know.

    @property
    def token(self) -> str:
        """A token that is valid now, as one could copy it from the vendor's dashboard."""
        now = int(self.now().timestamp())
        claims = {
            "sub": self.customer_id,
            "iat": now,
            "exp": now + int(TOKEN_LIVES.total_seconds()),
        }
        unsigned = f"{_url64({'alg': 'HS512'})}.{_url64(claims)}"
        return f"{unsigned}.{self._signature(unsigned)}"

    @property
    def requests(self) -> pl.DataFrame:
        """Every call of the API so far: when, through which door, and what was answered."""
        return self._requests.frame()

    @property
    def messages(self) -> pl.DataFrame:
        """Every message that was taken so far, with its text as the recipient reads it.

        `request` is the call it came with, `position` its place there, `nth` counts the messages
        that are equal in number and text from 0.
        """
        return self._messages.frame()

    @property
    def receipts(self) -> pl.DataFrame:
        """Every receipt that there will be, and the truth: which `message` each belongs to."""
        return pl.concat([self._nothing, *self.decided()]).sort(
            "arrives_at", "message", "kind", nulls_last=True
        )

    def callbacks(self) -> pl.DataFrame:
        """Give the payloads of all receipts at once, in the order in which they would arrive.

        Time is simulated: a `doneDate` lies seconds (an expired message's two days) ahead of the
        clock on the wall. The dates are in the vendor's zone, whole seconds, without a mark.
        """
        return self.payloads(self.receipts)

    def export(self, path: str | Path) -> Path:
        """Write the callbacks as a file, its kind by its suffix: jsonl, json, csv, xlsx, parquet.

        Raises
        ------
        UseError
            If the suffix is none of them.
        """
        return exports.write(self.callbacks(), path)

    @property
    def page(self) -> str:
        """The HTML of the page at `/`."""
        return pages.page(self)

    @property
    def posts(self) -> pl.DataFrame:
        """Every try to POST a callback: of which message, when, and the answer's status."""
        return self._working_postman("posts").posts.frame()

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until all callbacks are POSTed or given up; False when `timeout` (seconds) ends."""
        return self._working_postman("settle()").rests(timeout)

    def revoke(self) -> None:
        """Make every token that was given out so far worthless."""
        self._generation += 1

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be out of order while the block runs: nobody can connect, idle connections end."""
        if self.service is None:
            raise UseError("down() needs a vendor that serves: use it inside `with serve()`.")
        with self.service.shut():
            yield

    def _working_postman(self, what: str) -> Postman:
        if self.postman is None:
            raise UseError(f"{what} needs callbacks that are POSTed: serve(callback_url=…).")
        return self.postman

    # What the postman wants to know.

    def decided(self) -> list[pl.DataFrame]:
        """Decide what is undecided, and give all receipts in the pieces they were decided in."""
        with self._lock:
            messages = self.messages
            if messages.height > self._decided_of:
                new = messages[self._decided_of :]
                self._decided.append(decide(new, self._fates, seed=self._seed))
                self._decided_of = messages.height
            return list(self._decided)

    def payloads(self, receipts: pl.DataFrame) -> pl.DataFrame:
        """Write receipts as they go over the wire."""
        return payloads(receipts, zone=self.zone, spelling=self._fates.spelling)

    def now(self) -> datetime:
        """Give the moment by the sandbox's clock."""
        return self._clock()

    # The desk.

    def handle(self, ask: Ask) -> tuple[Reply, Fault | None]:
        """Answer a call, and say which fault strikes it on its way back."""
        fault = self.faults.strike(ask.path, ask.fingerprint)
        number = next(self._numbers)
        why = None
        try:
            reply = self._struck(fault) if fault and not fault.after else self._serve(ask, number)
        except Refused as refused:
            reply, why = refused.reply(self._answers), refused.why
            if ask.astray and refused.code in {400, 511}:
                reply = CATCH_ALL
        self._requests.extend(
            request=number,
            received_at=self.now(),
            path=ask.path,
            mode=ask.mode if ask.path == "send" else None,
            taken=reply.taken,
            fault=fault and fault.kind,
            status=reply.status or None,
            response_code=reply.code,
            why=why,
        )
        return reply, fault

    def _serve(self, ask: Ask, number: int) -> Reply:
        if ask.path == "token":
            return self._give_token(ask.params)
        if not self._knows(ask.token):
            return CATCH_ALL
        if ask.params.get("customerId", self.customer_id) != self.customer_id:
            raise Refused(501)
        if ask.path == "validate":
            return self._validate(ask.params)
        return self._send_code(ask, number) if ask.mode == "otp" else self._send(ask, number)

    def _give_token(self, params: dict[str, str]) -> Reply:
        if params.get("customerId") != self.customer_id:
            return Reply(200, {"status": 400, "error": "customerId is invalid"})
        if _from_base64(params.get("key", "")) != self.password.encode():
            return Reply(200, {"status": 400, "error": "password is wrong"})
        return Reply(200, {"status": 200, "token": self.token})

    def _send(self, ask: Ask, number: int) -> Reply:
        batch = asks.batch(ask)
        self._pay(len(batch.texts))
        verification_id, transaction_id = self._take(ask, number, batch)
        single = ask.mode == "single"
        told = transaction_id if single or self._tells_id(ask) else None
        mobile = batch.mobiles[0] if single else None
        return self._accepted(ask, len(batch.texts), verification_id, mobile, told)

    def _send_code(self, ask: Ask, number: int) -> Reply:
        asks.flow(ask.params)
        recipient = asks.recipient(ask.params)
        length = ask.params.get("otpLength") or "4"
        if length not in {"4", "5", "6", "7", "8"}:
            raise Refused(400, "otpLength must be 4 to 8")
        if live := self.codes.live(recipient, self.now()):
            raise Refused(506, verificationId=str(live.verification_id), mobileNumber=recipient[1])
        self._pay(1)
        verification_id = next(self._verification_ids)
        code = self.codes.make(
            recipient,
            int(length),
            verification_id=verification_id,
            now=self.now(),
            lives=self._code_lives,
        )
        text = f"{code.digits} is your verification code."
        batch = asks.Batch([recipient[0]], [recipient[1]], [text])
        _, transaction_id = self._take(ask, number, batch, verification_id)
        return self._accepted(ask, 1, verification_id, recipient[1], transaction_id)

    def _validate(self, params: dict[str, str]) -> Reply:
        verification_id, digits = params.get("verificationId", ""), params.get("code", "")
        code = self.codes.check(verification_id, digits, self.now())
        data = verified(code.verification_id, code.recipient[1])
        return Reply(200, envelope(200, data, self._answers))

    def _take(
        self, ask: Ask, number: int, batch: Batch, verification_id: int | None = None
    ) -> tuple[int, str]:
        """Write the messages down: from here on they are out."""
        with self._lock:
            verification_id = verification_id or next(self._verification_ids)
            self._asked[ask.fingerprint] += 1
            again = self._asked[ask.fingerprint]
            transaction_id = str(UUID(_hex(self._seed, ask.fingerprint, again)[:32], version=4))
            first, size = len(self._messages), len(batch.texts)
            self._messages.extend(
                message=list(range(first, first + size)),
                request=number,
                position=list(range(size)),
                received_at=self.now(),
                mode=ask.mode,
                country_code=batch.countries,
                mobile=batch.mobiles,
                text=batch.texts,
                sender_id=ask.params.get("senderId"),
                message_type=ask.params.get("messageType", "OTP"),
                flow_type=ask.params["flowType"].upper(),
                nth=[self._nth(message) for message in zip(*batch, strict=True)],
                transaction_id=transaction_id,
                verification_id=str(verification_id),
            )
        return verification_id, transaction_id

    def _nth(self, message: tuple[str, str, str]) -> int:
        self._equal[message] += 1
        return self._equal[message] - 1

    def _pay(self, messages: int) -> None:
        with self._lock:
            if self.credit is None:
                return
            if messages > self.credit:
                raise Refused(self._answers.no_credit)
            self.credit -= messages

    def _accepted(
        self,
        ask: Ask,
        taken: int,
        verification_id: int,
        mobile: str | None,
        transaction_id: str | None,
    ) -> Reply:
        if self._answers.bulk == "no_data" and ask.mode in {"list", "file"}:
            return Reply(200, envelope(200, None, self._answers), taken)
        choices = self._answers.timeouts
        timeout = choices[int(chance(self._seed, "timeout", ask.fingerprint) * len(choices))]
        data = sent(verification_id, mobile, transaction_id, timeout)
        if self._answers.number_ids:
            data["verificationId"] = verification_id
        return Reply(200, envelope(200, data, self._answers), taken)

    def _tells_id(self, ask: Ask) -> bool:
        match self._answers.bulk:
            case "wandering":
                return chance(self._seed, "bulk", ask.fingerprint) < 0.5
            case "id":
                return True
            case "no_id" | "no_data":
                return False

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

    def _knows(self, token: str | None) -> bool:
        unsigned, _, signature = (token or "").rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(unsigned).encode()):
            return False
        claims = json.loads(base64.urlsafe_b64decode(unsigned.partition(".")[2] + "=="))
        return bool(claims["exp"] > self.now().timestamp())

    def _signature(self, unsigned: str) -> str:
        secret = _hex(self._seed, "secret", self._generation).encode()
        return _unpadded(hmac.digest(secret, unsigned.encode(), "sha512"))


def _hex(*parts: object) -> str:
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=32).hexdigest()


def _url64(content: dict[str, object]) -> str:
    return _unpadded(json.dumps(content, separators=(",", ":")).encode())


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _from_base64(key: str) -> bytes | None:
    """Decode a key; a `+` that a client left bare in the URL arrives as a blank."""
    try:
        return base64.b64decode(key.replace(" ", "+") + "=" * (-len(key) % 4), validate=True)
    except ValueError:
        return None
