"""The sandbox knows the truth: whose receipt each is, through real sends in every mode."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pytest

import msgframe as mf
from msgframe.message_central.sandbox import DeliveryModel, ResponseStyle, Sandbox
from msgframe.receipts import Tracked
from msgframe.receipts.fields import status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = 60


def planned(mode: Literal["single", "list", "file"]) -> pl.DataFrame:
    # Every tenth number has a second row, as in the vendor's own sample sheet.
    numbers = [f"98161{n - n % 10 if n % 10 == 9 else n:05}" for n in range(PEOPLE)]
    sheet = pl.DataFrame(
        {
            "row": range(2, PEOPLE + 2),
            "Country": "91",
            "Mobile": numbers,
            "Name": map(str, range(PEOPLE)),
        },
        schema_overrides={"row": pl.UInt32},
    )
    accepted, *_ = mf.check(sheet, country="91", keep="all")
    text = "Hola" if mode == "list" else "Hola ##Name##"
    return mf.plan(
        mf.render(accepted, text),
        campaign="truth",
        sender_id="UTOMOB",
        message_type="TRANSACTION",
        mode=mode,
    )


@contextmanager
def vendor(folder: Path, **settings: Any) -> Iterator[tuple[Sandbox, mf.Client, mf.Journal]]:
    with (
        mf.sandbox.serve(**settings) as played,
        mf.Client(played.url, customer_id=played.customer_id, password=played.password) as client,
        mf.Journal(folder / "journal.db") as journal,
    ):
        yield played, client, journal


def truth(played: Sandbox) -> pl.DataFrame:
    """Give the status in which each message truly ended; null where no receipt came."""
    ends = played.receipts.filter(pl.col("kind") == "final").select(
        "message", true=status("status")
    )
    return played.messages.join(ends, on="message", how="left").select(
        (pl.col("country_code") + pl.col("mobile")).cast(pl.Int64).alias("msisdn"), "text", "true"
    )


@pytest.mark.parametrize(
    ("mode", "message_ids", "matched_by"),
    [
        ("single", "transaction", "transaction_id"),
        ("single", "verification", "verification_id"),
        ("single", "own", "msisdn"),
        ("file", "request", "transaction_id"),
        ("file", "own", "msisdn"),
        ("file", "transaction", "msisdn"),
    ],
)
def test_what_is_certain_is_true(mode: Any, message_ids: Any, matched_by: str, tmp_path: Path):
    """Whatever the vendor's ids are, a certain row has its own end, by the proof that there was."""
    delivery_model = DeliveryModel(
        message_ids=message_ids, missing=0.1, repeated=0.3, reordered=0.3, interim=0.3
    )
    with vendor(
        tmp_path, delivery_model=delivery_model, response_style=ResponseStyle(bulk="id")
    ) as (played, client, journal):
        sent = mf.send(planned(mode), client, journal, progress=False)
        tracked = Tracked(*mf.track(sent, mf.read_callbacks(played.callbacks())))
        true = truth(played)

    certain = tracked.deliveries.filter(~pl.col("ambiguous"))
    wrong = certain.join(true, on=["msisdn", "text"]).filter(
        pl.col("status") != pl.col("true").fill_null("pending")
    )
    assert wrong.is_empty()
    assert certain.height > 0.7 * PEOPLE
    assert certain["matched_by"].drop_nulls().unique().to_list() == [matched_by]
    assert tracked.orphans.height < 0.2 * PEOPLE


def test_strangers_receipts_are_orphans(tmp_path: Path):
    """Receipts for numbers that nobody wrote to are kept apart, and counted."""
    with vendor(tmp_path, delivery_model=DeliveryModel(orphans=0.5)) as (played, client, journal):
        sent = mf.send(planned("file"), client, journal, progress=False)
        tracked = mf.track(sent, mf.read_callbacks(played.callbacks()))
        strange = played.receipts.filter(pl.col("kind") == "orphan").height

    assert 0 < strange == tracked.orphans.height


def test_posted_to_the_receiver_it_is_the_same(tmp_path: Path):
    """Callbacks that were really POSTed and stored give what the export gives."""
    store = tmp_path / "callbacks.db"
    with (
        mf.receiver.serve(store, port=0) as inbox,
        vendor(tmp_path, callback_url=inbox.url, speedup=1e6) as (played, client, journal),
    ):
        sent = mf.send(planned("file"), client, journal, progress=False)
        until = time.monotonic() + 10
        while mf.read_callbacks(store).height < played.receipts.height:
            assert time.monotonic() < until
            time.sleep(0.05)
        exported = mf.track(sent, mf.read_callbacks(played.callbacks())).deliveries
    posted = mf.track(sent, mf.read_callbacks(store)).deliveries

    assert posted.equals(exported)
