"""The preview shows what tells most, and nobody's number."""

from __future__ import annotations

import polars as pl
import pytest

from msgframe.errors import ColumnsError, SettingsError, TemplateError, UsageError
from msgframe.messages.previews import preview
from msgframe.messages.rendering import render

TEMPLATE = "Hola ##nombre|cliente##"


@pytest.fixture
def messages() -> pl.DataFrame:
    """Twenty messages, six of them telling."""
    names = ["Ana"] * 14 + ["Al", "x" * 170, "María", "Zoé 👍", None, "##x##"]
    people = pl.DataFrame(
        {
            "row": pl.Series(range(2, 22), dtype=pl.UInt32),
            "msisdn": [919816111100 + at for at in range(20)],
            "nombre": names,
        }
    )
    return render(people, TEMPLATE)


def test_the_telling_ones_come_first(messages: pl.DataFrame) -> None:
    """Extremes and oddities are shown once each, with all that makes them telling."""
    rows = preview(messages, template=TEMPLATE, random=2).rows

    assert rows.select("why", "row").rows()[:6] == [
        ("shortest", 16),
        ("longest, most segments", 17),
        ("with an emoji", 19),
        ("outside of GSM-7", 18),
        ("with ## in the text", 21),
        ("with a default", 20),
    ]
    assert rows["why"].to_list()[6:] == ["random", "random"]


def test_the_same_seed_shows_the_same(messages: pl.DataFrame) -> None:
    """Random is not arbitrary: a seed decides."""
    first = preview(messages, seed=1).rows
    again = preview(messages, seed=1).rows
    other = preview(messages, seed=2).rows

    assert first.equals(again)
    assert not first.equals(other)


def test_random_ones_are_none_of_the_telling(messages: pl.DataFrame) -> None:
    """However many are asked for, no message is shown twice, and there are no more than all."""
    rows = preview(messages, random=99).rows

    assert rows["row"].is_unique().all()
    assert rows.height == 20


def test_numbers_are_masked(messages: pl.DataFrame) -> None:
    """Neither the notebook's nor the terminal's view shows a whole number."""
    shown = preview(messages)

    for view in (repr(shown), shown._repr_html_(), str(shown.rows.to_dicts())):
        assert "9198161111" not in view
    assert "9198•••••116" in repr(shown)


def test_the_terminal_view(messages: pl.DataFrame) -> None:
    """A bubble in lines, its caption below."""
    drawn = repr(preview(messages.filter(pl.col("row") == 16), random=0))

    assert drawn.splitlines() == [
        "╭─────────╮",
        "│ Hola Al │",
        "╰─────────╯",
        "  9198•••••114 · row 16 · GSM-7, 7 units, 1 segment · shortest, longest",
        "1 of 1 messages",
    ]


def test_captions_are_said_in_a_language(messages: pl.DataFrame) -> None:
    """Why, where, how long and how many, in the notebook as in the terminal."""
    shown = preview(messages.filter(pl.col("row") == 17), random=0, language="es")

    assert shown.rows["why"].item() == "el más corto, el más largo, con más segmentos"
    for view in (repr(shown), shown._repr_html_()):
        assert "fila 17" in view
        assert "GSM-7, 175 unidades, 2 segmentos" in view
        assert "1 de 1 mensajes" in view
    with pytest.raises(UsageError, match=r"preview\(language='fr'\)"):
        preview(messages, language="fr")


def test_values_are_escaped_in_html() -> None:
    """A value cannot become a tag, nor steer a terminal."""
    shown = preview(render(pl.DataFrame({"a": ["<script>x</script>\x1b[31m"]}), "##a##"))

    assert "<script>" not in shown._repr_html_()
    assert "&lt;script&gt;" in shown._repr_html_()
    assert "\x1b" not in repr(shown)
    assert "␛[31m" in repr(shown)


def test_defaults_of_the_call_count_too(messages: pl.DataFrame) -> None:
    """A default may have been given to render, and not in the template."""
    rows = preview(messages, template="##nombre##", defaults={"nombre": "x"}, random=0).rows

    assert rows.filter(pl.col("why") == "with a default")["row"].to_list() == [20]


def test_no_message(messages: pl.DataFrame) -> None:
    """An empty frame shows that it is empty."""
    shown = preview(messages.clear())

    assert repr(shown) == "0 of 0 messages"
    assert shown.rows.columns == ["why", "row", "to", "text", "encoding", "units", "segments"]


def test_messages_without_rows_and_numbers() -> None:
    """Row and number are shown where they are there."""
    shown = preview(render(pl.DataFrame({"a": ["x"]}), "##a##"))

    assert "row 0 · GSM-7" in repr(shown)
    assert shown.rows["to"].to_list() == [None]


def test_wrong_use(messages: pl.DataFrame) -> None:
    """What cannot be shown is said, with what to do."""
    with pytest.raises(ColumnsError, match=r"preview\(\) needs 4 more columns"):
        preview(pl.DataFrame({"a": [1]}))
    with pytest.raises(SettingsError, match="random=-1"):
        preview(messages, random=-1)
    with pytest.raises(TemplateError, match=r"preview\(\) knows no ##who##"):
        preview(messages, template="##who##")
