"""Who may come in, and what they are told: the vendor nothing but a status, a person a page."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from msgframe.errors import JournalError, SettingsError
from msgframe.receipts.receiver import pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgframe.receipts.receiver.callback_store import Keeper
    from msgframe.receipts.receiver.http_server import Request

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: A proxy tells of itself by one of these; then the sender is not the other end of the connection.
_FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via")

_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))

_LOCAL_NAMES = (b"127.0.0.1", b"localhost", b"[::1]")


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where callbacks come in, and where they are kept.

    >>> Inbox("callbacks.db", "127.0.0.1", 8030, "s3cret")
    Inbox(store='callbacks.db', host='127.0.0.1', port=8030)
    """

    #: A path, or a PostgreSQL URL without its password.
    store: str
    #: Where it listens.
    host: str
    #: The port it listens on.
    port: int
    #: The last part of the path; whoever knows it may post.
    secret: str = field(repr=False)

    @property
    def url(self) -> str:
        """Where to post to on this machine. It holds the secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path}"

    @property
    def path(self) -> str:
        """The path to post to. It holds the secret."""
        return f"/callbacks/{self.secret}"


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may post: whoever knows the secret path, comes from where he may, and signs.

    >>> Guard.of(b"/callbacks/x", allow=["203.0.113.7", "198.51.100.0/24"]).knows("198.51.100.9")
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

    @classmethod
    def of(
        cls,
        path: bytes,
        *,
        allow: Iterable[str] = (),
        proxies: Iterable[str] = ("127.0.0.1", "::1"),
        key: str | None = None,
        signature: str = "X-Signature",
    ) -> Guard:
        """Make a guard of what a person writes.

        Raises
        ------
        SettingsError
            An address or a network that is none.
        """
        secret = None if key is None else key.encode()
        return cls(path, _networks(allow), _networks(proxies), secret, signature.lower().encode())

    def refusal(self, request: Request) -> int | None:
        """Give the status to refuse a request with, by all but its body."""
        if not hmac.compare_digest(request.path, self.path):
            return 404
        if request.method != b"POST":
            return 405
        if self.allow and not self.knows(self._sender(request)):
            return 403
        return None

    def knows(self, address: str) -> bool:
        """Say whether an address may post."""
        return _within(address, self.allow)

    def believes(self, request: Request) -> bool:
        """Say whether the body bears its sender's signature, where one is asked for."""
        if self.key is None:
            return True
        due = hmac.new(self.key, request.body, hashlib.sha256).hexdigest().encode()
        given = request.headers.get(self.signature, b"").removeprefix(b"sha256=")
        return hmac.compare_digest(given.lower(), due)

    def _sender(self, request: Request) -> str:
        chain = request.headers.get(b"x-forwarded-for")
        if chain is None or not _within(request.peer, self.proxies):
            return request.peer
        # The last entry was written by our proxy; those before it by whoever asked it.
        return chain.decode("latin-1").rpartition(",")[2].strip()


class Doors:
    """The application: keeps what is posted to the secret path; the rest is for this machine."""

    def __init__(self, guard: Guard, keeper: Keeper) -> None:
        self._guard = guard
        self._keeper = keeper
        self._showing: set[asyncio.Task[None]] = set()

    def admit(self, request: Request) -> int | None:
        """Refuse before the body is read."""
        if request.path in _PAGES and _is_local(request):
            return None if request.method == b"GET" else 405
        return self._guard.refusal(request)

    def handle(self, request: Request) -> None:
        """Keep a callback, or show a page."""
        if request.path in _PAGES:
            task = asyncio.get_running_loop().create_task(self._show(request))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)
        elif not self._guard.believes(request):
            request.answer(403)
        else:
            self._keeper.keep(request.body, lambda failure: request.answer(503 if failure else 200))

    async def _show(self, request: Request) -> None:
        try:
            shown = await asyncio.to_thread(_PAGES[request.path], self._keeper)
        except JournalError:
            request.answer(503)
        else:
            request.answer(200, *shown)


_PAGES = {b"/": pages.page, b"/health": pages.health}


def _is_local(request: Request) -> bool:
    """Say whether a person at this machine asks, and not somebody through a proxy or a web page."""
    host = request.headers.get(b"host", b"").rpartition(b":")[0] or request.headers.get(b"host")
    return (
        _within(request.peer, _LOOPBACK)
        and host in _LOCAL_NAMES
        and not any(name in request.headers for name in _FORWARDED)
    )


def _within(address: str, networks: tuple[_Network, ...]) -> bool:
    try:
        asked = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A socket for both families shows 203.0.113.7 as ::ffff:203.0.113.7.
    plain = getattr(asked, "ipv4_mapped", None) or asked
    return any(plain in network for network in networks)


def _networks(written: Iterable[str]) -> tuple[_Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one) for one in written)
    except ValueError as error:
        raise SettingsError(
            f"{error}. Write an address (203.0.113.7) or a network (203.0.113.0/24)."
        ) from None
