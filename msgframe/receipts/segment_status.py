"""The parts of a long message may have a receipt each; the worst of them decides."""

from __future__ import annotations

import polars as pl

from msgframe.frames import STATUS

#: How bad a state is for a message in parts, of which the worst decides: a failure, then what is
#: not known, then what is still on its way.
BADNESS = {
    "delivered": 0,
    "enroute": 1,
    "accepted": 2,
    "queued": 3,
    "pending": 4,
    "unknown": 5,
    "deleted": 6,
    "rejected": 7,
    "expired": 8,
    "undelivered": 9,
}


def worst(told: pl.DataFrame, segments: pl.Series) -> pl.DataFrame:
    """Give one row a message.

    Delivered is what was confirmed for all parts; where some are silent, it is still on its way.

    Parameters
    ----------
    told
        `place`, and what was told, a row for each receipt of a message or of a part.
    segments
        How many parts the message of each place has.
    """
    parted = told["place"].is_duplicated()
    if not parted.any():
        return told
    parts = told.filter(parted)
    silent = pl.len().over("place") < segments.gather(parts["place"])
    unconfirmed = silent & (pl.col("status") == "delivered")
    still = pl.when(unconfirmed).then(pl.lit("enroute", STATUS)).otherwise("status")
    whole = (
        parts.with_columns(still.alias("status"), pl.col("receipts").sum().over("place"))
        .sort(_badness(), "done_at", "message_id", descending=True)
        .unique("place", keep="first", maintain_order=True)
    )
    return pl.concat([told.filter(~parted), whole])


def _badness() -> pl.Expr:
    return pl.col("status").replace_strict(BADNESS, return_dtype=pl.Int8)
