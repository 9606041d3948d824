"""Which message goes into which request, and at which place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.message_central import encoded_bytes, entry_bytes

if TYPE_CHECKING:
    from msgframe.message_central import Limits


def cut(drafts: pl.DataFrame, limits: Limits, *, room: int) -> pl.DataFrame:
    """Give `request` and `position` of each message, in the order of `drafts`.

    Requests are numbered wave by wave, and in a wave by their first row. In a request the rows
    keep the order of the sheet.

    Parameters
    ----------
    drafts
        The messages, with `place`, `wave` and `mode` (both null where held).
    limits
        How much a request may hold.
    room
        Bytes of a URL that are left for a list's text and numbers.
    """
    singles = drafts.filter(pl.col("mode") == "single").select("place", "wave")
    lists = drafts.filter(pl.col("mode") == "list").pipe(_part_lists, limits, room)
    files = drafts.filter(pl.col("mode") == "file").pipe(_part_files, limits)
    opened = pl.concat(
        [
            singles.select("place", "wave", first="place", position=pl.lit(0, pl.UInt32)),
            lists.select(_opened("wave", "text", "part")),
            files.select(_opened("wave", "template", "part")),
        ]
    )
    placed = opened.select("place", "position", request=_numbered())
    return (
        drafts.select("place")
        .join(placed, on="place", how="left", maintain_order="left")
        .select("request", "position")
    )


def _part_lists(lists: pl.DataFrame, limits: Limits, room: int) -> pl.DataFrame:
    """Part rows that share a text where the URL is full, or the numbers are as many as allowed.

    Each number takes its bytes or its part of the count, whichever is more, and a part is a window
    over their running sum. A window is the longest number short of the room, since the last number
    that begins inside of it may end outside.
    """
    fits = (room - _LONGEST_ENTRY - encoded_bytes(pl.col("text")).cast(pl.Int64)).clip(1)
    widths = lists.select("text").unique().with_columns(fits=fits)
    takes = pl.max_horizontal(entry_bytes() * limits.list_numbers, "fits")
    before = (pl.col("takes").cum_sum() - pl.col("takes")).over("wave", "text")
    return (
        lists.join(widths, on="text", maintain_order="left")
        .with_columns(takes=takes)
        .with_columns(part=before // (pl.col("fits") * limits.list_numbers))
    )


#: A number of 15 digits, its blank, its comma and the blank after it, as encoded.
_LONGEST_ENTRY = 15 + len("%20%2C%20")


def _part_files(files: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Part rows that share a template where the file has as many rows as allowed."""
    row = pl.int_range(pl.len()).over("wave", "template")
    return files.with_columns(part=row // limits.file_rows)


def _opened(*request: str) -> list[pl.Expr]:
    """Give each row the first row of its request, which opens it, and its place behind that."""
    return [
        pl.col("place"),
        pl.col("wave"),
        pl.col("place").min().over(request).alias("first"),
        pl.int_range(pl.len(), dtype=pl.UInt32).over(request).alias("position"),
    ]


def _numbered() -> pl.Expr:
    """Rank the requests by wave and first row, which name a request together."""
    # Both are numbers of 32 bits: side by side in one of 64 they rank fast.
    return ((pl.col("wave").cast(pl.UInt64) * 2**32) + pl.col("first")).rank("dense") - 1
