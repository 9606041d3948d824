"""Receipts come back to their messages; what is not certain says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from msgframe import frames
from msgframe.errors import ColumnsError, InvariantError
from msgframe.receipts import Tracked, track
from msgframe.receipts.tracking import _check

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

SENT = {
    "msisdn": pl.Int64,
    "state": frames.STATE,
    "request_at": frames.MOMENT,
    "transaction_id": pl.String,
    "verification_id": pl.String,
}


def sent(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {"msisdn": 919816111111, "state": "accepted", "request_at": NINE}
    return pl.DataFrame([usual | row for row in rows], schema=SENT)


def receipts(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {
        "msisdn": 919816111111,
        "status": "delivered",
        "submitted_at": NINE,
        "done_at": NINE + timedelta(seconds=4),
    }
    numbered = [{"message_id": f"id-{n}"} | usual | row for n, row in enumerate(rows)]
    return pl.DataFrame(numbered, schema=frames.columns("callbacks"))


def told(tracked: Any, *names: str) -> list[Any]:
    return (
        tracked.deliveries.select(names).rows()
        if len(names) > 1
        else list(tracked.deliveries[names[0]])
    )


def test_one_message_one_receipt():
    """The receipt's columns stand beside its message."""
    tracked = track(sent({}), receipts({"error_code": "0"}))

    assert tracked.deliveries.drop(SENT).row(0, named=True) == {
        "status": "delivered",
        "error_code": "0",
        "submitted_at": NINE,
        "done_at": NINE + timedelta(seconds=4),
        "latency": timedelta(seconds=4),
        "message_id": "id-0",
        "receipts": 1,
        "matched_by": "msisdn",
        "candidates": 1,
        "ambiguous": False,
    }
    assert tracked.orphans.is_empty()


def test_a_reading_does_not_lengthen_the_delivery():
    """The latency ends at the handset, not at the eye."""
    delivered = {"message_id": "a"}
    seen = {"message_id": "a", "status": "read", "done_at": NINE + timedelta(hours=1)}

    tracked = track(sent({}), receipts(delivered, seen))

    assert told(tracked, "status", "latency") == [("read", timedelta(seconds=4))]


def test_columns_are_as_written_down():
    """The columns that are added are those of the dictionary."""
    deliveries = track(sent({}), receipts()).deliveries

    assert deliveries.select(frames.columns("track").names()).schema == frames.columns("track")


@pytest.mark.parametrize("name", ["transaction_id", "verification_id"])
def test_an_id_is_the_surest_proof(name: str):
    """Where the receipt's id is the request's, number and time do not matter."""
    other_day = NINE + timedelta(days=9)

    tracked = track(
        sent({name: "t"}, {name: "u"}), receipts({"message_id": "u", "submitted_at": other_day})
    )

    assert told(tracked, "matched_by") == [None, name]
    assert told(tracked, "status") == ["pending", "delivered"]


def test_an_id_of_a_request_of_many_is_narrowed_by_the_number():
    """One id for a whole request leads to the row with the number."""
    tracked = track(
        sent({"transaction_id": "t", "msisdn": 1}, {"transaction_id": "t", "msisdn": 2}),
        receipts({"message_id": "t", "msisdn": 2}),
    )

    assert told(tracked, "matched_by", "ambiguous") == [(None, False), ("transaction_id", False)]


def test_a_number_twice_in_a_request_with_one_id_is_ambiguous():
    """Nothing tells the two receipts from one that came twice: both messages are in doubt."""
    tracked = track(
        sent({"transaction_id": "t", "request_at": NINE}, {"transaction_id": "t"}),
        receipts({"message_id": "t"}, {"message_id": "t"}),
    )

    assert told(tracked, "status", "candidates", "ambiguous") == [
        ("delivered", 2, True),
        ("pending", 0, True),
    ]


def test_an_id_alone_finds_a_request_of_one():
    """A receipt without a number finds its message where the request had no other."""
    tracked = track(
        sent({"transaction_id": "t"}, {"transaction_id": "u"}, {"transaction_id": "u"}),
        receipts({"message_id": "t", "msisdn": None}, {"message_id": "u", "msisdn": None}),
    )

    assert told(tracked, "status") == ["delivered", "pending", "pending"]
    assert tracked.orphans["message_id"].to_list() == ["u"]


def test_a_large_request_with_one_id_is_not_multiplied():
    """Fifty thousand rows and receipts under one id are joined, not crossed."""
    many = 50_000
    rows = sent({"transaction_id": "t"}).select(pl.all().repeat_by(many).explode())
    said = receipts({"message_id": "t"}).select(pl.all().repeat_by(many).explode())
    numbers = pl.int_range(many, eager=True).alias("msisdn") + 919800000000

    tracked = track(rows.with_columns(numbers), said.with_columns(numbers))

    assert tracked.deliveries["matched_by"].unique().to_list() == ["transaction_id"]


def test_an_id_with_another_number_is_no_match():
    """An id that agrees by chance, for another number, proves nothing."""
    tracked = track(
        sent({"verification_id": "1234"}), receipts({"message_id": "1234", "msisdn": 5})
    )

    assert (told(tracked, "status"), tracked.orphans.height) == (["pending"], 1)


def test_where_ids_agree_a_strange_id_is_an_orphan():
    """If the vendor names messages by our ids, a receipt with another id is not ours."""
    tracked = track(
        sent({"transaction_id": "t", "msisdn": 1}, {"transaction_id": "u", "msisdn": 2}),
        receipts({"message_id": "t", "msisdn": 1}, {"message_id": "x", "msisdn": 2}),
    )

    assert told(tracked, "status") == ["delivered", "pending"]
    assert tracked.orphans["message_id"].to_list() == ["x"]


def test_the_kth_message_has_the_kth_receipt():
    """Two messages to one number, two receipts: in order, and certain, for no swap is possible."""
    tracked = track(
        sent({"request_at": NINE + 60 * MINUTE}, {}),
        receipts({"submitted_at": NINE + 61 * MINUTE}, {"submitted_at": NINE + MINUTE}),
    )

    assert told(tracked, "message_id") == ["id-0", "id-1"]
    assert told(tracked, "candidates", "ambiguous") == [(2, False), (1, False)]


def test_two_at_once_are_ambiguous():
    """Two messages at the same moment could have each other's receipts."""
    tracked = track(sent({}, {}), receipts({}, {}))

    assert told(tracked, "candidates", "ambiguous") == [(2, True), (2, True)]


def test_a_missing_receipt_makes_the_other_ambiguous():
    """With one receipt for two messages, it may be either's, and both say so."""
    tracked = track(
        sent({}, {"request_at": NINE + MINUTE}), receipts({"submitted_at": NINE + 2 * MINUTE})
    )

    assert told(tracked, "status", "ambiguous") == [("pending", True), ("delivered", True)]


def test_a_receipt_before_the_next_message_is_certain():
    """A receipt from before the second message left can only be the first's."""
    tracked = track(
        sent({}, {"request_at": NINE + 10 * MINUTE}), receipts({"submitted_at": NINE + MINUTE})
    )

    assert told(tracked, "status", "ambiguous") == [("delivered", False), ("pending", False)]


def test_whole_seconds_do_not_hide_a_receipt():
    """The vendor's date is cut to the second, so it may lie before the request."""
    tracked = track(
        sent({"request_at": NINE + timedelta(seconds=0.9)}), receipts({"submitted_at": NINE})
    )

    assert told(tracked, "status") == ["delivered"]


def test_out_of_the_window_is_an_orphan():
    """A receipt of another day is nobody's."""
    tracked = track(sent({}), receipts({"submitted_at": NINE + timedelta(days=2)}))

    assert (told(tracked, "status"), tracked.orphans.height) == (["pending"], 1)


def test_what_never_left_has_no_status():
    """Failed and held messages take no receipt."""
    tracked = track(sent({"state": "failed"}, {"state": "held"}), receipts({}))

    assert (told(tracked, "status"), tracked.orphans.height) == ([None, None], 1)


def test_a_receipt_settles_an_unknown_outcome():
    """A message of unknown outcome left if a receipt came for it."""
    tracked = track(sent({"state": "unknown"}), receipts({}))

    assert dict(tracked.sums.rows())["settled"] == 1


def test_repeats_count_as_receipts_of_one_message():
    """Receipts that repeat are counted, and the surest state stands."""
    same = {"message_id": "a"}

    tracked = track(sent({}), receipts(same, same | {"status": "expired"}, same))

    assert told(tracked, "status", "receipts") == [("delivered", 3)]


def test_receipts_without_dates_find_a_number_of_one_message():
    """An export without dates tells enough where a number had one message."""
    tracked = track(sent({}), receipts({"submitted_at": None, "done_at": None}))

    assert told(tracked, "status", "ambiguous") == [("delivered", False)]


def test_orphans_are_as_they_came():
    """A receipt of nobody is given back whole, one that could not be read too."""
    nobody = receipts({"message_id": None, "msisdn": None, "submitted_at": None})

    assert_frame_equal(track(sent({}), nobody).orphans, nobody)


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        (["delivered", "delivered", "delivered"], "delivered"),
        (["delivered", "undelivered", "delivered"], "undelivered"),
        (["delivered", "enroute", "delivered"], "enroute"),
        (["delivered", "delivered"], "enroute"),
        (["expired", "delivered"], "expired"),
        (["delivered"], "delivered"),
    ],
)
def test_the_worst_part_of_a_long_message_decides(parts: list[str], status: str):
    """Parts with a receipt each: delivered only where it is confirmed for all."""
    long = sent({}).with_columns(segments=pl.lit(3, pl.UInt8))

    for order in (parts, parts[::-1]):
        tracked = track(long, receipts(*({"status": part} for part in order)))
        assert told(tracked, "status", "receipts", "ambiguous") == [(status, len(parts), False)]
        assert tracked.orphans.is_empty()


def test_a_receipt_more_than_parts_is_a_strangers():
    """Three receipts for a message of two parts: somebody else wrote to the number."""
    short = sent({}).with_columns(segments=pl.lit(2, pl.UInt8))
    tracked = track(short, receipts({}, {}, {}))

    assert (told(tracked, "ambiguous"), tracked.orphans.height) == ([True], 2)


def test_nothing_sent_and_nothing_received():
    """Empty frames are tracked like others: receipts are orphans, messages pending."""
    nothing = track(sent({}).clear(), receipts({}))
    silence = track(sent({}), receipts({}).clear())

    assert (nothing.deliveries.height, nothing.orphans.height) == (0, 1)
    assert told(silence, "status", "ambiguous") == [("pending", False)]


def test_a_persons_own_columns_do_not_clash():
    """A sheet may have columns that this room uses inside."""
    own = sent({}).with_columns(place=pl.lit("Lima"), receipt=1, first=2, left=3, wait=4)
    deliveries = track(own, receipts({})).deliveries

    assert deliveries["place"].to_list() == ["Lima"]
    assert deliveries["status"].to_list() == ["delivered"]


def test_the_input_stays_as_it_was():
    """Neither frame is changed."""
    before, said = sent({}), receipts({})
    track(before, said)

    assert_frame_equal(before, sent({}))
    assert_frame_equal(said, receipts({}))


def test_a_tracked_frame_is_refused():
    """Tracking twice would overwrite the first answer."""
    deliveries = track(sent({}), receipts({})).deliveries

    with pytest.raises(ColumnsError, match="'status'"):
        track(deliveries, receipts({}))


def test_a_missing_column_is_named():
    """A frame that `send` did not make is refused by name."""
    with pytest.raises(ColumnsError, match="'request_at'"):
        track(sent({}).drop("request_at"), receipts({}))


def test_a_lost_receipt_is_an_error():
    """Where the sums do not hold, nothing is given back."""
    said = receipts({}, {"msisdn": 5})
    tracked = track(sent({}), said)

    with pytest.raises(InvariantError, match="1 receipts of 2"):
        _check(Tracked(tracked.deliveries, tracked.orphans.clear()), said)
    with pytest.raises(InvariantError, match="0 pending"):
        _check(Tracked(tracked.deliveries.with_columns(matched_by=None), tracked.orphans), said)
