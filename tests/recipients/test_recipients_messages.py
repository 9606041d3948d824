"""Sentences: each rule says something in each language, with the same facts in it."""

from string import Formatter

import polars as pl
import pytest

from msgframe.errors import UsageError
from msgframe.recipients import MESSAGES, check
from msgframe.recipients.rules import SEVERITIES

#: The labels of the reference table of dirty forms, and what `check` adds to them.
NUMBER_RULES = {
    *("empty", "no_country", "letters", "negative_number", "scientific_notation", "too_long"),
    *("multiple_numbers", "country_mismatch", "too_short", "not_mobile", "invalid_number"),
    *("repair_not_allowed", "suppressed"),
}


def names(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_both_languages_say_the_same_rules():
    """What is said in English is said in Spanish, and with the same facts."""
    assert MESSAGES["en"].keys() == MESSAGES["es"].keys()
    for rule, sentence in MESSAGES["en"].items():
        assert names(sentence) == names(MESSAGES["es"][rule]), rule


def test_every_rule_has_its_sentence():
    """No rule falls back on its bare name."""
    assert set(MESSAGES["en"]) >= NUMBER_RULES | set(SEVERITIES)


def test_others_can_add_a_language(monkeypatch):
    """A table added by somebody else is used, and what it lacks is said in English."""
    monkeypatch.setitem(MESSAGES, "pt", {"too_short": "{column}: faltam algarismos."})
    sheet = pl.DataFrame({"Mobile": ["98161"], "Nome": ["N/A"]})

    problems = check(sheet, country="91", language="pt").problems

    assert problems["message"].to_list() == [
        "Mobile: faltam algarismos.",
        "Nome holds a stand-in for a missing value: the person would read it.",
    ]


def test_unknown_language_names_those_there_are():
    """The error says how to add one."""
    with pytest.raises(UsageError, match=r"there are 'en', 'es'.*MESSAGES\['pt'\]"):
        check(pl.DataFrame({"Mobile": ["1"]}), country="91", language="fr")


def test_braces_of_a_header_stay_braces():
    """A header is a fact, never a template."""
    sheet = pl.DataFrame({"Mobile": ["9816111111"], "{value} {0}": ["N/A"]})

    message = check(sheet, country="91").problems["message"][0]

    assert message.startswith("{value} {0} holds a stand-in")
