"""`merge`: what a person mended comes back cell by cell, and nothing else does."""

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from msgframe.errors import ColumnsError, DataError
from msgframe.frames import REJECTS_COLUMNS
from msgframe.recipients import check, merge
from msgframe.spreadsheets import read, write_rejects

LETTERS = {"Mobile": "A", "Name": "B"}


@pytest.fixture
def original():
    return pl.DataFrame(
        {
            "row": [2, 3, 5],
            "Mobile": ["9816111111", "98161", "abc"],
            "Name": ["Ana", "N/A", None],
        },
        schema_overrides={"row": pl.UInt32},
    )


def mended(original, **cells):
    return original.with_columns(**cells)


def test_changed_cells_are_taken_and_told(original):
    """Each change says where it is, what was there and what is there now."""
    now = mended(original, Mobile=pl.Series(["9816111111", "9816111112", "abc"]))

    sheet, changes, checked = merge(original, now, country="91", letters=LETTERS)

    assert changes.rows() == [(3, "Mobile", "A3", "98161", "9816111112", "taken")]
    assert_frame_equal(sheet, now)
    assert checked.accepted["row"].to_list() == [2]


def test_changed_rows_are_checked_again(original):
    """A row that was mended whole is accepted, and one that was mended badly is not."""
    now = mended(
        original,
        Mobile=pl.Series(["9816111111", "9816111112", "12345678901"]),
        Name=pl.Series(["Ana", "Eva", "Leo"]),
    )

    checked = merge(original, now, country="91").checked

    assert checked.accepted["row"].to_list() == [2, 3]
    assert checked.problems["rule"].to_list() == ["too_long"]


def test_sorted_sheet_finds_its_rows_again(original):
    """The column beside leads each row back, in whatever order the person left them."""
    now = original.with_columns(pl.col("row").cast(pl.String).alias(REJECTS_COLUMNS[0]))
    now = now.with_columns(Name=pl.Series(["Ana", "Eva", None])).reverse()
    now = now.with_columns(row=pl.Series([2, 3, 4], dtype=pl.UInt32))

    changes = merge(original, now, country="91", letters=LETTERS).changes

    assert changes.rows() == [(3, "Name", "B3", "N/A", "Eva", "taken")]


def test_missing_rows_are_asked_about(original):
    """A row that is gone may be hidden or deleted: nobody guesses which."""
    now = original.head(2)

    with pytest.raises(DataError, match=r"misses 1 rows.*'5'.*hidden='keep'.*missing='drop'"):
        merge(original, now, country="91")
    assert merge(original, now, country="91", missing="keep").sheet.height == 3
    dropped = merge(original, now, country="91", missing="drop")
    assert dropped.sheet["row"].to_list() == [2, 3]
    assert dropped.changes.select("row", "done").rows() == [(5, "row dropped")]


def test_new_rows_and_columns_are_left_out_and_told(original):
    """A merge takes changed cells only: what was added would never have been checked against."""
    more = pl.DataFrame({"row": [6], "Mobile": ["9876111111"], "Name": ["New"], "Note": ["!"]})
    now = pl.concat([original.with_columns(Note=pl.lit("!")), more], how="vertical_relaxed")

    sheet, changes, _ = merge(original, now, country="91")

    assert_frame_equal(sheet, original)
    assert changes.select("row", "column", "done").rows() == [
        (6, None, "left out: new row"),
        (None, "Note", "left out: new column"),
    ]


def test_rows_that_a_person_added_below_are_left_out(original):
    """New rows have no number beside them; several of them are several, not one row twice."""
    beside = original.with_columns(pl.col("row").cast(pl.String).alias(REJECTS_COLUMNS[0]))
    more = pl.DataFrame(
        {
            "row": [7, 8],
            "Mobile": ["9876111111", "1"],
            "Name": ["a", "b"],
            REJECTS_COLUMNS[0]: [None, None],
        }
    )
    now = pl.concat([beside, more], how="vertical_relaxed")

    changes = merge(original, now, country="91").changes

    assert changes.select("row", "done").rows() == [
        (7, "left out: new row"),
        (8, "left out: new row"),
    ]


def test_row_that_stands_twice_is_refused(original):
    """A copied row would overwrite itself: the person decides which one counts."""
    with pytest.raises(DataError, match=r"1 rows.*more than once.*'3'"):
        merge(original, pl.concat([original, original.slice(1, 1)]), country="91")


def test_wrong_sheet_is_answered_with_the_right_one(original):
    """The first sheet of the workbook counts; the rows are on the second."""
    summary = pl.DataFrame({"row": [1], "What is wrong": ["…"]})

    with pytest.raises(ColumnsError, match="sheet='Rows'"):
        merge(original, summary, country="91")


CELL = st.one_of(st.none(), st.sampled_from(["", "a", "b", "9816111111", "a\r\nb", "a\nb"]))


@settings(max_examples=25)
@given(
    st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6),
    st.lists(st.tuples(CELL, CELL), min_size=6, max_size=6),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_only_listed_cells_differ(before, after, touched):
    """The law of the merge: off the list every cell is what it was, on it what it became."""
    rows = pl.Series("row", range(2, len(before) + 2), dtype=pl.UInt32)
    schema = {"Mobile": pl.String, "Name": pl.String}
    original = pl.DataFrame(before, schema=schema, orient="row").insert_column(0, rows)
    new = [
        tuple(b if touched[2 * n + k] else a for k, (a, b) in enumerate(zip(*pair, strict=True)))
        for n, pair in enumerate(zip(before, after, strict=False))
    ]
    now = pl.DataFrame(new, schema=schema, orient="row").insert_column(0, rows)

    sheet, changes, _ = merge(original, now, columns={"mobile": "Mobile"}, country="91")

    listed = {(row, column): then for row, column, _, _, then, _ in changes.rows()}
    for column in schema:
        for row, was, became in zip(rows, original[column], sheet[column], strict=True):
            assert became == listed.get((row, column), was)
    assert changes["done"].to_list() == ["taken"] * changes.height


def test_a_person_mends_the_workbook_and_it_comes_back(tmp_path, original):
    """From the sheet to the workbook, to mended cells, to accepted rows: through real files."""
    checked = check(original, country="91")
    path = write_rejects(original, checked, tmp_path / "rejected.xlsx")
    book = openpyxl.load_workbook(path)
    page = book["Rows"]
    page["A3"], page["B3"] = "+91 98161 11112", "Eva"
    page["A5"], page["B5"] = 9876111111, "Leo"
    book.save(path)

    again = read(path, sheet="Rows")
    merged = merge(original, again, country="91", letters=LETTERS)

    assert merged.changes["cell"].to_list() == ["A3", "B3", "A5", "B5"]
    assert merged.checked.accepted["msisdn"].to_list() == [
        *(919816111111, 919816111112, 919876111111),
    ]


def test_rows_of_several_sheets_come_back_to_their_own(tmp_path):
    """Two sheets with the same row numbers: each mended cell goes to its sheet."""
    book = openpyxl.Workbook()
    for name, number in (("Enero", "1"), ("Febrero", "2")):
        page = book.create_sheet(name)
        page.append(["Mobile", "Name"])
        page.append([number, "Ana"])
    book.remove(book["Sheet"])
    book.save(tmp_path / "two.xlsx")
    original = read(tmp_path / "two.xlsx", sheet="*")
    checked = check(original, country="91")
    path = write_rejects(original, checked, tmp_path / "rejected.xlsx")
    book = openpyxl.load_workbook(path)
    book["Febrero"]["A2"] = "9816111111"
    book.save(path)

    again = read(path, sheet=["Enero", "Febrero"])
    merged = merge(original, again, country="91")

    assert merged.changes.select("cell", "before", "after").rows() == [
        ("'Febrero'!A2", "2", "9816111111")
    ]
    assert merged.checked.accepted.select("sheet", "mobile").rows() == [("Febrero", "9816111111")]


def test_merge_shows_no_number(original):
    """The notebook's view masks the numbers before and after."""
    now = mended(original, Mobile=pl.Series(["9816111111", "9816111112", "abc"]))

    merged = merge(original, now, country="91")

    assert "9816111112" not in merged._repr_html_() + repr(merged)
