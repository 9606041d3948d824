"""Smart encoding: what is replaced, what is not, and that nothing is replaced in silence."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgframe.messages.segmentation import BASIC, EXTENSION, encoding
from msgframe.messages.smart_encoding import changes, replacements, smart


def lighter(text: str | None, accents: str = "keep") -> str | None:
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    return frame.select(smart("text", accents=accents)).item()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "smarter"),
    [
        ("“it’s” ‘ok’ „so‟", '"it\'s" \'ok\' "so"'),
        ("«5–6»—7…", '"5-6"-7...'),
        ("a\u00a0b\u202fc\u3000d\te", "a b c d e"),
        ("\ufeffHo\u200bla\u00ad", "Hola"),
        ("\u202aHola\u202c\u200e", "Hola"),
        ("Ｈｏｌａ！ ５＋３", "Hola! 5+3"),
        ("𝐇𝐨𝐥𝐚 ﬁn № 5", "Hola fin No 5"),
        ("‹1› ′ ″", "<1> ' \""),
        ("cafe\u0301 man\u0303ana", "café mañana"),
        ("`tick´", "'tick'"),
        ("3×4 ∶ 1⁄2 ˆ˜∗", "3x4 : 1/2 ^~*"),
        ("ok", "ok"),
        ("", ""),
        (None, None),
    ],
)
def test_signs(text: str | None, smarter: str | None) -> None:
    """Signs give way to their equals, composed letters to those that GSM-7 has."""
    assert lighter(text) == smarter


@pytest.mark.parametrize(
    "text", ["más", "“ok” 👍", "’Привет’", "“नमस्ते”", "2½ m²", "①", "₹ 5’", "’Łódź"]
)
def test_all_or_nothing(text: str) -> None:
    """What stays outside of GSM-7 anyway, or would read otherwise, comes back untouched."""
    assert lighter(text) == text


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("Más información aquí: ¿cuándo?", "Mas informacion aqui: ¿cuando?"),
        ("ÁÍÓÚ áíóú ç ãõâêô", "AIOU aiou c aoaeo"),
        ("Łódź, Đà Nẵng, Þórr, œuvre", "Lodz, Dà Nang, Thorr, oeuvre"),
        ("₹ 5 · 1º © ®", "Rs. 5 . 1o (c) (R)"),
        ("éñüàèìòùäöåæøßÇÉÑÖÜÄÅ", "éñüàèìòùäöåæøßÇÉÑÖÜÄÅ"),
        ("’á’ é", "'a' é"),
        ("20° ± 1 µm → ok", "20o +/- 1 um -> ok"),
    ],
)
def test_accents_by_choice(text: str, stripped: str) -> None:
    """Stripped, letters lose the accents that GSM-7 lacks and keep those that it has."""
    assert lighter(text, "strip") == stripped


@pytest.mark.parametrize("accents", ["keep", "strip"])
def test_the_table_leads_into_gsm7(accents: str) -> None:
    """Every replacement is GSM-7, and nothing of GSM-7 is ever replaced."""
    table = replacements(accents)  # type: ignore[arg-type]

    assert set("".join(table.values())) <= set(BASIC + EXTENSION)
    assert not set(table) & set(BASIC + EXTENSION)


def test_keep_changes_no_letter_with_an_accent() -> None:
    """The careful table has no letter that Unicode composes with a mark."""
    composed = [
        character
        for character in replacements("keep")
        if any(unicodedata.combining(part) for part in unicodedata.normalize("NFD", character))
    ]

    assert composed == []


@given(st.text("aé’“…áç \u0301\u0303👍₹Łｆ", max_size=20), st.sampled_from(["keep", "strip"]))
def test_smart_is_safe(text: str, accents: str) -> None:
    """LAW: the outcome is GSM-7 or the text itself, and doing it twice changes nothing more."""
    once = lighter(text, accents)

    assert once is not None
    gsm7 = pl.DataFrame({"text": [once]}).select(encoding("text") == "GSM-7").item()
    assert gsm7 or once == text
    assert lighter(once, accents) == once


@given(st.lists(st.text("aé’“…áç \u0301👍", max_size=12), min_size=1, max_size=5))
def test_every_change_is_shown(texts: list[str]) -> None:
    """LAW: doing by hand what `changes` shows gives what `smart` gives."""
    shown = changes(pl.Series("t", texts), accents="strip")
    # Longest first: a letter and its mark are one change.
    table = sorted(shown.select("character", "becomes").rows(), key=lambda row: -len(row[0]))

    for text in texts:
        by_hand = text
        for old, new in table:
            by_hand = by_hand.replace(old, new)
        assert lighter(text, "strip") in {by_hand, text}


def test_changes_are_counted_by_character_and_text() -> None:
    """Each character says its name, what it becomes, how often, and in how many texts."""
    shown = changes(pl.Series("text", ["’’", "’…", "’👍", None, "plain"]))

    assert shown.rows() == [
        ("’", "U+2019", "RIGHT SINGLE QUOTATION MARK", "'", 3, 2),
        ("…", "U+2026", "HORIZONTAL ELLIPSIS", "...", 1, 1),
    ]


def test_no_change_is_an_empty_frame() -> None:
    """Where nothing changes there is nothing to show, with the same columns."""
    shown = changes(pl.Series("text", ["plain"], dtype=pl.String))

    assert shown.height == 0
    assert shown.columns == ["character", "code", "name", "becomes", "count", "texts"]
