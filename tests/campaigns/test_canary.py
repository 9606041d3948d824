"""A canary: it goes alone, its receipts are evaluated, and then the rest follows or does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import msgframe as mf
from msgframe import evaluate_canary, frames
from msgframe.errors import UsageError


def test_the_rest_follows_when_the_canary_is_judged(tmp_path):
    now = datetime.now(UTC)
    plan = mf.plan(
        mf.render(people(200), "Hola ##nombre##"),
        campaign="saldo",
        sender_id="UTOMOB",
        message_type="TRANSACTION",
        start=now,
        canary=0.02,
        pause=timedelta(seconds=3),
    )

    with (
        mf.sandbox.serve(seed=3) as vendor,
        mf.Client(vendor.url, customer_id=vendor.customer_id, password=vendor.password) as client,
        mf.Journal(tmp_path / "saldo.db") as journal,
    ):
        first = mf.send(plan, client, journal, max_wait=0)
        deliveries, _ = mf.track(first, mf.read_callbacks(vendor.callbacks()))
        verdict = evaluate_canary(deliveries, min_delivered=0.1)
        rest = mf.send(plan, client, journal, max_wait=30)

    went = first.filter(pl.col("state") == "accepted")
    assert went["wave"].unique().to_list() == [0]
    assert went.height == 4
    assert verdict.answer == "go"
    assert rest["state"].unique().to_list() == ["accepted"]


def deliveries(statuses: list[str]) -> pl.DataFrame:
    """Write out a wave as `track` gives it; "failed" never left. One row is of another wave."""
    return pl.DataFrame(
        {
            "wave": [0] * len(statuses) + [1],
            "state": ["failed" if status == "failed" else "accepted" for status in statuses]
            + ["accepted"],
            "status": [None if status == "failed" else status for status in statuses] + ["expired"],
        },
        schema={"wave": pl.UInt32, "state": frames.STATE, "status": frames.STATUS},
    )


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [
        (["delivered"] * 9 + ["undelivered"], "go"),
        (["delivered"] * 8 + ["undelivered", "expired"], "stop"),
        (["delivered"] * 4 + ["pending"] * 6, "wait"),
        (["enroute"] * 10, "wait"),
        (["failed"] * 10, "stop"),
        (["delivered"] * 5 + ["pending"] * 5, "go"),
        ([], "wait"),
    ],
)
def test_a_canary_is_evaluated_by_its_receipts(statuses, answer):
    assert evaluate_canary(deliveries(statuses)).answer == answer


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [
        (["delivered"] * 9 + ["pending"], "go"),
        (["delivered"] * 8 + ["pending"] * 2, "wait"),
        (["delivered"] * 8 + ["pending", "rejected"], "wait"),
        (["undelivered"] * 2 + ["pending"] * 8, "stop"),
        (["pending"] * 10, "wait"),
    ],
)
def test_no_answer_waits_for_receipts_that_cannot_change_it(statuses, answer):
    assert evaluate_canary(deliveries(statuses), min_decided=1.0).answer == answer


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_a_share_is_more_than_nothing_and_no_more_than_all(share):
    with pytest.raises(UsageError, match="no share"):
        evaluate_canary(deliveries([]), min_delivered=share)


def test_both_judges_stop_where_most_was_refused():
    """Of a hundred, sixty were refused and forty arrived: what failed to leave did not arrive."""
    wave = mf.plan(
        mf.render(people(100), "Hola ##nombre##"),
        campaign="saldo",
        sender_id="UTOMOB",
        message_type="TRANSACTION",
        mode="single",
    ).with_columns(
        state=pl.Series(["failed"] * 60 + ["accepted"] * 40, dtype=frames.STATE),
        request_at=pl.lit(datetime(2026, 11, 22, tzinfo=UTC)).cast(frames.MOMENT),
        response_code=pl.lit(200, pl.Int32),
        verification_id=pl.format("{}", pl.int_range(100)),
        transaction_id=pl.format("t-{}", pl.int_range(100)),
        error=pl.lit(None, pl.String),
    )
    receipts = [
        {"messageId": f"t-{n}", "mobile": f"9198161{n:05}", "status": "DELIVRD"}
        for n in range(60, 100)
    ]
    tracked, _ = mf.track(wave, mf.read_callbacks(receipts))

    assert tracked["status"].to_list()[60:] == ["delivered"] * 40
    assert evaluate_canary(tracked).answer == "stop"
    assert not mf.when_delivered(receipts, timeout=0)(wave)


def people(count: int) -> pl.DataFrame:
    """Write out checked people of distinct names."""
    return pl.DataFrame(
        {
            "row": pl.Series(range(2, count + 2), dtype=pl.UInt32),
            "country_code": "91",
            "mobile": [f"98161{n:05}" for n in range(count)],
            "msisdn": [919816100000 + n for n in range(count)],
            "nombre": [f"Ana {n}" for n in range(count)],
        }
    )
