"""What you write is what arrives: the text, and the same message in the vendor's form."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from msgframe import frames
from msgframe.errors import ColumnsError, TemplateError, TooCostly
from msgframe.message_central.sandbox import xlsx_reader
from msgframe.messages.rendering import render

STREET = "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"


def as_the_vendor(template: str, variables: list[str]) -> str:
    """Replace `##VarN##` (`##var##` is the first) once, from left to right, whatever the case."""

    def cell(found: re.Match[str]) -> str:
        return variables[int(found[1] or 1) - 1]

    return re.sub(r"##var(\d*)##", cell, template, flags=re.IGNORECASE)


def people(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    return pl.DataFrame(
        {
            "row": pl.Series(range(2, height + 2), dtype=pl.UInt32),
            "country_code": ["91"] * height,
            "mobile": ["9816111111"] * height,
            "msisdn": [919816111111] * height,
            **{name: pl.Series(cells, dtype=pl.String) for name, cells in columns.items()},
        }
    )


def test_the_street() -> None:
    """The template of the street names the person's own columns by their place."""
    accepted = people(Nombre=["Ana", "José"], Saldo=["₹1,234.50", "7"], Fecha=["01-Mar-2026", "x"])

    messages = render(accepted, STREET)

    assert messages["text"].to_list() == [
        "Hola Ana, tu saldo es ₹1,234.50 en la fecha 01-Mar-2026",
        "Hola José, tu saldo es 7 en la fecha x",
    ]
    assert messages["encoding"].to_list() == ["UCS-2", "GSM-7"]
    assert messages["variables"].to_list() == [
        ["Ana", "₹1,234.50", "01-Mar-2026"],
        ["José", "7", "x"],
    ]
    assert messages["template"].unique().to_list() == [STREET]


def test_the_columns_are_those_of_the_dictionary() -> None:
    """render adds what the dictionary of frames says, at the end and in its order."""
    before = people(a=["x"])

    after = render(before, "##a##")

    assert after.drop(before.columns).schema == frames.columns("render")
    assert after.columns == [*before.columns, *frames.columns("render")]
    frames.model("render").validate(after)


def test_the_frame_that_came_in_is_as_it_was() -> None:
    """render gives a new frame."""
    before = people(a=["x"])
    copy = before.clone()

    render(before, "##a##")

    assert_frame_equal(before, copy)


@pytest.mark.parametrize("smart", [False, True])
def test_lazy_in_lazy_out(smart: bool) -> None:
    """A LazyFrame comes back lazy, with the same rows, whatever the engine."""
    before = people(a=["x", None, "á", "’"])

    lazy = render(before.lazy(), "<##a|?##>", smart=smart)

    assert isinstance(lazy, pl.LazyFrame)
    assert_frame_equal(lazy.collect(), render(before, "<##a|?##>", smart=smart))
    assert_frame_equal(lazy.collect(engine="streaming"), render(before, "<##a|?##>", smart=smart))


@pytest.mark.parametrize("smart", [False, True])
def test_no_row_and_no_variable(smart: bool) -> None:
    """A sheet without rows and a text without variables are ordinary cases."""
    empty = render(people(a=["x"]).clear(), "Hola ##a##", smart=smart)
    plain = render(people(a=["x", "y"]), "Hola", smart=smart)
    nothing = render(people(a=["x"]), "", smart=smart)

    assert empty.height == 0
    assert empty.drop(people(a=["x"]).columns).schema == frames.columns("render")
    assert plain["text"].to_list() == ["Hola", "Hola"]
    assert plain["variables"].to_list() == [[], []]
    assert nothing["segments"].to_list() == [0]


@pytest.mark.parametrize(
    ("template", "text", "vendors", "variables"),
    [
        ("##a## ##a##", "1 1", "##Var1## ##Var1##", ["1"]),
        ("##b##/##a##", "2/1", "##Var1##/##Var2##", ["2", "1"]),
        ("##c|x##", "x", "##Var1##", ["x"]),
        ("##c|x## ##c|y##", "x y", "##Var1## ##Var2##", ["x", "y"]),
        ("##c##", "", "##Var1##", [""]),
        ("No. #1 ##a##", "No. #1 1", "No. #1 ##Var1##", ["1"]),
        ("####12 ##a##", "##12 1", "##Var1##12 ##Var2##", ["##", "1"]),
        ("###a###", "#1#", "##Var1####Var2####Var1##", ["#", "1"]),
        ("####Var1####", "##Var1##", "##Var1##Var1##Var1##", ["##"]),
        ("##a####b##", "12", "##Var1####Var2##", ["1", "2"]),
    ],
)
def test_the_vendors_form(template: str, text: str, vendors: str, variables: list[str]) -> None:
    """Variables are numbered as they appear; signs that could mislead travel as values."""
    messages = render(people(a=["1"], b=["2"], c=[None]), template)

    assert messages.select("text", "template", "variables").row(0) == (text, vendors, variables)
    assert as_the_vendor(vendors, variables) == text


cells = st.text("#aVr1 é€’👍|", max_size=8) | st.none()


@given(
    template=st.lists(
        st.sampled_from(["##x##", "##y|d##", "##Var2##", "####", "#", "Var1", "é", "’", "👍", " "]),
        max_size=8,
    ),
    cells=st.lists(st.tuples(cells, cells), min_size=1, max_size=4),
    smart=st.booleans(),
)
def test_the_vendors_form_gives_the_text(
    template: list[str], cells: list[tuple[str | None, str | None]], smart: bool
) -> None:
    """LAW: replacing the markers by the variables, as the vendor does, gives the text.

    Twice: by a renderer of this test's own, and by the sandbox's.
    """
    frame = people(x=[x for x, _ in cells], y=[y for _, y in cells])
    try:
        messages = render(frame, "".join(template), smart=smart)
    except TemplateError:
        return

    for text, vendors, variables in messages.select("text", "template", "variables").rows():
        assert as_the_vendor(vendors, variables) == text
        assert xlsx_reader.fill(vendors, variables) == text


@given(cells=st.lists(st.tuples(cells, cells), min_size=1, max_size=4))
def test_renderers_differ_only_where_signs_meet(
    cells: list[tuple[str | None, str | None]],
) -> None:
    """A text without ## is the same from a renderer that replaces one marker after the other."""
    frame = people(x=[x for x, _ in cells], y=[y for _, y in cells])

    messages = render(frame, "a #1 ##x####y## ##x|d##")

    safe = messages.filter(~pl.col("text").str.contains("##", literal=True))
    for text, vendors, variables in safe.select("text", "template", "variables").rows():
        assert xlsx_reader.fill_in_turn(vendors, variables) == text


def test_a_value_is_never_a_marker() -> None:
    """A cell that looks like a marker arrives as it is, and stays visible as `##` in the text."""
    messages = render(people(a=["##b##"], b=["secret"]), "##a## ##b##")

    assert messages["text"].item() == "##b## secret"
    assert messages["variables"].to_list() == [["##b##", "secret"]]


def test_defaults_stand_where_a_cell_is_blank() -> None:
    """Null, empty and blanks alone are blank; a marker's own default comes first."""
    messages = render(
        people(a=[None, "", " \u00a0", "x"], b=[None, "1", "2", "3"]),
        "##a## ##b|0## ##A|own##",
        defaults={"A": "anyone", "b": "9"},
    )

    assert messages["text"].to_list() == ["anyone 0 own", "anyone 1 own", "anyone 2 own", "x 3 x"]


def test_other_dtypes_are_written_as_polars_writes_them() -> None:
    """Numbers and dates of a frame made in Python are text in the message."""
    frame = pl.DataFrame({"n": [7, None], "d": ["2026-03-01", None]}).with_columns(
        pl.col("d").str.to_date()
    )

    assert render(frame, "##n##/##d##")["text"].to_list() == ["7/2026-03-01", "/"]


def test_a_list_is_no_text() -> None:
    """A column of lists is refused by name, before any row is touched."""
    with pytest.raises(ColumnsError, match=r"cannot write 'tags' as text"):
        render(pl.DataFrame({"tags": [["a"]]}), "##tags##")


def test_a_column_of_render_is_not_written_over() -> None:
    """A frame that was rendered before is refused, with the rename to make."""
    with pytest.raises(ColumnsError, match=r"render\(\) adds 'text'"):
        render(pl.DataFrame({"text": ["x"]}), "Hola")


def test_the_guard_on_segments() -> None:
    """max_segments stops with how many rows are too long, and how long the longest is."""
    frame = people(a=["x", "x" * 200, "x" * 400])

    with pytest.raises(TooCostly, match=r"2 of 3 texts longer than max_segments=1.*has 3\."):
        render(frame, "##a##", max_segments=1)
    assert render(frame, "##a##", max_segments=3).height == 3


def test_the_guard_needs_rows() -> None:
    """A lazy frame has no counted rows to guard."""
    with pytest.raises(TemplateError, match="needs counted rows"):
        render(people(a=["x"]).lazy(), "##a##", max_segments=1)


def test_smart_changes_the_template_and_whole_rows() -> None:
    """The template is the same for all; a row's values change together or not at all."""
    frame = people(a=["O’Neill", "“x” 👍", "plain", "á’"])

    messages = render(frame, "it’s ##a##", smart=True)

    assert messages["text"].to_list() == ["it's O'Neill", "it's “x” 👍", "it's plain", "it's á’"]
    assert messages["template"].unique().to_list() == ["it's ##Var1##"]


def test_smart_does_nothing_in_vain() -> None:
    """A template that stays UCS-2 is not touched, and neither are its values."""
    messages = render(people(a=["O’Neill"]), "👍 it’s ##a##", smart=True)

    assert messages["text"].item() == "👍 it’s O’Neill"


def test_smart_can_strip_accents() -> None:
    """Accents that GSM-7 lacks go only if asked; those that it has stay."""
    frame = people(a=["información"])

    kept = render(frame, "señal ##a##", smart=True)
    stripped = render(frame, "señal ##a##", smart=True, accents="strip")

    assert kept["text"].item() == "señal información"
    assert stripped["text"].item() == "señal informacion"
