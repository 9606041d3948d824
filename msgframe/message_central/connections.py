"""How a request reaches the vendor: transports of httpx, one connection each, lent to one caller.

The one place that knows httpx. `httpx.Client` is left out on purpose: its pool scans all of its
connections at every request, and its log line holds the whole URL, and with it the password's key.
A transport of one connection, lent to one caller at a time, does neither.
"""

from __future__ import annotations

import ssl
import time
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast
from urllib.request import getproxies, proxy_bypass

import httpx

from msgframe.errors import MsgframeError, NotSent, OutcomeUnknown, SettingsError, UsageError
from msgframe.message_central.responses import HttpResponse
from msgframe.message_central.vocabulary import FILE_PART, TOKEN_HEADER, XLSX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from msgframe.message_central.credentials import Token
    from msgframe.message_central.requests import Request

#: An answer is some hundred bytes; what is longer is no answer, and is not read to its end.
LONGEST_ANSWER = 1 << 20

#: A connection that was idle for longer is not used again, in seconds: the vendor may just be
#: closing it, and a request that meets that is a request whose outcome nobody knows.
KEEP_ALIVE = 5.0

#: Failures that come before the first byte of a request has left. After any other nobody knows.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class ConnectionPool:
    """Connections to one address; `transport` takes the place of all of them (for tests).

    Raises
    ------
    SettingsError
        The URL, or a proxy of the environment, cannot be used.
    """

    def __init__(self, url: str, timeout: float, transport: httpx.BaseTransport | None) -> None:
        self.url = _checked(url)
        self._timeout = timeout
        self._shared = None if transport is None else Connection(self.url, transport)
        self._proxy = _proxy(self.url)
        self._tls = _tls(self.url, verified=transport is None)
        self._closed = False
        self._all: list[Connection] = []
        # The first is made now, though not opened: a proxy that cannot be used is known at once.
        self._idle = [] if transport is not None else [self.connect()]

    @property
    def vendor(self) -> str:
        """Who is at the other end: a host, or this machine, whatever the port."""
        return "this machine" if _is_loopback(self.url.host) else self.url.host

    def exchange(self, request: Request, token: Token | None) -> HttpResponse:
        """Send a request and read what comes back, whatever its status; redirects are not followed.

        Raises
        ------
        NotSent
            No connection was made.
        OutcomeUnknown
            The request may have left, and no complete answer came.
        UsageError
            The pool is closed, or no URL can be as long as this request's.
        """
        with self.acquire() as connection:
            response = self._exchange(connection, request, token)
        if isinstance(response, MsgframeError):
            # Raised here and not where it was caught: the frames below hold the URL in clear text.
            raise response
        return response

    @contextmanager
    def acquire(self) -> Iterator[Connection]:
        """Lend a connection for one exchange."""
        if self._closed:
            raise UsageError("The client is closed. Make a new one.")
        if self._shared is not None:
            yield self._shared
            return
        try:
            # The one used last is the one most likely to be open still.
            connection = self._idle.pop()
        except IndexError:
            connection = self.connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def connect(self) -> Connection:
        """Add a connection, which is opened by its first exchange and again when it is worn out."""
        try:
            transport = httpx.HTTPTransport(
                verify=self._tls,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEP_ALIVE),
                proxy=self._proxy,
            )
        except (ImportError, ValueError, httpx.InvalidURL):
            # The address is not repeated: it may hold a password.
            raise SettingsError(
                "The proxy in the environment cannot be used: write http://host:port."
            ) from None
        connection = Connection(self.url, transport, direct=self._proxy is None)
        self._all.append(connection)
        return connection

    def close(self) -> None:
        """Close every connection."""
        self._closed = True
        for connection in filter(None, [*self._all, self._shared]):
            connection.close()
        self._all.clear()
        self._idle.clear()

    def _exchange(
        self, connection: Connection, request: Request, token: Token | None
    ) -> HttpResponse | MsgframeError:
        try:
            return connection.exchange(request, token, self._timeout)
        except _NEVER_LEFT as error:
            return NotSent(f"{self.url.host} could not be reached ({_named(error)}).")
        except httpx.HTTPError as error:
            return OutcomeUnknown(
                f"{self.url.host} gave no complete answer ({_named(error)}): the texts may be out."
            )
        except httpx.InvalidURL:
            return UsageError(
                f"The request's URL would have {len(request.target):,} bytes, which nobody takes:"
                " send a shorter text, or fewer numbers at once."
            )


class Connection:
    """A transport, and the address that it is for; `direct` where it is httpx's own to the vendor.

    A direct one is told path and query as they are (httpx's extension `target`): parsing a URL of
    8,000 bytes once more takes as long as all the rest. A proxy would be told them too, in the
    clear, and transports for tests look at the URL.
    """

    def __init__(
        self, url: httpx.URL, transport: httpx.BaseTransport, *, direct: bool = False
    ) -> None:
        self._url = url
        self._prefix = url.path.rstrip("/")
        self._transport = transport
        self._direct = direct

    def exchange(self, request: Request, token: Token | None, timeout: float) -> HttpResponse:
        """Carry a request there and its answer back."""
        response = self._transport.handle_request(self._http_request(request, token, timeout))
        try:
            body = _read(response, 2 * timeout)
        finally:
            response.close()
        return HttpResponse(response.status_code, body, response.headers.get("retry-after"))

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _http_request(self, request: Request, token: Token | None, timeout: float) -> httpx.Request:
        target = f"{self._prefix}{request.target}".encode()
        extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)}
        headers = [(b"host", self._url.netloc), (b"accept", b"*/*"), (b"user-agent", b"msgframe")]
        if token is not None:
            headers.append((TOKEN_HEADER, token.reveal().encode()))
        content: dict[str, Any] = {"files": {FILE_PART: ("recipients.xlsx", request.file, XLSX)}}
        if request.file is None:
            headers.append((b"content-length", b"0"))
            content = {"stream": httpx.ByteStream(b"")}
        return httpx.Request(
            request.method,
            self._url if self._direct else self._url.copy_with(raw_path=target),
            headers=headers,
            **content,
            extensions=extensions | ({"target": target} if self._direct else {}),
        )


def _read(response: httpx.Response, seconds: float) -> bytes:
    # The timeout is one of each read: without a deadline an answer may drip for ever.
    deadline = time.monotonic() + seconds
    body = b""
    encoded = "content-encoding" in response.headers  # nobody asked for it
    for part in response.iter_bytes() if encoded else cast("Iterable[bytes]", response.stream):
        body += part
        if len(body) > LONGEST_ANSWER:
            raise httpx.ReadError("the answer is longer than 1 MiB")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer did not end")
    return body


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise SettingsError("The url cannot be read. Write https://host.") from None
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise SettingsError("The url holds no name, password or query: https://host.")
    if parsed.scheme == "https" and parsed.host:
        return parsed
    if parsed.scheme == "http" and _is_loopback(parsed.host):
        return parsed
    raise SettingsError(
        f"The url must begin with https:// (plain http only to this machine): not {url!r}."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(url: httpx.URL, *, verified: bool) -> ssl.SSLContext:
    if verified and url.scheme == "https":
        return httpx.create_ssl_context()
    # Plain http needs no certificate: a context without any is quickly made, and trusts nobody.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _proxy(url: httpx.URL) -> str | None:
    if _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    address = getproxies().get(url.scheme) or getproxies().get("all")
    return address if address is None or "://" in address else f"http://{address}"


def _named(error: Exception) -> str:
    words = str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
