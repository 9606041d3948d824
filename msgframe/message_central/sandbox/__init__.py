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

`Fault` makes things go wrong, `Fates` says what becomes of messages, `Answers` how the answers
look where the documentation is silent.
"""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgframe.message_central.sandbox.accounts import PASSWORD
from msgframe.message_central.sandbox.delivery_model import Fates
from msgframe.message_central.sandbox.faults import Fault
from msgframe.message_central.sandbox.responses import Answers
from msgframe.message_central.sandbox.vendor import Vendor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from msgframe.message_central.sandbox.api_request import Filling
    from msgframe.message_central.sandbox.faults import Kind
    from msgframe.message_central.sandbox.server import Service

__all__ = ["Answers", "Fates", "Fault", "Vendor", "run", "serve"]


@contextmanager
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 0,
    faults: Iterable[Fault] | Mapping[Kind, float] = (),
    fates: Fates | None = None,
    answers: Answers | None = None,
    filling: Filling = "once",
    callback_url: str | None = None,
    hurry: float = 1.0,
    zone: str = "Asia/Kolkata",
    customer_id: str | None = None,
    password: str = PASSWORD,
    credit: int | None = None,
    code_lives: float = 60.0,
    most_url: int = 8_192,
    clock: Callable[[], datetime] | None = None,
) -> Iterator[Vendor]:
    """Play the vendor in a thread while the block runs.

    Parameters
    ----------
    host, port
        Where to listen; port 0 is any free one, `Vendor.url` tells which.
    seed
        Decides every receipt, code and id. Same seed, same messages: same receipts.
    faults
        What goes wrong: `Fault` objects, or shares by kind such as `{"reset_after": 0.05}`.
    fates
        What becomes of the messages; by default 95.5 % arrive (an invented figure, as all there).
    answers
        How answers look where the documentation leaves it open.
    filling
        How templates are filled in file mode: "once", or "again" where a value looks like a place.
    callback_url
        Where to POST the callbacks, each when it is due; nowhere by default.
    hurry
        Seconds of the vendor's time in one of ours, for the callbacks that are POSTed: 60 shows a
        minute in a second, `float("inf")` brings all at once.
    zone
        The zone of the dates in the receipts, which carry no mark of it.
    customer_id, password
        The account; made from the seed where not given.
    credit
        How many messages the account can pay for; None is without end.
    code_lives
        Seconds until a one-time code expires.
    most_url
        The longest URL that it takes, in bytes of path and query: what most web servers do, not
        documented. Longer ones are answered 414.
    clock
        Gives the moment, in UTC; for tests that cannot wait.

    Yields
    ------
    Vendor

    Raises
    ------
    SettingsError
        If the port is taken.

    >>> with serve(seed=1) as vendor:
    ...     vendor.messages.height
    0
    """
    vendor = Vendor(
        seed=seed,
        faults=faults,
        fates=fates,
        answers=answers,
        filling=filling,
        zone=zone,
        customer_id=customer_id,
        password=password,
        credit=credit,
        code_lives=code_lives,
        most_url=most_url,
        clock=clock,
    )
    with _calling_back(vendor, callback_url, hurry), _open(vendor, host, port).running():
        yield vendor


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    callback_url: str | None = None,
    hurry: float = 1.0,
    ready: Callable[[Vendor], None] | None = None,
    **settings: Any,
) -> Vendor:
    """Play the vendor in the foreground until Ctrl-C, and give it back with all that it took.

    Parameters
    ----------
    host, port, callback_url, hurry
        As for `serve`.
    ready
        Called with the vendor before the first request; by default it says on standard output
        how to log in.
    **settings
        As for `serve`.
    """
    vendor = Vendor(**settings)
    with _calling_back(vendor, callback_url, hurry):
        service = _open(vendor, host, port)
        (ready or _announce)(vendor)
        service.run_here()
    return vendor


def _open(vendor: Vendor, host: str, port: int) -> Service:
    from msgframe.message_central.sandbox.routes import Gateway
    from msgframe.message_central.sandbox.server import Service

    service = Service(host, port)
    service.app = Gateway(vendor, service)
    vendor.url, vendor.service = service.url, service
    return service


@contextmanager
def _calling_back(vendor: Vendor, url: str | None, hurry: float) -> Iterator[None]:
    if url is None:
        yield
        return
    from msgframe.message_central.sandbox.webhooks import Postman

    vendor.postman = Postman(vendor, url, hurry=hurry)
    with vendor.postman.working():
        yield


def _announce(vendor: Vendor) -> None:
    from rich.console import Console

    Console(highlight=False).print(
        f"The sandbox plays the vendor at {vendor.url} (a page to look at; Ctrl-C ends it).\n\n"
        f"export MSGFRAME_URL={vendor.url}\n"
        f"export MSGFRAME_CUSTOMER_ID={vendor.customer_id}\n"
        f"export MSGFRAME_PASSWORD={shlex.quote(vendor.password)}",
        soft_wrap=True,
        markup=False,
    )
