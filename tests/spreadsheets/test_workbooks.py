"""Workbooks for people, opened again by openpyxl, a library that did not write them."""

from datetime import UTC, datetime, timedelta

import openpyxl
import polars as pl
import pytest

from msgframe.errors import ColumnsError, DataError, UsageError
from msgframe.frames import REJECTS_COLUMNS
from msgframe.recipients import Recipient, check
from msgframe.spreadsheets import Reading, read, write_clean, write_rejects, write_tables

NASTY = ["=1+1", "+919816111111", "-1", "@SUM(A1)", "http://x.example", "00043", "  blank  ", "1e5"]


def cells(path, name=None):
    book = openpyxl.load_workbook(path)
    page = book[name] if name else book.active
    return [list(row) for row in page.iter_rows(values_only=True)]


@pytest.fixture
def typed():
    return pl.DataFrame(
        {
            "row": [3, 4, 6],
            "País": ["91", "91", "91"],
            "Móvil": ["9816111111", "12345678901", "98161ABCDE"],
            "Plan": ["=1+1", "x", None],
        },
        schema_overrides={"row": pl.UInt32},
    )


def test_text_stays_text_in_tables(tmp_path):
    """What looks like a formula, a link or a number is read back as the text it was."""
    path = write_tables({"cells": pl.DataFrame({"text": NASTY})}, tmp_path / "t.xlsx")

    page = openpyxl.load_workbook(path)["cells"]
    assert [row[0].value for row in page.iter_rows(min_row=2)] == NASTY
    assert {row[0].data_type for row in page.iter_rows(min_row=2)} == {"s"}
    assert not page._hyperlinks


def test_tables_keep_numbers_moments_and_lists(tmp_path):
    """A person can count and sort in the sheet; long numbers stay readable as text."""
    frame = pl.DataFrame(
        {
            "count": [3],
            "share": [0.5],
            "msisdn": [919816111111],
            "at": [datetime(2026, 3, 1, 12, 30, tzinfo=UTC)],
            "took": [timedelta(seconds=1.5)],
            "reasons": [["a", "b"]],
            "ok": [True],
            "none": pl.Series([None], dtype=pl.String),
            "nan": [float("nan")],
        }
    )

    path = write_tables({"all": frame}, tmp_path / "t.xlsx")

    assert cells(path)[1] == [
        *(3, 0.5, "919816111111", datetime(2026, 3, 1, 12, 30)),  # noqa: DTZ001  (Excel has no zones)
        *(1.5, "a, b", True, None, "nan"),
    ]


def test_tables_with_awkward_names_get_names_that_excel_takes(tmp_path):
    """A name with a slash, a long one, and one twice in another case."""
    frame = pl.DataFrame({"a": [1]})
    named = {"by/status": frame, "x" * 40: frame, "Sums": frame, "sums": frame, "": frame}

    path = write_tables(named, tmp_path / "t.xlsx")

    names = openpyxl.load_workbook(path).sheetnames
    assert names == ["by-status", "x" * 31, "Sums", "sums 2", "Sheet"]


def test_empty_frame_is_a_sheet_with_headers(tmp_path):
    """Nothing to show is shown as nothing, under its headers."""
    path = write_tables({"none": pl.DataFrame(schema={"a": pl.String})}, tmp_path / "t.xlsx")

    assert cells(path) == [["a"]]


def test_same_content_is_the_same_file(tmp_path, typed):
    """Two runs give equal bytes, so that a file can be compared with last month's."""
    checked = check(typed)

    one = write_rejects(typed, checked, tmp_path / "1.xlsx").read_bytes()
    two = write_rejects(typed, checked, tmp_path / "2.xlsx").read_bytes()

    assert one == two


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    """A file is complete or absent: what was there stays when the new one cannot be made."""
    path = tmp_path / "rejected.xlsx"
    path.write_bytes(b"last month's")
    long = pl.DataFrame({"row": [2], "Mobile": ["9816111111"], "Note": ["x" * 40_000]})

    with pytest.raises(DataError, match=r"C2|B2"):
        write_rejects(long, check(long, country="91"), path)

    assert path.read_bytes() == b"last month's"
    assert [file.name for file in tmp_path.iterdir()] == ["rejected.xlsx"]


def test_rejects_is_the_persons_sheet_again(tmp_path, typed):
    """Same cells in the same places, row numbers and all; the reasons stand beside."""
    path = write_rejects(typed, check(typed), tmp_path / "r.xlsx")

    page = openpyxl.load_workbook(path)["Rows"]
    assert [c.value for c in page[2]] == ["País", "Móvil", "Plan", *REJECTS_COLUMNS]
    assert [c.value for c in page[3]][:4] == ["91", "9816111111", "=1+1", 3]
    assert [c.value for c in page[4]][:4] == ["91", "12345678901", "x", 4]
    assert [c.value for c in page[5]] == [None] * 5
    assert page["B6"].value == "98161ABCDE"
    assert page["E4"].value == "Móvil has too many digits for a number of its country."


def test_rejects_marks_bad_cells_with_colour_and_comment(tmp_path, typed):
    """Red is an error, yellow a warning, and the comment says why."""
    path = write_rejects(typed, check(typed), tmp_path / "r.xlsx")

    page = openpyxl.load_workbook(path)["Rows"]
    assert page["B4"].fill.start_color.rgb == "FFF8CBCB"
    assert page["B4"].comment.text.startswith("Móvil has too many digits")
    assert page["C6"].fill.start_color.rgb == "FFFFF2CC"
    assert page["B3"].comment is None
    assert page["B3"].fill.start_color.rgb == "00000000"


def test_rejects_can_be_filtered_by_reason(tmp_path, typed):
    """The filter spans the sheet and the reasons beside it."""
    path = write_rejects(typed, check(typed), tmp_path / "r.xlsx")

    assert openpyxl.load_workbook(path)["Rows"].auto_filter.ref == "A2:E6"


def test_rejects_counts_come_first(tmp_path, typed):
    """The first sheet says how many rows, and what is wrong with how many."""
    path = write_rejects(typed, check(typed), tmp_path / "r.xlsx")

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Summary", "Rows"]
    lines = cells(path, "Summary")
    assert [line[:2] for line in lines[2:5]] == [
        ["Rows read", 3],
        ["Accepted", 1],
        ["Rejected", 2],
    ]
    assert [
        "Móvil has letters in it: write digits only.", "letters", "error", 1, 1
    ] in lines  # fmt: skip


@pytest.mark.parametrize("as_reading", [True, False])
def test_rejects_keeps_the_places_of_columns_that_were_left_out(tmp_path, as_reading):
    """A hidden column that `read` skipped leaves its place empty, so that letters agree."""
    sheet = pl.DataFrame({"row": [2], "Mobile": ["1"]}, schema_overrides={"row": pl.UInt32})
    reading, checked = Reading(sheet, pl.DataFrame(), {"Mobile": "D"}), check(sheet, country="91")
    path = tmp_path / "r.xlsx"

    if as_reading:
        write_rejects(reading, checked, path)
    else:
        write_rejects(sheet, checked, path, letters=reading.letters)

    page = openpyxl.load_workbook(path)["Rows"]
    assert (page["D1"].value, page["D2"].value, page["E2"].value) == ("Mobile", "1", 2)


def test_rejects_marks_the_cells_of_each_sheet(tmp_path):
    """Two sheets with other columns and equal row numbers: each has its own cells in red."""
    book = openpyxl.Workbook()
    for name, rows in {
        "Enero": [("Mobile", "Name"), ("12", "Ana"), ("9816111111", "Luis")],
        "Febrero": [("Name", "Mobile"), ("Eva", "9816111112"), ("Juan", "13")],
    }.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(tmp_path / "two.xlsx")
    reading = read(tmp_path / "two.xlsx", sheet=["Enero", "Febrero"])

    path = write_rejects(reading, check(reading, country="91"), tmp_path / "r.xlsx")

    red = {
        (page.title, cell.value)
        for page in openpyxl.load_workbook(path).worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.comment
    }
    assert red == {("Enero", "12"), ("Febrero", "13")}


def test_rejects_offers_a_closed_choice(tmp_path):
    """A column that a model closes to a few values has them as a drop-down."""
    import pandera.polars as pa

    class Customer(Recipient):
        Plan: str = pa.Field(isin=["oro", "plata"])

    sheet = pl.DataFrame({"Mobile": ["9816111111"], "Plan": ["x"]})
    checked = check(sheet, Customer, country="91")
    rows = pl.DataFrame({"row": [2], **sheet.to_dict()}, schema_overrides={"row": pl.UInt32})

    path = write_rejects(rows, checked, tmp_path / "r.xlsx")

    (rule,) = openpyxl.load_workbook(path)["Rows"].data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("B2", '"oro,plata"')


def test_rejects_takes_any_frame_that_check_takes(tmp_path):
    """A frame of numbers without row numbers is written as check saw it."""
    plain = pl.DataFrame({"Mobile": [9816111111, 1], "Age": [41, None]})

    path = write_rejects(plain, check(plain, country="91"), tmp_path / "r.xlsx")

    assert cells(path, "Rows")[1:] == [
        ["9816111111", "41", 2, None],
        ["1", None, 3, "Mobile has too few digits for a number of its country. "
         "Age is blank: the text would have a gap."],
    ]  # fmt: skip


def test_rejects_speaks_spanish(tmp_path, typed):
    """The words around the sentences follow the language of the check."""
    checked = check(typed, language="es")

    path = write_rejects(typed, checked, tmp_path / "r.xlsx")

    assert openpyxl.load_workbook(path).sheetnames == ["Resumen", "Filas"]


def test_clean_is_what_the_vendor_takes(tmp_path, typed):
    """Country, Mobile, Var1 and so on, all text."""
    accepted = check(typed).accepted

    (path,) = write_clean(accepted, tmp_path / "clean.xlsx")

    assert cells(path) == [["Country", "Mobile", "Var1"], ["91", "9816111111", "=1+1"]]


def test_clean_takes_the_variables_in_the_order_given(tmp_path):
    """Var1 is the first column named, whatever the order of the sheet."""
    sheet = pl.DataFrame({"Mobile": ["9816111111"], "A": ["a"], "B": ["b"]})
    accepted = check(sheet, country="91").accepted

    (path,) = write_clean(accepted, tmp_path / "clean.xlsx", variables=["B", "A"])

    assert cells(path)[1] == ["91", "9816111111", "b", "a"]
    with pytest.raises(ColumnsError, match="'C'"):
        write_clean(accepted, tmp_path / "clean.xlsx", variables=["C"])


def test_clean_keeps_the_numbers_that_headers_have(tmp_path):
    """Var3 stays the third, whatever stands before it; what has no number comes after."""
    sheet = pl.DataFrame({"Mobile": ["9816111111"], "Plan": ["p"], "VAR 3": ["c"], "Var1": ["a"]})
    accepted = check(sheet, country="91").accepted

    (path,) = write_clean(accepted, tmp_path / "clean.xlsx")

    assert cells(path) == [
        ["Country", "Mobile", "Var1", "Var2", "Var3", "Var4"],
        ["91", "9816111111", "a", None, "c", "p"],
    ]


def test_clean_writes_what_render_numbered(tmp_path):
    """Messages carry their variables as a list; that list is what the vendor needs."""
    messages = pl.DataFrame(
        {"country_code": ["91"], "mobile": ["9816111111"], "Name": ["x"], "variables": [["a", "b"]]}
    )

    (path,) = write_clean(messages, tmp_path / "clean.xlsx")

    assert cells(path)[1] == ["91", "9816111111", "a", "b"]


def test_clean_splits_by_the_limit(tmp_path):
    """No file holds more rows than allowed, and none is lost or doubled."""
    accepted = pl.DataFrame({"country_code": ["91"] * 5, "mobile": [str(n) for n in range(5)]})

    files = write_clean(accepted, tmp_path / "clean.xlsx", max_rows=2)

    assert [file.name for file in files] == [f"clean-{n}-of-3.xlsx" for n in (1, 2, 3)]
    assert [row[1] for file in files for row in cells(file)[1:]] == ["0", "1", "2", "3", "4"]


def test_clean_writes_typed_columns_as_text_and_cuts_nothing(tmp_path):
    """The vendor reads text; a number is written as it stands, and a text too long is refused."""
    accepted = pl.DataFrame({"country_code": ["91"], "mobile": ["1"], "Age": [41]})

    (path,) = write_clean(accepted, tmp_path / "clean.xlsx")

    assert cells(path)[1] == ["91", "1", "41"]
    with pytest.raises(DataError, match="cannot write 'Var1' whole"):
        write_clean(accepted.with_columns(Age=pl.lit("x" * 40_000)), tmp_path / "long.xlsx")
    assert not (tmp_path / "long.xlsx").exists()


def test_clean_refuses_a_limit_that_no_sheet_has(tmp_path):
    """The error names the limits that work."""
    accepted = pl.DataFrame({"country_code": ["91"], "mobile": ["1"]})

    with pytest.raises(UsageError, match="between 1 and 1,048,575"):
        write_clean(accepted, tmp_path / "clean.xlsx", max_rows=0)
