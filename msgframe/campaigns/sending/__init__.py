"""Sending: a plan, a client and a journal come together, and the messages go out.

`send` writes every request down before it leaves and its answer after. Run it again whenever
something broke: it goes on where it was, and what is done it does not do again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import polars as pl

from msgframe.campaigns.flow_control import SendLimits
from msgframe.campaigns.journal import join_results
from msgframe.campaigns.planning import fingerprint
from msgframe.campaigns.sending.sender import RequestBuilder, Sender
from msgframe.core.translation import translate
from msgframe.errors import PlanChanged, UsageError
from msgframe.frames import columns, forbid_columns, require_columns

if TYPE_CHECKING:
    from msgframe.campaigns.canary import WaveGate
    from msgframe.campaigns.journal import Journal
    from msgframe.core.vendor import VendorClient

__all__ = ["send", "settle"]

_log = logging.getLogger(__name__)


def send(
    plan: pl.DataFrame,
    client: VendorClient,
    journal: Journal,
    /,
    *,
    confirm: str | None = None,
    resend_unknown: bool = False,
    resend_failed: bool = False,
    rate: float | None = None,
    recipients_rate: float | None = None,
    concurrency: int = 8,
    patience: float = 60.0,
    max_wait: float = 3600.0,
    waves: int | None = None,
    go_on: WaveGate | None = None,
    progress: bool | None = None,
) -> pl.DataFrame:
    """Send a plan: each request once, written down before it leaves and after it is answered.

    Run it again after a crash, a Ctrl-C or an error, and it goes on where it was; what has gone is
    not sent again. Only what certainly never left is repeated by itself: no connection, 429, 800,
    one 401. A request whose outcome nobody knows stays `unknown`; receipts may settle it.

    Parameters
    ----------
    plan
        What `plan` gave.
    client
        The vendor's API.
    journal
        Where it is written down.
    confirm
        The plan's fingerprint, or its first digits, as a person was shown it.
    resend_unknown, resend_failed
        Whether requests that are unknown (people may get their text twice), or were refused, are
        sent again.
    rate, recipients_rate
        Requests and recipients per second at most, for all processes that share the journal.
    concurrency
        Requests in flight at most. The first one goes alone; each that is accepted makes room for
        one more, and trouble takes it away again.
    patience
        Seconds of nothing but trouble after which it stops.
    max_wait
        Seconds to wait for messages that may only go later; beyond that they come out as held.
    waves
        How many of the plan's waves may go: with 1, only the first, such as a canary. The rest
        comes out as held, and goes when the same plan is sent without it.
    go_on
        Asked after each wave, with what became of its rows; where it says no, the rest is held.
        `when_delivered(store)` looks at the receipts.
    progress
        Whether to show a bar; by default in a terminal and in a notebook.

    Returns
    -------
    The plan with the columns of `frames.columns("send")`, rows in its order. What did not go is
    `held`, and `error` says why.

    Raises
    ------
    PlanChanged
        The journal holds another plan of this campaign, or `confirm` is another fingerprint.
    UsageError
        A setting that sends nothing, or a campaign that went to another vendor: what the sandbox
        took has reached nobody, so going live needs a journal of its own.
    JournalError
        The journal cannot be written, so nothing more went out; `JournalLocked` where another
        process sends the same campaign.
    ApiError
        The account is refused or has no credit, or there was nothing but trouble or refusals for
        too long. What has gone is in the journal, the rest waits for the next run.
    KeyboardInterrupt
        Ctrl-C, after what was in flight is answered and written down.

    >>> from tempfile import TemporaryDirectory
    >>> import msgframe as mf
    >>> people = {"country_code": ["91"], "mobile": ["9816111111"], "msisdn": [919816111111]}
    >>> terms = {"campaign": "hola", "sender_id": "UTOMOB", "message_type": "TRANSACTION"}
    >>> plan = mf.plan(mf.render(pl.DataFrame(people), "Hola"), **terms)
    >>> with (
    ...     TemporaryDirectory() as folder,
    ...     mf.sandbox.serve() as vendor,
    ...     mf.Client(vendor.url, token=vendor.token) as client,
    ...     mf.Journal(f"{folder}/journal.db") as journal,
    ... ):
    ...     sent = send(plan, client, journal)
    ...     again = send(plan, client, journal)
    ...     vendor.messages.height
    1
    >>> again.equals(sent)
    True
    >>> sent.select("mobile", "mode", "state", "response_code")
    shape: (1, 4)
    ┌────────────┬────────┬──────────┬───────────────┐
    │ mobile     ┆ mode   ┆ state    ┆ response_code │
    │ ---        ┆ ---    ┆ ---      ┆ ---           │
    │ str        ┆ enum   ┆ enum     ┆ i32           │
    ╞════════════╪════════╪══════════╪═══════════════╡
    │ 9816111111 ┆ single ┆ accepted ┆ 200           │
    └────────────┴────────┴──────────┴───────────────┘
    """
    require_columns(plan, columns("plan"), verb="send")
    forbid_columns(plan, "send", verb="send")
    _check(concurrency=concurrency, rate=rate, recipients_rate=recipients_rate, waves=waves)
    if plan.is_empty():
        return plan.with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in columns("send").items()
        )
    requests = RequestBuilder(plan, client)
    confirmed = _confirmed(plan, confirm)
    campaign = journal.begin(plan, fingerprint=confirmed, vendor=client.vendor)
    limits = SendLimits(concurrency, rate, recipients_rate, patience)
    reason = ""
    with journal.sending(campaign) as session:
        session.requeue(["unknown"] * resend_unknown + ["failed"] * resend_failed)
        for wave in _stops(plan, waves, go_on):
            session.stop_after(wave)
            reason = Sender(session, requests, limits, max_wait=max_wait).run(show=progress)
            if go_on and not reason:
                reason = _why_not(plan, journal, wave, go_on)
            if reason:
                break
    sent = join_results(plan, journal.requests(campaign), reason=reason)
    _warn_of_unknown(campaign, sent)
    return sent


def settle(journal: Journal, deliveries: pl.DataFrame, /) -> pl.DataFrame:
    """Note in the journal which unknown requests were taken after all: a receipt proves it.

    Returns
    -------
    The requests that were settled: `campaign`, `request`, `people`, `receipts`. They count as
    accepted from now on, and `send(…, resend_unknown=True)` leaves them alone.
    """
    return journal.settle(deliveries)


def _stops(plan: pl.DataFrame, waves: int | None, go_on: WaveGate | None) -> list[int]:
    """Give the waves after which to stop and look; without anything to look at, just the last."""
    waves_planned = plan["wave"].drop_nulls().unique().sort().to_list()[:waves] or [0]
    return waves_planned if go_on else waves_planned[-1:]


def _why_not(plan: pl.DataFrame, journal: Journal, wave: int, go_on: WaveGate) -> str:
    """Ask whether to go on after a wave, if something is left."""
    sent = join_results(plan, journal.requests(plan["campaign"][0]))
    later = sent.filter(pl.col("wave") > wave, pl.col("state") == "held")
    if later.is_empty() or go_on(sent.filter(pl.col("wave") == wave)):
        return ""
    return translate("send.wave_stopped", wave=wave)


def _check(**settings: float | None) -> None:
    for name, value in settings.items():
        if value is not None and not value > 0:
            raise UsageError(f"{name}={value} sends nothing. It must be more than 0, such as 20.")


def _confirmed(plan: pl.DataFrame, confirm: str | None) -> str:
    expected = fingerprint(plan)
    if confirm is None:
        return expected
    shown = confirm.strip().rstrip("….")
    if len(shown) < 4 or not expected.startswith(shown):
        raise PlanChanged(
            f"This plan is {expected}, not {confirm}. Nothing was sent. Look at it again, and"
            f" confirm={expected[:4]!r} if it is the one."
        )
    return expected


def _warn_of_unknown(campaign: str, sent: pl.DataFrame) -> None:
    unknown = sent.filter(pl.col("state") == "unknown")
    if unknown.height:
        _log.warning(
            "%s: at most %s people may have had it: %s requests are unknown (%s). They are not"
            " sent again by themselves; receipts may settle them.",
            campaign,
            f"{unknown.height:,}",
            f"{unknown['request'].n_unique():,}",
            "; ".join(unknown["error"].drop_nulls().unique(maintain_order=True).head(3)),
        )
