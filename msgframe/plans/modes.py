"""How each message travels: the mode that costs the fewest requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.frames import MODE
from msgframe.plans.files import unsafe
from msgframe.plans.urls import entry_bytes

if TYPE_CHECKING:
    from msgframe.plans.limits import Limits

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
    filed = safe.join(groups, on=["wave", "template"], how="semi").select("place")
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
    # Three bytes a byte is the most that encoding makes of a text: close enough for a choice.
    left = (room - 3 * pl.col("text").str.len_bytes().cast(pl.Int64)).clip(lower_bound=1)
    lists = pl.max_horizontal(
        _parts("rows", pl.lit(limits.list_numbers)), _parts("bytes", left)
    ).clip(upper_bound=pl.col("rows"))
    files = _parts("rows", pl.lit(limits.file_rows))
    return (
        safe.group_by("wave", "template", "text")
        .agg(rows=pl.len(), bytes=entry_bytes().sum())
        .with_columns(lists=lists)
        .group_by("wave", "template")
        .agg(pl.col("rows", "lists").sum())
        .filter(pl.col("rows") > limits.handful, files < pl.col("lists"))
    )


def _parts(whole: str, each: pl.Expr) -> pl.Expr:
    """Say in how many parts something is cut, rounded up."""
    return (pl.col(whole).cast(pl.Int64) + each - 1) // each
