"""Languages: one file each, none of them half, and a new one is a file more."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from importlib.resources import files
from string import Formatter

import pytest

import msgframe as mf
from msgframe import testing
from msgframe.core import translation
from msgframe.core.translation import format_number, retranslate, section, translate

LOCALES = files("msgframe.core") / "locales"
OTHERS = [language for language in translation.languages() if language != "en"]


def _facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_lacks_nothing(language):
    """What English says, the others say too."""
    assert translation.untranslated(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_nothing_that_english_does_not(language):
    """A sentence that nobody says any more does not stay behind in a translation."""
    ours = {(name, key) for name in _sections(language) for key in section(name, language)}
    assert ours == {(name, key) for name in _sections("en") for key in section(name)}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_has_the_same_facts(language):
    """No translation loses a fact, or asks for one that nobody gives."""
    changed = [
        f"{name}.{key}"
        for name in _sections("en")
        for key, sentence in section(name).items()
        if _facts(sentence) != _facts(section(name, language)[key])
    ]
    assert changed == []


def test_a_new_language_is_one_file(tmp_path, monkeypatch):
    """Copied and begun: what is translated is said so, and the rest in English."""
    english = (LOCALES / "en.toml").read_text(encoding="utf-8")
    portuguese = english.replace('"Delivery report"', '"Relatório de entrega"')
    (tmp_path / "pt.toml").write_text(portuguese, encoding="utf-8")
    monkeypatch.setenv("MSGFRAME_LOCALES", str(tmp_path))

    page = mf.report(testing.deliveries(rows=50), language="pt").html

    assert translation.languages() == ("en", "es", "pt")
    assert '<html lang="pt">' in page
    assert "<h1>Relatório de entrega</h1>" in page
    assert "From the sheet to the handset" in page


def test_english_is_always_the_packages(tmp_path, monkeypatch):
    """A plan holds sentences of it, which are the same on every machine."""
    (tmp_path / "en.toml").write_text('[hold]\nno_text = "nothing"', encoding="utf-8")
    monkeypatch.setenv("MSGFRAME_LOCALES", str(tmp_path))
    translation._catalogue.cache_clear()

    assert translation.translate("hold.no_text") == "nothing was rendered"


@pytest.mark.parametrize(
    ("number", "spec", "english", "spanish"),
    [
        (1234.5, ",.1f", "1,234.5", "1.234,5"),
        (0.971, ".1%", "97.1%", "97,1\u00a0%"),
        (1_000_000, ",", "1,000,000", "1.000.000"),
        (12345, "", "12345", "12345"),
        (Decimal("0.0125"), "", "0.0125", "0,0125"),
        (-0.5, ".0%", "-50%", "-50\u00a0%"),
    ],
)
def test_numbers_have_the_marks_of_the_language(number, spec, english, spanish):
    """A decimal comma where people read one, and a percent sign at its distance."""
    assert format_number(number, spec) == english
    assert format_number(number, spec, "es") == spanish


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": "Var1"}, "Por Var1"),
        ({}, "Por {name}"),
        ({"name": "{x:.0%}"}, "Por {x:.0%}"),
        ({"name": True}, "Por True"),
    ],
)
def test_facts_are_said_as_they_are(facts, said):
    """A value with braces is no template, and a fact that is missing is seen to be missing."""
    assert translate("report.by", "es", **facts) == said


@pytest.mark.parametrize(
    "key", ["check.too_long_value", "check.repeated", "hold.too_many_segments"]
)
def test_what_was_said_can_be_said_again(key):
    """There and back is the same sentence, whatever its facts."""
    facts = dict.fromkeys(_facts(translation.template_of(key)), "a.b (c) {d} 7")
    english, spanish = translate(key, **facts), translate(key, "es", **facts)

    assert retranslate(english, key, "es") == spanish != english
    assert retranslate(spanish, key, "en") == english
    assert retranslate(spanish, key, "es") == spanish


def _sections(language: str) -> list[str]:
    return list(tomllib.loads((LOCALES / f"{language}.toml").read_text(encoding="utf-8")))
