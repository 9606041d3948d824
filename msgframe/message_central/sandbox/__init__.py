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
from typing import TYPE_CHECKING, Any

from msgframe.core.extras import needs_extra
from msgframe.message_central.sandbox.accounts import PASSWORD
from msgframe.message_central.sandbox.delivery_model import DeliveryModel
from msgframe.message_central.sandbox.emulator import Sandbox
from msgframe.message_central.sandbox.faults import Fault
from msgframe.message_central.sandbox.responses import ResponseStyle
from msgframe.message_central.vocabulary import CALLBACK_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from msgframe.message_central.sandbox.api_request import PlaceholderPasses
    from msgframe.message_central.sandbox.faults import Kind
    from msgframe.message_central.sandbox.server import SandboxServer

__all__ = ["DeliveryModel", "Fault", "ResponseStyle", "Sandbox", "run", "serve"]


@contextmanager
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 0,
    faults: Iterable[Fault] | Mapping[Kind, float] = (),
    delivery_model: DeliveryModel | None = None,
    response_style: ResponseStyle | None = None,
    placeholder_passes: PlaceholderPasses = "one",
    callback_url: str | None = None,
    speedup: float = 1.0,
    zone: str = CALLBACK_FIELDS.zone,
    customer_id: str | None = None,
    password: str = PASSWORD,
    credit: int | None = None,
    otp_ttl: float = 60.0,
    max_url_bytes: int = 8_192,
    clock: Callable[[], datetime] | None = None,
) -> Iterator[Sandbox]:
    """Play the vendor in a thread while the block runs.

    Parameters
    ----------
    host, port
        Where to listen; port 0 is any free one, `Sandbox.url` tells which.
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
    callback_url
        Where to POST the callbacks, each when it is due; nowhere by default.
    speedup
        Seconds of the vendor's time in one of ours, for the callbacks that are POSTed: 60 shows a
        minute in a second, `float("inf")` brings all at once.
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
    sandbox = Sandbox(
        seed=seed,
        faults=faults,
        delivery_model=delivery_model,
        response_style=response_style,
        placeholder_passes=placeholder_passes,
        zone=zone,
        customer_id=customer_id,
        password=password,
        credit=credit,
        otp_ttl=otp_ttl,
        max_url_bytes=max_url_bytes,
        clock=clock,
    )
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
        As for `serve`.
    """
    sandbox = Sandbox(**settings)
    with _webhooks(sandbox, callback_url, speedup):
        server = _open(sandbox, host, port)
        (ready or _announce)(sandbox)
        server.run_in_foreground()
    return sandbox


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
