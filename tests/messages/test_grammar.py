"""What a template may say, and how a broken one is told."""

from __future__ import annotations

import time
from contextlib import suppress

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgframe.errors import TemplateError
from msgframe.messages.grammar import Marker, bind, fold, mend, parse, resolve, text, write

VENDOR_DOCS = "Hola # #var ##, tu saldo es # #var2 ## en la fecha # #var3 ##"


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("", []),
        ("Hola", ["Hola"]),
        ("##a##", [Marker("a")]),
        ("## a ##", [Marker("a")]),
        ("##a####b##", [Marker("a"), Marker("b")]),
        ("##a|x y##", [Marker("a", "x y")]),
        ("##a|##", [Marker("a", "")]),
        ("##a|b|c##", [Marker("a", "b|c")]),
        ("####", ["##"]),
        ("########", ["####"]),
        ("#", ["#"]),
        ("No. #1", ["No. #1"]),
        ("###a##", ["#", Marker("a")]),
        ("##a###", [Marker("a"), "#"]),
        ("######a##", ["##", Marker("a")]),
        ("##a######", [Marker("a"), "##"]),
        ("#######a##", ["###", Marker("a")]),
        ("####a####", ["##a##"]),
        ("#####", ["###"]),
        ("##señal nº 1##\n", [Marker("señal nº 1"), "\n"]),
    ],
)
def test_reading(template: str, parts: list[str | Marker]) -> None:
    """A run of # is read in fours, from the left; what closes a marker is never read again."""
    assert parse(template) == parts


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("Hola ##a", "opens at character 6 never closes: '##a'"),
        ("##a# b", "opens at character 1 never closes"),
        ("Hola ## ##", "at character 6 names nothing: '## ##'"),
        ("##|x##", "at character 1 names nothing"),
        (VENDOR_DOCS, "Did you mean 'Hola ##var##, tu saldo es ##var2## en la fecha ##var3##'?"),
    ],
)
def test_broken_templates_name_the_place(template: str, told: str) -> None:
    """A broken template is refused with the place, and with what was probably meant."""
    with pytest.raises(TemplateError) as refused:
        parse(template)

    assert told in str(refused.value)


@given(
    st.lists(
        st.one_of(
            st.text("#a |", min_size=1, max_size=8),
            st.builds(
                Marker,
                name=st.sampled_from(["a", "Var1", "ñ b"]),
                default=st.none() | st.text("x |", max_size=3),
            ),
        ),
        max_size=6,
    )
)
def test_what_is_written_reads_back(parts: list[str | Marker]) -> None:
    """Any text can be said, and any markers between it."""
    merged: list[str | Marker] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)

    assert parse(write(merged)) == merged


@pytest.mark.parametrize(
    ("damaged", "mended"),
    [
        (VENDOR_DOCS, "Hola ##var##, tu saldo es ##var2## en la fecha ##var3##"),
        ("# # nombre # #", "##nombre##"),
        ("##nombre# #", "##nombre##"),
        ("#nombre## y ##nombre#", "##nombre## y ##nombre##"),
        ("＃＃nombre＃＃", "##nombre##"),
        ("{{ nombre }} {nombre}", "##nombre## ##nombre##"),
        ("#1 de # #Nombre|cliente ##", "#1 de ##Nombre|cliente##"),
    ],
)
def test_damage_is_mended(damaged: str, mended: str) -> None:
    """Markers that a translation or another system spoiled are recognised by their names."""
    assert mend(damaged, ["nombre"]) == mended


@pytest.mark.parametrize(
    "sound",
    ["##otro## ##nombre##", "#nombre #promo", "Nº # 1 y # 2", "{otro}", "####nombre####", "# # #"],
)
def test_sound_text_is_left_alone(sound: str) -> None:
    """Hashtags, numbers and names that are no column stay as they are."""
    assert mend(sound, ["nombre"]) == sound


@pytest.mark.parametrize(
    "hostile",
    [
        "#" * 100_000,
        "# " * 50_000,
        "#a" * 50_000,
        "##a" * 33_333,
        "# #a" + " " * 100_000,
        "{" * 10**5,
    ],
)
def test_time_is_linear(hostile: str) -> None:
    """Repeated a hundred thousand times, no pattern of signs takes more than a moment."""
    started = time.process_time()
    mend(hostile)
    with suppress(TemplateError):
        parse(hostile)

    # Quadratic time would be minutes; the margin is for a busy machine.
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("name", "columns", "column"),
    [
        ("Nombre ", ["nombre", "Nombre "], "Nombre "),
        ("teléfono móvil", ["TELEFONO_MOVIL"], "TELEFONO_MOVIL"),
        ("fecha-de-pago", ["Fecha de pago"], "Fecha de pago"),
        ("Var1", ["row", "country_code", "mobile", "msisdn", "nombre"], "nombre"),
        ("var", ["row", "nombre"], "nombre"),
        ("VAR 2", ["nombre", "saldo"], "saldo"),
        ("var", ["Var1", "Var2"], "Var1"),
        ("var02", ["Var1", "Var2"], "Var2"),
        ("Var2", ["Var 2", "x"], "Var 2"),
        ("Var3", ["nombre", "saldo"], None),
        ("Var0", ["nombre"], None),
        ("Var2", ["Var1", "x"], None),
        ("नाम", ["नाम", "नमी"], "नाम"),
        ("mobile", ["mobile", "x"], "mobile"),
        ("?", ["!"], None),
    ],
)
def test_names_find_their_columns(name: str, columns: list[str], column: str | None) -> None:
    """The header itself comes first, then one spelt alike, then the N-th own column."""
    assert resolve(name, columns) == column


def test_marks_that_tell_words_apart_are_kept() -> None:
    """Accents fall away, the vowel signs of Indian scripts do not."""
    assert fold("Ñandú") == "nandu"
    assert fold("नाम") != fold("नमी")


def test_two_headers_alike_are_refused() -> None:
    """Which of two columns is meant is for the person to say."""
    with pytest.raises(TemplateError, match=r"##saldo## could be 'Saldo', 'SALDO'"):
        resolve("saldo", ["Saldo", "SALDO"])


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("a ##saldoo## ##x##", "knows no ##saldoo## (character 3), ##x## (character 14)"),
        ("a ##saldoo##", "Did you mean 'saldo'?"),
        ("Hola # #saldo# #", "Did you mean 'Hola ##saldo##'?"),
        ("{{saldo}}", "damaged marker near character 1: '{{saldo}}'. Did you mean '##saldo##'?"),
    ],
)
def test_unknown_names_are_told(template: str, told: str) -> None:
    """An unknown variable is told with its place and its nearest neighbour."""
    with pytest.raises(TemplateError) as refused:
        bind(template, ["row", "saldo"])

    assert told in str(refused.value)


def test_a_default_for_no_column_is_told() -> None:
    """A default that could never be used is a slip of the pen."""
    with pytest.raises(TemplateError, match="has a default for 'nombr', which is no column"):
        bind("Hola", ["nombre"], defaults={"nombr": "x"})


def test_values_are_not_read_again() -> None:
    """What looks like a marker inside of a value stays text."""
    people = pl.DataFrame({"a": ["##b##"], "b": ["no"]})

    written = people.select(text(bind("<##a##>", people.columns)))

    assert written.item() == "<##b##>"
