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

#: Parts of one message are submitted at once; what comes later is another message.
PARTS_WITHIN = timedelta(minutes=1)

#: How many matches may be expected to be a stranger's receipt in place of a missing one, before
#: none is called certain; and the share of receipts that is missing at least, though it is unseen.
STRANGERS = 0.1
MISSING = 0.02


class Matched(NamedTuple):
    """Who is whose, and which messages are in doubt."""

    #: `row_index`, `receipt`, `candidates` u32 and `certain` bool; each receipt once, and each
    #: message once, but for the parts of a long one.
    pairs: pl.DataFrame
    #: `row_index` of each message that a receipt could have meant that may as well mean another.
    doubtful: pl.DataFrame
    #: Why nothing is called certain, or None.
    objection: str | None


def match(
    messages: pl.DataFrame, receipts: pl.DataFrame, *, window: timedelta, slack: timedelta
) -> Matched:
    """Pair messages with receipts by number and time.

    Parameters
    ----------
    messages
        `row_index` u32, `msisdn`, `request_at`, and `segments`, in the order in which they left.
    receipts
        `receipt` u32, `msisdn`, `at`, `message_id`; without a time it may mean any message to its
        number.
    window, slack
        A receipt is of a time from `slack` before its message left to `window` after it.
    """
    timeline = _timeline(messages.drop_nulls(["msisdn", "request_at"]), window + slack)
    candidates = _candidates(timeline, _timed(timeline, receipts), window, slack)
    matched = _matched(candidates)
    objection = _objection(timeline, receipts, matched)
    if objection is not None:
        matched = matched.with_columns(certain=pl.lit(value=False))
    return Matched(_pairs(timeline, matched), _doubtful(timeline, matched), objection)


def _timeline(messages: pl.DataFrame, reach: timedelta) -> pl.DataFrame:
    """Lay messages out: `nth` is the row of each, `cluster` that of its cluster's first one.

    Most numbers have one message, and need no order; the others follow, by number and time.
    """
    several = messages["msisdn"].is_duplicated()
    new_number = pl.col("msisdn") != pl.col("msisdn").shift()
    after_a_pause = pl.col("request_at") - pl.col("request_at").shift() > reach
    starts = (new_number | after_a_pause).fill_null(value=True)
    lone = messages.filter(~several).with_columns(starts=True, lone=True)
    others = messages.filter(several).sort("msisdn", "request_at", maintain_order=True)
    return (
        pl.concat([lone, others.with_columns(starts=starts, lone=False)])
        .with_columns(nth=pl.int_range(pl.len(), dtype=pl.Int64))
        .with_columns(cluster=pl.when("starts").then("nth").forward_fill())
        .with_columns(messages=pl.len().over("cluster").cast(pl.Int64))
        .drop("starts")
    )


def _timed(timeline: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    if not receipts["at"].has_nulls():
        return receipts
    last = timeline.group_by("msisdn").agg(pl.col("request_at").max().alias("last"))
    return (
        receipts.join(last, on="msisdn", how="left")
        .with_columns(pl.coalesce("at", "last").alias("at"))
        .drop("last")
    )


def _candidates(
    timeline: pl.DataFrame, receipts: pl.DataFrame, window: timedelta, slack: timedelta
) -> pl.DataFrame:
    """Give each receipt the run of messages that it may mean: `low` to `high`, both included."""
    lone, others = timeline.filter("lone"), timeline.filter(~pl.col("lone"))
    wait = pl.col("at") - pl.col("request_at")
    of_lone = (
        receipts.join(lone, on="msisdn")
        .filter(wait.is_between(-slack, window))
        .with_columns(low="nth", high="nth")
    )
    of_others = _runs(others, receipts.join(others, on="msisdn", how="semi"), window, slack)
    names = ["receipt", "at", "message_id", "cluster", "messages", "segments", "low", "high"]
    candidates = pl.concat([of_lone.select(names), of_others.select(names)])
    return candidates.with_columns(many=pl.len().over("cluster").cast(pl.Int64))


def _runs(
    others: pl.DataFrame, receipts: pl.DataFrame, window: timedelta, slack: timedelta
) -> pl.DataFrame:
    names = ["msisdn", "request_at", "cluster", "messages", "segments"]
    high = others.select(*names, high="nth")
    low = others.select("msisdn", "request_at", low="nth")
    return (
        receipts.with_columns(until=pl.col("at") + slack, since=pl.col("at") - window)
        .sort("msisdn", "at")
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
    )


def _matched(candidates: pl.DataFrame) -> pl.DataFrame:
    """Choose a message (`nth`, null where none is left), and say whether it is the only way."""
    simple = (pl.col("messages") == 1) & (pl.col("many") == 1)
    plain = candidates.filter(simple).with_columns(nth="low", certain=True)
    others = _bundled(candidates.filter(~simple))
    leaders = others.filter(pl.col("receipt") == pl.col("bundle")).pipe(_pushed).pipe(_chosen)
    whole = others.drop("many").join(
        leaders.select("bundle", "many", "nth", "certain"), on="bundle"
    )
    return pl.concat([plain, whole.select(plain.columns)])


def _bundled(candidates: pl.DataFrame) -> pl.DataFrame:
    """Tie receipts for the parts of one long message together: `bundle` is the first of them.

    Parts are submitted at once, and looked for only where there are more receipts than messages.
    """
    # Receipts of the same second stand by their ids: the order of arrival makes no difference.
    ordered = candidates.sort("cluster", "at", "message_id")
    may_be = (pl.col("many") > pl.col("messages")) & (pl.col("segments") > 1)
    same = (pl.col("cluster") == pl.col("cluster").shift()) & (pl.col("at").diff() <= PARTS_WITHIN)
    starts = pl.when(~(may_be & same).fill_null(value=False)).then("receipt")
    tied = ordered.with_columns(bundle=starts.forward_fill())
    too_many = pl.len().over("bundle") > pl.col("segments")
    return tied.with_columns(
        bundle=pl.when(too_many).then("receipt").otherwise("bundle")
    ).with_columns(many=pl.col("bundle").n_unique().over("cluster").cast(pl.Int64))


def _pushed(candidates: pl.DataFrame) -> pl.DataFrame:
    """Push the receipts of a cluster as late (`late`) and as early (`early`) as they may be."""
    rank = pl.int_range(pl.len(), dtype=pl.Int64).over("cluster")
    return candidates.with_columns(rank=rank).with_columns(
        late=(pl.col("high") - pl.col("rank")).cum_min(reverse=True).over("cluster")
        + pl.col("rank"),
        early=(pl.col("low") - pl.col("rank")).cum_max().over("cluster") + pl.col("rank"),
    )


def _chosen(pushed: pl.DataFrame) -> pl.DataFrame:
    # With a receipt too many, somebody else wrote to the number: the nearest after a message count.
    overfull = pl.col("many") > pl.col("messages")
    chosen = pl.when(overfull).then("early").otherwise("late")
    fits = (pl.col("early") <= pl.col("late")).all().over("cluster")
    only_way = pl.col("late") == pl.col("early")
    # Two neighbours are enough to look at: both sides are in order, so where any two receipts could
    # change places, two neighbours between them could.
    swaps = _may_swap_with_next()
    return pushed.with_columns(
        nth=pl.when(chosen.is_between("low", "high")).then(chosen),
        certain=fits & only_way & ~swaps & ~swaps.shift(fill_value=False),
    )


def _may_swap_with_next() -> pl.Expr:
    same = pl.col("cluster") == pl.col("cluster").shift(-1)
    up = pl.col("high") >= pl.col("early").shift(-1)
    down = pl.col("low").shift(-1) <= pl.col("late")
    return (same & up & down).fill_null(value=False)


def _objection(timeline: pl.DataFrame, receipts: pl.DataFrame, matched: pl.DataFrame) -> str | None:
    """Say what speaks against agreeing clocks, or against having all messages, or None."""
    if _strangers(timeline, matched):
        return (
            "some numbers have more receipts than messages, so others write to them too. "
            "Track all campaigns of the time together: pl.concat([…], how='diagonal')"
        )
    if _late(timeline, matched):
        return (
            "half of the messages were submitted a quarter of an hour after they left, or later. "
            "The zone may be wrong: ask estimate_zone(sent, callbacks)"
        )
    if _mismatched(timeline, receipts, matched):
        return (
            "many numbers have a pending message and a receipt outside of its window. "
            "The zone may be wrong (ask estimate_zone(sent, callbacks)), or the window too short"
        )
    return None


def _strangers(timeline: pl.DataFrame, matched: pl.DataFrame) -> bool:
    # A stranger's receipt is only mistaken where the own one is missing: both shares multiply.
    overfull = matched.filter(pl.col("many") > pl.col("messages"))["cluster"].n_unique()
    if overfull == 0:
        return False
    missing = 1 - matched["nth"].drop_nulls().n_unique() / timeline.height
    return overfull * max(missing, MISSING) > STRANGERS


def _late(timeline: pl.DataFrame, matched: pl.DataFrame) -> bool:
    paired = matched.drop_nulls("nth")
    waits = paired["at"] - timeline["request_at"].gather(paired["nth"])
    late = waits.to_frame("wait").select(pl.col("wait").median() > LONGEST_TYPICAL_WAIT).item()
    return bool(late)


def _mismatched(timeline: pl.DataFrame, receipts: pl.DataFrame, matched: pl.DataFrame) -> bool:
    paired = matched.drop_nulls("nth")
    lone = int(timeline["lone"].sum())
    enough = CHANCE * (lone + timeline["msisdn"].slice(lone).n_unique())
    if receipts.height - paired.height <= enough:
        return False
    pending = timeline.join(paired, on="nth", how="anti").select("msisdn")
    stray = receipts.join(paired, on="receipt", how="anti").select("msisdn")
    return pending.join(stray, on="msisdn", how="semi")["msisdn"].n_unique() > enough


def _pairs(timeline: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    paired = matched.drop_nulls("nth")
    return paired.select(
        timeline["row_index"].gather(paired["nth"]),
        "receipt",
        (pl.col("high") - pl.col("low") + 1).cast(pl.UInt32).alias("candidates"),
        "certain",
    )


def _doubtful(timeline: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    uncertain = matched.filter(~pl.col("certain")).select("cluster").unique()
    return timeline.join(uncertain, on="cluster", how="semi").select("row_index")
