"""HTTP as far as a receiver of callbacks needs it: one small request at a time, and limits.

llhttp (through httptools) reads the protocol; this room decides what may come in and for how long.
A connection carries one request after the other. One that is slow, large, malformed, or sends ahead
before it was answered is answered without a word and closed: nothing of it counts as received.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, fields
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

import httptools

from msgframe.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender may ask of the receiver.

    >>> Limits(body_bytes=0)
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


@dataclass(slots=True)
class Request:
    """One request, and the way to answer it."""

    method: bytes
    path: bytes
    #: Names in lower case.
    headers: dict[bytes, bytes]
    #: The address at the other end of the connection.
    peer: str
    body: bytes
    #: Answers it: status, body and content type. Called once, from the event loop.
    answer: Callable[..., None]


class Application(Protocol):
    """What a connection hands its requests to."""

    def admit(self, request: Request) -> int | None:
        """Give the status to refuse a request with before its body is read, or None."""

    def handle(self, request: Request) -> None:
        """Take a whole request, and answer it now or later."""


class Wire:
    """All connections of one receiver: their number, their time, and their end."""

    def __init__(self, application: Application, limits: Limits) -> None:
        self.application = application
        self.limits = limits
        self.open: set[Connection] = set()
        self.date = b""
        #: Whether it is ending: what comes now is not let in.
        self.closing = False

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Open the door; connections are served until `close`."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self), host, port, backlog=1024)
        self._ticking = loop.create_task(self._tick())
        return server

    async def close(self, server: asyncio.Server, *, patience: float = 5.0) -> None:
        """Close the door, answer what is being stored, and end each connection with its answer."""
        server.close()
        self.closing = True
        for connection in list(self.open):
            connection.finish()
        until = time.monotonic() + patience
        while self.open and time.monotonic() < until:
            await asyncio.sleep(0.01)
        self._ticking.cancel()
        for connection in list(self.open):
            connection.end()

    async def _tick(self) -> None:
        while True:
            self.date = formatdate(usegmt=True).encode()
            now = time.monotonic()
            for connection in [one for one in self.open if one.deadline < now and not one.waits]:
                connection.end()
            await asyncio.sleep(min(1.0, self.limits.seconds / 4))


class Connection(asyncio.Protocol):
    """One sender's connection; httptools calls the `on_…` methods as it reads."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._limits = wire.limits
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self._peer = ""
        self._last = False
        #: When, by the monotonic clock, its sender has had time enough.
        self.deadline = 0.0
        #: Whether a request is being handled, and its sender waits.
        self.waits = False
        self._begin()

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or close it at once if there are too many."""
        self._transport = transport
        if self._wire.closing or len(self._wire.open) >= self._limits.connections:
            transport.abort()
            return
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if peer else ""
        self.deadline = time.monotonic() + self._limits.seconds
        self._wire.open.add(self)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  (asyncio's)
        """Forget the connection; what it sent whole is stored all the same."""
        self._wire.open.discard(self)

    def data_received(self, data: bytes) -> None:
        """Read on; a sender that goes on after its end, or ahead of its answer, is cut off."""
        if self._last:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(400)
        self._taken += len(data)
        if self._taken > self._most():
            self._refuse(413 if self._headed else 431)

    def on_message_begin(self) -> None:
        """Start a request; one that comes before the last was answered ends the connection."""
        if self.waits:
            self._last = True
            return
        self._begin()
        self.deadline = time.monotonic() + self._limits.seconds

    def on_url(self, url: bytes) -> None:
        """Take a piece of the path."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one behind the body comes too late to count."""
        if self._headed:
            return
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Refuse what need not be read."""
        if self._last:
            return
        self._headed = True
        length = int(self._headers.get(b"content-length", 0))
        if length > self._limits.body_bytes:
            self._refuse(413)
        elif refusal := self._wire.application.admit(self._read()):
            self._refuse(refusal)
        elif self._headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""
        if self._last:
            return
        self._body += piece
        if len(self._body) > self._limits.body_bytes:
            self._refuse(413)

    def on_message_complete(self) -> None:
        """Hand the whole request on."""
        if self._last:
            return
        self.waits = True
        self._keep_alive = self._parser.should_keep_alive()
        self._request.body = bytes(self._body)
        self._wire.application.handle(self._request)

    def answer(self, status: int, body: bytes = b"", kind: bytes = b"text/plain") -> None:
        """Answer the request that was handed on."""
        self.waits = False
        self.deadline = time.monotonic() + self._limits.idle_seconds
        if self._transport.is_closing():
            return
        last = self._last or not self._keep_alive
        self._transport.write(self._head(status, body, kind, last=last) + body)
        if last:
            self.end()

    def finish(self) -> None:
        """Take nothing more; an answer that is still to come goes out, and ends the connection."""
        self._last = True
        if not self.waits:
            self.end()

    def end(self) -> None:
        """Close the connection; what was written still goes out."""
        self._last = True
        self._transport.close()

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body = bytearray()
        self._headed = False
        self._taken = 0
        self._keep_alive = False

    def _most(self) -> int:
        """Give how many bytes the request may have by now; chunks and trailers cost some, too."""
        return self._limits.head_bytes + (4 * self._limits.body_bytes if self._headed else 0)

    def _read(self) -> Request:
        path = self._url.partition(b"?")[0]
        method = self._parser.get_method()
        self._request = Request(method, path, self._headers, self._peer, b"", self.answer)
        return self._request

    def _refuse(self, status: int) -> None:
        if self._last:
            return
        if not self.waits:  # an answer that is still to come goes first, and ends the connection
            self._transport.write(self._head(status, b"", b"text/plain", last=True))
            self.end()
        self._last = True

    def _head(self, status: int, body: bytes, kind: bytes, *, last: bool) -> bytes:
        again = b"retry-after: 5\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else b""
        close = b"connection: close\r\n" if last else b""
        typed = b"content-type: %b\r\n" % kind if body else b""
        return b"HTTP/1.1 %d %b\r\ndate: %b\r\ncontent-length: %d\r\n%b%b%b\r\n" % (
            status,
            _PHRASES[status],
            self._wire.date,
            len(body),
            typed,
            again,
            close,
        )


_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
