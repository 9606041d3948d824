"""Why a message must not be sent, or not yet: the rules, in the order in which they speak."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl
import polars_hash as plh

from msgframe.core.translation import template_of
from msgframe.frames import MOMENT, require_columns

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from msgframe.campaigns.planning.batches import RequestBounds

#: What the journal tells about a message that went out, or may have.
SENT_COLUMNS = ("campaign", "msisdn", "text_key", "sent_at")


def hold_unsendable(drafts: pl.DataFrame, bounds: RequestBounds, *, repeats: bool) -> pl.DataFrame:
    """Add `held`: why a message must not go, as `name: reason`; null where it may.

    Parameters
    ----------
    drafts
        The messages, with their `ordinal` among exact repeats.
    bounds
        How long a message may be.
    repeats
        Whether an exact repeat (same number, same text) may go too.
    """
    segments, text = pl.col("segments"), pl.col("text")
    most = bounds.limits.segments
    size, container = bounds.capacity, bounds.vendor.sizes.container
    rules = [
        (hold_reason("no_number"), ~_number_agrees()),
        (hold_reason("no_text"), text.is_null() | segments.is_null()),
        (hold_reason("empty_text"), text.str.strip_chars() == ""),
        (hold_reason("too_many_segments", segments=most), segments > most),
        (hold_reason("too_long", size=size, container=container), _too_long(drafts, bounds)),
        (hold_reason("repeated"), _repeated(allowed=repeats)),
    ]
    return drafts.with_columns(
        held=pl.coalesce(pl.when(broken).then(reason) for reason, broken in rules)
    )


def hold_sent_before(
    drafts: pl.DataFrame,
    sent_before: pl.DataFrame | None,
    campaign: str,
    *,
    repeat_after: timedelta,
    start: datetime | None,
) -> pl.DataFrame:
    """Hold what the same number got as the same text in another campaign, and say until when.

    Parameters
    ----------
    drafts
        The messages, with `held`.
    sent_before
        What `Journal.earlier` gives: `campaign` str, `msisdn` i64, `text_key` str, `sent_at`
        (UTC). Messages of the same campaign do not count, since a campaign that goes on is the
        journal's business.
    campaign
        The campaign that is planned.
    repeat_after
        How long after it was sent a text may go again.
    start
        When the campaign begins: what may be repeated by then is not held. None holds for
        everything in `sent_before`, so that a plan does not depend on the moment of the call.

    Returns
    -------
    The drafts, with `until`: when a hold of this kind ends.
    """
    if sent_before is None:
        return drafts.with_columns(until=pl.lit(None, MOMENT))
    require_columns(sent_before, SENT_COLUMNS, verb="plan")
    until = pl.col("sent_at").cast(MOMENT) + repeat_after
    last = (
        sent_before.filter(pl.col("campaign") != campaign)
        .select("msisdn", "text_key", until=until, before="campaign")
        .filter(pl.lit(value=True) if start is None else pl.col("until") > start)
        .sort("until", "before")
        .unique(["msisdn", "text_key"], keep="last")
    )
    moment = pl.col("until").dt.strftime("%Y-%m-%d %H:%M")
    reason = hold_reason("earlier", campaign=pl.col("before"), moment=moment)
    may_go = pl.col("held").is_null()
    return (
        drafts.with_columns(_text_key())
        .join(last, on=["msisdn", "text_key"], how="left", maintain_order="left")
        .with_columns(until=pl.when(may_go).then("until"), held=pl.coalesce("held", reason))
        .drop("before", "text_key")
    )


def hold_reason(name: str, **facts: object) -> pl.Expr:
    """Say a reason as a plan has it, `name: sentence`, in English, with facts or columns of facts.

    A plan is the same whoever makes it; `core.translation.translate_reasons` says it in other
    languages.

    >>> pl.select(hold_reason("too_many_segments", segments=10)).item()
    'too_many_segments: more than 10'
    """
    literals = re.split(r"\{\w+\}", f"{name}: {template_of(f'hold.{name}')}")
    names = re.findall(r"\{(\w+)\}", template_of(f"hold.{name}") or "")
    values = [facts[fact] for fact in names]
    columns = [value if isinstance(value, pl.Expr) else pl.lit(str(value)) for value in values]
    return pl.format("{}".join(literals), *columns) if columns else pl.lit(literals[0])


def _repeated(*, allowed: bool) -> pl.Expr:
    return pl.lit(value=False) if allowed else pl.col("ordinal") > 0


def _number_agrees() -> pl.Expr:
    """Whether the two parts that are dialled make the number that receipts are matched by."""
    joined = pl.concat_str("country_code", "mobile")
    return (joined == pl.col("msisdn").cast(pl.String)).fill_null(value=False)


def _too_long(drafts: pl.DataFrame, bounds: RequestBounds) -> pl.Expr:
    """Whether a text does not fit into a request; counted exactly only if that could matter."""
    sizes = bounds.vendor.sizes
    most = bounds.capacity - sizes.longest_number
    longest = drafts["text"].str.len_bytes().max() or 0
    if sizes.most_per_byte * longest <= most:  # type: ignore[operator]  # an integer column's max
        return pl.lit(value=False)
    return sizes.text(pl.col("text")) > most


def _text_key() -> pl.Expr:
    """Name a text as the journal does: the first 32 hex digits of its SHA-256."""
    return plh.col("text").chash.sha2_256().str.head(32).alias("text_key")
