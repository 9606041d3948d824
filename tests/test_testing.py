"""The synthetic frames: what they promise to everybody's tests."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given

from msgframe import frames, testing


@pytest.mark.parametrize("stage", ["check", "render", "plan", "send", "track"])
def test_deliveries_are_as_the_dictionary_says(stage):
    """A synthetic delivery frame passes for a real one."""
    frames.model(stage).validate(testing.deliveries(rows=50))


def test_same_seed_same_frame():
    """The dice are the same every time, and others for another seed."""
    assert testing.deliveries(rows=50, seed=1).equals(testing.deliveries(rows=50, seed=1))
    assert not testing.sheet(rows=50, seed=1).equals(testing.sheet(rows=50, seed=2))


def test_dice_are_even():
    """Ten equal boxes fill evenly."""
    thrown = pl.select(testing._dice(1, 5, 100_000)).to_series()
    boxes = (thrown * 10).cast(pl.Int64).value_counts()
    assert boxes.height == 10
    assert boxes["count"].min() > 9_600


@given(testing.texts())
def test_texts_are_texts(text):
    """The strategy gives strings that polars can hold."""
    assert pl.Series([text]).to_list() == [text]
