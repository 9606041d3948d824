"""The state of a message is the same for every order and repetition of its receipts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from msgframe import frames
from msgframe.frames import statuses_that_are
from msgframe.receipts.latest import latest_receipts

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)

RECEIPT = st.fixed_dictionaries(
    {
        "message_id": st.sampled_from(["a", "b", None]),
        "msisdn": st.sampled_from([919816111111, 34612345678, None]),
        "status": st.sampled_from(frames.STATUS.categories.to_list()),
        "error_code": st.sampled_from(["0", "1", "633", None]),
        "submitted_at": st.sampled_from([NINE, NINE + timedelta(seconds=1), None]),
        "done_at": st.one_of(
            st.none(), st.integers(0, 9).map(lambda n: NINE + timedelta(microseconds=n))
        ),
    }
)


def framed(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=frames.columns("callbacks"))


def folded(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return latest_receipts(framed(rows)).sort(pl.all())


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(RECEIPT, max_size=12), data=st.data())
def test_order_and_repetition_make_no_difference(rows: list[dict[str, Any]], data: st.DataObject):
    """However receipts are shuffled, and whichever come again, the fold is the same."""
    mixed = data.draw(st.permutations(rows + (rows[:3] if rows else [])))

    assert_frame_equal(folded(mixed).drop("receipts"), folded(rows).drop("receipts"))


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(RECEIPT, min_size=1, max_size=8), later=RECEIPT)
def test_a_final_state_does_not_go_back(rows: list[dict[str, Any]], later: dict[str, Any]):
    """What was final stays final, and delivered stays delivered, whatever comes later."""
    same = {"message_id": "a", "msisdn": 1}
    before = folded([row | same for row in rows])["status"].item()
    after = folded([row | same for row in [*rows, later]])["status"].item()

    final, delivered = statuses_that_are("final"), statuses_that_are("delivered")
    assert before not in final or after in final
    assert before not in delivered or after in delivered
    assert before != "read" or after == "read"


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(RECEIPT, max_size=12))
def test_every_receipt_is_counted(rows: list[dict[str, Any]]):
    """No receipt is lost by folding."""
    assert folded(rows)["receipts"].sum() == len(rows)


@pytest.mark.parametrize(
    ("statuses", "folds_to"),
    [
        (["enroute", "delivered"], "delivered"),
        (["delivered", "expired"], "delivered"),
        (["undelivered", "accepted"], "undelivered"),
        (["unknown", "enroute"], "unknown"),
        (["queued", "accepted", "enroute"], "enroute"),
        (["rejected", "undelivered"], "undelivered"),
    ],
)
def test_precedence(statuses: list[str], folds_to: str):
    """The surer state stands, in either order."""
    rows = [{"message_id": "a", "msisdn": 1, "status": status} for status in statuses]

    assert folded(rows)["status"].item() == folded(rows[::-1])["status"].item() == folds_to


def test_of_two_failures_the_later_counts():
    """Failures are equally final: the one that was done last stands, with its error."""
    rows = [
        {"message_id": "a", "msisdn": 1, "status": "expired", "done_at": NINE + timedelta(hours=1)},
        {"message_id": "a", "msisdn": 1, "status": "undelivered", "done_at": NINE},
    ]
    rows[0]["error_code"] = "9"

    assert folded(rows).select("status", "error_code").row(0) == ("expired", "9")


def test_delivered_is_when_it_first_was():
    """Of several deliveries the earliest tells the time."""
    rows = [
        {"message_id": "a", "msisdn": 1, "status": "delivered", "done_at": NINE + n * timedelta(1)}
        for n in (2, 0, 1)
    ]

    assert folded(rows)["done_at"].item() == NINE


@pytest.mark.parametrize("read_first", [False, True])
def test_a_message_that_was_read_arrived_when_it_was_delivered(read_first: bool):
    """Who reads it an hour later did not wait for it; the receipt of the reading is no arrival."""
    rows = [
        {"message_id": "a", "msisdn": 1, "status": "delivered", "done_at": NINE},
        {"message_id": "a", "msisdn": 1, "status": "read", "done_at": NINE + timedelta(hours=1)},
    ]

    latest = folded(rows[::-1] if read_first else rows)

    assert latest.select("status", "done_at").row(0) == ("read", NINE)


@pytest.mark.parametrize("delivered", [[], [{"status": "delivered"}]])
def test_a_reading_alone_is_when_it_arrived_at_the_latest(delivered: list[dict[str, Any]]):
    """Without a date of the delivery, the first reading is all that is known."""
    rows = [*delivered, *({"status": "read", "done_at": NINE + n * timedelta(1)} for n in (1, 0))]

    latest = folded([{"message_id": "a", "msisdn": 1} | row for row in rows])

    assert latest.select("status", "done_at").row(0) == ("read", NINE)
