"""Looking before all go: a test send to oneself, and what a canary's receipts say of the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import polars as pl

from msgframe.campaigns.planning.keys import message_key
from msgframe.errors import SettingsError, UsageError
from msgframe.frames import columns, require_columns, statuses_that_are

if TYPE_CHECKING:
    from msgframe.receipts import Source

#: Looks at what became of a wave's rows and says whether the next one may go.
WaveGate: TypeAlias = Callable[[pl.DataFrame], bool]


#: What a test send says as its campaign, so that the journal keeps it apart from the real one.
_SUFFIX = " (rehearsal)"


class CanaryVerdict(NamedTuple):
    """Whether the rest of a campaign may follow its first wave."""

    #: go, wait (too few receipts yet), or stop.
    answer: Literal["go", "wait", "stop"]
    #: The reason, in a sentence.
    why: str


def evaluate_canary(
    deliveries: pl.DataFrame,
    /,
    *,
    wave: int = 0,
    min_delivered: float = 0.9,
    min_decided: float = 0.5,
) -> CanaryVerdict:
    """Judge a canary wave by its receipts: whether the rest may follow.

    What failed to leave counts as decided, and as not delivered. Where no receipt to come could
    change the answer, it is given before `min_decided` are decided.

    Parameters
    ----------
    deliveries
        What `track` gave; its messages of other waves do not count.
    wave
        The wave to judge.
    min_delivered
        The share of the decided messages that must have arrived.
    min_decided
        The share of the wave that must have been decided, one way or the other, before it is
        judged.

    Raises
    ------
    ColumnsError
        If `wave`, `state` or `status` is missing.
    UsageError
        If a share is none.

    >>> tracked = pl.DataFrame(
    ...     {
    ...         "wave": [0, 0, 0, 1],
    ...         "state": ["accepted", "accepted", "failed", "held"],
    ...         "status": ["delivered", "pending", None, None],
    ...     }
    ... )
    >>> evaluate_canary(tracked)
    CanaryVerdict(answer='stop', why='1 of 2 decided messages arrived; 90% is asked for')
    """
    require_columns(deliveries, ["wave", "state", "status"], verb="evaluate_canary")
    _require_shares(min_delivered=min_delivered, min_decided=min_decided)
    sent, decided, arrived = _counts(deliveries.filter(pl.col("wave") == wave))
    best = arrived + sent - decided
    if not decided or (decided < min_decided * sent and arrived < min_delivered * sent <= best):
        return CanaryVerdict(
            "wait", f"{decided} of {sent} messages are decided; {min_decided:.0%} is asked for"
        )
    why = f"{arrived} of {decided} decided messages arrived; {min_delivered:.0%} is asked for"
    return CanaryVerdict("go" if arrived >= min_delivered * decided else "stop", why)


def when_delivered(
    source: Source | Callable[[], Source],
    /,
    *,
    min_delivered: float = 0.9,
    timeout: float = 300.0,
    interval: float = 2.0,
    **reading: Any,
) -> WaveGate:
    """Go on when enough of a wave has arrived; stop when too much of it is lost, or nothing comes.

    For a canary: `send(plan, client, journal, go_on=when_delivered("callbacks.db"))`. The answer is
    that of `evaluate_canary`.

    Parameters
    ----------
    source
        Where the receipts are, as for `read_callbacks`; or a function that gives it.
    min_delivered
        The share of the wave's messages that must arrive, of 1.
    timeout
        Seconds to wait until all are decided, or nothing can change the answer. After that the
        share counts among those that are decided, and they must be half of the wave at least.
    interval
        Seconds between two looks.
    reading
        Further settings of `read_callbacks`.

    Raises
    ------
    UsageError
        `min_delivered` is not a share.
    """
    _require_shares(min_delivered=min_delivered)

    def go_on(wave: pl.DataFrame) -> bool:
        from msgframe.receipts import read_callbacks, track

        deadline = time.monotonic() + timeout
        while True:
            late = time.monotonic() > deadline
            receipts = read_callbacks(source() if callable(source) else source, **reading)
            verdict = evaluate_canary(
                track(wave, receipts).deliveries.with_columns(wave=0),
                min_delivered=min_delivered,
                min_decided=0.5 if late else 1.0,
            )
            if late or verdict.answer != "wait":
                return verdict.answer == "go"
            time.sleep(interval)

    return go_on


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


def _require_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 < share <= 1:
            raise UsageError(f"{name}={share} is no share. 0.9 is nine of ten.")


def _counts(wave: pl.DataFrame) -> tuple[int, int, int]:
    """Count the messages of a wave, those that are decided, and those that arrived."""
    status = pl.col("status").cast(pl.String)
    failed = pl.col("state").cast(pl.String) == "failed"
    sent, decided, arrived = wave.select(
        pl.len().alias("sent"),
        (failed | status.is_in(statuses_that_are("final"))).sum().alias("decided"),
        status.is_in(statuses_that_are("delivered")).sum().alias("arrived"),
    ).row(0)
    return sent, decided, arrived
