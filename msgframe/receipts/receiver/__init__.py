"""The vendor's callbacks come in: each one is on the disk before it is answered.

    with receiver.serve("callbacks.db", port=8030) as inbox:
        print(inbox.url)                     # http://127.0.0.1:8030/callbacks/<secret>
        callbacks = read_callbacks("callbacks.db")

Whatever is posted to the secret path is stored byte for byte, with its time of arrival, before 200
is answered; whether it can be read is for `read_callbacks` to say, later and as often as wanted.

The world reaches it through a reverse proxy that speaks HTTPS and passes on this path alone, so
that the page for a person (`/`, and `/health` for a monitor) stays on this machine:

    location /callbacks/ {
        proxy_pass http://127.0.0.1:8030;
        proxy_set_header X-Forwarded-For $remote_addr;
    }
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from msgframe.errors import SettingsError
from msgframe.receipts.receiver.app import Doors, Guard, Inbox
from msgframe.receipts.receiver.callback_store import Keeper
from msgframe.receipts.receiver.http_server import Limits, Wire
from msgframe.receipts.receiver.registration import letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from msgframe.receipts.receiver.http_server import Application

__all__ = ["Inbox", "Limits", "letter", "run", "serve"]


@contextmanager
def serve(
    store: str | Path,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8030,
    secret: str | None = None,
    allow: Sequence[str] = (),
    proxies: Sequence[str] = ("127.0.0.1", "::1"),
    key: str | None = None,
    signature: str = "X-Signature",
    limits: Limits | None = None,
) -> Iterator[Inbox]:
    """Take callbacks in while the block runs, in a thread of its own.

    Parameters
    ----------
    store
        Where they are kept: a path (SQLite), or a PostgreSQL URL, which several receivers share.
    host, port
        Where to listen; port 0 takes a free one.
    secret
        The last part of the path, which only the vendor is told. By default it is made at the
        first start and kept in the store, so that the registered URL stays valid.
    allow
        Addresses or networks to post from; by default everywhere.
    proxies
        Addresses whose `X-Forwarded-For` is believed: those of your reverse proxy.
    key, signature
        Where the sender signs: the key of its HMAC-SHA256 of the body, and the header it stands in.
    limits
        Sizes, seconds and connections that a sender may take.

    Raises
    ------
    SettingsError
        The port is taken, or an address is none.
    JournalError
        The store cannot be opened or written.

    >>> from tempfile import TemporaryDirectory
    >>> import httpx
    >>> with TemporaryDirectory() as folder, serve(f"{folder}/callbacks.db", port=0) as inbox:
    ...     httpx.post(inbox.url, json={"messageId": "a"}).status_code
    200
    """
    with Keeper(store) as keeper:
        secret = secret or keeper.secret()
        path = f"/callbacks/{secret}".encode()
        guard = Guard.of(path, allow=allow, proxies=proxies, key=key, signature=signature)
        with listening(Doors(guard, keeper), host, port, limits or Limits()) as bound:
            yield Inbox(keeper.database.location, host, bound, secret)


def run(
    store: str | Path,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8030,
    public_url: str | None = None,
    customer_id: str | None = None,
    brand: str | None = None,
    email: str | None = None,
    language: Literal["en", "es"] = "en",
    **settings: Any,
) -> None:
    """Take callbacks in until Ctrl-C or SIGTERM, and print what to send to the vendor.

    Parameters
    ----------
    store, host, port
        As for `serve`, and so are the further `settings`.
    public_url
        How the vendor reaches this machine: `https://sms.example.com`, where a reverse proxy
        passes `/callbacks/` on.
    customer_id, brand, email, language
        For the e-mail that registers the URL.
    """
    with serve(store, host=host, port=port, **settings) as inbox, _until_stopped() as stopped:
        public = f"{(public_url or 'https://YOUR-HOST').rstrip('/')}{inbox.path}"
        _say(f"Callbacks are stored in {inbox.store}. A page for you: http://{host}:{inbox.port}/")
        _say("This e-mail registers the receiver with the vendor:\n")
        _say(letter(public, customer_id=customer_id, brand=brand, email=email, language=language))
        stopped.wait()


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set; what is being stored is then still answered."""
    stopped = threading.Event()
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda *_: stopped.set()) for kind in kinds]
    try:
        yield stopped
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def listening(application: Application, host: str, port: int, limits: Limits) -> Iterator[int]:
    """Serve an application in a thread while the block runs, and give the port."""
    loop = _loop()
    thread = threading.Thread(target=loop.run_forever, name="msgframe-receiver", daemon=True)
    thread.start()
    try:
        wire = Wire(application, limits)
        server = _opened(loop, wire, host, port)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            asyncio.run_coroutine_threadsafe(wire.close(server), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _opened(loop: asyncio.AbstractEventLoop, wire: Wire, host: str, port: int) -> asyncio.Server:
    try:
        return asyncio.run_coroutine_threadsafe(wire.listen(host, port), loop).result()
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {error.strerror or error}. "
            "Stop what listens there, or choose another port (0 takes a free one)."
        ) from None


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ModuleNotFoundError:  # there is none for Windows
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
