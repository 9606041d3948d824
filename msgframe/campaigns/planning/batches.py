"""How each message travels, and in which request: the fewest that are safe.

A mode for each row first; then the rows of a mode are parted into requests and given their places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import polars as pl

from msgframe.core.translation import translate
from msgframe.frames import MODE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgframe.core.vendor import PlanLimits, Vendor

#: What a person may ask for; `auto` chooses for each group of rows.
PlanMode: TypeAlias = Literal["auto", "single", "list", "file"]


@dataclass(frozen=True, slots=True)
class RequestBounds:
    """What one request may hold: by a vendor, the limits, and the settings of a campaign."""

    vendor: Vendor
    limits: PlanLimits
    #: Bytes for the text and the numbers.
    capacity: int

    @classmethod
    def of(cls, vendor: Vendor, limits: PlanLimits | None, settings: Mapping[str, Any]) -> Self:
        """Give the bounds for the settings of a campaign; further keys do not matter."""
        limits = vendor.limits if limits is None else limits
        return cls(vendor, limits, vendor.capacity(settings, limits))

    def entry_bytes(self) -> pl.Expr:
        """Count the bytes that a row's number takes in a list."""
        return self.vendor.sizes.number + self.vendor.sizes.separator

    def unsafe_in_file(self, rows: pl.DataFrame) -> pl.Series:
        """Say why a row must not go by file; null where it may."""
        if "file" not in self.vendor.modes:
            return pl.repeat(translate("plan.no_files"), rows.height, dtype=pl.String, eager=True)
        return self.vendor.unsafe_in_file(rows, self.limits, capacity=self.capacity)


def choose_modes(drafts: pl.DataFrame, mode: PlanMode, bounds: RequestBounds) -> pl.Series:
    """Choose the mode of each message; null where it is held.

    Whatever is asked for, a row that a file could not say as it is does not go by file: better a
    request more than a text that arrives changed.

    Parameters
    ----------
    drafts
        The messages, with `index`, `wave` (null where held), and what `render` added.
    mode
        What was asked for.
    bounds
        How much a request may hold.
    """
    waiting = drafts.filter(pl.col("wave").is_not_null())
    match mode:
        case "single" | "list":
            chosen = waiting.select("index", mode=pl.lit(mode))
        case "file":
            safe = bounds.unsafe_in_file(waiting).is_null()
            chosen = waiting.select("index", mode=pl.when(safe).then(_FILE).otherwise(_SINGLE))
        case "auto":
            chosen = _fewest(waiting, bounds)
    return (
        drafts.select("index")
        .join(chosen, on="index", how="left", maintain_order="left")["mode"]
        .cast(MODE)
    )


_SINGLE, _LIST, _FILE = pl.lit("single"), pl.lit("list"), pl.lit("file")


def _fewest(waiting: pl.DataFrame, bounds: RequestBounds) -> pl.DataFrame:
    """Send by file where that takes fewer requests; else a shared text by list, others single."""
    # A file is documented only with its Var columns: a text without variables goes by list.
    filled = waiting.filter(pl.col("variables").list.len() > 0)
    safe = filled.filter(bounds.unsafe_in_file(filled).is_null())
    groups = _worth_a_file(safe, bounds)
    filed = safe.join(groups, on=_GROUP, how="semi").select("index")
    shared = (pl.len().over("wave", "text") > 1) & ("list" in bounds.vendor.modes)
    return pl.concat(
        [
            filed.with_columns(mode=_FILE),
            waiting.join(filed, on="index", how="anti").select(
                "index", mode=pl.when(shared).then(_LIST).otherwise(_SINGLE)
            ),
        ]
    )


def _worth_a_file(safe: pl.DataFrame, bounds: RequestBounds) -> pl.DataFrame:
    """Give the waves and templates whose rows need fewer requests by file than text by text."""
    limits = bounds.limits
    fewer = (pl.col("rows") > limits.handful) & (
        _parts("rows", pl.lit(limits.file_rows)) < pl.col("lists")
    )
    # Each text is one request or more: mostly a look at the first few texts decides.
    sampled = safe.group_by(_GROUP).agg(rows=pl.len(), lists=pl.col("text").head(1_000).n_unique())
    certain = sampled.filter(fewer)
    counted = safe.join(certain, on=_GROUP, how="anti").pipe(_count_lists, bounds)
    return pl.concat([certain.select(_GROUP), counted.filter(fewer).select(_GROUP)])


#: What the rows of one file share.
_GROUP = ["wave", "template"]


def _count_lists(safe: pl.DataFrame, bounds: RequestBounds) -> pl.DataFrame:
    """Count the rows of each wave and template, and the lists that they would make."""
    # The most that encoding makes of a text is close enough for a choice.
    text_bytes = bounds.vendor.sizes.most_per_byte * pl.col("text").str.len_bytes().cast(pl.Int64)
    free = (bounds.capacity - text_bytes).clip(lower_bound=1)
    numbers = bounds.limits.list_numbers if "list" in bounds.vendor.modes else 1
    parts = pl.max_horizontal(_parts("rows", pl.lit(numbers)), _parts("bytes", free))
    return (
        safe.group_by(*_GROUP, "text")
        .agg(rows=pl.len(), bytes=bounds.entry_bytes().sum())
        .with_columns(lists=parts.clip(upper_bound=pl.col("rows")))
        .group_by(_GROUP)
        .agg(pl.col("rows", "lists").sum())
    )


def _parts(whole: str, each: pl.Expr) -> pl.Expr:
    """Say in how many parts something is cut, rounded up."""
    return (pl.col(whole).cast(pl.Int64) + each - 1) // each


def assign_requests(drafts: pl.DataFrame, bounds: RequestBounds) -> pl.DataFrame:
    """Give `request` and `position` of each message, in the order of `drafts`.

    Requests are numbered wave by wave, and in a wave by their first row. In a request the rows
    keep the order of the sheet.

    Parameters
    ----------
    drafts
        The messages, with `index`, `wave` and `mode` (both null where held).
    bounds
        How much a request may hold.
    """
    singles = drafts.filter(pl.col("mode") == "single").select("index", "wave")
    lists = drafts.filter(pl.col("mode") == "list").pipe(_part_lists, bounds)
    files = drafts.filter(pl.col("mode") == "file").pipe(_part_files, bounds.limits.file_rows)
    opened = pl.concat(
        [
            singles.select("index", "wave", first="index", position=pl.lit(0, pl.UInt32)),
            lists.select(_opened("wave", "text", "part")),
            files.select(_opened("wave", "template", "part")),
        ]
    )
    placed = opened.select("index", "position", request=_numbered())
    return (
        drafts.select("index")
        .join(placed, on="index", how="left", maintain_order="left")
        .select("request", "position")
    )


def _part_lists(lists: pl.DataFrame, bounds: RequestBounds) -> pl.DataFrame:
    """Part rows that share a text where the request is full, or the numbers are as many as allowed.

    Each number takes its bytes or its part of the count, whichever is more, and a part is a window
    over their running sum. A window is the longest number short of the capacity, since the last
    number that begins inside of it may end outside.
    """
    sizes, most = bounds.vendor.sizes, bounds.limits.list_numbers
    longest = sizes.longest_number + sizes.separator
    fits = (bounds.capacity - longest - sizes.text(pl.col("text")).cast(pl.Int64)).clip(1)
    widths = lists.select("text").unique().with_columns(fits=fits)
    takes = pl.max_horizontal(bounds.entry_bytes() * most, "fits")
    before = (pl.col("takes").cum_sum() - pl.col("takes")).over("wave", "text")
    return (
        lists.join(widths, on="text", maintain_order="left")
        .with_columns(takes=takes)
        .with_columns(part=before // (pl.col("fits") * most))
    )


def _part_files(files: pl.DataFrame, file_rows: int) -> pl.DataFrame:
    """Part rows that share a template where the file has as many rows as allowed."""
    row = pl.int_range(pl.len()).over("wave", "template")
    return files.with_columns(part=row // file_rows)


def _opened(*request: str) -> list[pl.Expr]:
    """Give each row the first row of its request, which opens it, and its place behind that."""
    return [
        pl.col("index"),
        pl.col("wave"),
        pl.col("index").min().over(request).alias("first"),
        pl.int_range(pl.len(), dtype=pl.UInt32).over(request).alias("position"),
    ]


def _numbered() -> pl.Expr:
    """Rank the requests by wave and first row, which name a request together."""
    # Both are numbers of 32 bits: side by side in one of 64 they rank fast.
    return ((pl.col("wave").cast(pl.UInt64) * 2**32) + pl.col("first")).rank("dense") - 1
