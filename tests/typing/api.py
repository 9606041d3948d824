"""What a type checker makes of the street: checked by mypy, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import polars as pl

import msgframe as mf
from msgframe.core.vendor import RequestSizes
from msgframe.message_central import MESSAGE_CENTRAL
from msgframe.receipts import Tracked
from msgframe.recipients import Checked
from msgframe.reports import Report
from msgframe.spreadsheets import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgframe.core.vendor import Mode, Vendor


class Customer(mf.Recipient):
    """A model of one's own."""

    Saldo: str


def street(client: mf.Client, journal: mf.Journal) -> None:
    """Each door takes and gives what the README says."""
    reading = mf.read("recipients.xlsx")
    assert_type(reading, Reading)
    sheet, findings = reading
    assert_type(findings, pl.DataFrame)

    assert_type(mf.check(sheet, letters=reading.letters), Checked)
    checked = mf.check(reading, Customer, country="91")
    assert_type(checked, Checked)
    accepted, rejected, problems = checked
    assert_type(rejected, pl.DataFrame)
    assert_type(problems, pl.DataFrame)

    messages = mf.render(accepted, "Hola ##Var1##")
    assert_type(messages, pl.DataFrame)
    assert_type(mf.render(accepted.lazy(), "Hola ##Var1##"), pl.LazyFrame)

    plan = mf.plan(messages, campaign="c", sender_id="UTOMOB", message_type="TRANSACTION")
    assert_type(plan, pl.DataFrame)
    sent = mf.send(plan, client, journal)
    assert_type(sent, pl.DataFrame)

    callbacks = mf.read_callbacks("callbacks.jsonl")
    assert_type(callbacks, pl.DataFrame)
    tracked = mf.track(sent, callbacks)
    assert_type(tracked, Tracked)
    assert_type(mf.report(tracked.deliveries), Report)


def nouns() -> None:
    """A noun is an expression, of a name or of an expression."""
    assert_type(mf.msisdn("country", "mobile"), pl.Expr)
    assert_type(mf.encoding("text"), pl.Expr)
    assert_type(mf.segments(pl.col("text").str.strip_chars()), pl.Expr)


def errors(client: mf.Client) -> float | None:
    """An error carries its facts."""
    from msgframe.errors import Throttled

    try:
        client.single("91", "9816111111", "hola", sender_id="UTOMOB", message_type="OTP")
    except Throttled as busy:
        assert_type(busy.retry_after, float | None)
        return busy.retry_after
    except mf.MsgframeError as refused:
        assert_type(refused.exit_code, int)
    return None


# A wrong choice is seen before the program runs.
mf.plan(
    pl.DataFrame(),
    campaign="c",
    sender_id="UTOMOB",
    message_type="MARKETING",  # type: ignore[arg-type]
)


class JsonLimits:
    """The limits of another vendor; `body_bytes` is its own."""

    body_bytes: int = 500
    list_numbers: int = 40
    file_rows: int = 1
    handful: int = 0
    segments: int = 4


class JsonVendor:
    """Another vendor to plan for: its settings have a signature of their own."""

    modes: tuple[Mode, ...] = ("single", "list")
    limits = JsonLimits()
    sizes = RequestSizes(
        text=lambda text: text.str.len_bytes(),
        most_per_byte=1,
        number=pl.col("mobile").str.len_bytes(),
        longest_number=15,
        separator=1,
        container="JSON",
    )

    def check_settings(self, *, sender_id: str) -> dict[str, str | None]:
        return {"sender_id": sender_id}

    def capacity(self, settings: Mapping[str, object], limits: JsonLimits) -> int:
        return limits.body_bytes

    def unsafe_in_file(self, rows: pl.DataFrame, limits: JsonLimits, *, capacity: int) -> pl.Series:
        return rows["text"]


def another_vendor(plan: pl.DataFrame) -> None:
    """Whatever has the shape is a vendor."""
    vendor: Vendor = JsonVendor()
    assert_type(mf.plan_summary(plan, vendor=vendor), pl.DataFrame)
    assert_type(mf.plan_summary(plan, vendor=MESSAGE_CENTRAL), pl.DataFrame)
