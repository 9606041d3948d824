"""Who may send: an account with a password, the tokens that it was given, and its credit."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

#: In Base64 it holds each of + / =, which a client must percent-encode in a URL.
PASSWORD = "wonder~~~land???!"  # noqa: S105  (opens nothing but a sandbox on loopback)

#: Tokens live 1,825 days, as the published ones do.
TOKEN_TTL = timedelta(days=1825)


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
