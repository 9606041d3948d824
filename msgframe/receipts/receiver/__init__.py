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

import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from msgframe.core.extras import needs_extra
from msgframe.errors import SettingsError
from msgframe.message_central import registration_email
from msgframe.receipts.receiver.callback_store import CallbackStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Inbox", "ReceiverLimits", "run", "serve"]


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where callbacks come in, and where they are kept.

    >>> Inbox("callbacks.db", "127.0.0.1", 8030, "s3cret")
    Inbox(store='callbacks.db', host='127.0.0.1', port=8030)
    """

    #: A path, or a PostgreSQL URL without its password.
    store: str
    #: Where it listens.
    host: str
    #: The port it listens on.
    port: int
    #: The last part of the path; whoever knows it may post.
    secret: str = field(repr=False)

    @property
    def url(self) -> str:
        """Where to post to on this machine. It holds the secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path}"

    @property
    def path(self) -> str:
        """The path to post to. It holds the secret."""
        return f"/callbacks/{self.secret}"


@dataclass(frozen=True, slots=True)
class ReceiverLimits:
    """What one sender may ask of the receiver.

    >>> ReceiverLimits(body_bytes=0)
    Traceback (most recent call last):
    msgframe.errors.SettingsError: body_bytes=0 lets nothing in. The default is 65,536.
    """

    #: Bytes of a body; larger ones are answered 413.
    body_bytes: int = 64 * 1024
    #: Bytes of the request line and headers; more are answered 431.
    head_bytes: int = 16 * 1024
    #: Seconds from the first byte of a request to its last; then the connection is closed.
    seconds: float = 10.0
    #: Seconds that a connection may rest between two requests.
    idle_seconds: float = 75.0
    #: Connections at a time; more are closed as they come.
    connections: int = 1_000

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if value <= 0:
                raise SettingsError(
                    f"{limit.name}={value} lets nothing in. The default is {limit.default:,}."
                )


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
    limits: ReceiverLimits | None = None,
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
        The port is taken, an address is none, or the extra `server` is missing.
    JournalError
        The store cannot be opened or written.

    >>> from tempfile import TemporaryDirectory
    >>> import httpx
    >>> with TemporaryDirectory() as folder, serve(f"{folder}/callbacks.db", port=0) as inbox:
    ...     httpx.post(inbox.url, json={"messageId": "a"}).status_code
    200
    """
    with needs_extra("server", who="The receiver"):
        from msgframe.receipts.receiver.app import App, RequestPolicy
        from msgframe.receipts.receiver.server import serving

    limits = limits or ReceiverLimits()
    with CallbackStore(store) as callbacks:
        inbox = Inbox(callbacks.database.location, host, port, secret or callbacks.secret())
        policy = RequestPolicy.of(
            inbox.path.encode(),
            allow=allow,
            proxies=proxies,
            key=key,
            signature=signature,
            body_bytes=limits.body_bytes,
        )
        with serving(App(policy, callbacks), host, port, limits) as bound:
            yield replace(inbox, port=bound)


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
    language: str = "en",
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
        _say(
            registration_email(
                public, customer_id=customer_id, brand=brand, email=email, language=language
            )
        )
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
