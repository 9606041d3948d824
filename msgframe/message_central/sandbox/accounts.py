"""Who may send, and who was reached: an account with its tokens and credit, and one-time codes.

The vendor makes the codes, keeps them alive for a while, and checks them itself.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING

from msgframe.message_central.sandbox.api import ApiRefusal
from msgframe.message_central.sandbox.faults import chance

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

#: In Base64 it holds each of + / =, which a client must percent-encode in a URL.
PASSWORD = "wonder~~~land???!"  # noqa: S105  (opens nothing but a sandbox on loopback)

#: Tokens live 1,825 days, as the published ones do.
TOKEN_TTL = timedelta(days=1825)

#: Wrong tries before the vendor gives up on a code (invented: nothing is documented).
MAX_ATTEMPTS = 3


class Account:
    """One customer of the vendor's."""

    def __init__(
        self,
        *,
        seed: int,
        customer_id: str | None,
        password: str,
        credit: int | None,
        now: Callable[[], datetime],
    ) -> None:
        self.customer_id = customer_id or f"C-{digest(seed, 'customer')[:15].upper()}"
        self.password = password
        #: Messages that it can still pay for; None is without end.
        self.credit = credit
        self._seed = seed
        self._now = now
        self._lock = Lock()
        self._generation = 0

    def token(self) -> str:
        """Make a token: a JWT that names the customer, and says until when it is good."""
        now = int(self._now().timestamp())
        ends = now + int(TOKEN_TTL.total_seconds())
        claims = {"sub": self.customer_id, "iat": now, "exp": ends}
        unsigned = f"{_json64({'alg': 'HS512'})}.{_json64(claims)}"
        return f"{unsigned}.{self._signature(unsigned)}"

    def revoke(self) -> None:
        """Make every token that was given out so far worthless."""
        self._generation += 1

    def accepts(self, token: str | None) -> bool:
        """Tell whether a token was given out here and is still good."""
        unsigned, _, signature = (token or "").rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(unsigned).encode()):
            return False
        claims = json.loads(base64.urlsafe_b64decode(unsigned.partition(".")[2] + "=="))
        return bool(claims["exp"] > self._now().timestamp())

    def password_matches(self, key: str) -> bool:
        """Tell whether a key is the password in Base64.

        A `+` that a client left bare in the URL arrives as a blank, and counts as what was meant.
        """
        padded = key.replace(" ", "+") + "=" * (-len(key) % 4)
        try:
            return base64.b64decode(padded, validate=True) == self.password.encode()
        except ValueError:
            return False

    def charge(self, messages: int) -> bool:
        """Charge for messages, all or none; tell whether the credit was enough."""
        with self._lock:
            if self.credit is None:
                return True
            enough = messages <= self.credit
            self.credit -= messages if enough else 0
            return enough

    def _signature(self, unsigned: str) -> str:
        secret = digest(self._seed, "secret", self._generation).encode()
        return _unpadded(hmac.digest(secret, unsigned.encode(), "sha512"))


@dataclass(slots=True)
class OtpCode:
    """A code that was sent to somebody."""

    #: Its digits.
    digits: str
    #: The national number that it was sent to.
    mobile: str
    #: Until when it can be used.
    until: datetime
    #: Whether it was used, and how often it was guessed wrong.
    used: bool = False
    wrong: int = 0


class OtpCodes:
    """The codes of one sandbox, by the vendor's id of each."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._codes: dict[int, OtpCode] = {}
        self._last: dict[tuple[str, str], int] = {}

    def __getitem__(self, verification_id: int | str) -> str:
        """Give the digits of a code, for a test that plays the person with the telephone."""
        return self._codes[int(verification_id)].digits

    def live(self, recipient: tuple[str, str], now: datetime) -> int | None:
        """Give the id of the code that a number may still use, if there is one."""
        last = self._last.get(recipient)
        if last is None or self._codes[last].used or now >= self._codes[last].until:
            return None
        return last

    def issue(
        self, verification_id: int, recipient: tuple[str, str], length: int, *, until: datetime
    ) -> str:
        """Issue the code of `length` digits that `recipient` (calling code, number) is sent."""
        drawn = chance(self._seed, "code", *recipient, verification_id)
        digits = f"{int(10**length * drawn):0{length}}"
        self._codes[verification_id] = OtpCode(digits, recipient[1], until)
        self._last[recipient] = verification_id
        return digits

    def verify(self, verification_id: str, digits: str, now: datetime) -> str:
        """Spend the code that `digits` are right for, and give the number that it was sent to.

        Raises
        ------
        ApiRefusal
            505 no such id, 703 used already, 700 wrong too often, 705 too late, 702 wrong.
        """
        if not (verification_id.isdecimal() and int(verification_id) in self._codes):
            raise ApiRefusal(505)
        code = self._codes[int(verification_id)]
        if code.used:
            raise ApiRefusal(703)
        if code.wrong >= MAX_ATTEMPTS:
            raise ApiRefusal(700)
        if now >= code.until:
            raise ApiRefusal(705)
        if digits != code.digits:
            code.wrong += 1
            raise ApiRefusal(702)
        code.used = True
        return code.mobile


def digest(*parts: object) -> str:
    """Give 64 hex digits that depend on the parts alone.

    >>> digest(0, "a") == digest(0, "a") != digest(0, "b")
    True
    """
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=32).hexdigest()


def _json64(content: dict[str, object]) -> str:
    return _unpadded(json.dumps(content, separators=(",", ":")).encode())


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
