"""The vendor played on loopback: same endpoints, faults and receipts on demand.

Nobody can practise on the live service: every text costs money and reaches a person. The sandbox
answers as the vendor's documentation and its public clients say it does, keeps a record of all
that it took, decides what becomes of each message from a seed, and calls back.

    with mf.sandbox.serve() as vendor:
        client = mf.Client(vendor.url, customer_id=vendor.customer_id, password=vendor.password)
        ...
        vendor.messages          # what it took, as the recipients read it
        vendor.receipts          # the truth: which receipt belongs to which message
        vendor.callbacks()       # what a client gets to see of it

`Fault` makes things go wrong, `DeliveryModel` says what becomes of messages, `ResponseStyle` how
the answers look where the documentation is silent.
"""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgframe.core.extras import needs_extra
from msgframe.errors import UsageError
from msgframe.message_central.sandbox import pages
from msgframe.message_central.sandbox.accounts import PASSWORD, Account, OtpCodes
from msgframe.message_central.sandbox.api import ResponseStyle
from msgframe.message_central.sandbox.delivery_model import (
    DeliveryModel,
    payloads,
    write_callbacks,
)
from msgframe.message_central.sandbox.faults import Fault, Faults
from msgframe.message_central.sandbox.handler import Handler
from msgframe.message_central.sandbox.store import SandboxStore
from msgframe.message_central.vocabulary import CALLBACK_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import polars as pl

    from msgframe.message_central.sandbox.faults import Kind
    from msgframe.message_central.sandbox.handler import PlaceholderPasses
    from msgframe.message_central.sandbox.server import SandboxServer
    from msgframe.message_central.sandbox.webhooks import WebhookSender

__all__ = ["DeliveryModel", "Fault", "ResponseStyle", "Sandbox", "run", "serve"]


@contextmanager
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    callback_url: str | None = None,
    speedup: float = 1.0,
    **settings: Any,
) -> Iterator[Sandbox]:
    """Play the vendor in a thread while the block runs.

    Parameters
    ----------
    host, port
        Where to listen; port 0 is any free one, `Sandbox.url` tells which.
    callback_url
        Where to POST the callbacks, each when it is due; nowhere by default.
    speedup
        Seconds of the vendor's time in one of ours, for the callbacks that are POSTed: 60 shows a
        minute in a second, `float("inf")` brings all at once.
    **settings
        As for `Sandbox`: seed, faults, delivery_model, response_style, …

    Yields
    ------
    Sandbox

    Raises
    ------
    SettingsError
        If the port is taken, or the extra `server` is missing.

    >>> with serve(seed=1) as sandbox:
    ...     sandbox.messages.height
    0
    """
    sandbox = Sandbox(**settings)
    with _webhooks(sandbox, callback_url, speedup), _open(sandbox, host, port).run_in_background():
        yield sandbox


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    callback_url: str | None = None,
    speedup: float = 1.0,
    ready: Callable[[Sandbox], None] | None = None,
    **settings: Any,
) -> Sandbox:
    """Play the vendor in the foreground until Ctrl-C, and give it back with all that it took.

    Parameters
    ----------
    host, port, callback_url, speedup
        As for `serve`.
    ready
        Called with the vendor before the first request; by default it says on standard output
        how to log in.
    **settings
        As for `Sandbox`.
    """
    sandbox = Sandbox(**settings)
    with _webhooks(sandbox, callback_url, speedup):
        server = _open(sandbox, host, port)
        (ready or _announce)(sandbox)
        server.run_in_foreground()
    return sandbox


class Sandbox:
    """The vendor, played: what it was asked, what it took, and what became of it.

    `requests`, `messages` and `receipts` are the truth of the sandbox, as frames; `callbacks()`
    and `export()` are what a client would get to see of it. `faults.add(Fault(…))` makes things go
    wrong while it runs; `otp_codes[verification_id]` tells a one-time code.

    Parameters
    ----------
    seed
        Decides every receipt, code and id. Same seed, same messages: same receipts.
    faults
        What goes wrong: `Fault` objects, or shares by kind such as `{"reset_after": 0.05}`.
    delivery_model
        What becomes of the messages; by default 95.5 % arrive (an invented figure, as all there).
    response_style
        How answers look where the documentation leaves it open.
    placeholder_passes
        How templates are filled in file mode: in "one" pass, or in "many", so that a value that
        looks like a placeholder is filled again.
    zone
        The zone of the dates in the receipts, which carry no mark of it.
    customer_id, password
        The account; made from the seed where not given.
    credit
        How many messages the account can pay for; None is without end.
    otp_ttl
        Seconds until a one-time code expires.
    max_url_bytes
        The longest URL that it takes, in bytes of path and query: what most web servers do, not
        documented. Longer ones are answered 414.
    clock
        Gives the moment, in UTC; for tests that cannot wait.
    """

    #: Where it listens, such as http://127.0.0.1:8025; also the address of its page.
    url: str = ""
    #: The server that it speaks through, once it does.
    server: SandboxServer | None = None
    #: What POSTs its callbacks, if there is a `callback_url`.
    webhooks: WebhookSender | None = None

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Iterable[Fault] | Mapping[Kind, float] = (),
        delivery_model: DeliveryModel | None = None,
        response_style: ResponseStyle | None = None,
        placeholder_passes: PlaceholderPasses = "one",
        zone: str = CALLBACK_FIELDS.zone,
        customer_id: str | None = None,
        password: str = PASSWORD,
        credit: int | None = None,
        otp_ttl: float = 60.0,
        max_url_bytes: int = 8_192,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        #: Gives the moment, in UTC.
        self.now = clock or (lambda: datetime.now(UTC))
        self.zone = zone
        #: The longest URL that it takes, path and query, in bytes.
        self.max_url_bytes = max_url_bytes
        self.faults = Faults(faults, seed=seed)
        self.otp_codes = OtpCodes(seed=seed)
        self.account = Account(
            seed=seed, customer_id=customer_id, password=password, credit=credit, now=self.now
        )
        #: The account's id and password.
        self.customer_id, self.password = self.account.customer_id, password
        self._delivery_model = delivery_model or DeliveryModel()
        self.store = SandboxStore(seed=seed, delivery_model=self._delivery_model, now=self.now)
        self.handler = Handler(
            account=self.account,
            store=self.store,
            otp_codes=self.otp_codes,
            faults=self.faults,
            style=response_style or ResponseStyle(),
            placeholder_passes=placeholder_passes,
            seed=seed,
            otp_ttl=timedelta(seconds=otp_ttl),
            now=self.now,
        )

    def __repr__(self) -> str:
        taken = f"{self.store.taken:,} messages taken"
        return f"Sandbox({self.url!r}, customer_id={self.customer_id!r}, {taken})"

    @property
    def token(self) -> str:
        """A token that is valid now, as one could copy it from the vendor's dashboard."""
        return self.account.token()

    @property
    def credit(self) -> int | None:
        """Messages that the account can still pay for; None is without end."""
        return self.account.credit

    def revoke(self) -> None:
        """Make every token that was given out so far worthless."""
        self.account.revoke()

    @property
    def requests(self) -> pl.DataFrame:
        """Every call of the API so far: when, for what, and what was answered."""
        return self.store.requests.frame()

    @property
    def messages(self) -> pl.DataFrame:
        """Every message that was taken so far, with its text as the recipient reads it.

        `request` is the call it came with, `position` its place there, `occurrence` counts the
        messages that are equal in number and text from 0.
        """
        return self.store.messages.frame()

    @property
    def receipts(self) -> pl.DataFrame:
        """Every receipt that there will be, and the truth: which `message` each belongs to."""
        return self.store.receipts()

    def callbacks(self) -> pl.DataFrame:
        """Give the payloads of all receipts at once, in the order in which they would arrive.

        Time is simulated: a `doneDate` lies seconds (an expired message's two days) ahead of the
        clock on the wall. The dates are in the vendor's zone, whole seconds, without a mark.
        """
        return self.payloads(self.receipts)

    def payloads(self, receipts: pl.DataFrame) -> pl.DataFrame:
        """Write receipts as they go over the wire."""
        return payloads(receipts, zone=self.zone, spelling=self._delivery_model.spelling)

    def export(self, path: str | Path) -> Path:
        """Write the callbacks as a file, its kind by its suffix: jsonl, json, csv, xlsx, parquet.

        Raises
        ------
        UsageError
            If the suffix is none of them.
        """
        return write_callbacks(self.callbacks(), path)

    @property
    def posts(self) -> pl.DataFrame:
        """Every try to POST a callback: of which message, when, and the answer's status."""
        return self._webhooks("posts").posts.frame()

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Wait until all callbacks are POSTed or given up; False when `timeout` (seconds) ends."""
        return self._webhooks("wait_idle()").wait_idle(timeout)

    @property
    def page(self) -> str:
        """The HTML of the page at `/`."""
        return pages.page(self)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be out of order while the block runs: nobody can connect, idle connections end."""
        if self.server is None:
            raise UsageError("down() needs a vendor that serves: use it inside `with serve()`.")
        with self.server.refuse_connections():
            yield

    def _webhooks(self, what: str) -> WebhookSender:
        if self.webhooks is None:
            raise UsageError(f"{what} needs callbacks that are POSTed: serve(callback_url=…).")
        return self.webhooks


def _open(sandbox: Sandbox, host: str, port: int) -> SandboxServer:
    with needs_extra("server", who="The sandbox"):
        from msgframe.message_central.sandbox.server import SandboxServer

    server = SandboxServer(sandbox, host, port)
    sandbox.url, sandbox.server = server.url, server
    return server


@contextmanager
def _webhooks(sandbox: Sandbox, url: str | None, speedup: float) -> Iterator[None]:
    if url is None:
        yield
        return
    from msgframe.message_central.sandbox.webhooks import WebhookSender

    sandbox.webhooks = WebhookSender(sandbox, url, speedup=speedup)
    with sandbox.webhooks.working():
        yield


def _announce(sandbox: Sandbox) -> None:
    from rich.console import Console

    Console(highlight=False).print(
        f"The sandbox plays the vendor at {sandbox.url} (a page to look at; Ctrl-C ends it).\n\n"
        f"export MSGFRAME_URL={sandbox.url}\n"
        f"export MSGFRAME_CUSTOMER_ID={sandbox.customer_id}\n"
        f"export MSGFRAME_PASSWORD={shlex.quote(sandbox.password)}",
        soft_wrap=True,
        markup=False,
    )
