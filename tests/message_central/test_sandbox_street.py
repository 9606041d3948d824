"""The examples' sheet on the whole street, against every way in which a vendor may differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

import msgframe as mf
from msgframe import sandbox
from msgframe.message_central.sandbox import DeliveryModel, Fault, ResponseStyle

if TYPE_CHECKING:
    from collections.abc import Iterator

SHEET = Path(__file__).parents[2] / "data" / "recipients.xlsx"
TEMPLATE = "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"


@pytest.fixture(scope="module")
def messages() -> pl.DataFrame:
    sheet, _ = mf.read(SHEET)
    return mf.render(mf.check(sheet, country="91").accepted, TEMPLATE)


@pytest.fixture
def walk(messages: pl.DataFrame, tmp_path: Path) -> Iterator[object]:
    """Send the messages to a vendor of the given settings; give what was sent, and the vendor."""

    def go(mode: str = "auto", **settings: object) -> tuple[pl.DataFrame, sandbox.Sandbox]:
        names = {"campaign": "saldo", "sender_id": "UTOMOB", "message_type": "TRANSACTION"}
        plan = mf.plan(messages, mode=mode, **names)
        with (
            sandbox.serve(**settings) as vendor,
            mf.Client(
                vendor.url, customer_id=vendor.customer_id, password=vendor.password
            ) as client,
            mf.Journal(tmp_path / "saldo.db") as journal,
        ):
            return mf.send(plan, client, journal, progress=False), vendor

    return go


def read_by_people(vendor: sandbox.Sandbox) -> list[tuple[str, str]]:
    number = pl.concat_str("country_code", "mobile").alias("msisdn")
    return sorted(vendor.messages.select(number, "text").rows())


def meant_for_people(sent: pl.DataFrame) -> list[tuple[str, str]]:
    return sorted(sent.select(pl.col("msisdn").cast(pl.String), "text").rows())


@pytest.mark.parametrize("placeholder_passes", ["one", "many"])
@pytest.mark.parametrize("mode", ["auto", "file"])
def test_people_read_what_was_rendered(walk, mode: str, placeholder_passes: str):
    """However the vendor fills a template, each person reads the text that `render` made."""
    sent, vendor = walk(mode, placeholder_passes=placeholder_passes)

    assert "file" in vendor.messages["mode"]
    assert read_by_people(vendor) == meant_for_people(sent)


@pytest.mark.parametrize("bulk", ["id", "no_id", "no_data", "wandering"])
def test_accepted_whatever_the_bulk_answer_looks_like(walk, bulk: str):
    """An answer without an id, or without data, is still an answer."""
    sent, vendor = walk(response_style=ResponseStyle(bulk=bulk, text_codes=True, number_ids=True))

    assert set(sent["state"]) == {"accepted"}
    assert vendor.messages.height == sent.height


def test_sums_hold_in_a_rough_world(walk):
    """With silent, repeated, late, overtaken and foreign receipts, nothing is lost in the count."""
    sent, vendor = walk(
        delivery_model=DeliveryModel(
            missing=0.05, repeated=0.1, late=0.05, reordered=0.2, orphans=0.02
        )
    )
    deliveries, orphans = mf.track(sent, mf.read_callbacks(vendor.callbacks()))

    foreign = vendor.receipts.filter(pl.col("message").is_null()).height
    silent = vendor.messages.height - vendor.receipts["message"].drop_nulls().n_unique()
    assert deliveries.height == sent.height
    assert deliveries.filter(status="pending").height == silent
    assert deliveries["receipts"].sum() + orphans.height == vendor.receipts.height
    assert orphans.height == foreign


def test_nobody_twice_when_connections_break(walk):
    """What a reset leaves open becomes unknown, and no message is taken twice."""
    sent, vendor = walk("file", faults=[Fault("reset_after", at=[0])])

    taken = vendor.messages.group_by("country_code", "mobile", "text").len()
    assert taken["len"].max() == 1
    assert "unknown" in sent["state"]
    assert vendor.messages.height == sent.height


@pytest.mark.parametrize("message_ids", ["transaction", "request", "verification", "own"])
def test_certain_matches_are_true(walk, message_ids: str):
    """What `track` calls certain is what the sandbox knows, whatever the vendor's ids mean."""
    rough = DeliveryModel(
        missing=0.01, repeated=0.1, late=0.05, reordered=0.2, message_ids=message_ids, throughput=50
    )
    sent, vendor = walk(delivery_model=rough)
    deliveries, _ = mf.track(sent, mf.read_callbacks(vendor.callbacks()))

    truth = vendor.receipts.filter(kind="final").join(vendor.messages, on="message")
    ends = truth.select(
        "text",
        pl.concat_str("country_code_right", "mobile_right").cast(pl.Int64).alias("msisdn"),
        meant=pl.col("done_at").dt.truncate("1s"),
    )
    certain = deliveries.filter(pl.col("done_at").is_not_null() & ~pl.col("ambiguous"))
    known = certain.join(ends, on=["msisdn", "text"], how="left", validate="1:1")
    assert certain.height > 0.95 * sent.height
    assert known["done_at"].to_list() == known["meant"].to_list()
