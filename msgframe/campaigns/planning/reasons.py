"""Why a message must not be sent, or not yet, and why a plan is as it is: reasons for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from msgframe.campaigns.planning.batches import RequestBounds
from msgframe.campaigns.planning.keys import text_key
from msgframe.core.translation import require_language, template_of, translate, translate_reasons
from msgframe.frames import MOMENT, columns, require_columns
from msgframe.message_central import MESSAGE_CENTRAL

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from msgframe.core.vendor import PlanLimits, Vendor

#: What the journal tells about a message that went out, or may have.
SENT_COLUMNS = ("campaign", "msisdn", "text_key", "sent_at")


#: What a summary needs beside the columns of a plan.
_CONTENT = ("text", "segments", "template", "variables")


def hold_unsendable(drafts: pl.DataFrame, bounds: RequestBounds, *, repeats: bool) -> pl.DataFrame:
    """Add `held`: why a message must not go, as `name: reason`; null where it may.

    Parameters
    ----------
    drafts
        The messages, with their `ordinal` among exact repeats.
    bounds
        How long a message may be.
    repeats
        Whether an exact repeat (same number, same text) may go too.
    """
    segments, text, most = pl.col("segments"), pl.col("text"), bounds.limits.segments
    size, container = bounds.capacity, bounds.vendor.sizes.container
    rules = [
        (hold_reason("no_number"), ~_number_agrees()),
        (hold_reason("no_text"), text.is_null() | segments.is_null()),
        (hold_reason("empty_text"), text.str.strip_chars() == ""),
        (hold_reason("too_many_segments", segments=most), segments > most),
        (hold_reason("too_long", size=size, container=container), _too_long(drafts, bounds)),
        (hold_reason("repeated"), (pl.col("ordinal") > 0) & (not repeats)),
    ]
    return drafts.with_columns(
        held=pl.coalesce(pl.when(broken).then(reason) for reason, broken in rules)
    )


def hold_sent_before(
    drafts: pl.DataFrame,
    sent_before: pl.DataFrame | None,
    campaign: str,
    *,
    repeat_after: timedelta,
    start: datetime | None,
) -> pl.DataFrame:
    """Hold what the same number got as the same text in another campaign, and say until when.

    Parameters
    ----------
    drafts
        The messages, with `held`.
    sent_before
        What `Journal.earlier` gives: `campaign` str, `msisdn` i64, `text_key` str, `sent_at`
        (UTC). Messages of the same campaign do not count, since a campaign that goes on is the
        journal's business.
    campaign
        The campaign that is planned.
    repeat_after
        How long after it was sent a text may go again.
    start
        When the campaign begins: what may be repeated by then is not held. None holds for
        everything in `sent_before`, so that a plan does not depend on the moment of the call.

    Returns
    -------
    The drafts, with `until`: when a hold of this kind ends.
    """
    if sent_before is None:
        return drafts.with_columns(until=pl.lit(None, MOMENT))
    require_columns(sent_before, SENT_COLUMNS, verb="plan")
    until = pl.col("sent_at").cast(MOMENT) + repeat_after
    last = (
        sent_before.filter(pl.col("campaign") != campaign)
        .select("msisdn", "text_key", until=until, before="campaign")
        .filter(pl.lit(value=True) if start is None else pl.col("until") > start)
        .sort("until", "before")
        .unique(["msisdn", "text_key"], keep="last")
    )
    moment = pl.col("until").dt.strftime("%Y-%m-%d %H:%M")
    reason = hold_reason("earlier", campaign=pl.col("before"), moment=moment)
    may_go = pl.col("held").is_null()
    return (
        drafts.with_columns(text_key=text_key())
        .join(last, on=["msisdn", "text_key"], how="left", maintain_order="left")
        .with_columns(until=pl.when(may_go).then("until"), held=pl.coalesce("held", reason))
        .drop("before", "text_key")
    )


def hold_reason(name: str, **facts: object) -> pl.Expr:
    """Say a reason as a plan has it, `name: sentence`, in English, with facts or columns of facts.

    A plan is the same whoever makes it; `core.translation.translate_reasons` says it in other
    languages.

    >>> pl.select(hold_reason("too_many_segments", segments=10)).item()
    'too_many_segments: more than 10'
    """
    literals = re.split(r"\{\w+\}", f"{name}: {template_of(f'hold.{name}')}")
    names = re.findall(r"\{(\w+)\}", template_of(f"hold.{name}") or "")
    values = [facts[fact] for fact in names]
    columns = [value if isinstance(value, pl.Expr) else pl.lit(str(value)) for value in values]
    return pl.format("{}".join(literals), *columns) if columns else pl.lit(literals[0])


def _number_agrees() -> pl.Expr:
    """Whether the two parts that are dialled make the number that receipts are matched by."""
    joined = pl.concat_str("country_code", "mobile")
    return (joined == pl.col("msisdn").cast(pl.String)).fill_null(value=False)


def _too_long(drafts: pl.DataFrame, bounds: RequestBounds) -> pl.Expr:
    """Whether a text does not fit into a request; counted exactly only if that could matter."""
    sizes = bounds.vendor.sizes
    most = bounds.capacity - sizes.longest_number
    longest = drafts["text"].str.len_bytes().max() or 0
    if sizes.most_per_byte * longest <= most:  # type: ignore[operator]  # an integer column's max
        return pl.lit(value=False)
    return sizes.text(pl.col("text")) > most


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
