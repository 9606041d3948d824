"""Who we are to the vendor: what the environment says of the account, and the token that it gets.

`MSGFRAME_*` variables and a `.env` file are read, secrets masked. The token is asked for once,
kept, and renewed before it ends and after it was refused.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from msgframe.errors import AuthFailed
from msgframe.message_central.responses import read_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgframe.message_central.responses import HttpResponse

#: A token is renewed this many seconds before its end, so that it outlives the request it is for.
RENEW_BEFORE = 60.0


class ClientSettings(BaseSettings):
    """The settings of the vendor's API; an argument beats the environment, which beats `.env`.

    >>> ClientSettings(_env_file=None, customer_id="C-1", password="wonderland")
    ClientSettings(url='https://cpaas.messagecentral.com', customer_id='C-1',
    password=SecretStr('**********'), token=None, country=None, email=None, timeout=30.0)
    """

    model_config = SettingsConfigDict(env_prefix="MSGFRAME_", env_file=".env", extra="ignore")

    url: str = Field(
        default="https://cpaas.messagecentral.com", description="Base URL of the vendor's API."
    )
    customer_id: str | None = Field(default=None, description="The account: C- and 15 hex digits.")
    password: SecretStr | None = Field(default=None, description="The account's password.")
    token: SecretStr | None = Field(
        default=None,
        description="A ready token from the vendor's dashboard, instead of a password.",
    )
    country: str | None = Field(
        default=None, description="Calling code sent with the token request."
    )
    email: str | None = Field(default=None, description="E-mail sent with the token request.")
    timeout: float = Field(default=30.0, gt=0, description="Seconds to wait for an answer.")


class Token:
    """A token that shows itself to nobody."""

    __slots__ = ("_text", "renew_at")

    def __init__(self, text: str, *, ttl: float | None = None) -> None:
        self._text = text.strip()  # a file often ends with a new line
        #: When it is renewed, on the monotonic clock: the wall clock may jump.
        self.renew_at = None if ttl is None else time.monotonic() + max(0.0, ttl - RENEW_BEFORE)

    def reveal(self) -> str:
        """Give the text for the header."""
        return self._text

    @property
    def is_fresh(self) -> bool:
        """Whether its end is not near."""
        return self.renew_at is None or time.monotonic() < self.renew_at

    def __repr__(self) -> str:
        return "Token('****')"


class TokenCache:
    """Keeps one token for all threads; `fetch` gets a new one, or is None where one came ready."""

    def __init__(self, token: Token | None, fetch: Callable[[], HttpResponse] | None) -> None:
        self._token = token
        self._fetch = fetch
        self._lock = threading.Lock()

    def current(self) -> Token:
        """Give the token, asking for one where there is none or its end is near."""
        token = self._token
        if token is not None and (token.is_fresh or self._fetch is None):
            return token
        return self.renew(token)

    def renew(self, old: Token | None) -> Token:
        """Give a token other than `old`; of many threads that ask at once, one does it.

        Raises
        ------
        AuthFailed
            The token was given ready, so there is nothing to ask with.
        """
        with self._lock:
            if self._token is not old and self._token is not None:
                return self._token
            if self._fetch is None:
                raise AuthFailed(
                    "The vendor refused the token that was given. Copy a new one from the"
                    " dashboard, or give customer_id and password.",
                    status=401,
                )
            text = read_token(self._fetch())
            self._token = Token(text, ttl=token_ttl(text))
            return self._token


def token_ttl(text: str) -> float | None:
    """Give how many seconds a JWT lives, or None where it does not say.

    From issue to end by its own claims, so a clock that is wrong here does no harm.

    >>> token_ttl("e30.eyJpYXQiOiAxMDAsICJleHAiOiA0NjB9.c2ln")
    360.0
    >>> token_ttl("opaque") is None
    True
    """
    try:
        part = text.split(".")[1]
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return float(claims["exp"]) - float(claims.get("iat", time.time()))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
