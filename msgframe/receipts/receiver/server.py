"""uvicorn serves the receiver; here stand the limits that it does not have by itself.

uvicorn's httptools connection never ends a head that has no end, nor a sender that sends nothing;
and where a request offers another protocol (`Upgrade: h2c`, as Java's HttpClient does) it loses the
body (uvicorn #2722). `LimitedConnection` adds these to it, and changes nothing else of HTTP.
"""

from __future__ import annotations

import math
import socket
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from msgframe.core.web_server import WebServer
from msgframe.errors import SettingsError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from msgframe.receipts.receiver import ReceiverLimits


class LimitedConnection(HttpToolsProtocol):
    """uvicorn's connection, with an end to its bytes and to its time.

    One that is slow is closed without a word, one that is malformed or too large with a status;
    one that sends ahead gets its first answer alone: nothing else of it counts as received.
    """

    def __init__(self, limits: ReceiverLimits, **settings: Any) -> None:
        super().__init__(**settings)
        self.access_log = False  # the path is a secret, whatever logging others have set up
        self._limits = limits
        self._received, self._allowed = 0, limits.head_bytes
        #: When, by the monotonic clock, its sender has had time enough; never while it waits.
        self.deadline = monotonic() + limits.seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or close it at once if there are too many."""
        self.transport = transport
        if len(self.connections) >= self._limits.connections:
            transport.abort()
        else:
            super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Read on, as far as the limits allow."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._ignore_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400)
        self._received += len(data)
        if self._received > self._allowed:
            self._refuse(413 if self._allowed > self._limits.head_bytes else 431)

    def on_message_begin(self) -> None:
        """Start a request; one that comes before the last was answered ends the connection."""
        if self.cycle and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            self._received, self._allowed = 0, self._limits.head_bytes
            self.deadline = monotonic() + self._limits.seconds
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Let the application begin; chunk sizes and trailers may cost some bytes, too."""
        self._allowed += 4 * self._limits.body_bytes
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the application from now on, not for the sender."""
        if not self.parser.should_upgrade():
            self.deadline = math.inf
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Let the connection rest."""
        self.deadline = monotonic() + self._limits.idle_seconds
        super().on_response_complete()

    def shutdown(self) -> None:
        """End when what came whole is answered, and do not wait for what did not."""
        if self.deadline < math.inf:
            self.transport.close()
        super().shutdown()

    def _ignore_upgrade(self, body: bytes) -> None:
        # The offer of another protocol may be ignored (RFC 9110, 7.8), but llhttp then skips the
        # body: so a new parser reads the same head without the offer, and goes on with the body.
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            return self._refuse(405)
        others = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        head = [b"%b %b HTTP/%b" % (method, self.url, version), *others, b"", b""]
        self.parser = httptools.HttpRequestParser(self)
        return self.data_received(b"\r\n".join(head) + body)

    def _refuse(self, status: int) -> None:
        if self.deadline == math.inf:  # an answer that is still to come goes first, and is the last
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        elif not self.transport.is_closing():
            line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
            self.transport.write(
                f"{line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
            )
            self.transport.close()


@contextmanager
def serving(application: ASGIApp, host: str, port: int, limits: ReceiverLimits) -> Iterator[int]:
    """Serve an ASGI application in a thread while the block runs, and give the port.

    At its end what came whole is answered, for five seconds at most.
    """

    async def close_overdue() -> None:
        now = monotonic()
        for connection in cast("set[LimitedConnection]", server.server_state.connections):
            if connection.deadline < now:
                connection.transport.close()

    server = WebServer(
        application,
        name="msgframe-receiver",
        http=partial(LimitedConnection, limits),
        timeout_keep_alive=math.ceil(limits.idle_seconds),
        timeout_graceful_shutdown=5,
        callback_notify=close_overdue,
        timeout_notify=0,  # at each of its ticks, four a second
    )
    with _listening(host, port) as listener, server.running(listener):
        yield int(listener.getsockname()[1])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1_024)
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {error.strerror or error}. "
            "Stop what listens there, or choose another port (0 takes a free one)."
        ) from None
