"""The parts of a long message may have a receipt each; the worst of them decides."""

from __future__ import annotations

import polars as pl

from msgframe.frames import STATUS, STATUSES, statuses_that_are

_SEVERITY = {name: status.severity for name, status in STATUSES.items()}
_DELIVERED = statuses_that_are("delivered")


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
    unconfirmed = silent & pl.col("status").is_in(_DELIVERED)
    still = pl.when(unconfirmed).then(pl.lit("enroute", STATUS)).otherwise("status")
    whole = (
        parts.with_columns(still.alias("status"), pl.col("receipts").sum().over("place"))
        .sort(_severity(), "done_at", "message_id", descending=True)
        .unique("place", keep="first", maintain_order=True)
    )
    return pl.concat([told.filter(~parted), whole])


def _severity() -> pl.Expr:
    return pl.col("status").replace_strict(_SEVERITY, return_dtype=pl.Int8)
