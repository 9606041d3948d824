"""Letters by value: a problem names the cell that Excel shows, or none, but never another."""

import pickle
from dataclasses import replace

import openpyxl
import polars as pl
import pytest

from msgframe.errors import UsageError
from msgframe.recipients import check, merge
from msgframe.spreadsheets import read


@pytest.fixture(params=["blank", "hidden"])
def reading(request, tmp_path):
    """A sheet whose first column is left out by `read`: the numbers stand in C."""
    book = openpyxl.Workbook()
    page = book.active
    for row in ("Id", "Name", "Mobile"), (1, "Ana", "9816111111"), (2, "Eva", "98161"):
        page.append(row)
    if request.param == "hidden":
        page.column_dimensions["A"].hidden = True
    else:
        for row in (1, 2, 3):
            page.cell(row, 1).value = None
    book.save(tmp_path / "people.xlsx")
    return read(tmp_path / "people.xlsx")


def cells(source, **settings):
    return check(source, country="91", **settings).problems["cell"].to_list()


def test_reading_names_the_cell_that_excel_shows(reading):
    """A column that was left out before the numbers does not move them."""
    assert reading.sheet.columns == ["row", "Name", "Mobile"]
    assert cells(reading) == ["C3"]


def test_reading_keeps_its_letters_through_a_pickle(reading):
    """Whatever a cluster or a cache does to it, the cell is the right one."""
    assert cells(pickle.loads(pickle.dumps(reading))) == ["C3"]


@pytest.mark.parametrize(
    "step",
    [
        lambda sheet: sheet,
        lambda sheet: sheet.with_columns(pl.col("Name").str.to_uppercase()),
        lambda sheet: sheet.filter(pl.col("row") > 2),
        lambda sheet: sheet.select("row", "Mobile"),
        lambda sheet: sheet.select("Mobile", "Name", "row"),
        lambda sheet: pickle.loads(pickle.dumps(sheet)),
        lambda sheet: sheet.rename({"Mobile": "Móvil"}),
    ],
)
def test_no_step_of_polars_leads_to_a_wrong_cell(reading, step):
    """A frame alone names no cell; with its letters it names the right one, or none if renamed."""
    sheet = step(reading.sheet)

    assert cells(sheet) == [None]
    assert cells(sheet, letters=reading.letters) == ["C3" if "Mobile" in sheet.columns else None]
    assert cells(replace(reading, sheet=sheet)) == cells(sheet, letters=reading.letters)


def test_frame_of_ones_own_is_counted_by_position():
    """A frame without row numbers is taken for a sheet of its own, its headers in row 1."""
    assert cells(pl.DataFrame({"Name": ["Ana"], "Mobile": ["98161"]})) == ["B2"]


def test_merge_names_the_cell_that_excel_shows(reading):
    """The changes, and the check after them, go by the letters of the original."""
    mended = reading.sheet.with_columns(Mobile=pl.Series(["98161", "9816111112"]))

    merged = merge(reading, mended, country="91")
    bare = merge(reading.sheet, mended, country="91")

    assert merged.changes["cell"].to_list() == ["C2", "C3"]
    assert merged.checked.problems["cell"].to_list() == ["C2"]
    assert bare.changes["cell"].to_list() == [None, None]
    assert merge(reading, replace(reading, sheet=mended), country="91").changes.equals(
        merged.changes
    )


@pytest.mark.parametrize("source", [[1], None, "people.xlsx", ("a", "b")])
def test_other_things_are_refused(source):
    """The error says what is taken."""
    with pytest.raises(UsageError, match=r"check\(\) takes what read\(\) gave, or a polars Data"):
        check(source)
