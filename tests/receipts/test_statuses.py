"""Each status is known by all of its spellings."""

from __future__ import annotations

import polars as pl
import pytest

from msgframe.frames import STATUS
from msgframe.receipts import statuses


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
