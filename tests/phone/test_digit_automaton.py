"""The digit automaton: it reads a pattern as the regex engine does."""

from __future__ import annotations

import doctest
import re
from itertools import product

import digit_automaton
import pytest
from digit_automaton import DigitAutomaton
from phonenumbers import PhoneMetadata

SHORT = ["".join(digits) for size in range(4) for digits in product("0129", repeat=size)]


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        r"\d",
        "[0-2]9",
        "0|1|22",
        "(?:0|1)?2",
        "0{2}",
        "0{1,3}",
        r"(?:\d1){1}2?",
        "(?:0|12){0,2}",
        r"(?:0|[129])\d*",
        "(?:(?:01?){2}|9)2",
    ],
)
def test_pattern_is_read_as_by_a_regex_engine(pattern):
    """A string of digits is in the language where `re.fullmatch` matches it."""
    automaton = DigitAutomaton(pattern)

    assert [text for text in SHORT if automaton.holds(text)] == [
        text for text in SHORT if re.fullmatch(pattern, text)
    ]


@pytest.mark.parametrize("region", ["AR", "DE", "IN", "US"])
def test_pattern_of_a_country(region):
    """So it is with the longest patterns of libphonenumber, for numbers near their example."""
    mobile = PhoneMetadata.metadata_for_region(region).mobile
    automaton = DigitAutomaton(mobile.national_number_pattern)
    example = mobile.example_number
    near = [
        example[:at] + digit + example[at + 1 :] for at in range(len(example)) for digit in "0259"
    ]

    assert automaton.holds(example)
    assert [automaton.holds(text) for text in near] == [
        bool(re.fullmatch(mobile.national_number_pattern, text)) for text in near
    ]


@pytest.mark.parametrize("pattern", ["a", r"\w", "1+", "(?=1)", "1)", "[^1]"])
def test_more_than_digits(pattern):
    """A pattern that is written with more than a numbering plan needs is refused, not misread."""
    with pytest.raises(ValueError, match=re.escape(repr(pattern))):
        DigitAutomaton(pattern)


def test_its_example_runs():
    """The scripts of `data/` are outside of the package's doctests."""
    assert doctest.testmod(digit_automaton).failed == 0
