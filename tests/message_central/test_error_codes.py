"""What an error code may mean, without claiming more than is known."""

from __future__ import annotations

import polars as pl
import pytest

from msgframe.core import translation
from msgframe.message_central import error_codes


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


@pytest.mark.parametrize("language", translation.languages())
def test_each_code_has_its_words(language: str):
    """The table of codes and the sentences of a language hold the same codes."""
    sentences = translation.section("error_code", language)

    assert sentences.keys() == {code for code, *_ in error_codes.CODES} | {"unlisted"}


def test_words_in_another_language():
    """The words follow the language, a person's own stay as they are."""
    frame = pl.DataFrame({"error_code": ["633", "77", "78"]})
    own = {"78": ("permanent", "number out of service")}

    assert frame.select(error_codes.words(overrides=own, language="es")).to_series().to_list() == [
        "el texto no corresponde a su plantilla",
        "ninguna tabla conoce este código: pregunte al proveedor",
        "number out of service",
    ]
