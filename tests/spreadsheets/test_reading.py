"""The door `read`: row numbers, headers, text as shown, and what it says was odd."""

from __future__ import annotations

import datetime as dt
import io
import pickle

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from polars.testing import assert_frame_equal

from msgframe.errors import SheetError, UsageError
from msgframe.frames import columns
from msgframe.spreadsheets import Reading, read


def workbook(rows, *, change=None):
    """Give a workbook of one sheet as bytes; `change` gets it and its sheet before it is saved."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book, book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def kinds(reading: Reading) -> list[str]:
    return reading.findings["kind"].to_list()


PEOPLE = [("Country", "Mobile", "Name"), (91, "9816111111", "Ana"), (91, "9816111112", "Luis")]


def test_rows_keep_excels_numbers():
    """A title, blank rows and a blank column change no row number and no header."""
    rows = [(None, "Contacts"), (), (None, "Mobile", "Name"), (), (None, "9816111111", "Ana")]

    sheet = read(workbook(rows)).sheet

    expected = pl.DataFrame(
        {"row": [5], "Mobile": ["9816111111"], "Name": ["Ana"]},
        schema={"row": pl.UInt32, "Mobile": pl.String, "Name": pl.String},
    )
    assert_frame_equal(sheet, expected)


def test_letters_are_remembered():
    """A header knows the letter of its column, also past a blank one and through a pickle."""
    rows = [(None, "Mobile", None, "Name"), (None, "9816111111", None, "Ana")]

    reading = read(workbook(rows))

    assert pickle.loads(pickle.dumps(reading)) == reading
    assert reading.letters == {"Mobile": "B", "Name": "D"}


def test_letters_that_differ_from_sheet_to_sheet_are_not_given():
    """No cell is better than a wrong one."""

    def change(book, sheet):
        more = book.create_sheet("More")
        more.append(["Mobile", "Country", "Name"])
        more.append(["9816111113", "91", "Eva"])

    reading = read(workbook(PEOPLE, change=change), sheet="*")

    assert reading.letters == {"Name": "C"}


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (43, "00000", "00043"),
        (1234.5, '"₹"#,##0.00', "₹1,234.50"),
        (0.35, "0%", "35%"),
        (dt.date(2026, 3, 1), "dd-mmm-yyyy", "01-Mar-2026"),
        (dt.timedelta(hours=30), "[h]:mm", "30:00"),
        (True, "General", "TRUE"),
        (9816111111, "General", "9816111111"),
        (919816111111, "General", "919816111111"),
        (919816111111, "0.00E+00", "9.20E+11"),
        (919816111111, "dd-mmm-yyyy", "919816111111"),
        ("00043", "General", "00043"),
        ("#N/A", "General", "#N/A"),
    ],
)
def test_cells_are_text_as_shown(value, number_format, text):
    """What a person sees in the cell is what is read."""

    def change(book, sheet):
        sheet["B2"].number_format = number_format

    sheet = read(workbook([("Mobile", "Var1"), ("9816111111", value)], change=change)).sheet

    assert sheet["Var1"].to_list() == [text]


def test_raw_is_as_stored():
    """`values="raw"` gives what the file holds, with exponents written out."""

    def change(book, sheet):
        sheet["B2"].number_format = "0.00E+00"

    data = workbook([("Mobile", "Var1"), ("9816111111", 919816111111)], change=change)

    assert read(data, values="raw").sheet["Var1"].to_list() == ["919816111111"]


@pytest.mark.parametrize(("hidden", "rows"), [("skip", [3]), ("keep", [2, 3])])
def test_hidden_rows_are_said(hidden, rows):
    """A hidden row is left out or read, as asked, and said in both cases."""

    def change(book, sheet):
        sheet.row_dimensions[2].hidden = True

    reading = read(workbook(PEOPLE, change=change), hidden=hidden)

    assert reading.sheet["row"].to_list() == rows
    assert reading.findings.select("kind", "cells", "count").rows() == [("hidden_rows", "2", 1)]


def test_hidden_parts_can_be_refused():
    """`hidden="error"` refuses a sheet with a hidden column."""

    def change(book, sheet):
        sheet.column_dimensions["C"].hidden = True

    with pytest.raises(SheetError, match="hides 0 rows and 1 columns"):
        read(workbook(PEOPLE, change=change), hidden="error")


def test_first_visible_sheet_is_read():
    """A hidden first sheet is not the one that a person means."""

    def change(book, sheet):
        sheet.sheet_state = "hidden"
        book.create_sheet("seen").append(["Mobile"])

    reading = read(workbook(PEOPLE, change=change))

    assert reading.sheet.columns == ["row", "Mobile"]
    assert kinds(reading) == ["hidden_sheets"]


def test_several_sheets_come_with_their_names():
    """Named sheets come under each other, with the sheet of each row."""

    def change(book, sheet):
        more = book.create_sheet("More")
        more.append(["Mobile"])
        more.append(["9816111113"])

    sheet = read(workbook(PEOPLE, change=change), sheet=["Sheet", "More"]).sheet

    assert sheet.select("row", "sheet", "Mobile").rows() == [
        (2, "Sheet", "9816111111"),
        (3, "Sheet", "9816111112"),
        (2, "More", "9816111113"),
    ]


def test_empty_sheet_is_passed_over():
    """A blank first sheet is not the table, and takes no column's place."""

    def change(book, sheet):
        people = book.create_sheet("People")
        people.append(["Mobile"])
        people.append(["9816111111"])

    sheet, findings = read(workbook([], change=change))

    assert sheet.rows() == [(2, "9816111111")]
    assert findings["kind"].to_list() == ["empty_sheets"]


def test_missing_sheet_is_answered():
    """A sheet that is not there is answered with those that are."""
    with pytest.raises(
        SheetError, match=r"no sheet 'Sheat'. It has 'Sheet'. Did you mean 'Sheet'?"
    ):
        read(workbook(PEOPLE), sheet="Sheat")


def test_our_own_name_is_refused():
    """A header that read() uses itself is named with its cell."""
    with pytest.raises(SheetError, match="'row' in B1"):
        read(workbook([("Mobile", "row"), ("9816111111", "1")]))


@pytest.mark.parametrize(("asked", "rows"), [(0, [1, 2, 3]), (1, [2, 3]), (2, [3])])
def test_header_row_can_be_said(asked, rows):
    """The header's row is taken as a person counts; 0 is none."""
    assert read(workbook(PEOPLE), header_row=asked).sheet["row"].to_list() == rows


@pytest.mark.parametrize(
    ("above", "header"),
    [
        ([("Contacts", "2026")], 2),
        ([("Contacts",), ()], 3),
        ([], 1),
    ],
)
def test_header_is_found_below_titles(above, header):
    """Titles of fewer cells than the table are passed, a bad number below the header is not."""
    rows = [*above, ("Country", "Mobile", "Name", None), (91, "unknown", "Ana", "x")]

    sheet = read(workbook([*rows, (91, "9816111112", "Luis", "y")])).sheet

    assert sheet.columns == ["row", "Country", "Mobile", "Name", "D"]
    assert sheet["row"].to_list() == [header + 1, header + 2]


def test_blank_header_row_is_refused():
    """A header row that is blank is answered with the rows in use."""
    with pytest.raises(SheetError, match="Rows in use: 1:3"):
        read(workbook(PEOPLE), header_row=9)


def test_equal_headers_are_named_by_letter():
    """Two columns of one name cannot be told apart, so both are named."""
    with pytest.raises(SheetError, match="'Mobile' stands twice in row 1, in A and in C"):
        read(workbook([("Mobile", "Name", "Mobile"), ("9816111111", "Ana", "9816111112")]))


def test_list_of_numbers_needs_no_header():
    """Numbers from the first row on are data, and columns are named by letter."""
    reading = read(workbook([("9816111111",), ("9816111112",)]))

    assert reading.sheet.rows() == [(1, "9816111111"), (2, "9816111112")]
    assert kinds(reading) == ["no_header"]


def test_inline_strings_are_read():
    """Texts that stand in the cells themselves come whole, escapes and blanks too."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    for row, text in enumerate(["Var1", " a & <b>\r\n_x000D_ ", "=1+1"]):
        sheet.write_string(row, 0, text)
    book.close()

    assert read(file.getvalue()).sheet["Var1"].to_list() == [" a & <b>\r\n_x000D_ ", "=1+1"]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"Mobile,Name\n9816111111,Ana\n", [(2, "9816111111", "Ana")]),
        (b"Mobile;Name\n9816111111;1,5\n", [(2, "9816111111", "1,5")]),
        ("Mobile\tName\n9816111111\tJosé".encode("utf-16"), [(2, "9816111111", "José")]),
        ("Mobile\tName\n9816111111\tJosé".encode("utf-16-le"), [(2, "9816111111", "José")]),
        ("Mobile,Name\r\n9816111111,José".encode("cp1252"), [(2, "9816111111", "José")]),
        ("\ufeffMobile,Name\n9816111111,José".encode(), [(2, "9816111111", "José")]),
        (b'Mobile,Name\n\n9816111111,"a\nb"\n', [(3, "9816111111", "a\nb")]),
        (b'Mobile,Name\n9816111111,"a" b\n', [(2, "9816111111", "a b")]),
        (b"sep=|\nMobile|Name\n9816111111|Ana\n", [(2, "9816111111", "Ana")]),
        (b"Mobile,Name\r9816111111,Ana\r", [(2, "9816111111", "Ana")]),
    ],
)
def test_text_files_are_understood(data, rows):
    """Encoding and delimiter are found, and cells stay as they were typed."""
    assert read(data).sheet.rows() == rows


def test_a_bad_byte_spoils_one_cell():
    """A byte that is no UTF-8 does not turn the accents of the other cells into garbage."""
    data = "Mobile,Name\n9816111111,José\n9816111112,Ana ?\n".encode().replace(b"?", b"\xff")

    sheet, findings = read(data)

    assert sheet["Name"].to_list() == ["José", "Ana \ufffd"]
    assert findings.select("kind", "count").rows() == [("bad_bytes", 1)]
    with pytest.raises(SheetError, match="not written in utf-8"):
        read(data, encoding="utf-8")


def test_findings_have_their_columns():
    """The findings frame has the dictionary's columns, also when nothing was odd."""
    assert read(b"Mobile,Name\n9816111111,Ana\n").findings.schema == columns("findings")


def test_reading_shows_no_number():
    """A result's one line holds heights, not people."""
    assert repr(read(workbook(PEOPLE))) == "Reading(sheet=2 rows, findings=0 rows)"


def test_unknown_region_is_answered():
    """A region that is not in the table is answered with those that are."""
    with pytest.raises(UsageError, match="'en-IN'"):
        read(workbook(PEOPLE), region="xx")
