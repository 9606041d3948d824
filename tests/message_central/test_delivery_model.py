"""Receipts: decided by seed and content alone, in the shares that were asked for, truth kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from msgframe import sandbox
from msgframe.errors import UsageError
from msgframe.message_central.sandbox import DeliveryModel, Sandbox
from msgframe.message_central.sandbox.api import ApiRequest
from msgframe.message_central.sandbox.delivery_model import FAILURES, simulate

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PARAMS = {"type": "SMS", "flowType": "SMS", "senderId": "UTOMOB", "messageType": "TRANSACTION"}


def single(number: int, text: str = "hola") -> ApiRequest:
    mobile = f"{9_000_000_000 + number}"
    return ApiRequest(
        "send", {**PARAMS, "countryCode": "91", "mobileNumber": mobile, "message": text}
    )


def many(how_many: int) -> ApiRequest:
    numbers = ",".join(f"91 {9_000_000_000 + number}" for number in range(how_many))
    return ApiRequest("send", {**PARAMS, "phoneNumbers": numbers, "message": "hola"})


def play(
    requests: list[ApiRequest], delivery_model: DeliveryModel | None = None, *, seed: int = 0
) -> Sandbox:
    """Ask a vendor without any HTTP, at noon."""
    vendor = Sandbox(seed=seed, delivery_model=delivery_model, clock=lambda: NOON)
    for request in requests:
        vendor.handler.handle(replace(request, token=vendor.token))
    return vendor


def truth(vendor: Sandbox) -> pl.DataFrame:
    """Give each receipt beside the number and text that it belongs to, in a fixed order."""
    told = vendor.messages.select("message", "text", "occurrence", to="mobile")
    return (
        vendor.receipts.join(told, on="message", how="left")
        .drop("message", "message_id")
        .sort("to", "text", "occurrence", "kind")
    )


def test_same_seed_same_receipts():
    """Two vendors that are asked the same call back the same, byte for byte."""
    requests = [single(number) for number in range(50)] + [many(50)]

    assert_frame_equal(play(requests).callbacks(), play(requests).callbacks())


def test_another_seed_other_receipts():
    """The seed decides."""
    assert play([many(50)]).callbacks().rows() != play([many(50)], seed=1).callbacks().rows()


def test_order_of_arrival_does_not_matter():
    """The same messages in another order have the same outcome."""
    requests = [single(number % 40, f"text {number % 60}") for number in range(120)]

    assert_frame_equal(truth(play(requests)), truth(play(requests[::-1])))


def test_mode_does_not_matter():
    """A message has the same outcome whether it came alone or in a list: the content decides."""
    alone, listed = play([single(number) for number in range(200)]), play([many(200)])
    columns = ["mobile", "status", "error_code", "kind"]

    assert_frame_equal(truth(alone).select(columns), truth(listed).select(columns))


def test_pieces_do_not_matter():
    """Receipts that were looked at in between are the same as those looked at once."""
    requests = [single(number) for number in range(30)]
    watched = Sandbox(clock=lambda: NOON)
    for request in requests:
        watched.handler.handle(replace(request, token=watched.token))
        watched.receipts  # noqa: B018  (looking is what is tested)

    assert_frame_equal(watched.receipts, play(requests).receipts)


def test_equal_messages_have_outcomes_of_their_own():
    """One number that gets one text many times does not share one outcome."""
    vendor = play([single(1) for _ in range(200)])

    assert vendor.messages["occurrence"].to_list() == list(range(200))
    assert vendor.receipts["status"].n_unique() > 1


def test_shares_are_those_of_the_world():
    """Of 20,000 messages about as many arrive, are silent, or are told twice as was asked for."""
    world = DeliveryModel(delivered=0.9, missing=0.02, repeated=0.05, interim=0.1, orphans=0.03)
    receipts = play([many(20_000)], world).receipts

    final = receipts.filter(pl.col("kind") == "final")
    kinds = dict(receipts["kind"].cast(pl.String).value_counts().rows())
    assert (final["status"] == "DELIVRD").mean() == pytest.approx(0.9, abs=0.01)
    assert final.height == pytest.approx(19_600, abs=100)
    assert kinds["repeat"] == pytest.approx(980, abs=100)
    assert kinds["interim"] == pytest.approx(1_960, abs=150)
    assert kinds["orphan"] == pytest.approx(600, abs=80)


def test_failures_follow_the_table():
    """Each way to fail has its status, its code, and its share of the failures."""
    receipts = play([many(20_000)], replace(DeliveryModel.perfect(), delivered=0.0)).receipts
    seen = receipts.group_by("status", "error_code").len().rows()

    expected = {(status, code): share for status, code, share in FAILURES}
    assert {(status, code) for status, code, _ in seen} == set(expected)
    for status, code, count in seen:
        assert count / 20_000 == pytest.approx(expected[status, code], abs=0.01)
    assert sum(expected.values()) == pytest.approx(1)


def test_latency_is_lognormal():
    """The median is 4 s, and 95 of 100 take less than 12 s."""
    receipts = play([many(20_000)], DeliveryModel.perfect()).receipts
    latency = (receipts["done_at"] - receipts["submitted_at"]).dt.total_microseconds() / 1e6

    assert latency.median() == pytest.approx(4, rel=0.05)
    assert latency.quantile(0.95) == pytest.approx(12, rel=0.05)


def test_expired_messages_expire_at_the_end_of_their_validity():
    """What nobody could reach is given up after two days."""
    world = DeliveryModel(delivered=0.0, missing=0.0)
    receipts = play([many(500)], world).receipts.filter(status="EXPIRED", kind="final")

    assert set(receipts["done_at"] - receipts["submitted_at"]) == {timedelta(hours=48)}


def test_perfect_world_has_one_receipt_each():
    """In `DeliveryModel.perfect()` every message arrives, and its receipt comes once."""
    receipts = play([many(2_000)], DeliveryModel.perfect()).receipts

    assert receipts["message"].sort().to_list() == list(range(2_000))
    assert set(receipts["status"]) == {"DELIVRD"}


def test_some_receipts_are_reordered():
    """Some receipts arrive after others that were done later; in a perfect world none."""

    def reordered(world: DeliveryModel) -> int:
        done = play([many(5_000)], world).receipts["done_at"]
        return int((done < done.cum_max()).sum())

    assert reordered(DeliveryModel.perfect()) == 0
    assert reordered(DeliveryModel()) > 100


def test_some_interim_receipts_come_last():
    """A receipt from on the way may be heard after the final one."""
    receipts = play([many(5_000)], replace(DeliveryModel.perfect(), interim=1.0)).receipts
    order = receipts.group_by("message", maintain_order=True).agg(pl.col("kind").cast(pl.String))

    assert set(map(tuple, order["kind"])) == {("interim", "final"), ("final", "interim")}


def test_late_messages_are_late():
    """A share of the messages takes ten minutes to half a day."""
    receipts = play([many(5_000)], replace(DeliveryModel.perfect(), late=0.1)).receipts
    late = receipts.filter(pl.col("done_at") - pl.col("submitted_at") > timedelta(minutes=9))

    assert late.height == pytest.approx(500, abs=80)


@pytest.mark.parametrize(
    ("message_ids", "mode", "same_as"),
    [
        ("transaction", "single", "transaction_id"),
        ("verification", "single", "verification_id"),
        ("request", "single", "transaction_id"),
        ("request", "list", "transaction_id"),
        ("transaction", "list", None),
        ("verification", "list", None),
        ("own", "single", None),
    ],
)
def test_what_the_message_id_is(message_ids, mode, same_as):
    """`messageId` is an id that the client was told, or one of its own for each message."""
    requests = [single(number) for number in range(20)] if mode == "single" else [many(20)]
    vendor = play(requests, replace(DeliveryModel.perfect(), message_ids=message_ids))
    pairs = vendor.receipts.join(vendor.messages, on="message")

    if same_as is None:
        told = {*pairs["transaction_id"], *pairs["verification_id"]}
        assert pairs["message_id"].n_unique() == 20
        assert told.isdisjoint(pairs["message_id"])
    else:
        assert pairs["message_id"].to_list() == pairs[same_as].to_list()


def test_truth_names_the_message():
    """Each receipt says which message it belongs to, with that message's number; orphans none."""
    vendor = play([many(3_000)], DeliveryModel(orphans=0.02))
    told = vendor.receipts.join(vendor.messages, on="message", suffix="_of_message")
    strange = vendor.receipts.filter(pl.col("message").is_null())

    assert told["mobile"].to_list() == told["mobile_of_message"].to_list()
    assert strange.height > 0
    assert set(strange["kind"]) == {"orphan"}
    assert set(strange["mobile"]).isdisjoint(vendor.messages["mobile"])


def test_bulk_messages_leave_one_after_the_other():
    """Within one request messages are handed on at the world's throughput."""
    vendor = play([many(1_000)], replace(DeliveryModel.perfect(), throughput=100.0))
    submitted = vendor.receipts["submitted_at"]

    assert submitted.max() - submitted.min() == timedelta(seconds=9.99)


@pytest.mark.parametrize(
    ("spelling", "delivered", "expired"),
    [
        ("smpp", "DELIVRD", "EXPIRED"),
        ("english", "DELIVERED", "EXPIRED"),
        ("spanish", "ENTREGADO", "CADUCADO"),
    ],
)
def test_statuses_in_other_words(spelling, delivered, expired):
    """Statuses can be spelt as the vendor's sample, its pages, or their translation have them."""
    statuses = set(play([many(2_000)], DeliveryModel(spelling=spelling)).callbacks()["status"])

    assert {delivered, expired} <= statuses


def test_no_message_no_receipt():
    """Nothing asked, nothing called back: an empty frame with all its columns."""
    vendor = sandbox.Sandbox()

    assert vendor.callbacks().is_empty()
    assert vendor.callbacks().columns[:4] == ["apiKey", "clientId", "messageId", "status"]


def test_messages_are_left_as_they_were():
    """`simulate` gives a new frame."""
    messages = play([many(5)]).messages
    before = messages.clone()

    simulate(messages, DeliveryModel(), seed=0)

    assert_frame_equal(messages, before)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"missing": 1.5}, "missing=1.5"),
        ({"delivered": -1}, "delivered"),
        ({"throughput": 0}, "throughput=0"),
    ],
)
def test_impossible_worlds(wrong, said):
    """A share beyond 0 to 1 is refused where it is written."""
    with pytest.raises(UsageError, match=said):
        DeliveryModel(**wrong)
