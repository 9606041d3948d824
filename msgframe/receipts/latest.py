"""Which receipt counts: the surest of one message, and the worst of a long message's segments.

Of two receipts of one message the surer state counts, and within one state the time decides, never
the order of arrival: the earliest "delivered", the latest of the others. All of that, and the error
code to break a tie, is packed into one integer, so that choosing is one maximum a message.
"""

from __future__ import annotations

import polars as pl

from msgframe.frames import MOMENT, STATUS, STATUSES, statuses_that_are

#: By the number of the status in its enum.
_FINALITY = pl.Series([status.finality for status in STATUSES.values()], dtype=pl.Int64)
_SEVERITY = pl.Series([status.severity for status in STATUSES.values()], dtype=pl.Int8)
_DELIVERED = statuses_that_are("delivered")

#: What makes two receipts speak of the same message. Without an id it is the moment of submission.
KEY = ("message_id", "msisdn", "without_id_at")

# The packed integer, from its high end: finality, moment (52 bits of microseconds last until 2112),
# status, error code.
_CODES = 2**32
_STATUSES = 2**4
_MOMENTS = 2**52


def latest_receipts(callbacks: pl.DataFrame) -> pl.DataFrame:
    """Give one row for each message that the receipts speak of.

    A message that was read was delivered before: its `done_at` is when it arrived, as long as any
    receipt says so.

    Returns
    -------
    `KEY`, `status`, `error_code`, `submitted_at` (the earliest), `done_at`, `received_at` (the
    earliest), and `receipts`, u32, how many there were.

    >>> from msgframe.frames import columns
    >>> rows = [
    ...     {"message_id": "a", "status": status} for status in ("delivered", "expired", "enroute")
    ... ]
    >>> callbacks = pl.DataFrame(rows, schema=columns("callbacks"))
    >>> latest_receipts(callbacks).select("message_id", "status", "receipts")
    shape: (1, 3)
    ┌────────────┬───────────┬──────────┐
    │ message_id ┆ status    ┆ receipts │
    │ ---        ┆ ---       ┆ ---      │
    │ str        ┆ enum      ┆ u32      │
    ╞════════════╪═══════════╪══════════╡
    │ a          ┆ delivered ┆ 3        │
    └────────────┴───────────┴──────────┘
    """
    codes = callbacks["error_code"].drop_nulls().unique().sort()
    packed, arrival = _packed(codes).alias("packed"), _arrival().alias("arrival")
    return (
        callbacks.select(*keys(), "submitted_at", "received_at", packed, arrival)
        .group_by(KEY)
        .agg(
            pl.col("packed").max(),
            pl.col("arrival").min(),
            pl.col("submitted_at", "received_at").min(),
            pl.len().cast(pl.UInt32).alias("receipts"),
        )
        .with_columns(_status(), _done_at(), _error_code(codes))
        .drop("packed", "arrival")
    )


def keys() -> list[pl.Expr]:
    """Give the expressions of `KEY` over a frame of callbacks."""
    without_id = pl.when(pl.col("message_id").is_null()).then("submitted_at")
    return [pl.col("message_id"), pl.col("msisdn"), without_id.alias("without_id_at")]


def worst_segment(receipts: pl.DataFrame, segments: pl.Series) -> pl.DataFrame:
    """Give one row a message where the segments of a long one have a receipt each.

    Delivered is what was confirmed for all segments; where some are silent, it is still on its way.

    Parameters
    ----------
    receipts
        `row_index` of the message, and what its receipts say: a line for each message or segment.
    segments
        How many segments the message of each row has.
    """
    parted = receipts["row_index"].is_duplicated()
    if not parted.any():
        return receipts
    parts = receipts.filter(parted)
    silent = pl.len().over("row_index") < segments.gather(parts["row_index"])
    unconfirmed = silent & pl.col("status").is_in(_DELIVERED)
    still = pl.when(unconfirmed).then(pl.lit("enroute", STATUS)).otherwise("status")
    severity = pl.lit(_SEVERITY).gather(pl.col("status").to_physical())
    whole = (
        parts.with_columns(still.alias("status"), pl.col("receipts").sum().over("row_index"))
        .sort(severity, "done_at", "message_id", descending=True)
        .unique("row_index", keep="first", maintain_order=True)
    )
    return pl.concat([receipts.filter(~parted), whole])


def _packed(codes: pl.Series) -> pl.Expr:
    # The rank of a code among all, from 1 and in the order of their text, is the same in any order.
    ranks = pl.int_range(1, len(codes) + 1, dtype=pl.Int64, eager=True)
    code = pl.col("error_code").replace_strict(codes, ranks, default=0, return_dtype=pl.Int64)
    status = pl.col("status").to_physical()
    low = status.cast(pl.Int64) * _CODES + code.fill_null(0)
    high = _finality() * _MOMENTS + _moment()
    return high.cast(pl.Int128) * (_STATUSES * _CODES) + low


def _finality() -> pl.Expr:
    return pl.lit(_FINALITY).gather(pl.col("status").to_physical())


def _moment() -> pl.Expr:
    done = _done()
    early_first = pl.when(pl.col("status").is_in(_DELIVERED)).then(_MOMENTS - done).otherwise(done)
    return early_first.fill_null(0)


def _arrival() -> pl.Expr:
    # "Read" is surer than "delivered" and later: the least sure of them tells the arrival.
    moment = _finality() * _MOMENTS + _done()
    return pl.when(pl.col("status").is_in(_DELIVERED)).then(moment)


def _done() -> pl.Expr:
    return pl.col("done_at").to_physical().clip(1, _MOMENTS - 1)


def _status() -> pl.Expr:
    number = pl.col("packed") // _CODES % _STATUSES
    statuses = pl.Series(STATUS.categories, dtype=STATUS)
    return pl.lit(statuses).gather(number.cast(pl.UInt32)).alias("status")


def _done_at() -> pl.Expr:
    moment = (pl.col("packed") // (_CODES * _STATUSES) % _MOMENTS).cast(pl.Int64)
    done = pl.coalesce(pl.col("arrival") % _MOMENTS, moment)
    return pl.when(done > 0).then(done).cast(MOMENT).alias("done_at")


def _error_code(codes: pl.Series) -> pl.Expr:
    ranked = pl.Series([None], dtype=pl.String).append(codes)
    return pl.lit(ranked).gather((pl.col("packed") % _CODES).cast(pl.Int64)).alias("error_code")
