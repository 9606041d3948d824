"""Sentences: each rule says something in each language, and no value gets into one."""

import polars as pl
import pytest

from msgframe.core.translation import section
from msgframe.errors import UsageError
from msgframe.recipients import check
from msgframe.recipients.row_rules import SEVERITIES

#: The labels of the reference table of dirty forms, and what `check` adds to them.
NUMBER_RULES = {
    *("empty", "no_country", "letters", "negative_number", "scientific_notation", "too_long"),
    *("multiple_numbers", "country_mismatch", "too_short", "not_mobile", "invalid_number"),
    *("repair_not_allowed", "suppressed"),
}


def test_every_rule_has_its_sentence():
    """No rule falls back on its bare name."""
    assert set(section("check")) >= NUMBER_RULES | set(SEVERITIES)


def test_a_language_is_added_by_a_file(tmp_path, monkeypatch):
    """A file of somebody else's is used, and what it lacks is said in English."""
    text = '[check]\ntoo_short = "{column}: falten xifres."\n'
    (tmp_path / "ca.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("MSGFRAME_LOCALES", str(tmp_path))
    sheet = pl.DataFrame({"Mobile": ["98161"], "Nome": ["N/A"]})

    problems = check(sheet, country="91", language="ca").problems

    assert problems["message"].to_list() == [
        "Mobile: falten xifres.",
        "Nome holds a stand-in for a missing value: the person would read it.",
    ]


def test_unknown_language_names_those_there_are():
    """The error says which sentences there are."""
    with pytest.raises(UsageError, match=r"check\(language='fr'\): there are 'en', 'es'"):
        check(pl.DataFrame({"Mobile": ["1"]}), country="91", language="fr")


def test_braces_of_a_header_stay_braces():
    """A header is a fact, never a template."""
    sheet = pl.DataFrame({"Mobile": ["9816111111"], "{value} {0}": ["N/A"]})

    message = check(sheet, country="91").problems["message"][0]

    assert message.startswith("{value} {0} holds a stand-in")


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_value_gets_into_a_sentence(language):
    """A sentence can be logged: what was typed stands beside it."""
    sheet = pl.DataFrame(
        {"Mobile": ["12345678901", "98161 ABCDE"], "Name": ["##XYZZY", "XYZZY" * 9]}
    )

    problems = check(sheet, country="91", max_length=30, language=language).problems

    said = " ".join(problems["message"])
    assert problems.height == 4
    assert not any(typed in said for typed in ("12345678901", "ABCDE", "XYZZY"))
