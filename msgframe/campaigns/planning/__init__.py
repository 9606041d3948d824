"""The fewest safe requests for a campaign: nobody twice, nobody forgotten.

`plan` decides for every message how it travels, in which request and at which place in it, in
which wave, and from when on; or says why it is held. It sends nothing, and the same rows with the
same settings give the same plan on every machine.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, Unpack

import polars as pl

from msgframe.campaigns import quiet_hours
from msgframe.campaigns.planning.batches import (
    PlanMode,
    RequestBounds,
    assign_requests,
    choose_modes,
)
from msgframe.campaigns.planning.keys import fingerprint, message_key, ordinal
from msgframe.campaigns.planning.reasons import hold_sent_before, hold_unsendable, plan_summary
from msgframe.campaigns.planning.waves import Schedule, schedule
from msgframe.errors import ColumnsError, DataError, SettingsError, UsageError
from msgframe.frames import columns, forbid_columns, quoted, require_choice, require_columns
from msgframe.message_central import MESSAGE_CENTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgframe.core.vendor import PlanLimits, Vendor
    from msgframe.message_central import MessageSettings

__all__ = ["fingerprint", "plan", "plan_summary"]

#: What a message must bring along; `check` and `render` add it.
NEEDED: dict[str, pl.DataType] = {
    "country_code": pl.String(),
    "mobile": pl.String(),
    "msisdn": pl.Int64(),
    "text": pl.String(),
    "segments": pl.Int64(),
    "template": pl.String(),
    "variables": pl.List(pl.String()),
}


def plan(
    messages: pl.DataFrame,
    /,
    *,
    campaign: str,
    mode: PlanMode = "auto",
    limits: PlanLimits | None = None,
    repeats: Literal["hold", "send"] = "hold",
    sent_before: pl.DataFrame | None = None,
    repeat_after: timedelta = timedelta(days=7),
    start: datetime | None = None,
    spread: timedelta = timedelta(0),
    wave_interval: timedelta = timedelta(minutes=15),
    hours: bool | pl.DataFrame = False,
    timezone_column: str | None = None,
    canary: float = 0.0,
    pause: timedelta = timedelta(hours=1),
    max_messages: int | None = None,
    vendor: Vendor = MESSAGE_CENTRAL,
    **settings: Unpack[MessageSettings],
) -> pl.DataFrame:
    """Plan the requests of a campaign.

    With `mode="auto"` the rows of one template go by file where that takes fewer requests than
    going text by text; otherwise a text that several rows share goes by list, and the rest single.
    A number that gets several texts gets them in different requests and waves, so that each
    receipt can be told from the next.

    Parameters
    ----------
    messages
        What `render` gave: `country_code`, `mobile`, `msisdn`, `text`, `segments`, `template`,
        `variables`, and the person's own columns.
    campaign
        Its name. The same name, number and text make the same `message_key`, which the journal
        never sends twice.
    mode
        `auto`, or the one mode to use. A row that a file could not say as it is goes single.
    limits
        How much a request may hold, and how long a message may be; `RequestLimits(…)` for Message
        Central. None is the vendor's own.
    repeats
        Whether a row with the same number and text as an earlier one is held, or goes too.
    sent_before
        What `Journal.earlier` gives of other campaigns: the same text to the same number is held.
    repeat_after
        How long after it was sent such a text may go again.
    start
        The moment of the first message, with its time zone; None is now.
    spread, wave_interval
        Over how long the messages are spread, and how far apart the waves then are.
    hours
        True: each message waits for the recipient's country to be open, by `quiet_hours.table()`,
        whatever its type. A frame: likewise, by rules of one's own.
    timezone_column
        The column with the recipients' own time zones (IANA), where they are known. Without it, a
        country is open when all of its zones are.
    canary, pause
        The share of messages that go in a first wave, and how long the rest waits behind it, so
        that `evaluate_canary` can say whether they arrive.
    max_messages
        The most messages that may go: a guard against the wrong sheet.
    vendor
        Whose requests they are: what `core.vendor.Vendor` asks for.
    settings
        `sender_id` (what the recipient sees) and `message_type` (`TRANSACTION`, `PROMOTIONAL` or
        `OTP`; the vendor's silent default is OTP, ours must be said). May be left out: `flow_type`
        (`SMS`, `WHATSAPP`, `RCS` or `SAUTH`), and `template_id` with `entity_id` (the registered
        template and brand of India's DLT, as text).

    Returns
    -------
    The messages in their order, with the columns of `frames.columns("plan")`. A held row has null
    as `mode`, `request`, `position` and `wave`, and in `not_before` the end of the hold, if it has
    one.

    Raises
    ------
    DataError
        If more messages would go than `max_messages`.
    ColumnsError
        If a column is missing, or one that the plan adds is there already.
    SettingsError
        If a setting is malformed or contradicts another.

    >>> from msgframe.campaigns.planning import plan
    >>> messages = pl.DataFrame(
    ...     {
    ...         "country_code": ["91", "91", "34", "91"],
    ...         "mobile": ["9816111111", "7715131105", "612345678", "9816111111"],
    ...         "msisdn": [919816111111, 917715131105, 34612345678, 919816111111],
    ...         "text": ["Hola", "Hola", "¿Qué tal?", "Hola"],
    ...         "segments": [1, 1, 1, 1],
    ...         "template": ["Hola", "Hola", "¿Qué tal?", "Hola"],
    ...         "variables": pl.Series([[], [], [], []], dtype=pl.List(pl.String)),
    ...     }
    ... )
    >>> planned = plan(messages, campaign="hola", sender_id="UTOMOB", message_type="TRANSACTION")
    >>> planned.select("mobile", "mode", "request", "position", "wave", "held")
    shape: (4, 6)
    ┌────────────┬────────┬─────────┬──────────┬──────┬─────────────────────────────────┐
    │ mobile     ┆ mode   ┆ request ┆ position ┆ wave ┆ held                            │
    │ ---        ┆ ---    ┆ ---     ┆ ---      ┆ ---  ┆ ---                             │
    │ str        ┆ enum   ┆ u32     ┆ u32      ┆ u32  ┆ str                             │
    ╞════════════╪════════╪═════════╪══════════╪══════╪═════════════════════════════════╡
    │ 9816111111 ┆ list   ┆ 0       ┆ 0        ┆ 0    ┆ null                            │
    │ 7715131105 ┆ list   ┆ 0       ┆ 1        ┆ 0    ┆ null                            │
    │ 612345678  ┆ single ┆ 1       ┆ 0        ┆ 0    ┆ null                            │
    │ 9816111111 ┆ null   ┆ null    ┆ null     ┆ null ┆ repeated: an earlier row has t… │
    └────────────┴────────┴─────────┴──────────┴──────┴─────────────────────────────────┘
    """
    if not isinstance(messages, pl.DataFrame):
        raise UsageError(
            f"plan() decides, so it takes a DataFrame, not a {type(messages).__name__}. "
            "Collect it first: plan(messages.collect(), …)."
        )
    zone = [] if timezone_column is None else [timezone_column]
    require_columns(messages, [*NEEDED, *zone], verb="plan")
    forbid_columns(messages, "plan", verb="plan")
    require_choice(mode, ["auto", *vendor.modes], name="mode", verb="plan")
    require_choice(repeats, ["hold", "send"], name="repeats", verb="plan")
    _require_name(campaign)
    chosen = {"campaign": campaign, **vendor.check_settings(**settings)}
    bounds = RequestBounds.of(vendor, limits, chosen)
    rules = quiet_hours.table() if hours is True else hours if hours is not False else None
    when = Schedule(start, spread, wave_interval, rules, canary, pause)
    drafts = _drafts(messages, timezone_column)
    drafts = (
        drafts.with_columns(ordinal(drafts))
        .with_columns(message_key(campaign))
        .pipe(hold_unsendable, bounds, repeats=repeats == "send")
        .pipe(hold_sent_before, sent_before, campaign, repeat_after=repeat_after, start=start)
        .pipe(schedule, when)
    )
    _guard(drafts, max_messages)
    drafts = drafts.with_columns(choose_modes(drafts, mode, bounds))
    drafts = drafts.hstack(assign_requests(drafts, bounds))
    return messages.hstack(_columns(drafts, chosen))


def _require_name(campaign: object) -> None:
    """Raise unless the campaign has a name that can be told from others."""
    if not isinstance(campaign, str) or not campaign.strip():
        raise SettingsError(
            f"plan(campaign={campaign!r}) names no campaign: write it as text, campaign='may'."
        )


def _drafts(messages: pl.DataFrame, timezone_column: str | None) -> pl.DataFrame:
    """Take what the plan needs of the messages, each with its index among them."""
    for name, dtype in NEEDED.items():
        if not _fits(messages.schema[name], dtype):
            raise ColumnsError(
                f"plan() needs {name!r} as {dtype}, and it is {messages.schema[name]}. "
                f"Cast it first: messages.cast({{{name!r}: pl.{dtype}}})."
            )
    zone = pl.lit(None) if timezone_column is None else pl.col(timezone_column)
    drafts = messages.select(*NEEDED, zone.cast(pl.String).alias("zone"))
    return drafts.cast(NEEDED).with_row_index()  # type: ignore[arg-type]  # a mapping


def _fits(dtype: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether a column is of the wanted kind; one without any value has no kind yet."""
    without_values = pl.List(pl.Null()) if wanted == pl.List else pl.Null()
    integers = dtype.is_integer() and wanted.is_integer()
    return dtype in (wanted, pl.Null(), without_values) or integers


def _guard(drafts: pl.DataFrame, max_messages: int | None) -> None:
    """Raise where more messages would go than somebody thought possible."""
    going = drafts["held"].null_count()
    if max_messages is not None and going > max_messages:
        raise DataError(
            f"plan() would send {going:,} messages, and max_messages allows {max_messages:,}. "
            "Is it the right sheet? If it is, raise max_messages."
        )


def _columns(drafts: pl.DataFrame, settings: Mapping[str, str | None]) -> pl.DataFrame:
    """Give the columns that a plan adds, exactly as the dictionary has them."""
    schema = columns("plan")
    if unknown := [name for name in settings if name not in schema]:
        raise ColumnsError(
            f"plan() has no column for {quoted(unknown)}, which the vendor asks for."
        )
    lacking = [name for name in schema if name not in drafts.columns]
    added = [pl.lit(settings.get(name), pl.String).alias(name) for name in lacking]
    return drafts.with_columns(added).select(pl.col(name).cast(schema[name]) for name in schema)
