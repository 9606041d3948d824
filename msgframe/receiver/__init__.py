"""The vendor's callbacks come in: each one is on the disk before it is answered.

    with receiver.serve("callbacks.db", port=8030) as inbox:
        print(inbox.url)                     # http://127.0.0.1:8030/callbacks/<secret>
        callbacks = read_callbacks("callbacks.db")

Whatever is posted to the secret path is stored byte for byte, with its time of arrival, before 200
is answered; whether it can be read is for `read_callbacks` to say, later and as often as wanted.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgframe.errors import SettingsError
from msgframe.receiver.keeping import Keeper
from msgframe.receiver.serving import Doors, Inbox, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Inbox", "run", "serve"]


@contextmanager
def serve(
    store: str | Path,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8030,
    secret: str | None = None,
    max_bytes: int = 64 * 1024,
) -> Iterator[Inbox]:
    """Take callbacks in while the block runs, in a thread of its own.

    Parameters
    ----------
    store
        Where they are kept: a path (SQLite), or a PostgreSQL URL.
    host, port
        Where to listen; port 0 takes a free one.
    secret
        The last part of the path, which only the vendor is told. By default it is made at the
        first start and kept in the store, so that the registered URL stays valid.
    max_bytes
        Larger bodies are refused.

    Raises
    ------
    SettingsError
        The port is taken.
    JournalError
        The store cannot be opened or written.

    >>> from tempfile import TemporaryDirectory
    >>> import httpx
    >>> with TemporaryDirectory() as folder, serve(f"{folder}/callbacks.db", port=0) as inbox:
    ...     httpx.post(inbox.url, json={"messageId": "a"}).status_code
    200
    """
    port = _free(host, port)
    with Keeper(store) as keeper:
        inbox = Inbox(store, host, port, secret or keeper.secret())
        with _running(Doors(inbox, keeper, max_bytes=max_bytes), host, port):
            yield inbox


def run(store: str | Path, /, *, host: str = "127.0.0.1", port: int = 8030) -> None:
    """Take callbacks in until Ctrl-C."""
    with serve(store, host=host, port=port):
        threading.Event().wait()


def _free(host: str, port: int) -> int:
    """Give the port to listen on, and make sure that nobody else does.

    The server shares its port on purpose, so two of them would split the callbacks in silence.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"{host}:{port} cannot be listened on: {error.strerror}. "
                "Stop what listens there, or choose another port (0 takes a free one)."
            ) from None
        return int(probe.getsockname()[1])


@contextmanager
def _running(doors: Doors, host: str, port: int) -> Iterator[None]:
    runner = server(doors, host, port)
    loop = asyncio.new_event_loop()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(runner.serve())
        loop.close()

    thread = threading.Thread(target=work, name="msgframe-receiver", daemon=True)
    thread.start()
    try:
        _wait_until_open(host, port, thread)
        yield
    finally:
        loop.call_soon_threadsafe(runner.stop)
        thread.join()


def _wait_until_open(host: str, port: int, thread: threading.Thread) -> None:
    while thread.is_alive():
        try:
            socket.create_connection((host, port), timeout=0.05).close()
        except OSError:
            continue
        return
    raise SettingsError(f"The server on {host}:{port} stopped at once; its log says why.")
