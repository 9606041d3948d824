"""A test send: a few messages of a plan to oneself, before anybody else has them."""

from __future__ import annotations

import polars as pl

from msgframe.campaigns.planning.keys import message_key
from msgframe.errors import SettingsError
from msgframe.frames import columns, require_columns

#: What a test send says as its campaign, so that the journal keeps it apart from the real one.
_SUFFIX = " (rehearsal)"


def plan_test_send(plan: pl.DataFrame, /, *, country_code: str, mobile: str) -> pl.DataFrame:
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

    >>> from msgframe.campaigns import plan
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
    >>> test = plan_test_send(planned, country_code="34", mobile="612345678")
    >>> test.select("campaign", "msisdn", "text", "mode").row(0)
    ('hola (rehearsal)', 34612345678, 'Hola Lucía', 'single')
    """
    require_columns(
        plan, [*columns("plan"), "text", "template", "variables"], verb="plan_test_send"
    )
    if not (f"{country_code}{mobile}".isascii() and f"{country_code}{mobile}".isdecimal()):
        raise SettingsError(
            "plan_test_send() takes country_code and mobile as digits only, such as '34' and "
            "'612345678'."
        )
    longest = (
        plan.filter(pl.col("held").is_null())
        .sort(pl.col("text").str.len_chars(), descending=True, maintain_order=True)
        .unique(["mode", "template"], keep="first", maintain_order=True)
    )
    number = pl.int_range(pl.len(), dtype=pl.UInt32)
    test = longest.with_columns(
        campaign=pl.col("campaign") + _SUFFIX,
        country_code=pl.lit(country_code),
        mobile=pl.lit(mobile),
        msisdn=pl.lit(int(country_code + mobile)),
        request=number,
        position=pl.lit(0, pl.UInt32),
        wave=number,
        not_before=pl.lit(None, columns("plan")["not_before"]),
    )
    name = test["campaign"].first() or ""
    keys = test.with_columns(ordinal=number).select(message_key(str(name)))
    return test.with_columns(keys)
