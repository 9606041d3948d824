"""A web server in a thread, which can refuse connections for a while and take them again."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import uvicorn

from msgframe.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from starlette.types import ASGIApp


class SandboxServer(uvicorn.Server):
    """One application on one address, which it holds from the beginning to the end.

    The address is held by a socket that never listens, so that nobody else can get it while
    connections are refused.
    """

    #: What it serves; to be set before it runs.
    app: ASGIApp

    def __init__(self, host: str, port: int) -> None:
        self._holder = _bound(host, port)
        self.host, self.port = self._holder.getsockname()[:2]
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run_in_foreground(self) -> None:
        """Serve in this thread until Ctrl-C."""
        self._prepare()
        try:
            with suppress(KeyboardInterrupt):
                self.run(sockets=[self._listening()])
        finally:
            self._holder.close()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread of its own while the block runs."""
        self._prepare()
        listening = self._listening()
        self._thread = Thread(
            target=self.run, args=([listening],), name="msgframe-sandbox", daemon=True
        )
        self._thread.start()
        try:
            while not self.started:
                self._thread.join(0.002)
                if not self._thread.is_alive():
                    raise SettingsError(f"The sandbox could not be started at {self.url}.")
            yield
        finally:
            self.should_exit = True
            if self._thread.is_alive():
                self.loop.call_soon_threadsafe(self._closing.set)
                self._thread.join()
            self._holder.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Remember the loop that serves, so that other threads can reach it."""
        self.loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        """Tick as uvicorn does, but end at once when the block does."""
        while not self.should_exit:
            await self.on_tick(0)
            await self.pause(0.25)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End as uvicorn does, without its fixed waits."""
        self._closing.set()
        await self._refuse()
        for listening in sockets or []:
            listening.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle(), timeout=3)
        for task in self.server_state.tasks:
            task.cancel()
        for server in self.servers:
            await server.wait_closed()

    async def pause(self, seconds: float) -> None:
        """Wait, but not longer than the service lives."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    def refuse_connections_for(self, seconds: float) -> None:
        """Refuse connections for a while, beginning with the end of this request."""
        task = self.loop.create_task(self._refuse_and_accept(seconds))
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    @contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """Refuse connections while the block runs, and end those that are idle."""
        self._in_loop(self._refuse())
        try:
            yield
        finally:
            self._in_loop(self._accept())

    def _prepare(self) -> None:
        config = uvicorn.Config(
            self.app,
            ws="none",
            lifespan="off",
            interface="asgi3",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            log_level="critical",
            timeout_keep_alive=75,
        )
        super().__init__(config)

    def _listening(self) -> socket.socket:
        listening = _bound(self.host, self.port)
        listening.listen(2048)
        return listening

    async def _refuse_and_accept(self, seconds: float) -> None:
        await self._refuse()
        await self.pause(seconds)
        if not self._closing.is_set():
            await self._accept()

    async def _refuse(self) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def _accept(self) -> None:
        await super().startup([self._listening()])

    async def _idle(self) -> None:
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.002)

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
