"""The report as frames: each table answers one question about a delivery frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.translation import require_language, retranslate, translate
from msgframe.frames import MAY_HAVE_LEFT, STAGES, STATE, statuses_that_are
from msgframe.message_central import error_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from msgframe.message_central import ErrorCodeOverrides

#: Final, and not delivered; "unknown" may still turn out well.
_FAILED = statuses_that_are("lost")
_MATCHED = pl.col("matched_by").is_not_null()
_DELIVERED = pl.col("status").is_in(statuses_that_are("delivered"))
_MONEY = pl.Decimal(18, 6)
_HOUR = pl.col("request_at").dt.truncate("1h")

#: What a list of failures has beside a person's own columns: who, and what became of the message.
RECIPIENT = ("row", "country_code", "mobile", "text")
OUTCOME = ("status", "error_code", "family", "meaning", "again")


def funnel(
    deliveries: pl.DataFrame, checked: Iterable[pl.DataFrame] | None, language: str = "en"
) -> pl.DataFrame:
    """Tell where the rows went, from the sheet to the handset: what each step lost, and why."""
    state, status = pl.col("state"), pl.col("status")
    sent, delivered = _count(deliveries, MAY_HAVE_LEFT), _count(deliveries, _DELIVERED)
    held, failed = (_count(deliveries, state == word) for word in ("held", "failed"))
    pending = _count(deliveries, status == "pending")
    undelivered = sent - delivered - pending
    steps = [
        ("planned", deliveries.height, None),
        ("sent", sent, _because(language, held=held, failed=failed)),
        ("delivered", delivered, _because(language, pending=pending, undelivered=undelivered)),
    ]
    if checked is not None:
        accepted, rejected, _ = (frame.height for frame in checked)
        lost = _because(language, not_planned=accepted - deliveries.height)
        steps[:1] = [
            ("read", accepted + rejected, None),
            ("accepted", accepted, _because(language, rejected=rejected)),
            ("planned", deliveries.height, lost),
        ]
    return pl.DataFrame(
        steps, schema={"step": pl.String, "rows": pl.UInt32, "why": pl.String}, orient="row"
    ).select(
        "step",
        "rows",
        # Rounded, since a division by one and the same number is done by its inverse.
        share=(pl.col("rows") / pl.col("rows").first()).round(9),
        lost=pl.col("rows").cast(pl.Int64).diff().neg(),
        why="why",
    )


def by_status(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell what became of the messages that left: one row a status, the most frequent first."""
    return deliveries.filter(MAY_HAVE_LEFT).pipe(_counted, "status")


def by_error(
    deliveries: pl.DataFrame, codes: ErrorCodeOverrides | None = None, language: str = "en"
) -> pl.DataFrame:
    """Tell what the vendor's `errorCode` says of the messages that were not delivered.

    `family` and `meaning` are custom, not the vendor's word (see `message_central.error_codes`);
    `codes` are a person's own, which go before.
    """
    return (
        deliveries.filter(MAY_HAVE_LEFT & _MATCHED & ~_DELIVERED)
        .pipe(_counted, "status", "error_code")
        .pipe(_explained, codes, language)
    )


def failures(
    deliveries: pl.DataFrame, codes: ErrorCodeOverrides | None = None, language: str = "en"
) -> pl.DataFrame:
    """List the messages that a final receipt says did not arrive, with the person's own columns.

    Returns
    -------
    The rows of the delivery frame's own columns, number and text first, then `status`,
    `error_code`, `family`, `meaning`, and `again`: whether sending once more can help and is safe.
    That is so where the failure is temporary; a message of unknown outcome is among them only once
    its receipt came.
    """
    recipient = [name for name in RECIPIENT if name in deliveries.columns]
    return (
        deliveries.filter(MAY_HAVE_LEFT, pl.col("status").cast(pl.String).is_in(_FAILED))
        .pipe(_explained, codes, language)
        .with_columns(again=(pl.col("family") == "temporary").fill_null(value=False))
        .select(*recipient, *own_columns(deliveries), *OUTCOME)
    )


def by_country(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell how each calling code fared."""
    return outcome_by(deliveries, country_code=pl.col("country_code"))


def by_prefix(deliveries: pl.DataFrame, *, most: int = 10) -> pl.DataFrame:
    """Tell how the operators fared: the calling code and the first four digits of the number."""
    prefix = pl.format("+{} {}", "country_code", pl.col("mobile").str.head(4))
    return outcome_by(deliveries, prefix=prefix).head(most)


def by_hour(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell how each hour fared: the UTC day and hour at which the request left."""
    sent_at = pl.col("request_at")
    day, hour = sent_at.dt.strftime("%a %d %b"), sent_at.dt.hour()
    return outcome_by(deliveries, day=day, hour=hour, at=_HOUR).sort("at").drop("at")


def by_wave(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell how each wave fared; empty where there was only one."""
    waves = outcome_by(deliveries, wave=pl.col("wave")).sort("wave")
    return waves if waves.height > 1 else waves.clear()


def outcome_by(deliveries: pl.DataFrame, /, **groups: pl.Expr) -> pl.DataFrame:
    """Tell how groups of messages fared: messages, segments, delivered, its share, the median wait.

    Returns
    -------
    The groups, then `messages` u32, `segments` u32, `delivered` u32, `share` f64 (0 to 1) and
    `median_seconds` f64, the largest group first. Messages that never left are not counted.
    """
    return (
        deliveries.filter(MAY_HAVE_LEFT)
        .group_by([value.alias(name) for name, value in groups.items()])
        .agg(
            messages=pl.len(),
            segments=pl.col("segments").cast(pl.UInt32).sum(),
            delivered=_DELIVERED.sum(),
            share=_DELIVERED.mean(),
            median_seconds=pl.col("latency").dt.total_seconds(fractional=True).median(),
        )
        .sort("messages", *groups, descending=[True, *[False] * len(groups)])
    )


def by_encoding(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Tell what was billed: messages by encoding and by the segments that each one took."""
    return (
        deliveries.filter(MAY_HAVE_LEFT)
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
    """Tell what the messages that left cost, by calling code; `prices` are per segment.

    Returns
    -------
    `cost` and `per_delivered` are decimals, null where a calling code has no price.
    """
    price = pl.DataFrame(
        {"country_code": list(prices), "price": list(prices.values())},
        schema={"country_code": pl.String, "price": _MONEY},
    )
    return (
        by_country(deliveries)
        .select("country_code", "messages", "segments", "delivered")
        .join(price, on="country_code", how="left", maintain_order="left")
        .with_columns(cost=(pl.col("segments").cast(_MONEY) * pl.col("price")).cast(_MONEY))
        .with_columns(
            per_delivered=pl.when(pl.col("delivered") > 0).then(
                (pl.col("cost") / pl.col("delivered").cast(_MONEY)).cast(_MONEY)
            )
        )
    )


def compare(campaigns: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Compare campaigns: one row a campaign, the same figures of each.

    >>> from msgframe import testing
    >>> two = {"march": testing.deliveries(rows=50), "april": testing.deliveries(rows=80)}
    >>> compare(two).select("campaign", "planned").rows()
    [('march', 50), ('april', 80)]
    """
    frames = [_figures(deliveries, name) for name, deliveries in campaigns.items()]
    return pl.concat(frames) if frames else pl.DataFrame()


def _figures(deliveries: pl.DataFrame, campaign: str) -> pl.DataFrame:
    sent, delivered = deliveries.filter(MAY_HAVE_LEFT), deliveries.filter(_DELIVERED)
    wait = pl.col("latency").dt.total_seconds(fractional=True)
    return pl.select(
        campaign=pl.lit(campaign),
        planned=pl.lit(deliveries.height, pl.UInt32),
        sent=pl.lit(sent.height, pl.UInt32),
        delivered=pl.lit(delivered.height, pl.UInt32),
        share=pl.lit(delivered.height) / pl.lit(sent.height),
        segments=pl.lit(sent["segments"].cast(pl.UInt32).sum(), pl.UInt32),
        p50=pl.lit(delivered.select(wait.quantile(0.5)).item(), pl.Float64),
        p90=pl.lit(delivered.select(wait.quantile(0.9)).item(), pl.Float64),
        p99=pl.lit(delivered.select(wait.quantile(0.99)).item(), pl.Float64),
    )


def sums(
    deliveries: pl.DataFrame,
    *,
    sheet: pl.DataFrame | None,
    checked: Iterable[pl.DataFrame] | None,
    callbacks: pl.DataFrame | None,
    orphans: pl.DataFrame | None,
    language: str = "en",
) -> pl.DataFrame:
    """Show the laws that must hold, each with both of its sides counted apart.

    A law is shown where the frames that it speaks of are there.
    """
    states = [_count(deliveries, pl.col("state") == state) for state in STATE.categories]
    sent, matched = _count(deliveries, MAY_HAVE_LEFT), _count(deliveries, _MATCHED)
    pending = _count(deliveries, pl.col("status") == "pending")
    laws = {"planned": (sum(states), deliveries.height), "sent": (matched + pending, sent)}
    if sheet is not None and checked is not None:
        accepted, rejected, _ = (frame.height for frame in checked)
        laws = {"read": (accepted + rejected, sheet.height), **laws}
    if callbacks is not None and orphans is not None:
        repeated = int(deliveries["receipts"].sum()) - matched
        laws["receipts"] = (matched + repeated + orphans.height, callbacks.height)
    rows = [(translate(f"law.{law}", language), *sides) for law, sides in laws.items()]
    return pl.DataFrame(
        rows, schema={"law": pl.String, "left": pl.UInt32, "right": pl.UInt32}, orient="row"
    ).with_columns(holds=pl.col("left") == pl.col("right"))


def rejection_reasons(problems: pl.DataFrame, *, language: str = "en") -> pl.DataFrame:
    """Tell why rows were rejected or warned of: one row a rule, the most frequent first.

    Returns
    -------
    `rule`, `severity`, `rows` u32, and `example`: what the first of them says, in the language.
    """
    from msgframe.recipients import count_problems  # with pandera, which no other table needs

    require_language(language, verb="rejection_reasons")
    counts = count_problems(problems).sort(
        "severity", "rows", "rule", descending=[False, True, False]
    )
    examples = [
        retranslate(text, f"check.{rule}", language)
        for rule, text in counts.select("rule", "example").rows()
    ]
    return counts.select("rule", "severity", "rows", example=pl.Series(examples, dtype=pl.String))


def own_columns(deliveries: pl.DataFrame) -> list[str]:
    """Give the columns that are the person's own, and no stage's."""
    known = {name for stage in STAGES.values() for name in stage}
    return [name for name in deliveries.columns if name not in known]


def _explained(
    deliveries: pl.DataFrame, codes: ErrorCodeOverrides | None, language: str
) -> pl.DataFrame:
    return deliveries.with_columns(
        family=error_codes.family("error_code", overrides=codes),
        meaning=error_codes.words("error_code", overrides=codes, language=language),
    )


def _counted(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    return (
        frame.group_by(names)
        .agg(messages=pl.len())
        .with_columns(share=pl.col("messages") / pl.col("messages").sum())
        .sort("messages", *names, descending=[True, *[False] * len(names)])
    )


def _count(frame: pl.DataFrame, fact: pl.Expr) -> int:
    return int(frame.select(fact.sum()).item() or 0)


def _because(language: str, **counts: int) -> str | None:
    parts = [
        translate(
            "report.reason", language, count=count, reason=translate(f"reason.{why}", language)
        )
        for why, count in counts.items()
        if count
    ]
    return ", ".join(parts) or None
