"""uvicorn in a thread, for a block of code: it starts before the block, and ends with it at once.

The libraries come with the extra `server`: import this module inside `needs_extra`.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import uvicorn

from msgframe.errors import SettingsError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp


class WebServer(uvicorn.Server):
    """One ASGI application: no websockets, no access log, no mark of who serves it."""

    def __init__(self, app: ASGIApp, /, *, name: str, **settings: Any) -> None:
        self._name = name
        config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            interface="asgi3",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            log_level="critical",
            **settings,
        )
        super().__init__(config)

    @contextmanager
    def running(self, listener: socket.socket) -> Iterator[None]:
        """Serve in a thread of its own while the block runs."""
        thread = Thread(target=self.run, args=([listener],), name=self._name, daemon=True)
        thread.start()
        try:
            while not self.started:
                thread.join(0.002)
                if not thread.is_alive():
                    raise SettingsError(f"{self._name} could not be started.")
            yield
        finally:
            self.should_exit = True
            if thread.is_alive():
                self.loop.call_soon_threadsafe(self._closing.set)
                thread.join()

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
        await self.refuse()
        for listener in sockets or []:
            listener.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle(), self.config.timeout_graceful_shutdown)
        for task in self.server_state.tasks:
            task.cancel()

    async def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server lives."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    async def accept(self, listener: socket.socket) -> None:
        """Take connections again."""
        await super().startup([listener])

    async def refuse(self) -> None:
        """Take no connection any more, and end those that are idle."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def _idle(self) -> None:
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.002)
        for server in self.servers:
            await server.wait_closed()
