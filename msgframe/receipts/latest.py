"""Repeats and order do not matter: the receipts of one message become one row.

Of two receipts the surer state counts, and within one state the time decides, never the order of
arrival: the earliest "delivered", the latest of the others. All of that, and the error code to
break a tie, is packed into one integer, so that folding is one maximum a message.
"""

from __future__ import annotations

import polars as pl

from msgframe.frames import STATUS, STATUSES, statuses_that_are

_FINALITY = {name: status.finality for name, status in STATUSES.items()}
_DELIVERED = statuses_that_are("delivered")

#: What makes two receipts speak of the same message. Without an id it is the moment of submission.
KEY = ("message_id", "msisdn", "without_id_at")

# The packed integer, from its high end: sureness, moment (52 bits of microseconds last until 2112),
# status, error code.
_CODES = 2**32
_STATUSES = 2**4
_MOMENTS = 2**52


def fold(callbacks: pl.DataFrame) -> pl.DataFrame:
    """Give one row for each message that the receipts speak of.

    Returns
    -------
    `KEY`, `status`, `error_code`, `submitted_at` (the earliest), `done_at`, `received_at` (the
    earliest), and `receipts`, u32, how many there were.

    >>> from msgframe.frames import columns
    >>> said = [
    ...     {"message_id": "a", "status": status} for status in ("delivered", "expired", "enroute")
    ... ]
    >>> callbacks = pl.DataFrame(said, schema=columns("callbacks"))
    >>> fold(callbacks).select("message_id", "status", "receipts")
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
    packed = _packed(codes).alias("packed")
    return (
        callbacks.select(*keys(), "submitted_at", "received_at", packed)
        .group_by(KEY)
        .agg(
            pl.col("packed").max(),
            pl.col("submitted_at", "received_at").min(),
            pl.len().cast(pl.UInt32).alias("receipts"),
        )
        .with_columns(_status(), _done_at(), _error_code(codes))
        .drop("packed")
    )


def keys() -> list[pl.Expr]:
    """Give the expressions of `KEY` over a frame of callbacks."""
    without_id = pl.when(pl.col("message_id").is_null()).then("submitted_at")
    return [pl.col("message_id"), pl.col("msisdn"), without_id.alias("without_id_at")]


def sureness(status: pl.Expr) -> pl.Expr:
    """Give how sure a state is, i8, from 0 (pending) to 7 (read)."""
    return status.replace_strict(_FINALITY, return_dtype=pl.Int8)


def _packed(codes: pl.Series) -> pl.Expr:
    # The rank of a code among all, from 1 and in the order of their text, is the same in any order.
    ranks = pl.int_range(1, len(codes) + 1, dtype=pl.Int64, eager=True)
    code = pl.col("error_code").replace_strict(codes, ranks, default=0, return_dtype=pl.Int64)
    status = pl.col("status").to_physical()
    low = status.cast(pl.Int64) * _CODES + code.fill_null(0)
    high = sureness(pl.col("status")).cast(pl.Int64) * _MOMENTS + _moment()
    return high.cast(pl.Int128) * (_STATUSES * _CODES) + low


def _moment() -> pl.Expr:
    done = pl.col("done_at").to_physical().clip(1, _MOMENTS - 1)
    early_first = pl.when(pl.col("status").is_in(_DELIVERED)).then(_MOMENTS - done).otherwise(done)
    return early_first.fill_null(0)


def _status() -> pl.Expr:
    number = pl.col("packed") // _CODES % _STATUSES
    statuses = pl.Series(STATUS.categories, dtype=STATUS)
    return pl.lit(statuses).gather(number.cast(pl.UInt32)).alias("status")


def _done_at() -> pl.Expr:
    moment = (pl.col("packed") // (_CODES * _STATUSES) % _MOMENTS).cast(pl.Int64)
    finality = pl.col("packed") // (_CODES * _STATUSES) // _MOMENTS
    delivered = finality >= STATUSES["delivered"].finality
    done = pl.when(delivered).then(_MOMENTS - moment).otherwise(moment)
    return pl.when(moment > 0).then(done).cast(pl.Datetime("us", "UTC")).alias("done_at")


def _error_code(codes: pl.Series) -> pl.Expr:
    ranked = pl.Series([None], dtype=pl.String).append(codes)
    return pl.lit(ranked).gather((pl.col("packed") % _CODES).cast(pl.Int64)).alias("error_code")
