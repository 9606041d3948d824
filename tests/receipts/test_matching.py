"""A certain match is the only one: held against every way to hand out the receipts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from msgframe import frames
from msgframe.receipts.matching import match

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
WINDOW, SLACK = 8, 1

MOMENTS = st.lists(st.integers(0, 20), min_size=1, max_size=5)


def moments(seconds: list[int]) -> pl.Series:
    return pl.Series([NINE + timedelta(seconds=s) for s in seconds], dtype=frames.MOMENT)


def matched(left: list[int], came: list[int]) -> dict[int, tuple[int, bool]]:
    """Give for each receipt its message, and whether that is certain."""
    places = pl.int_range(len(left), dtype=pl.UInt32, eager=True)
    messages = pl.DataFrame(
        {"row_index": places, "msisdn": 1, "request_at": moments(left), "segments": 1},
        schema_overrides={"msisdn": pl.Int64, "segments": pl.Int64},
    ).sort("request_at", maintain_order=True)
    numbers = pl.int_range(len(came), dtype=pl.UInt32, eager=True)
    receipts = pl.DataFrame(
        {
            "receipt": numbers,
            "msisdn": 1,
            "message_id": numbers.cast(pl.String),
            "at": moments(came),
        },
        schema_overrides={"msisdn": pl.Int64},
    )
    window, slack = timedelta(seconds=WINDOW), timedelta(seconds=SLACK)
    pairs = match(messages, receipts, window=window, slack=slack).pairs
    rows = pairs.select("receipt", "row_index", "certain").rows()
    return {receipt: (place, certain) for receipt, place, certain in rows}


def fits(left: int, came: int) -> bool:
    return -SLACK <= came - left <= WINDOW


def ways(left: list[int], came: list[int]) -> list[tuple[int, ...]]:
    """Give every way to hand each receipt a message of its own."""
    return [
        way
        for way in permutations(range(len(left)), len(came))
        if all(fits(left[place], at) for place, at in zip(way, came, strict=True))
    ]


@settings(max_examples=150, deadline=None)
@given(left=MOMENTS, came=MOMENTS)
def test_certain_is_the_only_way(left: list[int], came: list[int]):
    """Where every receipt has a message, those are certain that have the same in every way."""
    possible = ways(left, came)
    for receipt, (place, certain) in matched(left, came).items():
        assert fits(left[place], came[receipt])
        if possible:
            assert certain == ({way[receipt] for way in possible} == {place})


@settings(max_examples=150, deadline=None)
@given(left=MOMENTS, came=MOMENTS)
def test_where_all_can_be_handed_out_they_are(left: list[int], came: list[int]):
    """No receipt becomes an orphan where there is a way to give each a message of its own."""
    pairs = matched(left, came)
    places = [place for place, _ in pairs.values()]

    assert len(places) == len(set(places))
    if ways(left, came):
        assert len(pairs) == len(came)


@settings(max_examples=100, deadline=None)
@given(left=MOMENTS)
def test_the_true_way_is_among_the_possible(left: list[int]):
    """With a receipt a second after each message, a certain match is the true one."""
    came = [at + 1 for at in left]
    for receipt, (place, certain) in matched(left, came).items():
        assert not certain or left[place] == left[receipt]
