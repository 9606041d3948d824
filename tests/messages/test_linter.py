"""The linter: each rule speaks where it should, and is silent where it should."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgframe.messages.linter import lint
from msgframe.messages.rendering import render
from msgframe.messages.smart_encoding import smart

VENDOR_DOCS = "Hola # #var ##, tu saldo es # #var2 ## en la fecha # #var3 ##"


@pytest.fixture
def people() -> pl.DataFrame:
    """Five rows with something odd in four of them."""
    return pl.DataFrame(
        {
            "row": pl.Series([2, 3, 4, 5, 6], dtype=pl.UInt32),
            "nombre": ["Ana", None, "  ", "##saldo##", "José\u200b"],
            "saldo": ["5 €", "6", "7 ₹", " 8", "9  9"],
        }
    )


def finding(found: pl.DataFrame, rule: str) -> dict[str, object]:
    return found.row(by_predicate=pl.col("rule") == rule, named=True)


def rules(found: pl.DataFrame) -> list[str]:
    return found["rule"].to_list()


def test_the_vendors_own_example_is_named_and_mended() -> None:
    """The markers in the vendor’s translated documents are damaged, and are mended."""
    found = lint(VENDOR_DOCS, pl.DataFrame({"a": ["1"], "b": ["2"], "c": ["3"]}))

    assert rules(found) == ["damaged_marker"]
    assert found["suggestion"].item() == ("Hola ##var##, tu saldo es ##var2## en la fecha ##var3##")
    assert found["at"].item() == 7


def test_a_clean_template_has_no_findings() -> None:
    """Where nothing is wrong, nothing is said, and the frame keeps its columns."""
    found = lint("Hola ##nombre##", pl.DataFrame({"nombre": ["Ana"]}))

    assert found.height == 0
    assert found.columns == [
        "rule", "severity", "message", "at", "suggestion", "count", "rows",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("template", "rule", "at", "suggestion"),
    [
        ("Hola ##nombre", "broken_marker", None, None),
        ("Hola ##nombr##", "unknown_variable", 6, "Hola ##nombre##"),
        ("Hola ##xyzzy##", "unknown_variable", 6, None),
        ("Hola ##NOMBRE##", "loose_name", 6, "Hola ##nombre##"),
        ("##nombre## a  b", "double_blank", 13, "##nombre## a b"),
        ("##nombre##\u00a0x", "odd_blank", 11, "##nombre## x"),
        ("##nombre##a\u200bb", "invisible_character", 12, "##nombre##ab"),
        (" ##nombre##", "outer_blank", None, "##nombre##"),
        ("#####1 ##nombre##", "literal_signs", None, None),
        ("it’s ##nombre##", "ucs2_template", 3, "it's ##nombre##"),
        ("más ##nombre##", "ucs2_template", 2, None),
        ("GRAN OFERTA PARA ##nombre##", "capitals", None, None),
        ("##nombre##: https://bit.ly/3x", "shortener", None, "Use an address of your own."),
        ("##nombre##: mibanco.es/a", "link", None, None),
        ("##nombre##, ve a bit.ly.", "shortener", None, "Use an address of your own."),
    ],
)
def test_template_rules(template: str, rule: str, at: int | None, suggestion: str | None) -> None:
    """Each rule about the template says where it speaks of, and offers what is better."""
    found = finding(lint(template, pl.DataFrame({"nombre": ["Ana"]})), rule)

    assert (found["at"], found["suggestion"]) == (at, suggestion)


@pytest.mark.parametrize(
    ("template", "rule"),
    [
        ("Hola ##a  b##", "double_blank"),
        ("Hola ##teléfono##", "ucs2_template"),
        ("EL BBVA", "capitals"),
        ("Llegamos.Luego", "link"),
        ("Precio: 3.50 EUR. Gracias", "link"),
        ("#nombre #promo", "damaged_marker"),
    ],
)
def test_rules_are_silent_where_they_should_be(template: str, rule: str) -> None:
    """Names in markers, short acronyms, decimals and hashtags are nothing to speak of."""
    assert rule not in rules(lint(template))


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("Oferta. Responde BAJA", True),
        ("Offer. Reply STOP", True),
        ("Offer. Opt-out: 555", True),
        ("Offer. Text us the word end", True),
        ("Oferta. Para salir, envíe no más", True),
        ("ऑफर। STOP भेजें", True),
        ("Se désabonner : 36111", True),
        ("Weekend offer, non-stop, the end", False),
        ("Precios a la baja, en alto", False),
        ("Oferta", False),
    ],
)
def test_promotional_texts_say_how_to_leave(text: str, silent: bool) -> None:
    """A whole word for leaving is needed in promotional texts, and only in these."""
    promotional = lint(text, message_type="PROMOTIONAL")

    assert ("missing_opt_out" not in rules(promotional)) is silent
    assert "missing_opt_out" not in rules(lint(text, message_type="TRANSACTION"))


def test_ambiguous_headers_are_told() -> None:
    """A name that two headers could mean is an error."""
    found = lint("##saldo##", pl.DataFrame({"Saldo": ["1"], "SALDO": ["2"]}))

    assert rules(found) == ["ambiguous_variable"]


def test_errors_come_first() -> None:
    """What stops render stands above what is worth a look."""
    found = lint("a  b ##x##", pl.DataFrame({"nombre": ["Ana"]}))

    assert found["severity"].to_list() == ["error", "warning"]


@pytest.mark.parametrize(
    ("rule", "variable", "count", "rows"),
    [
        ("blank_variable", "nombre", 2, [3, 4]),
        ("signs_in_value", "nombre", 1, [5]),
        ("invisible_in_value", "nombre", 1, [6]),
        ("blanks_in_value", "saldo", 2, [5, 6]),
        ("ucs2_value", "saldo", 1, [4]),
    ],
)
def test_row_rules(
    people: pl.DataFrame, rule: str, variable: str, count: int, rows: list[int]
) -> None:
    """Each rule about values counts its rows and names the first few."""
    found = lint("##nombre## ##saldo##", people).filter(
        pl.col("message").str.contains(f"##{variable}##", literal=True)
    )

    assert (finding(found, rule)["count"], finding(found, rule)["rows"]) == (count, rows)


def test_a_default_is_told_as_used(people: pl.DataFrame) -> None:
    """A blank cell with a default is no problem, but it is said how many get it."""
    found = lint("##nombre|cliente## ##saldo##", people)

    assert "blank_variable" not in rules(found)
    assert finding(found, "default_used")["count"] == 2
    assert "'cliente'" in str(finding(found, "default_used")["message"])


def test_unused_columns_are_named(people: pl.DataFrame) -> None:
    """A column that nobody reads may be a slip; a verb's own columns are none."""
    found = lint("##nombre##", people.with_columns(msisdn=919816111111))

    assert finding(found, "unused_column")["message"] == "1 column not used: 'saldo'."


def test_texts_past_the_plan_are_counted() -> None:
    """Texts with more segments than planned are counted, with examples."""
    people = pl.DataFrame({"a": ["x", "x" * 161, "x" * 400]})

    found = finding(lint("##a##", people), "overflow")

    assert (found["count"], found["rows"]) == (2, [1, 2])
    assert "2 of 3 texts have more than 1 segment, the longest 3." in str(found["message"])
    assert "overflow" not in rules(lint("##a##", people, max_segments=3))


def test_smart_changes_are_all_shown() -> None:
    """With smart, lint lists exactly the characters that render replaces."""
    people = pl.DataFrame({"a": ["“x”", "“x” 👍", "y…"]})

    found = lint("it’s ##a##", people, smart=True).filter(pl.col("rule") == "smart_change")

    assert found["count"].to_list() == [1, 1, 1, 1]
    shown = " ".join(found["message"])
    messages = render(people, "it’s ##a##", smart=True)
    assert messages["text"].to_list() == ['it\'s "x"', "it's “x” 👍", "it's y..."]
    assert all(sign in shown for sign in "’“”…")
    assert "in the values of 1 row." in shown


def test_stripped_accents_are_shown_too() -> None:
    """With accents stripped, lint lists what render then changes."""
    people = pl.DataFrame({"a": ["José María", "Ángel"]})

    found = lint("Más ##a##", people, smart=True, accents="strip")

    changed = found.filter(pl.col("rule") == "smart_change")["message"]
    assert changed.str.extract("writes '(.+)' for (.)", 2).to_list() == ["á", "Á", "í"]
    after = render(people, "Más ##a##", smart=True, accents="strip")
    assert after["text"].to_list() == ["Mas José Maria", "Mas Angel"]


def test_no_smart_change_where_the_template_stays_ucs2() -> None:
    """A template that cannot become GSM-7 is not changed, and so nothing is listed."""
    people = pl.DataFrame({"a": ["“x”"]})

    found = lint("it’s 👍 ##a##", people, smart=True)

    assert "smart_change" not in rules(found)
    assert people.select(smart("a")).item() == '"x"'


def test_an_empty_sheet_is_linted(people: pl.DataFrame) -> None:
    """No row is no reason to fail."""
    assert "blank_variable" not in rules(lint("##nombre##", people.clear()))


def test_a_template_without_variables_is_linted(people: pl.DataFrame) -> None:
    """A text that is the same for all has its unused columns, and no values to look at."""
    assert rules(lint("Hola", people, smart=True)) == ["unused_column"]


@pytest.mark.parametrize("sign", ["#", "####", "-a", "a.", " ", "á", "http://", "{a", "##zz##"])
def test_time_is_linear(people: pl.DataFrame, sign: str) -> None:
    """Ten thousand of anything are linted in a moment."""
    started = time.process_time()
    lint(sign * (10_000 if sign != "##zz##" else 500), people, message_type="PROMOTIONAL")

    # Quadratic time would be many times this; the margin is for a busy machine.
    assert time.process_time() - started < 5


def test_the_frame_that_came_in_is_as_it_was(people: pl.DataFrame) -> None:
    """lint looks and touches nothing."""
    copy = people.clone()

    lint("##nombre## ##saldo##", people, smart=True)

    assert people.equals(copy)


@given(
    literal=st.text("a’áe\u0301K👍", max_size=4),
    cells=st.lists(st.text("b…çe\u0301Å👍 ", max_size=4), min_size=1, max_size=4),
    accents=st.sampled_from(["keep", "strip"]),
)
def test_nothing_is_changed_in_silence(literal: str, cells: list[str], accents: str) -> None:
    """LAW: lint lists a change if and only if smart encoding changes a text."""
    people = pl.DataFrame({"a": cells})
    template = f"{literal}##a##"
    settings = {"smart": True, "accents": accents}

    before = render(people, template)["text"]
    after = render(people, template, **settings)["text"]  # type: ignore[arg-type]

    listed = "smart_change" in rules(lint(template, people, **settings))  # type: ignore[arg-type]
    assert listed == (before != after).any()
