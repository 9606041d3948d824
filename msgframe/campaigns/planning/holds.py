"""Why a message must not be sent: the rules, in the order in which they speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.message_central import encoded_bytes, room_for_text

if TYPE_CHECKING:
    from msgframe.message_central import Limits


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
    segments, text = pl.col("segments"), pl.col("text")
    rules = {
        "no_number: country_code and mobile do not make the msisdn": ~_number_agrees(),
        "no_text: nothing was rendered": text.is_null() | segments.is_null(),
        "empty_text: there is nothing to read": text.str.strip_chars() == "",
        f"too_many_segments: more than {limits.segments}": segments > limits.segments,
        f"too_long: encoded, it is over {room} bytes of URL": _too_long(drafts, room),
        "repeated: an earlier row has the same number and text": _repeated(allowed=repeats),
    }
    return drafts.with_columns(
        held=pl.coalesce(pl.when(broken).then(pl.lit(reason)) for reason, broken in rules.items())
    )


def _repeated(*, allowed: bool) -> pl.Expr:
    return pl.lit(value=False) if allowed else pl.col("ordinal") > 0


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
