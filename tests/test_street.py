"""The whole street over real HTTP on loopback, on the project's own data."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

import msgframe as mf
from msgframe import frames

DATA = Path(__file__).parent.parent / "data"
TEMPLATE = "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"


class Street(NamedTuple):
    """Every frame of one walk, and what the vendor saw."""

    sheet: pl.DataFrame
    checked: mf.recipients.Checked  # type: ignore[name-defined]
    messages: pl.DataFrame
    plan: pl.DataFrame
    sent: pl.DataFrame
    again: pl.DataFrame
    callbacks: pl.DataFrame
    tracked: mf.deliveries.Tracked  # type: ignore[name-defined]
    received: pl.DataFrame
    requests: int


@pytest.fixture(scope="module")
def street(tmp_path_factory) -> Street:
    """Walk the street once, and try to send a second time at its end."""
    out = tmp_path_factory.mktemp("street")
    sheet, _ = mf.read(DATA / "recipients.xlsx")
    checked = mf.check(sheet, country="91")
    messages = mf.render(checked.accepted, TEMPLATE)
    plan = mf.plan(
        messages, campaign="saldo-noviembre", sender_id="UTOMOB", message_type="TRANSACTION"
    )
    with (
        mf.sandbox.serve() as vendor,
        mf.Client(vendor.url, customer_id=vendor.customer_id, password=vendor.password) as client,
        mf.Journal(out / "saldo.db") as journal,
    ):
        sent = mf.send(plan, client, journal)
        requests = vendor.requests.height
        again = mf.send(plan, client, journal)
        assert vendor.requests.height == requests
        callbacks = mf.read_callbacks(vendor.callbacks())
        received = vendor.messages
    tracked = mf.track(sent, callbacks)
    return Street(
        sheet, checked, messages, plan, sent, again, callbacks, tracked, received, requests
    )


def test_accepted_and_rejected_are_all_that_was_read(street):
    """accepted + rejected = read, and each row is in exactly one of them."""
    rows = pl.concat([street.checked.accepted["row"], street.checked.rejected["row"]])
    assert rows.sort().to_list() == street.sheet["row"].sort().to_list()
    assert 0 < street.checked.rejected.height < street.checked.accepted.height


def test_sent_and_held_are_all_that_was_planned(street):
    """sent + held = planned, in the plan's order."""
    assert street.sent["message_key"].to_list() == street.plan["message_key"].to_list()
    held = street.sent["state"] == "held"
    assert held.to_list() == street.plan["held"].is_not_null().to_list()


def test_matched_and_pending_are_all_that_was_sent(street):
    """matched + pending = sent."""
    deliveries = street.tracked.deliveries
    sent = street.sent["state"].is_in(["accepted", "unknown"]).sum()
    pending = (deliveries["status"] == "pending").sum()
    assert deliveries["matched_by"].is_not_null().sum() + pending == sent


def test_every_receipt_is_matched_repeated_or_an_orphan(street):
    """receipts = matched + repeated + orphans."""
    deliveries, orphans = street.tracked
    assert deliveries["receipts"].sum() + orphans.height == street.callbacks.height


def test_each_message_reached_the_vendor_once(street):
    """What the vendor got is what was planned: nobody twice, nobody forgotten."""
    due = street.plan.filter(pl.col("held").is_null())
    wanted = due.select("country_code", "mobile", "text").sort(pl.all())
    got = street.received.select("country_code", "mobile", "text").sort(pl.all())
    assert got.rows() == wanted.rows()


def test_the_texts_that_arrived_are_the_texts_that_were_rendered(street):
    """The vendor's own rendering of an uploaded file gives our text, row by row."""
    by_file = street.plan.filter(pl.col("mode") == "file")
    assert by_file.height > 0
    got = street.received.group_by("country_code", "mobile").agg(got=pl.col("text").sort())
    ours = street.plan.group_by("country_code", "mobile").agg(ours=pl.col("text").sort())
    number = ["country_code", "mobile"]
    both = by_file.join(got, on=number).join(ours, on=number)
    assert both.height == by_file.height
    assert both["got"].to_list() == both["ours"].to_list()


def test_sending_again_sends_nothing_and_says_the_same(street):
    """What the journal holds is not sent again, and its answers are given back."""
    same = ["message_key", "state", "request_at", "response_code", "transaction_id"]
    assert street.again.select(same).equals(street.sent.select(same))


@pytest.mark.parametrize(
    ("frame", "stages"),
    [
        ("sheet", ["read"]),
        ("messages", ["check", "render"]),
        ("plan", ["check", "render", "plan"]),
        ("sent", ["check", "render", "plan", "send"]),
        ("callbacks", ["callbacks"]),
    ],
)
def test_frames_are_as_the_dictionary_says(street, frame, stages):
    """The table of columns and the real output agree, dtypes included."""
    for stage in stages:
        frames.model(stage).validate(getattr(street, frame))


def test_results_are_as_the_dictionary_says(street):
    """The frames inside of results likewise."""
    frames.model("check").validate(street.checked.accepted)
    frames.model("problems").validate(street.checked.problems)
    frames.model("track").validate(street.tracked.deliveries)
    frames.model("callbacks").validate(street.tracked.orphans)


def test_report_shows_that_the_sums_hold(street):
    """The report of the whole street, with every law on it."""
    told = mf.report(
        street.tracked.deliveries,
        sheet=street.sheet,
        checked=street.checked,
        callbacks=street.callbacks,
        orphans=street.tracked.orphans,
    )
    assert told.tables["sums"].height == 4
    assert told.tables["sums"]["holds"].all()


def test_no_result_shows_a_number(street):
    """Reprs and notebook views mask every phone number."""
    shown = [repr(street.checked), repr(street.tracked), street.checked._repr_html_()]
    numbers = street.checked.accepted["mobile"].head(50).to_list()
    assert not [number for number in numbers for text in shown if number in text]


def test_vendors_own_sample_is_refused():
    """The three rows of the vendor's page are placeholders: no check may let them through."""
    sheet, _ = mf.read(DATA / "sample_message_now.xlsx")
    accepted, rejected, problems = mf.check(sheet, country="91")
    assert (accepted.height, rejected.height) == (0, 3)
    assert problems.filter(severity="error")["row"].n_unique() == 3
