"""The sandbox's web server, which can refuse connections for a while and take them again."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from msgframe.core.web_server import WebServer
from msgframe.errors import SettingsError
from msgframe.message_central.sandbox.routes import Gateway

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from msgframe.message_central.sandbox.emulator import Sandbox


class SandboxServer(WebServer):
    """The sandbox on one address, which it holds from the beginning to the end.

    The address is held by a socket that never listens, so that nobody else can get it while
    connections are refused.
    """

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        self._holder = _bound(host, port)
        self.host, self.port = self._holder.getsockname()[:2]
        super().__init__(
            Gateway(sandbox, self),
            name="msgframe-sandbox",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run_in_foreground(self) -> None:
        """Serve in this thread until Ctrl-C."""
        with self._holder, suppress(KeyboardInterrupt):
            self.run(sockets=[self._listening()])

    @contextmanager
    def run_in_background(self) -> Iterator[None]:
        """Serve in a thread of its own while the block runs."""
        with self._holder, self.running(self._listening()):
            yield

    def refuse_connections_for(self, seconds: float) -> None:
        """Refuse connections for a while, beginning with the end of this request."""
        task = self.loop.create_task(self._refuse_and_accept(seconds))
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    @contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """Refuse connections while the block runs, and end those that are idle."""
        self._in_loop(self.refuse())
        try:
            yield
        finally:
            self._in_loop(self.accept(self._listening()))

    def _listening(self) -> socket.socket:
        listener = _bound(self.host, self.port)
        listener.listen(2048)
        return listener

    async def _refuse_and_accept(self, seconds: float) -> None:
        await self.refuse()
        await self.pause(seconds)
        if not self._closing.is_set():
            await self.accept(self._listening())

    def _in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=10)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, since asyncio only then turns Nagle's delay (40 ms an answer) off.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as taken:
        bound.close()
        raise SettingsError(
            f"The sandbox cannot listen on {host}:{port}: {taken.strerror or taken}. "
            "Take another port, or port=0 for any free one."
        ) from taken
    return bound
