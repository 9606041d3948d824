"""In which zone are the vendor's dates? The sends' own clock knows when they left.

The vendor does not say. But a message reaches it seconds after it left here, so the distance
between the two clocks, rounded to the quarter hours that zones are apart by, tells the zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from msgframe import frames
from msgframe.errors import DataError
from msgframe.receipts import latest

#: Where such a vendor's clocks may stand, the likeliest first.
ZONES = (
    "Asia/Kolkata",
    "UTC",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Athens",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)

_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The zone that the vendor's dates are in, and how we know."""

    #: The likeliest zone, or None where no zone of `ZONES` has this offset.
    zone: str | None
    #: How far its clock is ahead of UTC.
    offset: timedelta
    #: The share of pairs that say so, 0 to 1.
    share: float
    #: How many pairs of a message and its receipt were looked at.
    pairs: int
    #: Other zones whose clocks showed the same at that time.
    others: tuple[str, ...]
    #: `offset`, `pairs`, `share`, by how many pairs speak for each.
    evidence: pl.DataFrame

    def __repr__(self) -> str:
        return (
            f"Estimate(zone={self.zone!r}, offset={self.offset}, "
            f"share={self.share:.1%} of {self.pairs:,} pairs)"
        )


def estimate_zone(
    sent: pl.DataFrame,
    callbacks: pl.DataFrame,
    /,
    *,
    zone: str = "Asia/Kolkata",
    slack: timedelta = timedelta(seconds=5),
) -> Estimate:
    """Find the zone of the vendor's dates from the sends' own clock.

    Parameters
    ----------
    sent
        What `send` gave.
    callbacks
        What `read_callbacks(source, zone=zone)` gave.
    zone
        The zone that they were read with.
    slack
        How much earlier than its request a message may claim to be submitted.

    Returns
    -------
    The estimate with its evidence. Only numbers with as many messages as receipts are looked at, in
    order. A `share` below 0.9 is no answer: the vendor waited for long, or dates are of two zones.

    Raises
    ------
    DataError
        No message has a receipt with a date of submission.

    >>> from datetime import UTC
    >>> at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    >>> sent = pl.DataFrame({"msisdn": [919816111111], "state": ["accepted"], "request_at": [at]})
    >>> receipt = {"msisdn": 919816111111, "status": "delivered", "submitted_at": at}
    >>> receipt["submitted_at"] += timedelta(hours=5.5, seconds=3)  # read as UTC by mistake
    >>> callbacks = pl.DataFrame([receipt], schema=frames.columns("callbacks"))
    >>> estimate_zone(sent, callbacks, zone="UTC")
    Estimate(zone='Asia/Kolkata', offset=5:30:00, share=100.0% of 1 pairs)
    """
    frames.require_columns(sent, ["msisdn", "state", "request_at"], verb="estimate_zone")
    frames.require_columns(callbacks, frames.columns("callbacks"), verb="estimate_zone")
    waits = _waits(sent, callbacks, zone)
    if waits.is_empty():
        raise DataError(
            "estimate_zone() found no pair: no number has as many messages as receipts with a "
            "date of submission. Give it the receipts of these very messages."
        )
    evidence = _evidence(waits, slack)
    offset, _, share = evidence.row(0)
    at: datetime = waits["request_at"].item(0)
    fitting = [name for name in ZONES if at.astimezone(ZoneInfo(name)).utcoffset() == offset]
    return Estimate(
        zone=next(iter(fitting), None),
        offset=offset,
        share=share,
        pairs=waits.height,
        others=tuple(fitting[1:]),
        evidence=evidence,
    )


def _waits(sent: pl.DataFrame, callbacks: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Pair the k-th message with the k-th receipt where there are as many, by the bare clocks."""
    left = sent.filter(pl.col("state").is_in(["accepted", "unknown"]))
    clock = pl.col("submitted_at").dt.convert_time_zone(zone).dt.replace_time_zone("UTC")
    receipts = latest.fold(callbacks).drop_nulls("submitted_at").select("msisdn", clock)
    messages = _numbered(
        left.select("msisdn", pl.col("request_at").cast(frames.MOMENT)), "request_at"
    )
    return messages.join(
        _numbered(receipts, "submitted_at"), on=["msisdn", "nth", "many"]
    ).with_columns(wait=pl.col("submitted_at") - pl.col("request_at"))


def _numbered(frame: pl.DataFrame, time: str) -> pl.DataFrame:
    return (
        frame.drop_nulls()
        .sort("msisdn", time)
        .with_columns(nth=pl.int_range(pl.len()).over("msisdn"), many=pl.len().over("msisdn"))
    )


def _evidence(waits: pl.DataFrame, slack: timedelta) -> pl.DataFrame:
    # A wait of seconds falls into the quarter hour that the clocks are apart by.
    apart = (pl.col("wait") + slack).dt.total_microseconds().floordiv(_microseconds(_QUARTER))
    return (
        waits.group_by((apart * _microseconds(_QUARTER)).cast(pl.Duration("us")).alias("offset"))
        .agg(pl.len().alias("pairs"))
        .with_columns((pl.col("pairs") / pl.col("pairs").sum()).alias("share"))
        .sort("pairs", "offset", descending=[True, False])
    )


def _microseconds(time: timedelta) -> int:
    return time // timedelta(microseconds=1)
