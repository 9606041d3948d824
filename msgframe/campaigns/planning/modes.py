"""How each message travels: the mode that costs the fewest requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.campaigns.planning.file_safety import unsafe
from msgframe.frames import MODE
from msgframe.message_central import entry_bytes

if TYPE_CHECKING:
    from msgframe.message_central import Limits

#: What a person may ask for; `auto` chooses for each group of rows.
Mode: TypeAlias = Literal["auto", "single", "list", "file"]


def choose(drafts: pl.DataFrame, mode: Mode, limits: Limits, *, room: int) -> pl.Series:
    """Choose the mode of each message; null where it is held.

    Whatever is asked for, a row that a file could not say as it is does not go by file: better a
    request more than a text that arrives changed.

    Parameters
    ----------
    drafts
        The messages, with `place`, `wave` (null where held), and what `render` added.
    mode
        What was asked for.
    limits
        How much a request may hold.
    room
        Bytes of a URL that are left for texts and numbers.
    """
    waiting = drafts.filter(pl.col("wave").is_not_null())
    match mode:
        case "single" | "list":
            chosen = waiting.select("place", mode=pl.lit(mode))
        case "file":
            safe = unsafe(waiting, limits, room=room).is_null()
            chosen = waiting.select("place", mode=pl.when(safe).then(_FILE).otherwise(_SINGLE))
        case "auto":
            chosen = _fewest(waiting, limits, room=room)
    return (
        drafts.select("place")
        .join(chosen, on="place", how="left", maintain_order="left")["mode"]
        .cast(MODE)
    )


_SINGLE, _LIST, _FILE = pl.lit("single"), pl.lit("list"), pl.lit("file")


def _fewest(waiting: pl.DataFrame, limits: Limits, *, room: int) -> pl.DataFrame:
    """Send by file where that takes fewer requests; else a shared text by list, others single."""
    # The vendor documents a file only with its Var columns: a text without variables goes by list.
    filled = waiting.filter(pl.col("variables").list.len() > 0)
    safe = filled.filter(unsafe(filled, limits, room=room).is_null())
    groups = _worth_a_file(safe, limits, room=room)
    filed = safe.join(groups, on=_GROUP, how="semi").select("place")
    shared = pl.len().over("wave", "text") > 1
    return pl.concat(
        [
            filed.with_columns(mode=_FILE),
            waiting.join(filed, on="place", how="anti").select(
                "place", mode=pl.when(shared).then(_LIST).otherwise(_SINGLE)
            ),
        ]
    )


def _worth_a_file(safe: pl.DataFrame, limits: Limits, *, room: int) -> pl.DataFrame:
    """Give the waves and templates whose rows need fewer requests by file than text by text."""
    fewer = (pl.col("rows") > limits.handful) & (
        _parts("rows", pl.lit(limits.file_rows)) < pl.col("lists")
    )
    # Each text is one request or more: mostly a look at the first few texts decides.
    looked = safe.group_by(_GROUP).agg(rows=pl.len(), lists=pl.col("text").head(1_000).n_unique())
    clear = looked.filter(fewer)
    counted = safe.join(clear, on=_GROUP, how="anti").pipe(_count_lists, limits, room)
    return pl.concat([clear.select(_GROUP), counted.filter(fewer).select(_GROUP)])


#: What the rows of one file share.
_GROUP = ["wave", "template"]


def _count_lists(safe: pl.DataFrame, limits: Limits, room: int) -> pl.DataFrame:
    """Count the rows of each wave and template, and the lists that they would make."""
    # Three bytes a byte is the most that encoding makes of a text: close enough for a choice.
    left = (room - 3 * pl.col("text").str.len_bytes().cast(pl.Int64)).clip(lower_bound=1)
    parts = pl.max_horizontal(_parts("rows", pl.lit(limits.list_numbers)), _parts("bytes", left))
    return (
        safe.group_by(*_GROUP, "text")
        .agg(rows=pl.len(), bytes=entry_bytes().sum())
        .with_columns(lists=parts.clip(upper_bound=pl.col("rows")))
        .group_by(_GROUP)
        .agg(pl.col("rows", "lists").sum())
    )


def _parts(whole: str, each: pl.Expr) -> pl.Expr:
    """Say in how many parts something is cut, rounded up."""
    return (pl.col(whole).cast(pl.Int64) + each - 1) // each
