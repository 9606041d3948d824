"""The zone of the vendor's dates is found by the sends' own clock."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from msgframe import frames
from msgframe.errors import DataError
from msgframe.receipts import estimate_zone, read_callbacks, track

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)


def campaign(zone: str, wait: float = 4.0, people: int = 200) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send to people, and get receipts whose dates are clock times in a zone."""
    dice = random.Random(1)
    left = [NINE + timedelta(seconds=n * 0.1) for n in range(people)]
    numbers = [919800000000 + n for n in range(people)]
    said = []
    for number, at in zip(numbers, left, strict=True):
        clock = at.astimezone(ZoneInfo(zone)) + timedelta(seconds=dice.expovariate(1 / wait))
        date = clock.strftime("%Y-%m-%d %H:%M:%S")
        said.append({"mobile": str(number), "status": "DELIVRD", "submitDate": date})
    sent = pl.DataFrame(
        {"msisdn": numbers, "state": ["accepted"] * people, "request_at": left},
        schema_overrides={"state": frames.STATE},
    )
    missing = {
        "transaction_id": pl.lit(None, pl.String),
        "verification_id": pl.lit(None, pl.String),
    }
    return sent.with_columns(**missing), pl.DataFrame(said)


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "UTC", "Europe/Madrid", "Asia/Kathmandu", "America/New_York"]
)
@pytest.mark.parametrize("read_as", ["Asia/Kolkata", "UTC", "America/New_York"])
def test_the_zone_is_found(zone: str, read_as: str):
    """Whatever zone the dates were read in, the right one is found, with its share."""
    sent, export = campaign(zone)

    found = estimate_zone(sent, read_callbacks(export, zone=read_as), zone=read_as)

    assert zone in {found.zone, *found.others}
    assert found.share > 0.95
    assert found.pairs == 200


def test_the_right_zone_brings_the_matches_back():
    """With the estimate, receipts that were orphans find their messages."""
    sent, export = campaign("UTC")
    wrong = read_callbacks(export)
    zone = estimate_zone(sent, wrong).zone

    before, after = track(sent, wrong), track(sent, read_callbacks(export, zone=zone or ""))

    assert before.orphans.height == 200
    assert after.orphans.is_empty()
    assert not after.deliveries["ambiguous"].any()


def test_a_vendor_that_waits_gives_a_small_share():
    """Where waits are long the evidence is spread, and says so."""
    sent, export = campaign("UTC", wait=3_600)

    assert estimate_zone(sent, read_callbacks(export)).share < 0.9


def test_nothing_to_go_by_is_said():
    """Without a pair there is no estimate."""
    sent, _ = campaign("UTC")

    with pytest.raises(DataError, match="no pair"):
        estimate_zone(sent, frames.empty("callbacks"))
