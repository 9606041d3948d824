"""When each message goes: from which moment on, and in which wave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from msgframe.campaigns import quiet_hours
from msgframe.campaigns.planning.keys import occurrence
from msgframe.campaigns.planning.reasons import hold_reason
from msgframe.core.translation import translate
from msgframe.errors import SettingsError
from msgframe.frames import MOMENT


@dataclass(frozen=True)
class Schedule:
    """When a campaign goes out. Without any of it, everything goes at once."""

    #: The moment of the first message; None is now.
    start: datetime | None = None
    #: Over how long the messages are spread.
    spread: timedelta = timedelta(0)
    #: How far apart the waves of a spread campaign are.
    wave_interval: timedelta = timedelta(minutes=15)
    #: When each country is open, as `quiet_hours.table()` has it; None is always.
    hours: pl.DataFrame | None = None
    #: The share of messages that go first, to see whether they arrive.
    canary: float = 0.0
    #: How long the rest waits after the last of those.
    pause: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        if self.start is not None and self.start.tzinfo is None:
            raise SettingsError(
                f"plan(start={self.start!r}) has no time zone, so nobody knows when that is. "
                "Write datetime(…, tzinfo=ZoneInfo('Europe/Madrid'))."
            )
        if self.start is None and (self.spread or self.hours is not None or self.canary):
            raise SettingsError(
                "plan() needs start=… with spread=, hours= or canary=: a plan that counted from "
                "the moment of the call would be another plan at every call."
            )
        if not 0 <= self.canary < 1:
            raise SettingsError(
                f"plan(canary={self.canary!r}): the share of the first wave lies from 0 up to but "
                "not including 1. 0.01 is one message of a hundred."
            )
        if min(self.spread, self.pause) < timedelta(0) or self.wave_interval <= timedelta(0):
            raise SettingsError(
                f"plan(spread={self.spread}, wave_interval={self.wave_interval}, "
                f"pause={self.pause}): spread and pause must not be negative, and wave_interval "
                "must be more than nothing."
            )


def schedule(drafts: pl.DataFrame, when: Schedule) -> pl.DataFrame:
    """Add `wave` and `not_before`, and hold what no hour is open for.

    The waves are ordered by the canary, then by moment, then by the occurrence of a number: the
    k-th message to one number goes in a later wave than the one before it, so that each receipt
    can be told from the next.

    Parameters
    ----------
    drafts
        The messages, with `held`, `until` (when a hold ends), `message_key`, and `zone` (IANA, or
        null).
    when
        When the campaign goes out.
    """
    cohorts = drafts.with_columns(occurrence(drafts)).pipe(_pick_canary, when.canary)
    canary = (
        cohorts.filter(~pl.col("after_canary")).pipe(_spread, when.start, when).pipe(_open, when)
    )
    last = canary["moment"].max()
    begin = last + when.pause if isinstance(last, datetime) else when.start
    followers = cohorts.filter("after_canary").pipe(_spread, begin, when).pipe(_open, when)
    return _number(pl.concat([canary, followers]).sort("index"))


def _number(timed: pl.DataFrame) -> pl.DataFrame:
    """Add `wave` and `not_before` to messages whose cohort, moment and occurrence are known."""
    goes = pl.col("held").is_null()
    order = ["after_canary", "moment", "occurrence"]
    waves = timed.filter(goes).select(order).unique().sort(order).with_row_index("wave")
    return (
        timed.join(waves, on=order, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(
            wave=pl.when(goes).then("wave"),
            not_before=pl.when(goes).then("moment").otherwise("until"),
        )
        .drop(order)
    )


def _pick_canary(drafts: pl.DataFrame, share: float) -> pl.DataFrame:
    """Add `after_canary`: false for the messages of the canary, which go first.

    They are a fixed cohort by their keys, at least one of each country, template and length, so
    that whatever can go wrong with one of these shows.
    """
    if not share:
        return drafts.with_columns(after_canary=True)
    kind = ("country_code", "template", "segments")
    # Twelve hex digits are a number, which ranks in a tenth of the time that a text does.
    draw = pl.col("message_key").str.head(12).str.to_integer(base=16)
    rank = draw.rank("ordinal").over(kind)
    first = (
        drafts.filter(pl.col("held").is_null(), pl.col("occurrence") == 0)
        .filter(rank <= (pl.len().over(kind) * share - _ROUNDING).ceil())
        .select("index", after_canary=False)
    )
    return drafts.join(first, on="index", how="left", maintain_order="left").with_columns(
        pl.col("after_canary").fill_null(value=True)
    )


#: What a float may be too much: 700 × 0.01 is a little over 7, and means 7.
_ROUNDING = 1e-9


def _spread(cohort: pl.DataFrame, start: datetime | None, when: Schedule) -> pl.DataFrame:
    """Add `moment`: the start, or the step of the spread that a row falls into by its place."""
    if start is None:
        return cohort.with_columns(moment=pl.lit(None, MOMENT))
    steps = -(-when.spread // when.wave_interval) or 1
    waits = (pl.col("held").is_null() & pl.col("after_canary")).cast(pl.Int64)
    step = waits * ((waits.cum_sum() - 1) * steps // waits.sum())
    first = pl.lit(start.astimezone(UTC), MOMENT)
    return cohort.with_columns(
        moment=first + pl.lit(when.wave_interval, pl.Duration("us")) * step.fill_null(0)
    )


def _open(drafts: pl.DataFrame, when: Schedule) -> pl.DataFrame:
    """Move each moment to the next one that is open where the recipient lives."""
    if when.hours is None:
        return drafts
    from msgframe.phone import region

    located = drafts.with_columns(region=region("msisdn"))
    opens = quiet_hours.next_open(located, when.hours)
    named = pl.col("region").fill_null(translate("hold_fact.recipient"))
    closed = hold_reason("no_hour", region=named)
    return (
        located.with_columns(opens=opens)
        .with_columns(
            held=pl.coalesce("held", pl.when(pl.col("opens").is_null()).then(closed)),
            moment="opens",
        )
        .drop("opens", "region")
    )
