"""A crew: a desk and its couriers at work, until all is done or a person presses Ctrl-C."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from msgframe.campaigns.sending.attempts import carry
from msgframe.campaigns.sending.desk import Desk
from msgframe.campaigns.sending.flow_control import Pressure
from msgframe.core import progress
from msgframe.errors import ApiError, JournalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgframe.campaigns.journal.session import Outcome, SendSession
    from msgframe.campaigns.sending.flow_control import Limits
    from msgframe.campaigns.sending.requests import Parcels
    from msgframe.message_central import Client

_log = logging.getLogger(__name__)


def work(
    run: SendSession,
    parcels: Parcels,
    client: Client,
    limits: Limits,
    *,
    max_wait: float,
    show: bool | None,
    look_around: Callable[[], object],
) -> str:
    """Send what the run gives out, and say why something stays behind, if it does.

    Raises
    ------
    ApiError
        The vendor takes nothing more.
    JournalError
        The journal takes nothing more.
    KeyboardInterrupt
        A person stopped it; what was in flight is written down.
    """
    with progress.bar("sending", run.waiting(), show=show) as advance:
        desk = Desk(
            run,
            Pressure(limits),
            staff=min(limits.concurrency, max(1, parcels.count)),
            max_wait=max_wait,
            told=_teller(advance),
            look_around=look_around,
        )
        _interruptibly(desk, parcels, client)
    if desk.error is not None:
        raise _and_how_to_go_on(desk.error)
    return f"it may go from {desk.later:%Y-%m-%d %H:%M} UTC on" if desk.later else ""


def _interruptibly(desk: Desk, parcels: Parcels, client: Client) -> None:
    # Threads that do not keep the process alive: a second Ctrl-C ends it at once.
    threading.Thread(target=desk.serve, daemon=True).start()
    for _ in range(desk.staff):
        threading.Thread(target=carry, args=(desk, parcels, client), daemon=True).start()
    try:
        _wait(desk)
    except KeyboardInterrupt:
        desk.stop()
        _log.warning("Stopping: what is in flight is heard to its end. Ctrl-C again ends at once.")
        _wait(desk)
        raise KeyboardInterrupt(
            "Stopped, and nothing lost. Run the same send again to go on."
        ) from None


def _wait(desk: Desk) -> None:
    # Once polars has run, its own handler of Ctrl-C lets a wait go on that Python's would break off
    # (it is installed with SA_RESTART), so the wait is made of short ones.
    while not desk.closed.wait(0.1):
        pass


def _teller(advance: Callable[..., None]) -> Callable[[list[Outcome]], None]:
    counts: Counter[str] = Counter()
    began = time.monotonic()

    def told(outcomes: list[Outcome]) -> None:
        done = [outcome for outcome in outcomes if outcome.state != "planned"]
        for outcome in done:
            counts[outcome.state] += outcome.claim.recipients
        speed = counts.total() / max(1e-3, time.monotonic() - began)
        words = [f"{number:,} {state}" for state, number in counts.items()]
        people = sum(outcome.claim.recipients for outcome in done)
        advance(people, note=", ".join([*words, f"{speed:,.0f}/s"]))

    return told


def _and_how_to_go_on(error: BaseException) -> BaseException:
    how = f"{error} What has gone is in the journal; run the same send again to go on."
    match error:
        case ApiError():
            return type(error)(how, code=error.code, status=error.status)
        case JournalError():
            return type(error)(how)
        case _:
            return error
