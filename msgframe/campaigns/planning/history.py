"""Who got the same text in an earlier campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import polars_hash as plh

from msgframe.frames import MOMENT, require_columns

if TYPE_CHECKING:
    from datetime import datetime, timedelta

#: What the journal tells about a message that went out, or may have.
COLUMNS = ("campaign", "msisdn", "text_key", "sent_at")


def hold_earlier(
    drafts: pl.DataFrame,
    earlier: pl.DataFrame | None,
    *,
    campaign: str,
    within: timedelta,
    start: datetime | None,
) -> pl.DataFrame:
    """Hold what the same number got as the same text in another campaign, and say until when.

    Parameters
    ----------
    drafts
        The messages, with `held`.
    earlier
        What `Journal.earlier` gives: `campaign` str, `msisdn` i64, `text_key` str, `sent_at`
        (UTC). Messages of the same campaign do not count, since a campaign that goes on is the
        journal's business.
    campaign
        The campaign that is planned.
    within
        For how long a text is not repeated.
    start
        When the campaign begins: what may be repeated by then is not held. None holds for
        everything in `earlier`, so that a plan does not depend on the moment of the call.

    Returns
    -------
    The drafts, with `until`: when a hold of this kind ends.
    """
    if earlier is None:
        return drafts.with_columns(until=pl.lit(None, MOMENT))
    require_columns(earlier, COLUMNS, verb="plan")
    until = pl.col("sent_at").cast(MOMENT) + within
    last = (
        earlier.filter(pl.col("campaign") != campaign)
        .select("msisdn", "text_key", until=until, before="campaign")
        .filter(pl.lit(value=True) if start is None else pl.col("until") > start)
        .sort("until", "before")
        .unique(["msisdn", "text_key"], keep="last")
    )
    reason = pl.format(
        "earlier: campaign '{}' sent it; it may go again from {} UTC",
        "before",
        pl.col("until").dt.strftime("%Y-%m-%d %H:%M"),
    )
    may_go = pl.col("held").is_null()
    return (
        drafts.with_columns(_text_key())
        .join(last, on=["msisdn", "text_key"], how="left", maintain_order="left")
        .with_columns(until=pl.when(may_go).then("until"), held=pl.coalesce("held", reason))
        .drop("before", "text_key")
    )


def _text_key() -> pl.Expr:
    """Name a text as the journal does: the first 32 hex digits of its SHA-256."""
    return plh.col("text").chash.sha2_256().str.head(32).alias("text_key")
