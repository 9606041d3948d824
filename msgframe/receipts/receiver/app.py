"""The ASGI application: a callback is answered once it is stored, a person here gets a page.

Who may post is its policy's to say: by the secret path, addresses, sizes, and signatures.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from starlette.responses import Response

from msgframe.core import views
from msgframe.errors import JournalError, SettingsError
from msgframe.receipts import sources
from msgframe.receipts.reading import read_callbacks

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl
    from starlette.types import Receive, Scope, Send

    from msgframe.receipts.receiver.callback_store import CallbackStore

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Headers: TypeAlias = dict[bytes, bytes]

#: A proxy tells of itself by one of these; then the sender is not the other end of the connection.
_FORWARDED = {b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"}

_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))

_LOCAL_NAMES = (b"127.0.0.1", b"localhost", b"[::1]")


_STORED = Response()
_UNSIGNED = Response(status_code=403)
_NOT_STORED = Response(status_code=503, headers={"retry-after": "5"})

#: What is refused before its body was read ends its connection.
_REFUSALS = {
    status: Response(status_code=status, headers={"connection": "close"})
    for status in (403, 404, 405, 411, 413)
}

#: How many of the latest callbacks the page looks into, and how many it shows.
LATEST, SHOWN = 1_000, 20


@dataclass(frozen=True, slots=True)
class Health:
    """How a receiver is, in numbers."""

    #: Callbacks in the store.
    stored: int
    #: Stored, and answered 503, since this process began.
    stored_since_start: int
    failed_since_start: int
    #: When the last one came, ISO 8601 in UTC, or None.
    last: str | None
    #: How many of the latest say what, the most frequent first.
    statuses: dict[str, int]


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """Who may post: whoever knows the secret path, comes from where he may, and signs.

    >>> policy = RequestPolicy.of(b"/callbacks/x", allow=["203.0.113.7", "198.51.100.0/24"])
    >>> policy.allowed("198.51.100.9")
    True
    """

    path: bytes
    #: Networks to post from; empty is everywhere.
    allow: tuple[_Network, ...]
    #: Addresses whose X-Forwarded-For is believed.
    proxies: tuple[_Network, ...]
    #: Key of the HMAC-SHA256 that a sender signs the body with; None is unsigned.
    key: bytes | None
    #: The header that holds the signature, in hexadecimal digits.
    signature: bytes
    #: Bytes of a body.
    body_bytes: int

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


class App:
    """Stores what is posted to the secret path; the pages are for this machine.

    A callback is answered 200 when it is on the disk, and 503 when it cannot be stored now.
    """

    def __init__(self, policy: RequestPolicy, store: CallbackStore) -> None:
        self._policy = policy
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; one that its sender breaks off needs no answer."""
        if response := await self._response(scope, receive):
            await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response | None:
        headers = dict(scope["headers"])
        if scope["raw_path"] in _PAGES and is_local(scope, headers):
            return await self._page(scope)
        if refusal := self._policy.refusal(scope, headers):
            return _REFUSALS[refusal]
        body = await self._body(receive)
        if body is None:
            return None
        if len(body) > self._policy.body_bytes:
            return _REFUSALS[413]
        if not self._policy.signature_valid(headers, body):
            return _UNSIGNED
        failure = await self._store.store(body)
        return _NOT_STORED if failure else _STORED

    async def _body(self, receive: Receive) -> bytes | None:
        """Give the body, as far as it may go; None where its sender leaves before its end."""
        body, more = bytearray(), True
        while more and len(body) <= self._policy.body_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            more = message["more_body"]
        return bytes(body)

    async def _page(self, scope: Scope) -> Response:
        if scope["method"] != "GET":
            return _REFUSALS[405]
        try:
            page, media_type = await asyncio.to_thread(_PAGES[scope["raw_path"]], self._store)
        except JournalError:
            return _NOT_STORED
        return Response(page, media_type=media_type)


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


def page(callbacks: CallbackStore) -> tuple[str, str]:
    """Give the page for a person, and its content type."""
    health, latest = _look(callbacks)
    table = views.html_table(latest.head(SHOWN))
    page = views.render_page("msgframe.receipts.receiver", "page.html", health=health, latest=table)
    return page, "text/html"


def health(callbacks: CallbackStore) -> tuple[str, str]:
    """Give the numbers for a monitor as JSON, and its content type."""
    return json.dumps(asdict(_look(callbacks)[0])), "application/json"


def _look(callbacks: CallbackStore) -> tuple[Health, pl.DataFrame]:
    with callbacks.database.reading() as transaction:
        newest, stored = transaction.execute(
            "SELECT COALESCE(MAX(id), 0), COUNT(*) FROM callbacks"
        ).fetchone()
    rows = sources.stored(callbacks.database, after=newest - LATEST)
    receipts = read_callbacks(sources.of_store(rows)).reverse()
    last = rows["received_at"].max()
    health = Health(
        stored=stored,
        stored_since_start=callbacks.stored,
        failed_since_start=callbacks.failed,
        last=_iso(last) if isinstance(last, int) else None,
        statuses=dict(receipts["status"].value_counts(sort=True).rows()),
    )
    return health, receipts.select("received_at", "msisdn", "status", "raw_status", "error_code")


def _iso(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="seconds")


_PAGES = {b"/": page, b"/health": health}
