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

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgframe.sandbox.answers import Answers
from msgframe.sandbox.fates import Fates
from msgframe.sandbox.faults import Fault
from msgframe.sandbox.vendor import PASSWORD, Vendor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from msgframe.sandbox.faults import Kind
    from msgframe.sandbox.routes import Desk
    from msgframe.sandbox.services import Service

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
    zone: str = "Asia/Kolkata",
    customer_id: str | None = None,
    password: str = PASSWORD,
    credit: int | None = None,
    code_lives: float = 60.0,
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
    zone
        The zone of the dates in the receipts, which carry no mark of it.
    customer_id, password
        The account; made from the seed where not given.
    credit
        How many messages the account can pay for; None is without end.
    code_lives
        Seconds until a one-time code expires.
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
        zone=zone,
        customer_id=customer_id,
        password=password,
        credit=credit,
        code_lives=code_lives,
        clock=clock,
    )
    service, desk = _open(vendor, host, port)
    with service.running(desk):
        yield vendor


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    ready: Callable[[Vendor], None] | None = None,
    **settings: Any,
) -> Vendor:
    """Play the vendor in the foreground until Ctrl-C, and give it back with all that it took.

    Parameters
    ----------
    host, port
        Where to listen.
    ready
        Called with the vendor before the first request: the place to print how to log in.
    **settings
        As for `serve`.
    """
    vendor = Vendor(**settings)
    service, desk = _open(vendor, host, port)
    if ready is not None:
        ready(vendor)
    service.run_here(desk)
    return vendor


def _open(vendor: Vendor, host: str, port: int) -> tuple[Service, Desk]:
    from msgframe.sandbox.routes import Desk
    from msgframe.sandbox.services import Service

    service = Service(host, port)
    vendor.url, vendor.service = service.url, service
    return service, Desk(vendor, service)
