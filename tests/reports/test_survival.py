"""The delivery curve: pending messages are censored, and a library agrees."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import CensoredData, ecdf

from msgframe import testing
from msgframe.reports.survival import delivery_curve, maturity

SENT = testing.deliveries(rows=3_000, seed=4)


def _cut(deliveries: pl.DataFrame, seconds: float) -> pl.DataFrame:
    """Look at a campaign `seconds` after its last request: what came later is still pending."""
    look = deliveries["request_at"].max() + timedelta(seconds=seconds)
    unseen = pl.col("done_at") > look
    hide = ["submitted_at", "done_at", "latency"]
    return deliveries.with_columns(
        status=pl.when(unseen)
        .then(pl.lit("pending").cast(deliveries["status"].dtype))
        .otherwise("status"),
        **{name: pl.when(~unseen).then(name) for name in hide},
    )


@pytest.mark.parametrize("seconds", [0, 2, 30, 3_600])
def test_curve_is_the_kaplan_meier_of_a_library(seconds):
    """At every step, scipy's estimator for right-censored data gives the same share."""
    seen = _cut(SENT, seconds)
    look = SENT["request_at"].max() + timedelta(seconds=seconds)

    line = delivery_curve(seen, as_of=look)[1:]

    arrived = seen.filter(pl.col("status") == "delivered")["latency"].dt.total_seconds()
    waiting = seen.filter(pl.col("status") != "delivered").select(
        (pl.lit(look) - pl.coalesce("submitted_at", "request_at")).dt.total_microseconds().clip(0)
        / 1e6
    )
    sample = CensoredData(uncensored=arrived.to_numpy(), right=waiting.to_series().to_numpy())
    library = ecdf(sample).cdf.evaluate(line["seconds"].to_numpy())
    np.testing.assert_allclose(line["delivered"].to_numpy(), library, atol=1e-12)


def test_without_pending_messages_the_curve_ends_at_the_share_delivered():
    """Nothing censored, nothing estimated: the plain share, when each had its full time."""
    settled = SENT.filter(pl.col("status") != "pending")
    year = SENT["request_at"].max() + timedelta(days=365)

    last = delivery_curve(settled, as_of=year)["delivered"][-1]

    assert last == pytest.approx((settled["status"] == "delivered").mean())


def test_an_early_look_expects_what_is_still_to_come():
    """Half a minute of sending, seen as it ends: the pending are young, and most will come."""
    rows = testing.deliveries(rows=15_000, seed=9)
    early = _cut(rows, 0)

    known = maturity(early, as_of=rows["request_at"].max())

    young = early["status"] == "pending"
    will_arrive = rows.filter(young & (pl.col("status") == "delivered")).height
    assert known.pending == young.sum() > will_arrive > 1_000
    assert known.expected == pytest.approx(will_arrive, rel=0.1)


def test_nothing_sent_is_a_flat_curve():
    """An empty campaign has a curve of one point and nothing to wait for."""
    assert delivery_curve(SENT.clear()).rows() == [(0.0, 0.0, 0)]
    assert maturity(SENT.clear()).share == 1.0
