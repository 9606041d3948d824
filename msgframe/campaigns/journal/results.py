"""What became of each row of a plan: the state of its request, in the words of the street."""

from __future__ import annotations

import polars as pl

from msgframe.core.translation import translate
from msgframe.frames import MOMENT, columns

#: The columns of a campaign's requests as the journal keeps them; moments in microseconds.
REQUESTS_SCHEMA = {
    "request": pl.UInt32,
    "wave": pl.UInt32,
    "not_before": pl.Int64,
    "recipients": pl.UInt32,
    "state": pl.String,
    "attempts": pl.UInt32,
    "tried_at": pl.Int64,
    "answered_at": pl.Int64,
    "code": pl.Int32,
    "status": pl.Int32,
    "verification_id": pl.String,
    "transaction_id": pl.String,
    "error": pl.String,
}


def join_results(plan: pl.DataFrame, requests: pl.DataFrame, *, reason: str = "") -> pl.DataFrame:
    """Join to each row of a plan what became of its request; rows keep their order.

    >>> plan = pl.DataFrame(
    ...     {"request": [0, None], "held": [None, "quiet_hours"]},
    ...     schema_overrides={"request": pl.UInt32},
    ... )
    >>> requests = pl.DataFrame(
    ...     [(0, 0, None, 1, "accepted", 1, 1, 2, 200, 200, "1234", None, None)],
    ...     schema=REQUESTS_SCHEMA,
    ...     orient="row",
    ... )
    >>> join_results(plan, requests).select("state", "response_code", "error").rows()
    [('accepted', 200, None), ('held', None, 'quiet_hours')]
    """
    state = pl.col("state")
    waiting = pl.lit(": ".join(filter(None, [translate("send.not_yet"), reason])))
    return plan.join(
        requests.select(
            pl.col("request").cast(pl.UInt32),
            "state",
            request_at=pl.col("tried_at").cast(MOMENT),
            response_code=pl.col("code").cast(pl.Int32),
            verification_id="verification_id",
            transaction_id="transaction_id",
            error="error",
        ),
        on="request",
        how="left",
        maintain_order="left",
    ).with_columns(
        error=pl.when(state.is_null())
        .then("held")
        .when(state == "planned")
        .then(pl.concat_str([waiting, "error"], separator="; ", ignore_nulls=True))
        .when(state == "in flight")
        .then(pl.lit(translate("send.no_answer")))
        .otherwise("error"),
        request_at=pl.when(state != "planned").then("request_at"),
        state=state.replace({"planned": "held", "in flight": "unknown"})
        .fill_null("held")
        .cast(columns("send")["state"]),
    )
