"""A canary over real HTTP: it goes alone, its receipts are judged, and then the rest follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

import msgframe as mf
from msgframe.campaigns.planning import judge


def test_the_rest_follows_when_the_canary_is_judged(tmp_path):
    people = pl.DataFrame(
        {
            "row": pl.Series(range(2, 202), dtype=pl.UInt32),
            "country_code": "91",
            "mobile": [f"98161{n:05}" for n in range(200)],
            "msisdn": [919816100000 + n for n in range(200)],
            "nombre": [f"Ana {n}" for n in range(200)],
        }
    )
    now = datetime.now(UTC)
    plan = mf.plan(
        mf.render(people, "Hola ##nombre##"),
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
        verdict = judge(deliveries, delivered=0.1)
        rest = mf.send(plan, client, journal, max_wait=30)

    went = first.filter(pl.col("state") == "accepted")
    assert went["wave"].unique().to_list() == [0]
    assert went.height == 4
    assert verdict.answer == "go"
    assert rest["state"].unique().to_list() == ["accepted"]
