"""`check`: every row once in accepted or rejected, with its reasons."""

import pickle
from dataclasses import FrozenInstanceError, replace

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from msgframe import frames
from msgframe.core import a1
from msgframe.errors import ColumnsError, SheetError, TooManyRejected, UsageError
from msgframe.recipients import Recipient, check, rule

GOOD = "9816111111"
OTHER = "9876111111"


def sheet(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    rows = pl.Series("row", range(2, height + 2), dtype=pl.UInt32)
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).insert_column(0, rows)


class Customer(Recipient):
    Plan: str = pa.Field(isin=["oro", "plata"])
    Saldo: str = pa.Field(nullable=True, str_startswith="$")

    @rule("Saldo", severity="warning", en="{column} looks high.", es="{column} parece alto.")
    @classmethod
    def saldo_is_low(cls, cell: pl.Expr) -> pl.Expr:
        return cell.str.len_chars() < 6


def test_vendors_sample_is_rejected_whole():
    """The numbers of the vendor's own sample are placeholders: eleven digits, no such mobile."""
    sample = sheet(
        Country=["91", "91", "91"],
        Mobile=["12345678901", "23456789012", "12345678901"],
        Var1=["Amit", "Kunal", "Prakash"],
        Var2=["$35", "$60", "$35"],
        Var3=["DISOUNT20"] * 3,
    )

    accepted, rejected, problems = check(sample, letters=a1.letters_by_position(sample.columns))

    assert accepted.is_empty()
    assert rejected["row"].to_list() == [2, 3, 4]
    assert problems["rule"].to_list() == ["too_long"] * 3
    assert problems["cell"].to_list() == ["B2", "B3", "B4"]


def test_accepted_has_the_number_first_and_the_persons_columns_after():
    """The matched country and number give way to ours; the other columns stay as typed."""
    accepted, rejected, problems = check(sheet(País=["+91"], Móvil=["98161-11111"], Saldo=[" $3 "]))

    expected = pl.DataFrame(
        {"row": [2], "country_code": ["91"], "mobile": [GOOD], "msisdn": [919816111111]},
        schema=frames.columns("check"),
    ).with_columns(Saldo=pl.lit(" $3 "))
    assert_frame_equal(accepted, expected)
    assert rejected.is_empty()
    assert problems.is_empty()


def test_rejected_is_as_typed_with_its_reasons():
    """What the person typed is not touched, and the reasons are sentences in their order."""
    _, rejected, _ = check(sheet(Mobile=["98161 ABCDE"], Name=["N/A"]), country="91")

    assert rejected.drop("reasons").rows() == [(2, "98161 ABCDE", "N/A")]
    assert rejected["reasons"].to_list() == [
        [
            "Mobile has letters in it: write digits only.",
            "Name holds a stand-in for a missing value: the person would read it.",
        ]
    ]


def test_problems_are_the_dictionarys_columns():
    """The frame of problems is the one that the dictionary draws, also where it is empty."""
    bad = check(sheet(Mobile=["1"]), country="91").problems
    good = check(sheet(Mobile=[GOOD]), country="91").problems

    assert bad.schema == frames.columns("problems")
    assert good.schema == frames.columns("problems")


def test_problems_name_the_cell_by_the_letter_of_the_file():
    """Where columns were left out of the sheet, the cell is still the one that Excel shows."""
    typed, letters = sheet(Mobile=["12"]), {"Mobile": "F"}

    assert check(typed, country="91", letters=letters).problems["cell"].to_list() == ["F2"]


def test_cells_of_several_sheets_name_their_sheet():
    """Rows of two sheets may have the same number, so the cell says which sheet it is in."""
    two = sheet(sheet=["Enero", "Febrero"], Mobile=["1", "2"])
    two = two.with_columns(row=pl.lit(2, dtype=pl.UInt32))

    problems = check(two, country="91", letters={"Mobile": "A"}).problems
    unknown = check(two, country="91").problems

    assert problems["cell"].to_list() == ["'Enero'!A2", "'Febrero'!A2"]
    assert unknown["cell"].to_list() == ["'Enero'!2:2", "'Febrero'!2:2"]


def test_check_leaves_the_sheet_alone():
    """A verb gives new frames; its input stays as it was."""
    typed = sheet(Mobile=[GOOD, "1"])
    before = typed.clone()

    check(typed, country="91")

    assert_frame_equal(typed, before)


def test_a_frame_without_rows_numbers_is_counted_from_two():
    """A plain polars frame is taken for a sheet whose headers stand in row 1."""
    accepted = check(pl.DataFrame({"Mobile": [9816111111]}), country="91").accepted

    assert accepted["row"].to_list() == [2]
    assert accepted["msisdn"].to_list() == [919816111111]


def test_sheet_without_a_row_is_an_error():
    """There is nothing to split, and nothing to send: the person is told at once."""
    with pytest.raises(SheetError, match=r"without a row\. Its headers are 'Mobile'"):
        check(sheet(Mobile=[]), country="91")


def test_sheet_without_a_valid_row_is_an_outcome():
    """Every row bad is data, not an error: the rejects are what the person needs."""
    accepted, rejected, _ = check(sheet(Mobile=["1", "", None]), country="91")

    assert (accepted.height, rejected.height) == (0, 3)
    assert accepted.schema == frames.columns("check")


def test_sheet_without_numbers_names_its_headers():
    """The error shows what there was and how to say which column it is."""
    with pytest.raises(ColumnsError, match=r"no column of phone numbers.*'Nombre'.*columns="):
        check(sheet(Nombre=["Ana"]))


def test_column_that_a_later_verb_adds_is_refused_with_the_rename():
    """`status` is what `track` writes; a sheet's own must be renamed first."""
    with pytest.raises(ColumnsError, match="my_status"):
        check(sheet(Mobile=[GOOD], status=["new"]), country="91")


def test_lazy_frames_are_refused():
    """A step that decides takes a frame whose rows are there."""
    with pytest.raises(UsageError, match="collect"):
        check(sheet(Mobile=[GOOD]).lazy(), country="91")  # type: ignore[arg-type]


def test_model_adds_columns_and_checks():
    """A subclass's fields and checks reject and tell, each with its sentence."""
    typed = sheet(Mobile=[GOOD, OTHER], Plan=["oro", "bronce"], Saldo=["$12345", "12"])

    accepted, _, problems = check(typed, Customer, country="91")

    assert accepted["row"].to_list() == [2]
    assert problems.select("row", "rule", "severity").rows() == [
        (2, "saldo_is_low", "warning"),
        (3, "isin", "error"),
        (3, "str_startswith", "error"),
    ]
    assert problems["message"].to_list() == [
        "Saldo looks high.",
        "Plan must be one of oro, plata.",
        "Saldo must begin with $.",
    ]


def test_sentences_are_said_in_spanish():
    """The language of the sentences is a setting; a rule of one's own brings its own."""
    typed = sheet(Mobile=["1"], Plan=["x"], Saldo=["$12345"])

    problems = check(typed, Customer, country="91", language="es").problems

    assert problems["message"].to_list() == [
        "Mobile tiene pocas cifras para un número de su país.",
        "Plan debe ser uno de oro, plata.",
        "Saldo parece alto.",
    ]


def test_model_column_that_is_missing_stops_before_any_row():
    """Structure comes first: a column that the sheet lacks is one error, not many problems."""
    with pytest.raises(ColumnsError, match=r"needs 2 more columns.*'Plan', 'Saldo'"):
        check(sheet(Mobile=["1"]), Customer, country="91")


def test_accepted_rows_satisfy_the_model_in_pandera_itself():
    """Whatever evaluates the model here, pandera agrees with the outcome."""
    typed = sheet(Mobile=[GOOD, OTHER, "1"], Plan=["oro", "x", "oro"], Saldo=["$1", "$1", None])

    accepted = check(typed, Customer, country="91").accepted

    assert_frame_equal(Customer.validate(accepted, lazy=True), accepted)


def test_field_of_another_type_is_read_from_its_text():
    """A sheet is text; a model that asks for numbers gets them, or says which cell is none."""

    class Adult(Recipient):
        Age: int = pa.Field(ge=18)

    typed = sheet(Mobile=[GOOD, OTHER, "9999999999"], Age=["18", "x", "17"])

    accepted, _, problems = check(typed, Adult, country="91")

    assert accepted["Age"].to_list() == [18]
    assert problems.select("row", "rule", "value").rows() == [
        (3, "type", "x"),
        (4, "greater_than_or_equal_to", "17"),
    ]
    assert problems["message"][0] == "Age must be a whole number."


def test_too_many_rejected_stops_the_campaign():
    """Past the threshold nothing is given back, and the rules most broken are named."""
    typed = sheet(Mobile=[GOOD, "1", "2"])

    with pytest.raises(TooManyRejected, match=r"2 of 3 rows \(66\.7%\).*too_short 2") as stopped:
        check(typed, country="91", max_rejected=0.5)
    assert stopped.value.checked.rejected.height == 2
    assert check(typed, country="91", max_rejected=0.7).rejected.height == 2


def test_numbers_are_masked_wherever_check_speaks():
    """Sentences, the repr and the notebook's view never show a whole number."""
    typed = sheet(Tel=["12345678901", GOOD, GOOD], Name=["a", "b", "b"])
    checked = check(typed, country="91")

    said = " ".join([*checked.problems["message"], repr(checked), checked._repr_html_()])

    assert "12345678901" not in said
    assert GOOD not in said


def test_outcome_is_a_value():
    """It unpacks into its frames, compares by what is in them, and goes through a pickle."""
    checked = check(sheet(Mobile=[GOOD, "1"]), country="91")

    accepted, rejected, problems = checked

    assert accepted is checked.accepted
    assert rejected is checked.rejected
    assert problems is checked.problems
    assert pickle.loads(pickle.dumps(checked)) == checked
    assert check(sheet(Mobile=[GOOD, "2"]), country="91") != checked
    with pytest.raises(FrozenInstanceError):
        checked.accepted = rejected


@pytest.mark.parametrize("part", ["accepted", "rejected", "problems"])
def test_outcome_with_another_part_is_whole(part):
    """A part may be replaced; the new outcome shows itself like the old one, which stays."""
    checked = check(sheet(Mobile=[GOOD, "12345678901"]), country="91")

    fewer = replace(checked, **{part: getattr(checked, part).clear()})
    other = replace(checked, **{part: pl.DataFrame({"Name": ["Ana"]})})

    assert f"{part}: 0 rows" in fewer._repr_html_()
    assert "Ana" in other._repr_html_()
    assert "12345678901" not in fewer._repr_html_() + other._repr_html_()
    assert getattr(checked, part).height == 1


CELLS = st.sampled_from([GOOD, OTHER, "12345678901", "", "N/A", None, "abc", "+91 9816111111"])
VALUES = st.sampled_from(["Ana", "", "N/A", None, "##", "x" * 31, "a\x00b"])


@settings(max_examples=25)
@given(
    st.lists(st.tuples(CELLS, VALUES), min_size=1, max_size=8),
    st.sampled_from(["first", "all", "none"]),
    st.sampled_from(["message", "number"]),
)
def test_every_row_is_accepted_or_rejected_exactly_once(rows, keep, once_per):
    """The law of the split, and that a row is rejected exactly where a problem is an error."""
    typed = sheet(Mobile=[number for number, _ in rows], Name=[name for _, name in rows])

    accepted, rejected, problems = check(typed, country="91", keep=keep, once_per=once_per)

    parted = pl.concat([accepted["row"], rejected["row"]]).sort()
    assert parted.to_list() == typed["row"].to_list()
    errors = problems.filter(severity="error")["row"].unique().sort()
    assert errors.to_list() == rejected["row"].to_list()
    assert (rejected["reasons"].list.len() > 0).all()
    assert problems["row"].is_sorted()


NAMES = ["index", "place", "detail", "rule", "nth", "at", "key", "typed", "country", "value", "{x}"]
NAMES += [
    "count",
    "literal",
    "",
    " ",
    "a.b",
    "Número",
    "variable 0",
    "msgframe key",
    "None",
    "mark",
]
HEADERS = st.lists(st.sampled_from(NAMES), max_size=4, unique=True)
ANY = st.none() | st.text(max_size=12) | CELLS


@settings(max_examples=25)
@given(HEADERS, st.data())
def test_any_sheet_is_split_whatever_its_headers_and_cells(headers, data):
    """No name collides with ours inside, and no text breaks a rule: the law of the split holds."""
    height = data.draw(st.integers(1, 4))
    columns = {
        name: data.draw(st.lists(ANY, min_size=height, max_size=height))
        for name in [*headers, "Mobile"]
    }
    typed = sheet(**columns)
    earlier = check(sheet(Mobile=[GOOD], index=["x"]), country="91").accepted
    listed = pl.DataFrame({"Mobile": [OTHER], "at": ["x"], "detail": ["y"], "typed": ["z"]})

    accepted, rejected, problems = check(
        typed,
        country="91",
        columns={"mobile": "Mobile"},
        keep=data.draw(st.sampled_from(["first", "all", "none"])),
        suppress=listed,
        earlier=earlier,
    )

    assert accepted.height + rejected.height == height
    assert set(problems.filter(severity="error")["row"]) == set(rejected["row"])


def test_notebook_shows_what_the_columns_were_taken_for():
    """A person sees at a glance which column was taken for the number."""
    checked = check(sheet(Prefijo=["91"], Tel=[GOOD]), letters={"Prefijo": "A", "Tel": "B"})

    assert checked.evidence.select("letter", "header", "part").rows() == [
        *(("A", "Prefijo", "country"), ("B", "Tel", "mobile")),
    ]
    assert "Prefijo" in checked._repr_html_()


def test_counts_and_pairs_add_up():
    """How often each rule is broken, and which two meet in a row."""
    checked = check(sheet(Mobile=["1", "1", GOOD], Name=["N/A", "a", "-"]), country="91")

    assert checked.counts.rows() == [
        ("placeholder", "error", 2, 2),
        ("too_short", "error", 2, 2),
    ]
    assert checked.pairs.rows() == [("placeholder", "too_short", 1)]


def test_repairs_tell_what_became_of_each_number():
    """A number that was mended is listed with what was typed; a clean one is not."""
    checked = check(sheet(Mobile=["98161-11111", OTHER]), country="91")

    assert checked.repairs.select("row", "typed", "msisdn").rows() == [
        (2, "98161-11111", 919816111111)
    ]
    assert checked.repairs["repairs"].list.len().to_list() != [0]


def test_repair_that_is_not_allowed_is_proposed_instead():
    """A recipe may forbid a mending; the row is rejected then, with the result as suggestion."""
    accepted, _, problems = check(
        sheet(Mobile=["098161 11111", GOOD]), country="91", repairs=["separators"]
    )

    assert accepted["row"].to_list() == [3]
    assert problems.select("rule", "suggestion").rows() == [("repair_not_allowed", "+919816111111")]
