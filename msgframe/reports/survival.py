"""How fast messages arrive, told honestly while some are still on their way.

A message without a receipt is not a failure yet: it is *censored*, known only not to have arrived
so far. The Kaplan-Meier estimator (Kaplan and Meier, 1958) gives each its due: it counts among
those who might still arrive up to its age, and no longer. A message that failed for good stays in
that number, so the curve levels off at the share that is truly delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from msgframe.frames import STATUSES, statuses_that_are

if TYPE_CHECKING:
    from datetime import datetime

#: A receipt that says what became of it may still come.
_WAITING = [n for n, s in STATUSES.items() if s.finality < STATUSES["unknown"].finality]


@dataclass(frozen=True, slots=True)
class Maturity:
    """How far a campaign's outcome is known."""

    #: Messages that left.
    sent: int
    #: Messages without a final receipt.
    pending: int
    #: How many of those the curve expects still to arrive.
    expected: float

    @property
    def share(self) -> float:
        """The share of the messages whose outcome is known, from 0 to 1."""
        return 1.0 if not self.sent else 1 - self.pending / self.sent


def delivery_curve(deliveries: pl.DataFrame, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Give the share of messages delivered within so many seconds, pending ones as censored.

    Parameters
    ----------
    deliveries
        What `track` gave.
    as_of
        The moment of the look; by default the latest moment in the frame.

    Returns
    -------
    `seconds` f64, `delivered` f64 (0 to 1), `at_risk` u32: one row a second at which some arrived,
    after a row at 0.

    Examples
    --------
    >>> from msgframe import testing
    >>> line = delivery_curve(testing.deliveries(rows=1_000, seed=1))
    >>> line.columns, round(line["delivered"][-1], 2)
    (['seconds', 'delivered', 'at_risk'], 0.94)
    """
    waits = _waits(deliveries, as_of)
    steps = (
        waits.group_by("seconds")
        .agg(arrived=pl.col("arrived").sum(), leaving=pl.len())
        .sort("seconds")
        # Whoever waited at least this long is at risk, those who leave at this second included.
        .with_columns(at_risk=pl.col("leaving").reverse().cum_sum().reverse())
        .with_columns(missed=(1 - pl.col("arrived") / pl.col("at_risk")).cum_prod())
        .filter(pl.col("arrived") > 0)
        .select(
            "seconds", delivered=1 - pl.col("missed"), at_risk=pl.col("at_risk").cast(pl.UInt32)
        )
    )
    start = {"seconds": [0.0], "delivered": [0.0], "at_risk": [waits.height]}
    return pl.concat([pl.DataFrame(start, schema=steps.schema), steps])


def maturity(deliveries: pl.DataFrame, *, as_of: datetime | None = None) -> Maturity:
    """Tell how many messages are pending, and how many of them should still arrive.

    Each pending message of a given age is expected with the curve's own odds: what still arrives
    after that age, among those who had not arrived by then.
    """
    waits = _waits(deliveries, as_of)
    line = delivery_curve(deliveries, as_of=as_of)
    final = line["delivered"][-1]
    pending = waits.filter("pending").sort("seconds")
    odds = (
        pending.join_asof(line.select("seconds", "delivered").set_sorted("seconds"), on="seconds")
        .select((final - pl.col("delivered")) / (1 - pl.col("delivered")))
        .to_series()
        .fill_nan(0.0)
    )
    return Maturity(sent=waits.height, pending=pending.height, expected=float(odds.sum()))


def _waits(deliveries: pl.DataFrame, as_of: datetime | None) -> pl.DataFrame:
    """Give each message that left its wait in seconds, and whether it arrived or is pending."""
    moments = ("request_at", "submitted_at", "done_at")
    look = pl.lit(as_of) if as_of is not None else pl.max_horizontal(pl.col(moments).max())
    sent = deliveries.filter(pl.col("status").is_not_null())
    arrived = pl.col("status").is_in(statuses_that_are("delivered"))
    age = look - pl.coalesce("submitted_at", "request_at")
    wait = pl.when(arrived).then(pl.coalesce("latency", age)).otherwise(age)
    waiting = pl.col("status").cast(pl.String).is_in(_WAITING)
    return sent.select(
        seconds=wait.dt.total_microseconds().clip(0) / 1e6, arrived=arrived, pending=waiting
    )
