"""The vendor's clock: its dates as moments in UTC, and the zone that they are in.

Where the vendor does not say the zone, the sends' own clock does: a message reaches it seconds
after it left here, so the distance between the two clocks, rounded to the quarter hours that zones
are apart by, tells the zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from msgframe import frames
from msgframe.errors import DataError, SettingsError
from msgframe.frames import MOMENT
from msgframe.message_central import CALLBACK_FIELDS
from msgframe.receipts.latest import latest_receipts

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

_USUAL_DATE = "%Y-%m-%d %H:%M:%S"

#: Dates without a zone, after "T" became a blank; a day stands before its month, as in India and
#: Spain. The last two are SMPP's.
_LOCAL_DATES = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%Y%m%d%H%M%S",
    "%y%m%d%H%M%S",
    "%y%m%d%H%M",
)

_OFFSET = r"(:\d\d(?:\.\d+)?)\s*([+-]\d\d):?(\d\d)$"


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
    zone: str = CALLBACK_FIELDS.zone,
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
        IANA name of the zone that they were read with.
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
    zones = [name for name in ZONES if at.astimezone(ZoneInfo(name)).utcoffset() == offset]
    return Estimate(
        zone=next(iter(zones), None),
        offset=offset,
        share=share,
        pairs=waits.height,
        others=tuple(zones[1:]),
        evidence=evidence,
    )


def as_moments(text: pl.Series, zone: str) -> pl.Series:
    """Read dates as moments in UTC; one without a zone of its own is a clock time in `zone`.

    Raises
    ------
    SettingsError
        `zone` is no IANA name.

    >>> dates = ["2023-11-02 13:59:18", "2023-11-02T08:29Z", "2311021359", "someday"]
    >>> as_moments(pl.Series(dates), "Asia/Kolkata").dt.strftime("%d %H:%M:%S").to_list()
    ['02 08:29:18', '02 08:29:00', '02 08:29:00', None]
    """
    if text.dtype == MOMENT:
        return text
    _require_zone(zone)
    moments = _in_zone(text.str.to_datetime(_USUAL_DATE, time_unit="us", strict=False), zone)
    if moments.null_count() == text.null_count():
        return moments
    written = text.str.strip_chars().str.replace("T", " ", literal=True)
    moments = moments.fill_null(_with_offset(written)).fill_null(_epoch(written))
    return _fill_local(moments, written, zone)


def _waits(sent: pl.DataFrame, callbacks: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Pair the k-th message with the k-th receipt where there are as many, by the bare clocks."""
    clock = pl.col("submitted_at").dt.convert_time_zone(zone).dt.replace_time_zone("UTC")
    receipts = latest_receipts(callbacks).drop_nulls("submitted_at").select("msisdn", clock)
    messages = sent.filter(frames.MAY_HAVE_LEFT).select("msisdn", pl.col("request_at").cast(MOMENT))
    return (
        _numbered(messages, "request_at")
        .join(_numbered(receipts, "submitted_at"), on=["msisdn", "nth", "many"])
        .with_columns(wait=pl.col("submitted_at") - pl.col("request_at"))
    )


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


def _fill_local(moments: pl.Series, text: pl.Series, zone: str) -> pl.Series:
    """Try one way to write a date after the other, as long as some cannot be read."""
    for pattern in _LOCAL_DATES:
        if moments.null_count() == text.null_count():
            break
        local = text.str.to_datetime(pattern, time_unit="us", strict=False)
        moments = moments.fill_null(_in_zone(local, zone))
    return moments


def _with_offset(text: pl.Series) -> pl.Series:
    whole = text.str.replace(r"^(.{16})Z$", "${1}:00Z").str.replace(r"\s*(?:Z|UTC|GMT)$", "+00:00")
    signed = whole.str.replace(_OFFSET, "${1}${2}:${3}")
    dates = signed.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_unit="us", strict=False)
    return dates.dt.convert_time_zone("UTC")


def _epoch(text: pl.Series) -> pl.Series:
    # Ten digits are seconds since 1970 up to 2036 (16… to 20…); SMPP's YYMMDDhhmm begin with 21….
    seconds = text.str.extract(r"^((?:1[6-9]|20)\d{8})(?:\d{3})?$", 1).cast(pl.Int64)
    thousandths = text.str.extract(r"^(?:1[6-9]|20)\d{8}(\d{3})$", 1).cast(pl.Int64)
    return (seconds * 1_000_000 + thousandths.fill_null(0) * 1_000).cast(MOMENT)


def _in_zone(clock: pl.Series, zone: str) -> pl.Series:
    # Of the hour that comes twice in autumn the first is taken; one that never was is no moment.
    local = clock.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _require_zone(zone: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"zone={zone!r} is no time zone. Write an IANA name, such as 'Asia/Kolkata' or 'UTC'."
        ) from None
