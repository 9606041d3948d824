"""How a request reaches the vendor: connections of httpx's own kind, lent to one caller each.

The one place that knows httpx and the httpcore beneath it. `httpx.Client` is left out on purpose:
its pool scans all of its connections at every request, and its log line holds the whole URL, and
with it the password's key. A connection that is lent to one caller at a time does neither.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from msgframe.errors import ApiError, NotSent, OutcomeUnknown, SettingsError, UsageError
from msgframe.message_central.requests import XLSX
from msgframe.message_central.responses import Reply

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    from msgframe.message_central.requests import Request
    from msgframe.message_central.tokens import Token

#: An answer is some hundred bytes; what is longer is no answer, and is not read to its end.
LONGEST_ANSWER = 1 << 20

#: A connection that was idle for longer is not used again, in seconds: the vendor may just be
#: closing it, and a request that meets that is a request whose outcome nobody knows.
KEEP_ALIVE = 5.0

#: Failures that come before the first byte of a request has left.
_NEVER_LEFT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

#: Failures after which nobody knows.
_BROKE = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpx.HTTPError,
)


class Wire(Protocol):
    """Something that carries one request at a time."""

    def exchange(self, request: Request, token: Token | None, timeout: float) -> Reply:
        """Carry a request there and its answer back."""

    def close(self) -> None:
        """Hang up."""


class Wires:
    """Connections to one address; `transport` takes the place of all of them (for tests)."""

    def __init__(self, url: str, timeout: float, transport: httpx.BaseTransport | None) -> None:
        self.url = _checked(url)
        self._timeout = timeout
        self._given = None if transport is None else Given(self.url, transport)
        self._idle: list[Wire] = []
        self._all: list[Wire] = []
        self._closed = False
        plain = transport is not None or self.url.scheme == "http"
        self._tls = None if plain else httpx.create_ssl_context()

    @property
    def vendor(self) -> str:
        """Who is at the other end: a host, or this machine, whatever the port."""
        return "this machine" if _is_loopback(self.url.host) else self.url.host

    def ask(self, request: Request, token: Token | None) -> Reply:
        """Send a request and read what comes back, whatever its status; redirects are not followed.

        Raises
        ------
        NotSent
            No connection was made.
        OutcomeUnknown
            The request may have left, and no complete answer came.
        """
        with self._wire() as wire:
            reply = self._exchange(wire, request, token)
        if isinstance(reply, ApiError):
            # Raised here and not where it was caught: the frames below hold the URL in clear text.
            raise reply
        return reply

    def close(self) -> None:
        """Close every connection."""
        self._closed = True
        for wire in (*self._all, *filter(None, [self._given])):
            wire.close()
        self._all.clear()
        self._idle.clear()

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        if self._closed:
            raise UsageError("The client is closed. Make a new one.")
        if self._given is not None:
            yield self._given
            return
        wire = self._lend()
        try:
            yield wire
        finally:
            self._idle.append(wire)

    def _lend(self) -> Wire:
        try:
            # The one used last is the one most likely to be open still.
            return self._idle.pop()
        except IndexError:
            wire = Line(self.url, self._tls)
            self._all.append(wire)
            return wire

    def _exchange(self, wire: Wire, request: Request, token: Token | None) -> Reply | ApiError:
        try:
            return wire.exchange(request, token, self._timeout)
        except _NEVER_LEFT as error:
            return NotSent(f"{self.url.host} could not be reached ({_named(error)}).")
        except _BROKE as error:
            return OutcomeUnknown(
                f"{self.url.host} gave no complete answer ({_named(error)}): the texts may be out."
            )


class Line:
    """One connection, made when it is needed and again when it is worn out."""

    def __init__(self, url: httpx.URL, tls: ssl.SSLContext | None) -> None:
        self._host = (url.raw_scheme, url.raw_host, url.port)
        self._name = url.netloc
        self._prefix = url.path.rstrip("/")
        self._tls = tls
        self._proxy = _proxy(url)
        self._open: httpcore.HTTPConnection | httpcore.ConnectionPool | None = None

    def exchange(self, request: Request, token: Token | None, timeout: float) -> Reply:
        """Carry a request there and its answer back."""
        headers = [(b"host", self._name), *_headers(token)]
        content = b""
        if request.file is not None:
            part = httpx.Request("POST", "http://part", files=_files(request.file))
            content = part.read()
            headers.append((b"content-type", part.headers["content-type"].encode()))
        headers.append((b"content-length", b"%d" % len(content)))
        response = self._connection().handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=self._host[0],
                    host=self._host[1],
                    port=self._host[2],
                    target=f"{self._prefix}{request.target}".encode(),
                ),
                headers=headers,
                content=content,
                extensions={
                    "timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)
                },
            )
        )
        try:
            body = _read(response.iter_stream(), 2 * timeout)
        finally:
            response.close()
        known = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        if b"content-encoding" in known:  # nobody asked for it
            body = httpx.Response(200, headers=response.headers, content=body).content
        return Reply(response.status, body, known.get(b"retry-after"))

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()

    def _connection(self) -> httpcore.HTTPConnection | httpcore.ConnectionPool:
        if isinstance(self._open, httpcore.HTTPConnection) and (
            self._open.is_closed() or self._open.has_expired()
        ):
            self._open.close()
            self._open = None
        if self._open is None:
            self._open = self._dial()
        return self._open

    def _dial(self) -> httpcore.HTTPConnection | httpcore.ConnectionPool:
        if self._proxy is not None:
            return httpcore.HTTPProxy(
                self._proxy, ssl_context=self._tls, max_connections=1, keepalive_expiry=KEEP_ALIVE
            )
        scheme, host, port = self._host
        standard = {b"http": 80, b"https": 443}[scheme]
        return httpcore.HTTPConnection(
            httpcore.Origin(scheme, host, port or standard),
            ssl_context=self._tls,
            keepalive_expiry=KEEP_ALIVE,
        )


class Given:
    """A transport that the caller brought along; many may use it at once."""

    def __init__(self, url: httpx.URL, transport: httpx.BaseTransport) -> None:
        self._url = url
        self._transport = transport

    def exchange(self, request: Request, token: Token | None, timeout: float) -> Reply:
        """Carry a request there and its answer back."""
        target = f"{self._url.path.rstrip('/')}{request.target}"
        response = self._transport.handle_request(
            httpx.Request(
                request.method,
                self._url.copy_with(raw_path=target.encode()),
                headers=dict(_headers(token)),
                files=None if request.file is None else _files(request.file),
                extensions={"timeout": httpx.Timeout(timeout).as_dict()},
            )
        )
        try:
            body = _read(response.iter_bytes(), 2 * timeout)
        finally:
            response.close()
        return Reply(response.status_code, body, response.headers.get("retry-after"))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


def _headers(token: Token | None) -> list[tuple[bytes, bytes]]:
    headers = [(b"accept", b"*/*"), (b"user-agent", b"msgframe")]
    return headers if token is None else [*headers, (b"authToken", token.reveal().encode())]


def _files(workbook: bytes) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("recipients.xlsx", workbook, XLSX)}


def _read(parts: Iterable[bytes], seconds: float) -> bytes:
    # The timeout is one of each read: without a deadline an answer may drip for ever.
    deadline = time.monotonic() + seconds
    body = b""
    for part in parts:
        body += part
        if len(body) > LONGEST_ANSWER:
            raise httpx.ReadError("the answer is longer than 1 MiB")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer did not end")
    return body


def _checked(url: str) -> httpx.URL:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        raise SettingsError("The url cannot be read. Write https://host.") from None
    if found.userinfo or found.query or found.fragment:
        raise SettingsError("The url holds no name, password or query: https://host.")
    if found.scheme == "https" and found.host:
        return found
    if found.scheme == "http" and _is_loopback(found.host):
        return found
    raise SettingsError(
        f"The url must begin with https:// (plain http only to this machine): not {url!r}."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxy(url: httpx.URL) -> str | None:
    if _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    return getproxies().get(url.scheme) or getproxies().get("all")


def _named(error: Exception) -> str:
    words = str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
