"""What the receiver answers, and the server that carries it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgframe.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

    from granian.server.embed import Server

    from msgframe.receiver.keeping import Keeper


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where callbacks come in, and where they are kept.

    >>> Inbox("callbacks.db", "127.0.0.1", 8030, "s3cret")
    Inbox(store='callbacks.db', host='127.0.0.1', port=8030)
    """

    #: A path, or a PostgreSQL URL.
    store: str | Path = field(repr=True)
    #: Where it listens.
    host: str
    #: The port it listens on.
    port: int
    #: The last part of the path; whoever knows it may post.
    secret: str = field(repr=False)

    @property
    def url(self) -> str:
        """Where to post to on this machine. It holds the secret."""
        return f"http://{self.host}:{self.port}{self.path}"

    @property
    def path(self) -> str:
        """The path to post to. It holds the secret."""
        return f"/callbacks/{self.secret}"


class Doors:
    """The application: stores what is posted to the secret path, and tells nobody anything."""

    def __init__(self, inbox: Inbox, keeper: Keeper, *, max_bytes: int) -> None:
        self._path = inbox.path.encode()
        self._keeper = keeper
        self._max_bytes = max_bytes

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request of granian's own interface."""
        if not hmac.compare_digest(scope.path.encode(), self._path):
            protocol.response_empty(404, [])
        elif scope.method != "POST":
            protocol.response_empty(405, [("allow", "POST")])
        elif int(scope.headers.get("content-length") or 0) > self._max_bytes:
            protocol.response_empty(413, [])
        else:
            protocol.response_empty(await self._kept(protocol), [])

    async def _kept(self, protocol: Any) -> int:
        body = bytearray()
        async for piece in protocol:
            body += piece
            if len(body) > self._max_bytes:
                return 413
        try:
            await self._keeper.keep(bytes(body))
        except JournalError:
            return 503
        return 200


def server(doors: Doors, host: str, port: int) -> Server:
    """Give a server of granian's that runs inside of an event loop."""
    from granian.constants import HTTPModes, Interfaces
    from granian.server.embed import Server

    return Server(
        doors,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
