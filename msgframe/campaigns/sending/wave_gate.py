"""Whether to go on after a wave: what its receipts say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from msgframe.errors import UsageError
from msgframe.frames import statuses_that_are

if TYPE_CHECKING:
    from msgframe.receipts import Source

#: Looks at what became of a wave's rows and says whether the next one may go.
GoOn: TypeAlias = Callable[[pl.DataFrame], bool]

#: What no later receipt makes good.
_LOST = statuses_that_are("lost")


def when_delivered(
    source: Source | Callable[[], Source],
    /,
    *,
    least: float = 0.9,
    within: float = 300.0,
    every: float = 2.0,
    **reading: Any,
) -> GoOn:
    """Go on when enough of a wave has arrived; stop when too much of it is lost, or nothing comes.

    For a canary: `send(plan, client, journal, go_on=when_delivered("callbacks.db"))`.

    Parameters
    ----------
    source
        Where the receipts are, as for `read_callbacks`; or a function that gives it.
    least
        The share of the wave's messages that must arrive, of 1.
    within
        Seconds to wait for receipts. After that the share counts among the receipts that came,
        and they must be half of the wave's messages at least.
    every
        Seconds between two looks.
    reading
        Further settings of `read_callbacks`.

    Raises
    ------
    UsageError
        `least` is not a share.
    """
    if not 0 < least <= 1:
        raise UsageError(f"least={least} is no share. 0.9 is nine of ten.")

    def go_on(wave: pl.DataFrame) -> bool:
        patience = time.monotonic() + within
        while True:
            delivered, lost, all_ = _counted(wave, source, reading)
            if delivered >= least * all_ or lost > (1 - least) * all_:
                return delivered >= least * all_
            if time.monotonic() > patience:
                known = delivered + lost
                return known >= all_ / 2 and delivered >= least * known
            time.sleep(every)

    return go_on


def _counted(
    wave: pl.DataFrame, source: Source | Callable[[], Source], reading: dict[str, Any]
) -> tuple[int, int, int]:
    from msgframe.receipts import read_callbacks, track

    receipts = read_callbacks(source() if callable(source) else source, **reading)
    status = track(wave, receipts).deliveries["status"].drop_nulls()
    return (
        int(status.is_in(statuses_that_are("delivered")).sum()),
        int(status.is_in(_LOST).sum()),
        len(status),
    )
