"""Trying a plan out: a few of its messages to oneself, and the verdict on its first wave."""

from __future__ import annotations

from typing import Literal, NamedTuple

import polars as pl

from msgframe.campaigns.planning.keys import message_key
from msgframe.errors import SettingsError
from msgframe.frames import columns, require_columns, statuses_that_are

#: What a test send says as its campaign, so that the journal keeps it apart from the real one.
_SUFFIX = " (rehearsal)"

#: What the vendor or a handset has decided, one way or the other.
_FINAL = statuses_that_are("final")


def rehearse(plan: pl.DataFrame, /, *, country_code: str, mobile: str) -> pl.DataFrame:
    """Plan a test send to oneself: of each mode and template, the longest text.

    The messages keep their texts and their modes, so what the vendor makes of a file is seen on
    one's own telephone before anybody else sees it. Each is a request and a wave of its own.

    Parameters
    ----------
    plan
        What `plan` gave.
    country_code, mobile
        One's own number in its two parts, digits only.

    Returns
    -------
    A plan, to be sent like any other. Its campaign has " (rehearsal)" behind its name.

    Raises
    ------
    ColumnsError
        If the frame is not a plan.
    SettingsError
        If the number is not made of digits.

    >>> from msgframe.campaigns.planning import plan, rehearse
    >>> hola = pl.DataFrame(
    ...     {
    ...         "country_code": ["91", "91"],
    ...         "mobile": ["9816111111", "7715131105"],
    ...         "msisdn": [919816111111, 917715131105],
    ...         "text": ["Hola Ana", "Hola Lucía"],
    ...         "segments": [1, 1],
    ...         "template": ["Hola ##Var1##", "Hola ##Var1##"],
    ...         "variables": [["Ana"], ["Lucía"]],
    ...     }
    ... )
    >>> planned = plan(hola, campaign="hola", sender_id="UTOMOB", message_type="TRANSACTION")
    >>> test = rehearse(planned, country_code="34", mobile="612345678")
    >>> test.select("campaign", "msisdn", "text", "mode").row(0)
    ('hola (rehearsal)', 34612345678, 'Hola Lucía', 'single')
    """
    require_columns(plan, [*columns("plan"), "text", "template", "variables"], verb="rehearse")
    if not (f"{country_code}{mobile}".isascii() and f"{country_code}{mobile}".isdecimal()):
        raise SettingsError(
            "rehearse() takes country_code and mobile as digits only, such as '34' and '612345678'."
        )
    longest = (
        plan.filter(pl.col("held").is_null())
        .sort(pl.col("text").str.len_chars(), descending=True, maintain_order=True)
        .unique(["mode", "template"], keep="first", maintain_order=True)
    )
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    mine = longest.with_columns(
        campaign=pl.col("campaign") + _SUFFIX,
        country_code=pl.lit(country_code),
        mobile=pl.lit(mobile),
        msisdn=pl.lit(int(country_code + mobile)),
        request=place,
        position=pl.lit(0, pl.UInt32),
        wave=place,
        not_before=pl.lit(None, columns("plan")["not_before"]),
    )
    name = mine["campaign"].first() or ""
    keys = mine.with_columns(ordinal=place).select(message_key(str(name)))
    return mine.with_columns(keys)


class Verdict(NamedTuple):
    """Whether the rest of a campaign may follow its first wave."""

    #: go, wait (too few receipts yet), or stop.
    answer: Literal["go", "wait", "stop"]
    #: The reason, in a sentence.
    why: str


def judge(
    deliveries: pl.DataFrame, /, *, wave: int = 0, delivered: float = 0.9, decided: float = 0.5
) -> Verdict:
    """Judge a canary wave by its receipts: whether the rest may follow.

    Parameters
    ----------
    deliveries
        What `track` gave; its messages of other waves do not count.
    wave
        The wave to judge.
    delivered
        The share of the decided messages that must have arrived.
    decided
        The share of the wave that must have been decided, one way or the other, before it is
        judged. What failed to leave counts as decided, and as not delivered.

    Raises
    ------
    ColumnsError
        If `wave`, `state` or `status` is missing.

    >>> tracked = pl.DataFrame(
    ...     {
    ...         "wave": [0, 0, 0, 1],
    ...         "state": ["accepted", "accepted", "accepted", "held"],
    ...         "status": ["delivered", "undelivered", "pending", None],
    ...     }
    ... )
    >>> judge(tracked)
    Verdict(answer='stop', why='1 of 2 decided messages arrived; 90% is asked for')
    """
    require_columns(deliveries, ["wave", "state", "status"], verb="judge")
    status = pl.col("status").cast(pl.String)
    failed = pl.col("state").cast(pl.String) == "failed"
    sent, final, arrived = (
        deliveries.filter(pl.col("wave") == wave)
        .select(
            pl.len(),
            (failed | status.is_in(_FINAL)).sum().alias("final"),
            status.is_in(statuses_that_are("delivered")).sum().alias("arrived"),
        )
        .row(0)
    )
    if not final or final < decided * sent:
        return Verdict(
            "wait", f"{final} of {sent} messages are decided; {decided:.0%} is asked for"
        )
    why = f"{arrived} of {final} decided messages arrived; {delivered:.0%} is asked for"
    return Verdict("go" if arrived >= delivered * final else "stop", why)
