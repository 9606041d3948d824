"""Whose receipt is it? By number and time, order kept, with a proof of what is certain.

The messages to one number are laid out in time, in clusters that no receipt can belong to two of.
Within a cluster a receipt may mean any message that left before it and within the window: a run of
neighbours, since both sides are in order. Pushing every receipt as late as the others allow, and as
early, gives the two ends of what is possible; where they meet, and no neighbour could change
places, there is no other way to hand out the receipts, and the match is certain.

Certain means: given that the messages are all that this account sent to these numbers in the time,
and that the clocks agree. Where the receipts speak against that, nothing is called certain.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import polars as pl

#: A right zone gives a typical wait of seconds; a wrong one is off by a quarter of an hour or more.
LONGEST_TYPICAL_WAIT = timedelta(minutes=15)

#: The share of numbers with both a pending message and a stray receipt that chance may explain.
CHANCE = 0.05


class Matched(NamedTuple):
    """Who is whose, and which messages are in doubt."""

    #: `place`, `receipt`, `candidates` u32 and `certain` bool; each message and receipt once.
    pairs: pl.DataFrame
    #: `place` of each message that a receipt could have meant that may as well mean another.
    doubtful: pl.DataFrame


def match(
    messages: pl.DataFrame, receipts: pl.DataFrame, *, window: timedelta, slack: timedelta
) -> Matched:
    """Pair messages with receipts by number and time.

    Parameters
    ----------
    messages
        `place` u32, `msisdn`, `request_at`, in the order in which they left.
    receipts
        `receipt` u32, `msisdn`, `at`; one without a time may mean any message to its number.
    window, slack
        A receipt is of a time from `slack` before its message left to `window` after it.
    """
    laid = _laid_out(messages, window + slack)
    within = _within(laid, _timed(laid, receipts), window, slack)
    proved = _proved(_pushed(within))
    if _against(laid, receipts, proved):
        proved = proved.with_columns(certain=pl.lit(value=False))
    return Matched(_pairs(laid, proved), _doubtful(laid, proved))


def _laid_out(messages: pl.DataFrame, reach: timedelta) -> pl.DataFrame:
    """Sort messages by number and time; `nth` counts them, `first` is the nth of their cluster."""
    new_number = pl.col("msisdn") != pl.col("msisdn").shift()
    after_a_pause = pl.col("request_at") - pl.col("request_at").shift() > reach
    nth = pl.int_range(pl.len(), dtype=pl.Int64)
    return (
        messages.drop_nulls(["msisdn", "request_at"])
        .sort("msisdn", "request_at", maintain_order=True)
        .with_columns((new_number | after_a_pause).fill_null(value=True).alias("starts"), nth=nth)
        .with_columns(pl.when("starts").then("nth").forward_fill().alias("first"))
        .with_columns(pl.len().over("first").cast(pl.Int64).alias("messages"))
        .drop("starts")
    )


def _timed(laid: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    if not receipts["at"].has_nulls():
        return receipts.drop_nulls("msisdn")
    last = laid.group_by("msisdn").agg(pl.col("request_at").last().alias("last"))
    return (
        receipts.join(last, on="msisdn")
        .with_columns(pl.coalesce("at", "last").alias("at"))
        .drop("last")
    )


def _within(
    laid: pl.DataFrame, receipts: pl.DataFrame, window: timedelta, slack: timedelta
) -> pl.DataFrame:
    """Give each receipt the run of messages that it may mean: `low` to `high`, both included."""
    ends = receipts.with_columns(until=pl.col("at") + slack, since=pl.col("at") - window)
    high = laid.select("msisdn", "request_at", "first", "messages", high="nth")
    low = laid.select("msisdn", "request_at", low="nth")
    return (
        ends.sort("msisdn", "at", "receipt")
        .join_asof(
            high, left_on="until", right_on="request_at", by="msisdn", check_sortedness=False
        )
        .drop("request_at")
        .join_asof(
            low,
            left_on="since",
            right_on="request_at",
            by="msisdn",
            strategy="forward",
            check_sortedness=False,
        )
        .filter(pl.col("low") <= pl.col("high"))
        .select("receipt", "at", "first", "messages", "low", "high")
        .sort("first", "at", "receipt")
    )


def _pushed(within: pl.DataFrame) -> pl.DataFrame:
    """Push the receipts of a cluster as late (`late`) and as early (`early`) as they may be."""
    rank = pl.int_range(pl.len(), dtype=pl.Int64).over("first")
    return within.with_columns(rank=rank, many=pl.len().over("first").cast(pl.Int64)).with_columns(
        late=(pl.col("high") - pl.col("rank")).cum_min(reverse=True).over("first") + pl.col("rank"),
        early=(pl.col("low") - pl.col("rank")).cum_max().over("first") + pl.col("rank"),
    )


def _proved(pushed: pl.DataFrame) -> pl.DataFrame:
    """Choose a message (`nth`, null where none is left), and say whether it is the only way."""
    # With a receipt too many, somebody else wrote to the number: the nearest after a message count.
    crowded = pl.col("many") > pl.col("messages")
    chosen = pl.when(crowded).then("early").otherwise("late")
    fits = (pl.col("early") <= pl.col("late")).all().over("first")
    only_way = pl.col("late") == pl.col("early")
    return pushed.with_columns(
        nth=pl.when(chosen.is_between("low", "high")).then(chosen),
        certain=fits & only_way & ~_may_swap_with_next() & ~_may_swap_with_last(),
    )


# Two neighbours are enough to look at: both sides are in order, so where any two receipts could
# change places, two neighbours between them could.
def _may_swap_with_next() -> pl.Expr:
    same = pl.col("first") == pl.col("first").shift(-1)
    up = pl.col("high") >= pl.col("early").shift(-1)
    down = pl.col("low").shift(-1) <= pl.col("late")
    return (same & up & down).fill_null(value=False)


def _may_swap_with_last() -> pl.Expr:
    same = pl.col("first") == pl.col("first").shift()
    up = pl.col("high").shift() >= pl.col("late")
    down = pl.col("low") <= pl.col("late").shift()
    return (same & up & down).fill_null(value=False)


def _against(laid: pl.DataFrame, receipts: pl.DataFrame, proved: pl.DataFrame) -> bool:
    """Say whether the receipts speak against agreeing clocks, or against having all messages."""
    return _strangers(laid, proved) or _late(laid, proved) or _astray(laid, receipts, proved)


def _strangers(laid: pl.DataFrame, proved: pl.DataFrame) -> bool:
    # A stranger's receipt is only mistaken where the own one is missing: both shares multiply.
    clusters = laid["first"].n_unique()
    crowded = proved.filter(pl.col("many") > pl.col("messages"))["first"].n_unique()
    missing = laid.height - proved["nth"].drop_nulls().len()
    return clusters > 0 and crowded * missing / laid.height > 0.5


def _late(laid: pl.DataFrame, proved: pl.DataFrame) -> bool:
    left = laid.select("nth", "request_at")
    waits = proved.join(left, on="nth").select((pl.col("at") - pl.col("request_at")).median())
    wait = waits.item()
    return wait is not None and wait > LONGEST_TYPICAL_WAIT


def _astray(laid: pl.DataFrame, receipts: pl.DataFrame, proved: pl.DataFrame) -> bool:
    numbers = laid["msisdn"].n_unique()
    pending = laid.join(proved, on="nth", how="anti").select("msisdn")
    stray = receipts.join(proved.drop_nulls("nth"), on="receipt", how="anti").select("msisdn")
    both = pending.join(stray, on="msisdn", how="semi")["msisdn"].n_unique()
    return both > CHANCE * numbers


def _pairs(laid: pl.DataFrame, proved: pl.DataFrame) -> pl.DataFrame:
    return (
        proved.drop_nulls("nth")
        .join(laid.select("nth", "place"), on="nth")
        .select(
            "place",
            "receipt",
            (pl.col("high") - pl.col("low") + 1).cast(pl.UInt32).alias("candidates"),
            "certain",
        )
    )


def _doubtful(laid: pl.DataFrame, proved: pl.DataFrame) -> pl.DataFrame:
    doubted = proved.filter(~pl.col("certain")).select("first").unique()
    return laid.join(doubted, on="first", how="semi").select("place")
