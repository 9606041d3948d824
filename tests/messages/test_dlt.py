"""India's DLT: a text matches its registered template, or we say where it stops."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgframe.errors import ColumnsError, TemplateError
from msgframe.messages.dlt import DLT_LIMITS, dlt_check, dlt_template
from msgframe.messages.linter import lint
from msgframe.messages.rendering import render

REGISTERED = "Dear {#var#}, your balance is {#var#} on {#var#}. - UTOMOB"


def check(*texts: str, registered: str = REGISTERED, **settings: object) -> pl.DataFrame:
    frame = pl.DataFrame({"row": range(2, len(texts) + 2), "text": texts})
    return dlt_check(frame, registered, **settings)  # type: ignore[arg-type]


def test_markers_lose_their_names() -> None:
    """The registered form knows variables by their order alone; a literal ## stays."""
    assert dlt_template("Dear ##name|you##, ####1: ##Var2##") == "Dear {#var#}, ##1: {#var#}"


def test_matching_texts_are_not_mentioned() -> None:
    """No row is good news."""
    assert check("Dear Ana, your balance is 5 on 1 May. - UTOMOB").height == 0
    assert check("Dear , your balance is  on . - UTOMOB").height == 0


@pytest.mark.parametrize(
    ("text", "at", "expected", "found"),
    [
        ("dear Ana, your balance is 5 on x. - UTOMOB", 1, "'Dear '", "dear Ana, yo"),
        ("Dear Ana, your  balance is 5 on x. - UTOMOB", 16, "'balance is '", " balance is "),
        ("Dear Ana, your balance is 5 on x. - UTOMOBS", 43, "its end", "S"),
        ("Dear Ana, your balance is 5 on x. - UTO", 40, "'MOB'", ""),
        ("", 1, "'Dear '", ""),
    ],
)
def test_the_place_of_the_first_mismatch(text: str, at: int, expected: str, found: str) -> None:
    """A text that would be dropped says up to where it follows its template."""
    row = check(text).row(0, named=True)

    assert (row["rule"], row["error_code"]) == ("mismatch", "633")
    assert (row["at"], row["expected"], row["found"]) == (at, expected, found)


def test_a_long_variable_is_told_apart_from_a_mismatch() -> None:
    """Where only a variable's length is wrong, it is that, with the operators' own code."""
    name = "x" * 31
    text = f"Dear {name}, your balance is 5 on x. - UTOMOB"

    row = check(text).row(0, named=True)

    assert (row["rule"], row["error_code"]) == ("variable_too_long", "635")
    assert row["expected"] == "{#var#} no. 1, at most 30 long"
    assert check(text, max_variable=40).height == 0


@pytest.mark.parametrize(
    ("registered", "fits", "fails"),
    [
        ("OTP {#numeric#}.", "OTP 0123.", "OTP 12a."),
        ("Ref {#alphanumeric#}.", "Ref AB12.", "Ref A-1."),
        ("See {#url#} now", "See https://a.in/x now", "See a b now"),
        ("Call {#cbn#}!", "Call +91 98161-11111!", "Call me!"),
    ],
)
def test_kinds_of_variables(registered: str, fits: str, fails: str) -> None:
    """Since 2026 a variable has a kind, and holds only what that allows."""
    on = date(2026, 3, 1)

    assert check(fits, registered=registered, on=on).height == 0
    assert check(fails, registered=registered, on=on)["rule"].to_list() == ["variable_too_long"]


def test_kinds_are_known_from_their_date_on() -> None:
    """The table of limits is dated, and a kind before its day is refused."""
    with pytest.raises(TemplateError, match=r"no variable \{#numeric#\} on 2025-12-31"):
        check("OTP 1", registered="OTP {#numeric#}", on=date(2025, 12, 31))


def test_lint_knows_what_cannot_be_registered() -> None:
    """For India, lint names signs that no operator registers, and values past the limit."""
    people = pl.DataFrame({"name": ["Ana", "x" * 31]})

    found = lint("Dear <##name##>", people, dlt=True).select("rule", "severity", "count", "rows")

    assert found.rows() == [
        ("dlt_bracket", "error", 1, []),
        ("dlt_bracket", "error", 1, []),
        ("dlt_long_value", "warning", 1, [1]),
    ]
    assert lint("Dear <##name##>", people).is_empty()


def test_every_limit_has_a_source() -> None:
    """A rule without a source is an opinion."""
    assert all(limit.source and limit.most > 0 for limit in DLT_LIMITS)


def test_signs_of_regular_expressions_are_text() -> None:
    """A template full of brackets and stars is compared as it is."""
    registered = "a.*(b)[c]^$|?+\\ {#var#}"

    assert check("a.*(b)[c]^$|?+\\ x", registered=registered).height == 0
    assert check("aXX(b)[c]^$|?+\\ x", registered=registered)["at"].to_list() == [2]


def test_rows_are_counted_where_there_is_no_row() -> None:
    """A frame of texts alone is counted from 0."""
    found = dlt_check(pl.DataFrame({"text": ["ok", "no"]}), "ok")

    assert found["row"].to_list() == [1]


def test_a_frame_without_texts_is_refused() -> None:
    """dlt_check comes after render."""
    with pytest.raises(ColumnsError, match=r"dlt_check\(\) needs 1 more column: 'text'"):
        dlt_check(pl.DataFrame({"a": [1]}), "ok")


@given(
    st.lists(st.sampled_from(["##a##", "##b|x##", "Hola ", ".", "####", "ñ\n"]), max_size=6),
    st.lists(st.tuples(*[st.text(max_size=10)] * 2), min_size=1, max_size=3),
)
def test_what_was_rendered_matches(template: list[str], cells: list[tuple[str, str]]) -> None:
    """LAW: what render makes of a template matches the template that it registers."""
    people = pl.DataFrame({"a": [a for a, _ in cells], "b": [b for _, b in cells]})
    written = "".join(template)

    messages = render(people, written)

    assert dlt_check(messages, dlt_template(written)).height == 0


@given(st.text("abc.", max_size=8), st.text("abc.", max_size=8))
def test_the_place_is_the_common_start(registered: str, text: str) -> None:
    """LAW: without variables, a text matches up to where the two first differ."""
    same = 0
    while same < min(len(registered), len(text)) and registered[same] == text[same]:
        same += 1

    found = check(text, registered=registered)

    assert found["at"].to_list() == ([] if text == registered else [same + 1])
