"""The report as frames: each table answers one question about a delivery frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from msgframe.frames import STATE, need

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

#: What `check` gave: accepted, rejected, problems.
Frames: TypeAlias = "tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]"

_LEFT = pl.col("state").is_in(["accepted", "unknown"])
_MATCHED = pl.col("matched_by").is_not_null()
_DELIVERED = pl.col("status") == "delivered"


def funnel(deliveries: pl.DataFrame, checked: Frames | None) -> pl.DataFrame:
    """Tell where the rows went, from the sheet to the handset: what each step lost, and why."""
    state, status = pl.col("state"), pl.col("status")
    left, delivered = _count(deliveries, _LEFT), _count(deliveries, _DELIVERED)
    held, failed = (_count(deliveries, state == word) for word in ("held", "failed"))
    pending = _count(deliveries, status == "pending")
    undelivered = left - delivered - pending
    steps = [
        ("planned", deliveries.height, None),
        ("sent", left, _because(held=held, failed=failed)),
        ("delivered", delivered, _because(pending=pending, undelivered=undelivered)),
    ]
    if checked is not None:
        accepted, rejected = checked[0].height, checked[1].height
        lost = _because(**{"not planned": accepted - deliveries.height})
        steps[:1] = [
            ("read", accepted + rejected, None),
            ("accepted", accepted, _because(rejected=rejected)),
            ("planned", deliveries.height, lost),
        ]
    return pl.DataFrame(
        steps, schema={"step": pl.String, "rows": pl.UInt32, "why": pl.String}, orient="row"
    ).select(
        "step",
        "rows",
        share=pl.col("rows") / pl.col("rows").first(),
        lost=pl.col("rows").cast(pl.Int64).diff().neg(),
        why="why",
    )


def by_status(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell what became of the messages that left: one row a status, the most frequent first."""
    return deliveries.filter(_LEFT).pipe(_counted, "status")


def by_error(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell what the vendor's `errorCode` says of the messages that were not delivered."""
    return deliveries.filter(_LEFT & _MATCHED & ~_DELIVERED).pipe(_counted, "status", "error_code")


def by_country(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell how each calling code fared: messages, segments, share delivered, median latency."""
    return (
        deliveries.filter(_LEFT)
        .group_by("country_code")
        .agg(
            messages=pl.len(),
            segments=pl.col("segments").cast(pl.UInt32).sum(),
            delivered=_DELIVERED.sum(),
            share=_DELIVERED.mean(),
            median_seconds=pl.col("latency").dt.total_seconds(fractional=True).median(),
        )
        .sort("messages", "country_code", descending=[True, False])
    )


def by_encoding(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell what was billed: messages by encoding and by the segments that each one took."""
    return (
        deliveries.filter(_LEFT)
        .group_by("encoding", "segments")
        .agg(messages=pl.len(), billed=pl.col("segments").cast(pl.UInt32).sum())
        .sort("encoding", "segments")
    )


def latency(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell how long delivery took, from submitted to done, in seconds."""
    seconds = deliveries.filter(_DELIVERED)["latency"].dt.total_seconds(fractional=True)
    quantiles = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "longest": 1.0}
    return pl.DataFrame(
        {
            "measure": list(quantiles),
            "seconds": [seconds.quantile(q, "nearest") for q in quantiles.values()],
        },
        schema={"measure": pl.String, "seconds": pl.Float64},
    )


def cost(deliveries: pl.DataFrame, prices: Mapping[str, Decimal]) -> pl.DataFrame:
    """Tell what the messages that left cost, by calling code; `prices` are per segment."""
    price = pl.DataFrame(
        {"country_code": list(prices), "price": list(prices.values())},
        schema={"country_code": pl.String, "price": pl.Decimal(18, 6)},
    )
    billed = pl.col("segments").cast(pl.Decimal(18, 0))
    return (
        by_country(deliveries)
        .select("country_code", "messages", "segments", "delivered")
        .join(price, on="country_code", how="left", maintain_order="left")
        .with_columns(cost=(billed * pl.col("price")).cast(pl.Decimal(18, 6)))
    )


def sums(
    deliveries: pl.DataFrame,
    *,
    sheet: pl.DataFrame | None,
    checked: Frames | None,
    callbacks: pl.DataFrame | None,
    orphans: pl.DataFrame | None,
) -> pl.DataFrame:
    """Show the laws that must hold, each with both of its sides counted apart.

    A law is shown where the frames that it speaks of are there.
    """
    states = [_count(deliveries, pl.col("state") == state) for state in STATE.categories]
    left, matched = _count(deliveries, _LEFT), _count(deliveries, _MATCHED)
    pending = _count(deliveries, pl.col("status") == "pending")
    laws = [
        ("accepted + failed + unknown + held = planned", sum(states), deliveries.height),
        ("matched + pending = sent", matched + pending, left),
    ]
    if sheet is not None and checked is not None:
        split = checked[0].height + checked[1].height
        laws.insert(0, ("accepted + rejected = read", split, sheet.height))
    if callbacks is not None and orphans is not None:
        repeated = int(deliveries["receipts"].sum()) - matched
        found = matched + repeated + orphans.height
        laws.append(("matched + repeated + orphans = receipts", found, callbacks.height))
    return pl.DataFrame(
        laws, schema={"law": pl.String, "left": pl.UInt32, "right": pl.UInt32}, orient="row"
    ).with_columns(holds=pl.col("left") == pl.col("right"))


def reasons(problems: pl.DataFrame) -> pl.DataFrame:
    """Tell why rows were rejected or warned of: one row a rule, the most frequent first."""
    return (
        problems.group_by("rule", "severity")
        .agg(rows=pl.col("row").n_unique(), example=pl.col("message").first())
        .sort("severity", "rows", "rule", descending=[False, True, False])
    )


def guard(deliveries: pl.DataFrame) -> None:
    """Raise unless the frame is one that `track` gave."""
    names = ["country_code", "state", "status", "encoding", "segments", "latency", "receipts"]
    need(deliveries, [*names, "matched_by", "error_code"], verb="report")


def _counted(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    return (
        frame.group_by(names)
        .agg(messages=pl.len())
        .with_columns(share=pl.col("messages") / pl.col("messages").sum())
        .sort("messages", *names, descending=[True, *[False] * len(names)])
    )


def _count(frame: pl.DataFrame, fact: pl.Expr) -> int:
    return int(frame.select(fact.sum()).item() or 0)


def _because(**counts: int | None) -> str | None:
    said = [f"{count:,} {reason}" for reason, count in counts.items() if count]
    return ", ".join(said) or None
