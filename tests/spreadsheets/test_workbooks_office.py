"""Workbooks opened and saved by LibreOffice, as a person would, and read again."""

import shutil
import subprocess

import openpyxl
import pandera.polars as pa
import polars as pl
import pytest

from msgframe.recipients import Recipient, check, merge
from msgframe.spreadsheets import read, write_clean, write_rejects, write_tables

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed"),
]

NASTY = ["=1+1", "+34612345678", "-1", "@SUM(A1)", "http://x.example", "00043", "  a  ", "1e5"]
NASTY += [
    "a\nb",
    "ñ é ü ₹ 👍",
    "<b>&amp;",
    "_x0041_",
    "'quoted",
    "1-2-2026",
    "TRUE",
    "#N/A",
    "नमस्ते",
]


class Customer(Recipient):
    Plan: str = pa.Field(isin=["oro", "plata"])


@pytest.fixture(scope="module")
def original():
    height = len(NASTY)
    return pl.DataFrame(
        {
            "row": pl.Series(range(3, height + 3), dtype=pl.UInt32),
            "Mobile": [f"98161111{n:02}" if n % 3 else f"1234567890{n}" for n in range(height)],
            "Note": NASTY,
            "Plan": ["oro", "x", "", *["plata"] * (height - 3)],
        }
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory, original):
    """Give the workbook of rejects as LibreOffice saves it."""
    folder = tmp_path_factory.mktemp("office")
    checked = check(original, Customer, country="91")
    path = write_rejects(original, checked, folder / "rejected.xlsx")
    write_clean(checked.accepted, folder / "clean.xlsx")
    write_tables({"all": checked.problems}, folder / "tables.xlsx")
    out = folder / "saved"
    files = [str(path), str(folder / "clean.xlsx"), str(folder / "tables.xlsx")]
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/home",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(out),
            *files,
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return out


def test_office_keeps_every_cell_as_text(saved, original):
    """No formula, no link, no number where the person had text."""
    page = openpyxl.load_workbook(saved / "rejected.xlsx")["Rows"]

    cells = [row[1] for row in page.iter_rows(min_row=3)]
    assert [cell.value for cell in cells] == NASTY
    assert {cell.data_type for cell in cells} == {"s"}


def test_office_keeps_colours_comments_filter_and_choice(saved):
    """What leads a person to the bad cells survives the first saving."""
    page = openpyxl.load_workbook(saved / "rejected.xlsx")["Rows"]

    assert page["A3"].fill.start_color.rgb == "FFF8CBCB"
    assert "too many digits" in page["A3"].comment.text
    assert page.auto_filter.ref == f"A2:E{len(NASTY) + 2}"
    assert [str(rule.sqref) for rule in page.data_validations.dataValidation] == [
        f"C3:C{len(NASTY) + 2}"
    ]


def test_opening_and_saving_changes_nothing(saved, original):
    """A workbook that was only opened and saved merges without a change."""
    again = read(saved / "rejected.xlsx", sheet="Rows").sheet

    merged = merge(original, again, Customer, country="91")

    assert merged.changes.is_empty()
    assert merged.sheet.equals(original)


def test_clean_workbook_opens_as_text(saved, original):
    """The upload keeps its numbers whole and its formulas text."""
    page = openpyxl.load_workbook(saved / "clean.xlsx").active

    assert [cell.value for cell in page[1]] == ["Country", "Mobile", "Var1", "Var2"]
    assert {cell.data_type for row in page.iter_rows(min_row=2) for cell in row} == {"s"}


def test_tables_open_with_their_values(saved):
    """The problems as a table are the same cells that were written."""
    page = openpyxl.load_workbook(saved / "tables.xlsx")["all"]

    assert page["A1"].value == "row"
    assert page["A2"].value == 3
    assert page["D2"].data_type == "s"
