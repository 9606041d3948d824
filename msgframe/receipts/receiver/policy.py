"""Who may post, and how much: limits, the secret path, addresses, signatures."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

from msgframe.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Scope

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Headers: TypeAlias = dict[bytes, bytes]

#: A proxy tells of itself by one of these; then the sender is not the other end of the connection.
_FORWARDED = {b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"}

_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))

_LOCAL_NAMES = (b"127.0.0.1", b"localhost", b"[::1]")


@dataclass(frozen=True, slots=True)
class ReceiverLimits:
    """What one sender may ask of the receiver.

    >>> ReceiverLimits(body_bytes=0)
    Traceback (most recent call last):
    msgframe.errors.SettingsError: body_bytes=0 lets nothing in. The default is 65,536.
    """

    #: Bytes of a body; larger ones are answered 413.
    body_bytes: int = 64 * 1024
    #: Bytes of the request line and headers; more are answered 431.
    head_bytes: int = 16 * 1024
    #: Seconds from the first byte of a request to its last; then the connection is closed.
    seconds: float = 10.0
    #: Seconds that a connection may rest between two requests.
    idle_seconds: float = 75.0
    #: Connections at a time; more are closed as they come.
    connections: int = 1_000

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if value <= 0:
                raise SettingsError(
                    f"{limit.name}={value} lets nothing in. The default is {limit.default:,}."
                )


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """Who may post: whoever knows the secret path, comes from where he may, and signs.

    >>> policy = RequestPolicy.of(b"/callbacks/x", allow=["203.0.113.7", "198.51.100.0/24"])
    >>> policy.allowed("198.51.100.9")
    True
    """

    path: bytes
    #: Networks to post from; empty is everywhere.
    allow: tuple[_Network, ...] = ()
    #: Addresses whose X-Forwarded-For is believed.
    proxies: tuple[_Network, ...] = ()
    #: Key of the HMAC-SHA256 that a sender signs the body with; None is unsigned.
    key: bytes | None = None
    #: The header that holds the signature, in hexadecimal digits.
    signature: bytes = b"x-signature"
    #: Bytes of a body.
    body_bytes: int = 64 * 1024

    @classmethod
    def of(
        cls,
        path: bytes,
        *,
        allow: Iterable[str] = (),
        proxies: Iterable[str] = ("127.0.0.1", "::1"),
        key: str | None = None,
        signature: str = "X-Signature",
        body_bytes: int = 64 * 1024,
    ) -> RequestPolicy:
        """Make a policy of what a person writes.

        Raises
        ------
        SettingsError
            An address or a network that is none.
        """
        secret, header = None if key is None else key.encode(), signature.lower().encode()
        return cls(path, _networks(allow), _networks(proxies), secret, header, body_bytes)

    def refusal(self, scope: Scope, headers: _Headers) -> int | None:
        """Give the status to refuse a request with, by all but its body."""
        if not hmac.compare_digest(scope["raw_path"], self.path):
            return 404
        if scope["method"] != "POST":
            return 405
        if self.allow and not self.allowed(self._sender(scope, headers)):
            return 403
        if scope["http_version"] == "1.0" and b"content-length" not in headers:
            return 411  # its body, if any, has no end but the connection's
        if int(headers.get(b"content-length", 0)) > self.body_bytes:
            return 413
        return None

    def allowed(self, address: str) -> bool:
        """Say whether an address may post."""
        return _within(address, self.allow)

    def signature_valid(self, headers: _Headers, body: bytes) -> bool:
        """Say whether the body bears its sender's signature, where one is demanded."""
        if self.key is None:
            return True
        due = hmac.new(self.key, body, hashlib.sha256).hexdigest().encode()
        signature = headers.get(self.signature, b"").removeprefix(b"sha256=")
        return hmac.compare_digest(signature.lower(), due)

    def _sender(self, scope: Scope, headers: _Headers) -> str:
        chain = headers.get(b"x-forwarded-for")
        if chain is None or not _within(_peer(scope), self.proxies):
            return _peer(scope)
        # The last entry was written by our proxy; those before it by whoever asked it.
        return chain.decode("latin-1").rpartition(",")[2].strip()


def is_local(scope: Scope, headers: _Headers) -> bool:
    """Say whether a person at this machine asks, and not somebody through a proxy or a web page."""
    host = headers.get(b"host", b"")
    return (
        _within(_peer(scope), _LOOPBACK)
        and (host.rpartition(b":")[0] or host) in _LOCAL_NAMES
        and _FORWARDED.isdisjoint(headers)
    )


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope["client"] else ""


def _within(address: str, networks: tuple[_Network, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A socket for both families shows 203.0.113.7 as ::ffff:203.0.113.7.
    plain = getattr(ip, "ipv4_mapped", None) or ip
    return any(plain in network for network in networks)


def _networks(written: Iterable[str]) -> tuple[_Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one) for one in written)
    except ValueError as error:
        raise SettingsError(
            f"{error}. Write an address (203.0.113.7) or a network (203.0.113.0/24)."
        ) from None
