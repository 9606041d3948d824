"""Why a message is held: English in a plan, and said in any language that there is."""

from __future__ import annotations

import polars as pl
import pytest

from msgframe.core.translation import languages, section, translate, translate_reasons

#: What a plan says, and the facts of it.
REASONS = {
    "no_number: country_code and mobile do not make the msisdn": [],
    "no_text: nothing was rendered": [],
    "empty_text: there is nothing to read": [],
    "too_many_segments: more than 10": ["10"],
    "too_long: encoded, it is over 7842 bytes of URL": ["7842", "URL"],
    "repeated: an earlier row has the same number and text": [],
    "earlier: campaign 'may' sent it; it may go again from 2026-11-24 12:00 UTC": [
        "may",
        "2026-11-24 12:00",
    ],
    "no_hour: no hour is known to be open in all time zones of 001": ["001"],
}


def test_every_reason_is_in_the_catalogue():
    assert [reason.partition(":")[0] for reason in REASONS] == list(section("hold"))


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_every_reason_is_said_in_the_language_with_its_facts(language):
    english = pl.Series(list(REASONS))

    other = translate_reasons(english, "hold", language).to_list()

    for before, after in zip(REASONS, other, strict=True):
        assert after != before
        assert after.partition(":")[0] == before.partition(":")[0]
        assert all(fact in after for fact in REASONS[before])


def test_english_stays_as_it_is():
    english = pl.Series(list(REASONS))

    assert translate_reasons(english, "hold", "en").to_list() == list(REASONS)


@pytest.mark.parametrize(
    "reason", ["by hand", "no_text: my own words", "another: thing", "after wave 0 it stops", ""]
)
def test_what_nobody_knows_stays_as_it_is(reason):
    assert translate_reasons(pl.Series([reason]), "hold", "es").item() == reason


def test_a_fact_may_hold_anything():
    campaign = "a' sent it; it may go again from {moment}\n"
    reason = f"earlier: campaign '{campaign}' sent it; it may go again from 2026-11-24 12:00 UTC"

    said = translate_reasons(pl.Series([reason]), "hold", "es").item()

    assert f"«{campaign}»" in said


def test_a_fact_that_is_a_word_is_translated():
    reason = "no_hour: no hour is known to be open in all time zones of the recipient"

    assert translate_reasons(pl.Series([reason]), "hold", "es").item().endswith("quien lo recibe")


@pytest.mark.parametrize("reason", sorted(section("plan")))
def test_why_a_message_travels_so_is_said_in_the_language(reason):
    english = translate(f"plan.{reason}", most=1_000, rule="no_text")

    said = translate_reasons(pl.Series([english]), "plan", "es").item()

    assert said == translate(f"plan.{reason}", "es", most="1,000", rule="no_text")
    assert translate_reasons(pl.Series([english]), "plan", "en").item() == english
