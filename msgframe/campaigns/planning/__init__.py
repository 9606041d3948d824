"""The fewest safe requests for a campaign: nobody twice, nobody forgotten.

`plan` decides for every message how it travels, in which request and at which place in it, in
which wave, and from when on; or says why it is held. It sends nothing, and the same rows with the
same settings give the same plan on every machine.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, get_args

import polars as pl

from msgframe.campaigns import quiet_hours as open_hours
from msgframe.campaigns.planning.batches import cut
from msgframe.campaigns.planning.canary import Verdict, judge, rehearse
from msgframe.campaigns.planning.history import hold_earlier
from msgframe.campaigns.planning.holds import hold
from msgframe.campaigns.planning.keys import fingerprint, message_key, ordinal
from msgframe.campaigns.planning.modes import Mode, choose
from msgframe.campaigns.planning.summaries import summary
from msgframe.campaigns.planning.waves import Schedule, schedule
from msgframe.errors import ColumnsError, DataError, UsageError
from msgframe.frames import columns, forbid_columns, require_columns
from msgframe.message_central import FlowType, Limits, MessageType, Terms, closed, room

__all__ = ["Limits", "Verdict", "fingerprint", "judge", "plan", "rehearse", "summary"]

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
    sender_id: str,
    message_type: MessageType,
    flow_type: FlowType = "SMS",
    template_id: str | None = None,
    entity_id: str | None = None,
    mode: Mode = "auto",
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    repeats: Literal["hold", "send"] = "hold",
    earlier: pl.DataFrame | None = None,
    within: timedelta = timedelta(days=7),
    start: datetime | None = None,
    spread: timedelta = timedelta(0),
    every: timedelta = timedelta(minutes=15),
    hours: bool | pl.DataFrame = False,
    zone: str | None = None,
    canary: float = 0.0,
    pause: timedelta = timedelta(hours=1),
    max_total: int | None = None,
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
    sender_id
        What the recipient sees as sender.
    message_type
        `TRANSACTION`, `PROMOTIONAL` or `OTP`. The vendor's silent default is OTP; ours must be
        said.
    flow_type
        `SMS`, `WHATSAPP`, `RCS` or `SAUTH`.
    template_id, entity_id
        The registered template and brand (India DLT): both or neither, as text.
    mode
        `auto`, or the one mode to use. A row that a file could not say as it is goes single.
    limits
        How much a request may hold, and how long a message may be.
    repeats
        Whether a row with the same number and text as an earlier one is held, or goes too.
    earlier
        What `Journal.earlier` gives of other campaigns: the same text to the same number is held.
    within
        For how long such a text is not repeated.
    start
        The moment of the first message, with its time zone; None is now.
    spread, every
        Over how long the messages are spread, and how far apart the waves then are.
    hours
        True: each message waits for the recipient's country to be open, by `hours.table()`,
        whatever its type. A frame: likewise, by rules of one's own.
    zone
        The column with the recipients' own time zones (IANA), where they are known. Without it, a
        country is open when all of its zones are.
    canary, pause
        The share of messages that go in a first wave, and how long the rest waits behind it, so
        that `judge` can say whether they arrive.
    max_total
        The most messages that may go: a guard against the wrong sheet.

    Returns
    -------
    The messages in their order, with the columns of `frames.columns("plan")`. A held row has null
    as `mode`, `request`, `position` and `wave`, and in `not_before` the end of the hold, if it has
    one.

    Raises
    ------
    DataError
        If more messages would go than `max_total`.
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
    require_columns(messages, [*NEEDED, *([zone] if zone else [])], verb="plan")
    forbid_columns(messages, "plan", verb="plan")
    closed("mode", mode, get_args(Mode))
    closed("repeats", repeats, ("hold", "send"))
    terms = Terms(campaign, sender_id, message_type, flow_type, template_id, entity_id)
    rules = open_hours.table() if hours is True else hours if hours is not False else None
    when = Schedule(start, spread, every, rules, canary, pause)
    left = room(terms.parameters, limits)
    drafts = _drafts(messages, zone).pipe(lambda rows: rows.with_columns(ordinal(rows)))
    drafts = (
        drafts.with_columns(message_key(campaign))
        .pipe(hold, limits, room=left, repeats=repeats == "send")
        .pipe(hold_earlier, earlier, campaign=campaign, within=within, start=start)
        .pipe(schedule, when)
    )
    _guard(drafts, max_total)
    drafts = drafts.with_columns(choose(drafts, mode, limits, room=left))
    drafts = drafts.hstack(cut(drafts, limits, room=left))
    return messages.hstack(_columns(drafts, terms))


def _drafts(messages: pl.DataFrame, zone: str | None) -> pl.DataFrame:
    """Take what the plan needs of the messages, each with its place among them."""
    for name, dtype in NEEDED.items():
        if not _fits(messages.schema[name], dtype):
            raise ColumnsError(
                f"plan() needs {name!r} as {dtype}, and it is {messages.schema[name]}. "
                f"Cast it first: messages.cast({{{name!r}: pl.{dtype}}})."
            )
    own = pl.lit(None, pl.String) if zone is None else pl.col(zone).cast(pl.String)
    return messages.select(*NEEDED, own.alias("zone")).cast(NEEDED).with_row_index("place")  # type: ignore[arg-type]  # a mapping


def _fits(there: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether a column is of the wanted kind; one without any value has no kind yet."""
    without_values = pl.List(pl.Null()) if wanted == pl.List else pl.Null()
    integers = there.is_integer() and wanted.is_integer()
    return there in (wanted, pl.Null(), without_values) or integers


def _guard(drafts: pl.DataFrame, max_total: int | None) -> None:
    """Raise where more messages would go than somebody thought possible."""
    going = drafts["held"].null_count()
    if max_total is not None and going > max_total:
        raise DataError(
            f"plan() would send {going:,} messages, and max_total allows {max_total:,}. "
            "Is it the right sheet? If it is, raise max_total."
        )


def _columns(drafts: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Give the columns that a plan adds, exactly as the dictionary has them."""
    settings = [pl.lit(value, pl.String).alias(name) for name, value in terms.columns.items()]
    schema = columns("plan")
    return drafts.with_columns(settings).select(pl.col(name).cast(schema[name]) for name in schema)
