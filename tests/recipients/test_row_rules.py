"""Repeats, opt-outs and variables: the rules that every sheet is held to."""

import openpyxl
import polars as pl
import pytest

from msgframe.errors import ColumnsError, SheetError, UsageError
from msgframe.recipients import check

A, B, C = "9816111111", "9876111111", "9999111111"


def sheet(*rows):
    numbers, names = zip(*rows, strict=True)
    return pl.DataFrame({"Mobile": numbers, "Name": names}, schema_overrides={"Name": pl.String})


def told(checked):
    return checked.problems.select("row", "rule", "severity").rows()


@pytest.mark.parametrize(
    ("keep", "accepted", "problems"),
    [
        ("first", [2], [(3, "repeated", "error")]),
        ("all", [2, 3], [(3, "repeated", "warning")]),
        ("none", [], [(2, "repeated", "error"), (3, "repeated", "error")]),
    ],
)
def test_same_message_twice_is_a_decision(keep, accepted, problems):
    """Which of two equal messages goes out is said by `keep`, and each one is told."""
    checked = check(sheet((A, "Ana"), (f"+91 {A}", "Ana")), country="91", keep=keep)

    assert checked.accepted["row"].to_list() == accepted
    assert told(checked) == problems


def test_repeat_names_the_row_it_repeats():
    """The person finds the other copy at once."""
    problems = check(sheet((A, "Ana"), (B, "Eva"), (A, "Ana")), country="91").problems

    assert problems["message"].to_list() == [
        "The same number with the same values stands in row 2 already."
    ]


def test_two_messages_to_one_number_are_legal_and_told():
    """The vendor's own sample has one number with two names: a warning, not an error."""
    checked = check(sheet((A, "Ana"), (A, "Eva")), country="91")

    assert checked.accepted.height == 2
    assert told(checked) == [(3, "repeated_number", "warning")]


@pytest.mark.parametrize(
    ("keep", "accepted"), [("first", [2, 4]), ("all", [2, 3, 4]), ("none", [4])]
)
def test_a_number_once_whatever_the_message(keep, accepted):
    """`once_per="number"` takes different messages to one number for copies too."""
    rows = sheet((A, "Ana"), (A, "Eva"), (B, "Leo"))

    checked = check(rows, country="91", keep=keep, once_per="number")

    assert checked.accepted["row"].to_list() == accepted
    assert set(checked.problems["rule"]) == {"repeated_number"}


def test_a_bad_row_takes_nobodys_place():
    """The first copy is rejected for another reason, so the second one is the one that goes out."""
    rows = sheet((A, "N/A"), (A, "Ana"))

    checked = check(rows, country="91", once_per="number")

    assert checked.accepted["row"].to_list() == [3]
    assert told(checked) == [(2, "placeholder", "error")]


def test_only_the_variables_of_the_text_make_a_message():
    """A column that the text does not use makes no difference to the person who reads it."""
    rows = sheet((A, "Ana"), (A, "Ana")).with_columns(Id=pl.Series(["1", "2"]))

    checked = check(rows, country="91", variables=["Name"])

    assert told(checked) == [(3, "repeated", "error")]


def test_messages_of_an_earlier_sheet_are_not_accepted_again():
    """Across files as within one: what was accepted last time is a repeat now."""
    january = check(sheet((A, "Ana"), (B, "Eva")), country="91").accepted

    again = check(sheet((A, "Ana"), (B, "Leo")), country="91", earlier=january)

    assert again.accepted["row"].to_list() == [3]
    assert again.problems["message"].to_list() == [
        "The same number with the same values was in an earlier sheet (row 2)."
    ]


def test_several_earlier_sheets_count_together():
    """Each month's accepted rows, and none at all in the first month."""
    months = [check(sheet((number, "Ana")), country="91").accepted for number in (A, B)]

    assert check(sheet((A, "Ana"), (B, "Ana")), country="91", earlier=months).accepted.is_empty()
    assert check(sheet((A, "Ana")), country="91", earlier=[]).accepted.height == 1


@pytest.mark.parametrize(
    "spelling", [A, f"+91{A}", f"0091 {A[:5]}-{A[5:]}", f"0{A}", f"91{A}.0", f"{A} "]
)
def test_opt_outs_match_in_any_spelling(spelling):
    """However a number is written on either side, it is the same person."""
    checked = check(sheet((A, "Ana"), (B, "Eva")), country="91", suppress=[spelling])

    assert checked.accepted["mobile"].to_list() == [B]
    assert told(checked) == [(2, "suppressed", "error")]


def test_opt_out_without_a_country_holds_the_number_back_in_every_country():
    """An entry that does not say its country must not be lost for it."""
    rows = sheet((f"+91{A}", "Ana"))

    assert check(rows, suppress=[A]).accepted.is_empty()


@pytest.mark.parametrize("entry", [f"0{A}", "०९८१६११११११", f"({A[:5]}) {A[5:]}"])
def test_opt_out_without_a_country_counts_in_those_of_the_sheet(entry):
    """A trunk zero or another script hides nobody, though the list names no country."""
    rows = sheet((f"+91{A}", "Ana"), ("+34612345678", "Eva"))

    assert check(rows, suppress=[entry]).accepted["country_code"].to_list() == ["34"]


def test_opt_outs_that_hold_no_number_are_warned_of():
    """An entry that nobody can read holds nobody back, so somebody must look at it."""
    listed = pl.DataFrame({"row": [2, 3, 4], "Tel": [A, "see note", None]})

    with pytest.warns(UserWarning, match=r"1 of 3 entries hold no number.*rows 3"):
        checked = check(sheet((B, "Ana")), country="91", suppress=listed)
    assert checked.accepted.height == 1


def test_opt_out_reason_is_told():
    """Why somebody is on the list stands in the sentence."""
    listed = pl.DataFrame({"Teléfono": [A], "Motivo": ["BAJA 2026-03-01"]})

    problems = check(sheet((A, "Ana")), country="91", suppress=listed).problems

    assert problems["message"].to_list() == [
        "This number is on the list of those who must not be texted (BAJA 2026-03-01)."
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("out.csv", f"phone,reason\n+91{A},STOP\n"),
        ("bare.csv", f"+91{A},STOP\n+91{B},STOP\n".replace(B, "9999999999")),
        ("semicolons.csv", f"Motivo;Móvil\nBAJA;+91{A}\n"),
        ("out.txt", f"{A}\n\n"),
    ],
)
def test_opt_outs_are_read_from_files(tmp_path, name, text):
    """A list may be a file, with or without headers."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")

    checked = check(sheet((A, "Ana"), (B, "Eva")), country="91", suppress=path)

    assert checked.accepted["mobile"].to_list() == [B]


def test_several_opt_out_lists_count_together(tmp_path):
    """A file and a frame, each with its own."""
    path = tmp_path / "out.txt"
    path.write_text(A)

    checked = check(
        sheet((A, "Ana"), (B, "Eva")), country="91", suppress=[path, pl.DataFrame({"Tel": [B]})]
    )

    assert checked.accepted.is_empty()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("excel.csv", f"Teléfono;Motivo\r\n+91{A};pidió baja\r\n".encode("cp1252")),
        ("sep.csv", f"sep=;\r\nTeléfono;Motivo\r\n+91{A};pidió\r\n".encode("cp1252")),
        ("bare.csv", f"sep=;\r\n+91{A};pidió\r\n+91{A};€\r\n".encode("cp1252")),
        ("unicode.csv", f"Móvil\tMotivo\r\n+91{A}\tपूछा\r\n".encode("utf-16")),
        ("unicode.txt", f"+91{A}\tBAJA\r\n".encode("utf-16")),
        ("list.txt", f"{A}\r\n98 76 99 99 99\r\n".encode("cp1252")),
        ("line.txt", f"9876999999, {A}\n".encode()),
        ("two.csv", f"Tel\n9876999999 / {A}\n".encode()),
        ("row.csv", f"row,Tel\nx,{A}\n".encode()),
        ("msisdn.csv", f"msisdn,mobile\n+91 {A},{A}\n".encode()),
        ("first.csv", f"tel: {A}\n9876999999\n".encode()),
        ("quoted.csv", f"'{A},x\n9876999999,y\n".encode()),
        ("words.txt", f"Ana;0{A};x\n9876999999\n".encode()),
        ("numbered.txt", f"1,+91{A}\n2,+919876999999\n".encode()),
    ],
)
def test_opt_outs_are_read_as_offices_write_them(tmp_path, name, content):
    """Excel's own CSV and Unicode text, lists in lines, several numbers in a cell."""
    path = tmp_path / name
    path.write_bytes(content)

    checked = check(sheet((A, "Ana"), (B, "Eva")), country="91", suppress=path)

    assert checked.accepted["mobile"].to_list() == [B]


def test_accepted_rows_serve_as_opt_outs(tmp_path):
    """The frame of an earlier check, and the file it was saved in."""
    accepted = check(sheet((A, "Ana")), country="91").accepted
    accepted.write_parquet(tmp_path / "accepted.parquet")

    for listed in (accepted, tmp_path / "accepted.parquet"):
        checked = check(sheet((A, "Ana"), (B, "Eva")), country="91", suppress=listed)
        assert checked.accepted["mobile"].to_list() == [B]


def test_opt_outs_of_a_workbook_are_those_of_its_visible_sheet(tmp_path):
    """A hidden first sheet with last year's list is not the list; hidden rows of it are."""
    book = openpyxl.Workbook()
    book.active.title = "2025"
    book.active.sheet_state = "hidden"
    page = book.create_sheet("2026")
    for row in ("Teléfono", "Motivo"), (A, "BAJA"), (C, "BAJA"):
        page.append(row)
    book["2025"].append(["Teléfono"])
    book["2025"].append([B])
    page.row_dimensions[3].hidden = True
    book.active = 1
    book.save(tmp_path / "stop.xlsx")
    people = sheet((A, "Ana"), (B, "Eva"), (C, "Leo"))

    checked = check(people, country="91", suppress=tmp_path / "stop.xlsx")
    several = check(people, country="91", suppress=[str(tmp_path / "stop.xlsx"), [B]])

    assert checked.accepted["mobile"].to_list() == [B]
    assert "(BAJA)" in checked.problems["message"][0]
    assert several.accepted.is_empty()


@pytest.mark.parametrize("header", ["Teléfono", "Mobile", None])
def test_opt_outs_of_every_visible_sheet_count(tmp_path, header):
    """The second sheet's too, under the same header, another one, or none."""
    book = openpyxl.Workbook()
    book.active.append(["Teléfono", "Motivo"])
    book.active.append([A, "BAJA"])
    page = book.create_sheet("More")
    for row in [[header, "Note"]] * (header is not None) + [[C, "STOP"]]:
        page.append(row)
    book.save(tmp_path / "stop.xlsx")

    checked = check(
        sheet((A, "Ana"), (B, "Eva"), (C, "Leo")), country="91", suppress=tmp_path / "stop.xlsx"
    )

    assert checked.accepted["mobile"].to_list() == [B]


def test_sheet_of_an_opt_out_workbook_without_numbers_is_warned_of(tmp_path):
    """Notes hold nobody back, and do not hinder the list beside them."""
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Author", "Topic"])
    book.active.append(["Ana", "who has opted out"])
    page = book.create_sheet("List")
    for row in ("Teléfono", "Motivo"), (A, "BAJA"):
        page.append(row)
    book.save(tmp_path / "stop.xlsx")

    with pytest.warns(UserWarning, match="suppress: the sheets 'Notes' have no column of numbers"):
        checked = check(
            sheet((A, "Ana"), (B, "Eva")), country="91", suppress=tmp_path / "stop.xlsx"
        )

    assert checked.accepted["mobile"].to_list() == [B]


def test_broken_file_of_opt_outs_is_refused(tmp_path):
    """A list that cannot be read must not pass for an empty one."""
    path = tmp_path / "out.xlsx"
    path.write_bytes(b"PK\x03\x04 and no more")

    with pytest.raises(SheetError, match=r"out\.xlsx"):
        check(sheet((A, "Ana")), country="91", suppress=path)


@pytest.mark.parametrize(
    ("value", "rule", "severity"),
    [
        ("", "blank", "warning"),
        (None, "blank", "warning"),
        (" \xa0 ", "blank", "warning"),
        ("-", "placeholder", "error"),
        ("N/A", "placeholder", "error"),
        ("null", "placeholder", "error"),
        (" #N/A ", "placeholder", "error"),
        ("#¡DIV/0!", "placeholder", "error"),
        ("a ##Var1## b", "marker", "error"),
        ("a\x07b", "control_characters", "error"),
        ("a\u202eb", "control_characters", "error"),
        ("x" * 31, "dlt_length", "warning"),
    ],
)
def test_values_that_nobody_should_read(value, rule, severity):
    """Gaps are told, stand-ins and marks are refused, each under its name."""
    assert told(check(sheet((A, value)), country="91")) == [(2, rule, severity)]


@pytest.mark.parametrize("value", ["Na", "Nil", "Anna-Lena", "x" * 30, "a\nb\tc", "# 1", "0", "न"])
def test_values_that_are_fine(value):
    """Somebody may be called Na; lines and tabs are text."""
    assert told(check(sheet((A, value)), country="91")) == []


def test_length_is_held_where_it_is_asked_for():
    """India's limit is told for Indian numbers only; one of your own holds for all."""
    rows = sheet(("+34612345678", "x" * 31))

    assert told(check(rows)) == []
    assert told(check(rows, max_length=30)) == [(2, "too_long_value", "error")]


def test_invisible_characters_are_proposed_away():
    """The suggestion is the value without them."""
    assert check(sheet((A, "A\x07na")), country="91").problems["suggestion"].to_list() == ["Ana"]


def test_columns_that_the_text_does_not_use_are_left_alone():
    """A blank in a column of notes is nobody's gap."""
    rows = sheet((A, "Ana")).with_columns(Notes=pl.lit("-"))

    assert told(check(rows, country="91", variables=["Name"])) == []


def test_variable_that_is_not_there_is_named():
    """A slip in `variables=` is answered with what there is."""
    with pytest.raises(ColumnsError, match=r"'Nmae'.*'Name'"):
        check(sheet((A, "Ana")), country="91", variables=["Nmae"])


def test_severities_are_the_persons_to_decide():
    """What is told may be refused, and what is refused may be told."""
    rows = sheet((A, ""), (B, "N/A"))

    checked = check(rows, country="91", severities={"blank": "error", "placeholder": "warning"})

    assert checked.accepted["row"].to_list() == [3]


@pytest.mark.parametrize(
    ("several", "accepted"), [("reject", []), ("first", [2]), ("split", [2, 2])]
)
def test_several_numbers_in_a_cell_are_a_decision(several, accepted):
    """Reject the row, take the first, or give each a row of its own, and say so."""
    checked = check(sheet((f"{A} / {B}", "Ana")), country="91", several=several)

    assert checked.accepted["row"].to_list() == accepted


def test_split_numbers_are_told():
    """Each row that came of a split says so; the second number is checked like any other."""
    checked = check(sheet((f"{A} / 1234567890", "Ana")), country="91", several="split")

    assert told(checked) == [
        (2, "several_numbers", "warning"),
        (2, "several_numbers", "warning"),
        (2, "not_mobile", "error"),
    ]
    assert checked.accepted["mobile"].to_list() == [A]
    assert checked.rejected["Mobile"].to_list() == ["1234567890"]


@pytest.mark.parametrize("rule", ["suppressed", "too_long", "plan"])
def test_what_is_no_matter_of_opinion_stays_an_error(rule):
    """An opt-out and a number that does not exist cannot be softened, nor an unknown rule set."""
    with pytest.raises(UsageError, match=rf"names '{rule}'"):
        check(sheet((A, "Ana")), country="91", severities={rule: "warning"})


def test_reasons_of_opt_outs_show_no_number():
    """A note such as "asked by 98…" is masked before it gets into a sentence."""
    listed = pl.DataFrame({"Tel": [A], "Reason": [f"asked by {B}"]})

    problems = check(sheet((A, "Ana")), country="91", suppress=listed).problems

    assert B not in problems["message"][0]


@pytest.mark.parametrize("since", ["2026-01-01", "1/2/2026", "31.12.2025", "2026-01-01 10:00:00"])
def test_days_beside_the_numbers_of_a_list_are_no_numbers(since):
    """A day has as many digits as a number, and yet the list has one column of numbers."""
    listed = pl.DataFrame({"A": [A, B], "Since": [since, None]})

    checked = check(sheet((A, "Ana"), (B, "Eva")), country="91", suppress=listed)

    assert checked.problems["rule"].to_list() == ["suppressed", "suppressed"]
