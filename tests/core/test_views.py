"""Views: nobody's number and nobody's markup reach a notebook."""

from __future__ import annotations

import polars as pl
import pytest

from msgframe.core import masking, views


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("919816111111", "9198•••••111"),
        ("98161111", "9816•••••111"),
        ("9816111", "•••••••"),
        ("", ""),
        (None, None),
    ],
)
def test_numbers_are_masked(number, shown):
    """The first four and the last three stay, where enough is hidden between."""
    frame = pl.DataFrame({"mobile": [number]}, schema={"mobile": pl.String})
    assert frame.select(masking.mask_numbers("mobile")).item() == shown


def test_table_masks_and_escapes():
    """A column of numbers is masked by its name, every value and header is escaped."""
    frame = pl.DataFrame({"Mobile": ["9816111111"], "<i>": ["a & <b>"], "n": [1234]})

    page = views.html_table(frame)

    assert "9816111111" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "1,234" in page


def test_long_tables_say_what_is_left_out():
    """The rest is counted, never silently cut."""
    assert "… and 15 more" in views.html_table(pl.DataFrame({"n": range(20)}), most=5)
