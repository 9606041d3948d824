"""`read_table`: exports, opt-outs and prices read right, whatever program wrote them."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import polars as pl
import pytest

from msgframe.errors import SheetError
from msgframe.spreadsheets import read_table

EXPORT = pl.DataFrame(
    {"id": ["7", "8"], "status": ["DELIVRD", "señal"], "text": ["a", None], "row": ["1", "2"]}
)
LINES = ["id;status;text;row", "7;DELIVRD;a;1", "8;señal;;2"]


def workbook(*sheets, hidden=()):
    """Give a workbook of some sheets as bytes: a list of rows each."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        page = book.create_sheet(f"S{number}")
        page.sheet_state = "hidden" if number in hidden else "visible"
        for row in rows:
            page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows_of(frame):
    return [frame.columns, *frame.rows()]


@pytest.mark.parametrize(
    "data",
    [
        workbook([("old",), ("1",)], rows_of(EXPORT), hidden=[0]),
        "\r\n".join(LINES).replace(";", ",").encode("utf-16"),
        "\r\n".join(LINES).replace(";", "\t").encode("utf-16-le"),
        "\r\n".join(LINES).encode("cp1252"),
        "\r\n".join(["sep=;", *LINES]).encode("cp1252"),
        "\ufeff".encode() + "\n".join(LINES).encode(),
        EXPORT,
        EXPORT.lazy(),
    ],
    ids=["hidden sheet", "utf-16", "utf-16 unmarked", "cp1252", "sep=;", "bom", "frame", "lazy"],
)
def test_a_table_is_read_whoever_wrote_it(data):
    """Sheet, encoding and delimiter are found; columns may bear any name, `row` among them."""
    assert read_table(data).equals(EXPORT)


@pytest.mark.parametrize("write", ["write_parquet", "write_ipc"])
def test_columnar_files_are_read(tmp_path, write):
    """What polars wrote comes back as text."""
    getattr(EXPORT.cast({"row": pl.UInt32}), write)(path := tmp_path / "export")

    assert read_table(path).equals(EXPORT)


def test_row_numbers_come_under_a_name_of_ones_own():
    """The number that a person sees in the file; one more column `row` is refused."""
    data = b"Prices\n\ncode,price\n91,0.01\n\n34,0.05\n"

    assert read_table(data, row_index="row").rows() == [(4, "91", "0.01"), (6, "34", "0.05")]
    with pytest.raises(SheetError, match="'row' in D1"):
        read_table("\n".join(LINES).encode(), row_index="row")


def test_equal_headers_are_numbered():
    """An export with one header twice is read, as polars reads it."""
    assert read_table(b"id,at,at\n1,2,3\n").columns == ["id", "at", "at_duplicated_0"]


def test_hidden_rows_count():
    """Who is on a list of opt-outs is on it, also where a filter hides the row."""
    book = openpyxl.Workbook()
    for row in [("Mobile",), ("9816111111",), ("9816111112",)]:
        book.active.append(row)
    book.active.row_dimensions[2].hidden = True
    book.save(file := io.BytesIO())

    assert read_table(file.getvalue()).height == 2
    assert read_table(file.getvalue(), hidden="skip").height == 1


def test_several_sheets_are_one_table():
    """A table that went on in a second sheet is whole again."""
    data = workbook([("id", "a"), ("1", "x")], [("id", "b"), ("2", "y")])

    assert read_table(data).height == 1
    assert read_table(data, sheet="*").rows() == [("1", "x", None), ("2", None, "y")]
    assert read_table(data, sheet="*", sheet_index="tab")["tab"].to_list() == ["S0", "S1"]
    assert read_table(b"a,b\n1,2\n", sheet_index="tab").rows() == [("1", "2", None)]


def test_sheets_with_numbers_that_are_not_read_are_warned_of():
    """Who opted out in a second sheet must not be overlooked in silence."""
    data = workbook([("Mobile",), ("9816111111",)], [("Mobile",), ("9816111112",)])

    with pytest.warns(UserWarning, match=r"read_table\(\): more sheets hold .* numbers: 'S1'; not"):
        read_table(data)
    assert read_table(data, sheet="S0").height == 1
    assert read_table(data, sheet="*").height == 2


def test_a_list_without_headers_keeps_its_first_number():
    """Columns of a bare list are named by their letters."""
    assert read_table(b"9816111111\n9816111112\n").rows() == [("9816111111",), ("9816111112",)]


@pytest.mark.parametrize("values", ["shown", "raw"])
def test_dates_have_one_spelling(values):
    """A format may swap day and month or hide the seconds; a time alone stays as shown."""
    moment = dt.datetime(2026, 3, 1, 10, 0, 7)  # noqa: DTZ001  (Excel has no zones)
    book = openpyxl.Workbook()
    for row in [("at", "took", "day"), (moment, 0.25, moment.date())]:
        book.active.append(row)
    for cell, code in {"A2": "m/d/yyyy h:mm", "B2": "h:mm", "C2": "mm-dd-yy"}.items():
        book.active[cell].number_format = code
    book.save(file := io.BytesIO())

    ((at, took, day),) = read_table(file.getvalue(), values=values).rows()

    assert (at, day) == ("2026-03-01 10:00:07", "2026-03-01 00:00:00")
    assert took == {"shown": "6:00", "raw": "0.25"}[values]


def test_numbers_come_with_all_their_digits():
    """A price that its format rounds is whole, and so is a number that it shows as 9.82E+09."""
    book = openpyxl.Workbook()
    for row in [("mobile", "price"), (9816111111, 0.0075)]:
        book.active.append(row)
    book.active["A2"].number_format, book.active["B2"].number_format = "0.00E+00", '"€"0.00'
    book.save(file := io.BytesIO())

    assert read_table(file.getvalue()).rows() == [("9816111111", "0.0075")]
    assert read_table(file.getvalue(), values="shown").rows() == [("9.82E+09", "€0.01")]
