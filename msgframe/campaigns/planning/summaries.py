"""Why a plan is as it is: its requests by mode and reason, and what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.campaigns.planning.batches import RequestBounds
from msgframe.core.translation import require_language, translate, translate_reasons
from msgframe.frames import columns, require_columns
from msgframe.message_central import MESSAGE_CENTRAL

if TYPE_CHECKING:
    from msgframe.core.vendor import PlanLimits, Vendor

_CONTENT = ("text", "segments", "template", "variables")


def plan_summary(
    plan: pl.DataFrame,
    /,
    *,
    limits: PlanLimits | None = None,
    vendor: Vendor = MESSAGE_CENTRAL,
    language: str = "en",
) -> pl.DataFrame:
    """Sum up a plan: how many requests, messages and segments go in each mode, and why.

    Parameters
    ----------
    plan
        What `plan` gave.
    limits, vendor
        The limits and the vendor that it was made with.
    language
        The language of `why`.

    Returns
    -------
    `mode` enum (null for held rows), `why` str, `requests` u32, `messages` u32, `segments` u64,
    and `not_before`, the earliest moment of them (of held rows: when the first hold ends); the
    modes in the order single, list, file, the held rows last. The messages add up to the plan.

    >>> from msgframe.campaigns.planning import plan
    >>> hola = pl.DataFrame(
    ...     {
    ...         "country_code": ["91", "91", "34"],
    ...         "mobile": ["9816111111", "7715131105", "612345678"],
    ...         "msisdn": [919816111111, 917715131105, 34612345678],
    ...         "text": ["Hola", "Hola", None],
    ...         "segments": [1, 1, None],
    ...         "template": ["Hola", "Hola", "Hola"],
    ...         "variables": pl.Series([[], [], []], dtype=pl.List(pl.String)),
    ...     }
    ... )
    >>> planned = plan(hola, campaign="hola", sender_id="UTOMOB", message_type="TRANSACTION")
    >>> plan_summary(planned).drop("not_before")
    shape: (2, 5)
    ┌──────┬─────────────────────────────────┬──────────┬──────────┬──────────┐
    │ mode ┆ why                             ┆ requests ┆ messages ┆ segments │
    │ ---  ┆ ---                             ┆ ---      ┆ ---      ┆ ---      │
    │ enum ┆ str                             ┆ u32      ┆ u32      ┆ u64      │
    ╞══════╪═════════════════════════════════╪══════════╪══════════╪══════════╡
    │ list ┆ rows that share one text go by… ┆ 1        ┆ 2        ┆ 2        │
    │ null ┆ held: no_text                   ┆ 0        ┆ 1        ┆ 0        │
    └──────┴─────────────────────────────────┴──────────┴──────────┴──────────┘
    """
    require_language(language, verb="plan_summary")
    require_columns(plan, [*columns("plan"), *_CONTENT], verb="plan_summary")
    plan = plan.select(*columns("plan"), *_CONTENT).cast({"variables": pl.List(pl.String)})
    settings = plan.row(0, named=True) if plan.height else {}
    why = _why(plan, RequestBounds.of(vendor, limits, settings))
    return (
        plan.with_columns(translate_reasons(why, "plan", language).alias("why"))
        .group_by("mode", "why")
        .agg(
            requests=pl.col("request").drop_nulls().n_unique(),
            messages=pl.len(),
            segments=pl.col("segments").cast(pl.UInt64).sum(),
            not_before=pl.col("not_before").min(),
        )
        .sort("mode", "messages", "why", descending=[False, True, False], nulls_last=True)
    )


def _why(plan: pl.DataFrame, bounds: RequestBounds) -> pl.Series:
    """Say why each row travels as it does, or by which rule it is held."""
    singles = plan.with_row_index().filter(pl.col("mode") == "single")
    alone = singles.select(
        "index",
        why=pl.coalesce(
            pl.when(pl.col("variables").list.len() == 0).then(_sentence("unshared")),
            bounds.unsafe_in_file(singles),
            pl.when(pl.len().over("wave", "template") <= bounds.limits.handful).then(
                _sentence("handful")
            ),
            _sentence("as_set"),
        ),
    )
    mode = pl.col("mode").cast(pl.String)
    by_mode = mode.replace_strict(
        {name: translate(f"plan.{name}") for name in ("list", "file")}, default=None
    )
    rule = pl.format(translate("plan.held", rule="{}"), pl.col("held").str.extract(r"^(\w+)"))
    return (
        plan.select("mode", "held")
        .with_row_index()
        .join(alone, on="index", how="left", maintain_order="left")
        .select(why=pl.coalesce(rule, "why", by_mode))
        .to_series()
    )


def _sentence(name: str) -> pl.Expr:
    return pl.lit(translate(f"plan.{name}"))
