"""Why a message must not be sent: the rules, in the order in which they speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.plans.urls import encoded_bytes, room_for_text

if TYPE_CHECKING:
    from msgframe.plans.limits import Limits


def hold(drafts: pl.DataFrame, limits: Limits, *, room: int, repeats: bool) -> pl.DataFrame:
    """Add `held`: why a message must not go, as `name: reason`; null where it may.

    Parameters
    ----------
    drafts
        The messages, with their `ordinal` among exact repeats.
    limits
        How long a message may be.
    room
        Bytes of a URL that are left for a text and its number.
    repeats
        Whether an exact repeat (same number, same text) may go too.
    """
    segments = pl.col("segments")
    too_many = pl.format("too_many_segments: {}, and the limit is {}", segments, limits.segments)
    rules = [
        (~_number_agrees(), _says("no_number: country_code and mobile do not make the msisdn")),
        (pl.col("text").is_null() | segments.is_null(), _says("no_text: nothing was rendered")),
        (pl.col("text").str.strip_chars() == "", _says("empty_text: there is nothing to read")),
        (segments > limits.segments, too_many),
        (_too_long(drafts, room), _says(f"too_long: encoded, it is over {room} bytes of URL")),
        (pl.lit(not repeats) & (pl.col("ordinal") > 0), _says(_REPEATED)),
    ]
    return drafts.with_columns(
        held=pl.coalesce(pl.when(broken).then(reason) for broken, reason in rules)
    )


_REPEATED = "repeated: an earlier row has the same number and text"


def _says(reason: str) -> pl.Expr:
    return pl.lit(reason)


def _number_agrees() -> pl.Expr:
    """Whether the two parts that are dialled make the number that receipts are matched by."""
    joined = pl.concat_str("country_code", "mobile")
    return (joined == pl.col("msisdn").cast(pl.String)).fill_null(value=False)


def _too_long(drafts: pl.DataFrame, room: int) -> pl.Expr:
    """Whether a text does not fit into a URL; the exact count is made only if it could matter."""
    longest = drafts["text"].str.len_bytes().max() or 0
    if 3 * longest <= room_for_text(room):  # type: ignore[operator]  # an integer column's max
        return pl.lit(value=False)
    return encoded_bytes(pl.col("text")) > room_for_text(room)
