"""The fewest safe requests for a campaign: nobody twice, nobody forgotten.

`plan` decides for every message how it travels, in which request and at which place in it, in
which wave, and from when on; or says why it is held. It sends nothing, and the same rows with the
same settings give the same plan on every machine.
"""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl

from msgframe.errors import UseError
from msgframe.frames import columns, need, refuse
from msgframe.plans.cuts import cut
from msgframe.plans.holds import hold
from msgframe.plans.keys import fingerprint, message_key, ordinal
from msgframe.plans.limits import Limits
from msgframe.plans.modes import Mode, choose
from msgframe.plans.summaries import summary
from msgframe.plans.terms import FlowType, MessageType, Terms, closed
from msgframe.plans.urls import room
from msgframe.plans.waves import waves

__all__ = ["Limits", "fingerprint", "plan", "summary"]

#: What a message must bring along; `check` and `render` add it.
NEEDED = ("country_code", "mobile", "msisdn", "text", "segments", "template", "variables")


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

    Returns
    -------
    The messages in their order, with the columns of `frames.columns("plan")`. A held row has null
    as `mode`, `request`, `position` and `wave`.

    Raises
    ------
    ColumnsError
        If a column is missing, or one that the plan adds is there already.
    SettingsError
        If a setting is malformed or contradicts another.

    >>> from msgframe.plans import plan
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
        raise UseError(
            f"plan() decides, so it takes a DataFrame, not a {type(messages).__name__}. "
            "Collect it first: plan(messages.collect(), …)."
        )
    need(messages, NEEDED, verb="plan")
    refuse(messages, "plan", verb="plan")
    closed("mode", mode, get_args(Mode))
    closed("repeats", repeats, ("hold", "send"))
    terms = Terms(campaign, sender_id, message_type, flow_type, template_id, entity_id)
    left = room(terms.parameters, limits)
    drafts = messages.select(NEEDED).with_row_index("place")
    drafts = drafts.with_columns(ordinal(drafts)).with_columns(message_key(campaign))
    drafts = hold(drafts, limits, room=left, repeats=repeats == "send")
    drafts = drafts.hstack(waves(drafts))
    drafts = drafts.with_columns(choose(drafts, mode, limits, room=left))
    drafts = drafts.hstack(cut(drafts, limits, room=left))
    return messages.hstack(_columns(drafts, terms))


def _columns(drafts: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Give the columns that a plan adds, exactly as the dictionary has them."""
    settings = [pl.lit(value, pl.String).alias(name) for name, value in terms.columns.items()]
    schema = columns("plan")
    return drafts.with_columns(settings).select(pl.col(name).cast(schema[name]) for name in schema)
