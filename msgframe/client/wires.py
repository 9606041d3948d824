"""How a request reaches the vendor: httpx's transports, lent to one caller each.

The one place that knows httpx. `httpx.Client` is left out on purpose: its pool scans all of its
connections at every request, its log line holds the whole URL, and with it the password's key. A
transport with a single connection, lent to one caller at a time, does neither.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import httpx

from msgframe.client.answers import Reply
from msgframe.client.requests import XLSX
from msgframe.errors import ApiError, NotSent, OutcomeUnknown, SettingsError, UseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.client.requests import Request

#: An answer is some hundred bytes; what is longer is no answer, and is not read to its end.
LONGEST_ANSWER = 1 << 20

#: Failures that come before the first byte of a request has left.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class Wires:
    """Connections to one address; `transport` takes the place of all of them (for tests)."""

    def __init__(self, url: str, timeout: float, transport: httpx.BaseTransport | None) -> None:
        self.url = _checked(url)
        self._timeout = timeout
        self._given = transport
        self._idle: list[httpx.BaseTransport] = []
        self._all: list[httpx.BaseTransport] = []
        self._closed = False
        self._tls = None if transport or self.url.scheme == "http" else httpx.create_ssl_context()

    def ask(self, request: Request, token: str | None) -> Reply:
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
    def _wire(self) -> Iterator[httpx.BaseTransport]:
        if self._closed:
            raise UseError("The client is closed. Make a new one.")
        if self._given is not None:
            yield self._given
            return
        # The one used last is the one most likely to be open still.
        wire = self._idle.pop() if self._idle else self._connect()
        try:
            yield wire
        finally:
            self._idle.append(wire)

    def _connect(self) -> httpx.BaseTransport:
        wire = httpx.HTTPTransport(
            verify=self._tls or False,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            proxy=_proxy(self.url),
        )
        self._all.append(wire)
        return wire

    def _exchange(
        self, wire: httpx.BaseTransport, request: Request, token: str | None
    ) -> Reply | ApiError:
        deadline = time.monotonic() + 2 * self._timeout
        try:
            response = wire.handle_request(self._spelled(request, token))
            try:
                body = _read(response, deadline)
            finally:
                response.close()
        except _NEVER_LEFT as error:
            return NotSent(f"{self.url.host} could not be reached ({_named(error)}).")
        except httpx.HTTPError as error:
            return OutcomeUnknown(
                f"{self.url.host} gave no complete answer ({_named(error)}): the texts may be out."
            )
        return Reply(response.status_code, body, response.headers.get("retry-after"))

    def _spelled(self, request: Request, token: str | None) -> httpx.Request:
        headers = {"accept": "*/*", "user-agent": "msgframe"}
        if token is not None:
            headers["authToken"] = token
        files = None
        if request.file is not None:
            files = {"file": ("recipients.xlsx", request.file, XLSX)}
        prefix = self.url.path.rstrip("/")
        return httpx.Request(
            request.method,
            self.url.copy_with(raw_path=f"{prefix}{request.target}".encode()),
            headers=headers,
            files=files,
            extensions={"timeout": httpx.Timeout(self._timeout).as_dict()},
        )


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


def _read(response: httpx.Response, deadline: float) -> bytes:
    # The timeout is one of each read: without a deadline an answer may drip for ever.
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > LONGEST_ANSWER:
            raise httpx.ReadError("the answer is longer than 1 MiB")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer did not end")
    return body


def _named(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    words = str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
