"""What an error code may mean, without claiming more than is known."""

from __future__ import annotations

import polars as pl
import pytest

from msgframe.frames import STATUS
from msgframe.message_central import error_codes
from msgframe.receipts import statuses


def test_only_zero_is_the_vendors_word():
    """The vendor publishes one meaning; all the others name their custom."""
    assert error_codes.table().filter(pl.col("source") == "vendor")["error_code"].to_list() == ["0"]


def test_a_code_stands_once():
    """No code has two meanings."""
    assert error_codes.table()["error_code"].is_unique().all()


@pytest.mark.parametrize("code", ["1", "5", "13", "40"])
def test_where_customs_disagree_nothing_is_claimed(code: str):
    """A code that means one thing here and another there has no family."""
    assert pl.DataFrame({"error_code": [code]}).select(error_codes.family()).item() == "unknown"


def test_an_own_table_goes_first():
    """A person's words take the place of the table's."""
    frame = pl.DataFrame({"error_code": ["1", "0"]})
    own = {"1": ("permanent", "no such number")}

    assert frame.select(error_codes.family(overrides=own)).to_series().to_list() == [
        "permanent",
        "none",
    ]
    assert frame.select(error_codes.words(overrides=own)).item(0, 0) == "no such number"
    assert error_codes.table(own).filter(error_code="1")["source"].to_list() == ["own"]


def test_an_unknown_family_is_refused():
    """A family that does not exist is not let in."""
    with pytest.raises(pl.exceptions.InvalidOperationError):
        error_codes.table({"1": "sometimes"})


@pytest.mark.parametrize(("status", "words"), statuses.SPELLINGS.items())
def test_each_status_in_each_spelling(status: str, words: tuple[str, ...]):
    """Case, blanks, hyphens and underscores do not count."""
    spelled = [form for word in words for form in (word, word.upper(), f" {word[:2]}-{word[2:]}_ ")]

    read = pl.DataFrame({"said": spelled}).select(statuses.status("said")).to_series()

    assert read.unique().to_list() == [status]


def test_every_status_can_be_spelled():
    """The table knows every status, and no word of two."""
    words = [word for words in statuses.SPELLINGS.values() for word in words]

    assert set(statuses.SPELLINGS) == set(STATUS.categories)
    assert len(words) == len(set(words))
