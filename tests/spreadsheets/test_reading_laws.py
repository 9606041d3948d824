"""What must hold for every sheet: nothing is lost, and nothing but SheetError comes out."""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msgframe.errors import SheetError
from msgframe.spreadsheets import read
from msgframe.spreadsheets.formats import Style, format_numbers

ZOO = runpy.run_path(str(Path(__file__).parent / "zoo" / "animals.py"))

#: Any character that XML and Excel can hold; both read a lone carriage return their own way.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffe\uffff")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=30).filter(str.strip)
CELLS = st.one_of(
    st.none(), TEXTS, st.sampled_from(["=1+1", "http://a", "_x000D_", "<b>&amp;", " a "])
)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=20)
RELAXED = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def expected(table):
    """Give rows that are not blank, with their numbers, below a header in row 1."""
    return [
        (row, *cells)
        for row, cells in enumerate(table, 2)
        if any(cell is not None and cell.strip() for cell in cells)
    ]


@RELAXED
@given(TABLES, st.booleans())
def test_every_text_comes_back(table, inline):
    """What XlsxWriter wrote as text is read as it was, from shared and from inline strings."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": inline})
    sheet = book.add_worksheet()
    for at, row in enumerate([("Mobile", "Var1", "Var2"), *table]):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write_string(at, column, cell)
    book.close()

    assert read(file.getvalue(), header_row=1).sheet.rows() == expected(table)


@RELAXED
@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20), st.sampled_from(["utf-8", "utf-16"])
)
def test_every_csv_comes_back(table, encoding):
    """What polars wrote as CSV is read as it was, in either encoding."""
    frame = pl.DataFrame(table, schema=["Mobile", "Var1"], orient="row")
    data = frame.write_csv(quote_style="always").encode(encoding)

    sheet = read(data, header_row=1).sheet

    assert sheet.rows() == [(row, *cells) for row, cells in enumerate(table, 2)]


@RELAXED
@given(
    st.text('0#?.,%;@/yYmdhsE+-_*[]$"\\ AMP<>=:€', max_size=15),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
)
def test_every_format_shows_something(code, numbers):
    """No format, however odd, fails; each number gets one text."""
    assert format_numbers(pl.Series(numbers), code, Style()).null_count() == 0


@RELAXED
@given(st.data())
def test_broken_xml_is_read_or_refused(data):
    """A sheet with bytes taken out, doubled or changed is read or refused, never more."""
    sheet = ZOO["GOOD"].encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sheet)))
        length = data.draw(st.integers(0, 30))
        new = data.draw(st.one_of(st.binary(max_size=8), st.just(sheet[at : at + 40])))
        sheet = sheet[:at] + new + sheet[at + length :]

    with contextlib.suppress(SheetError):
        assert read(ZOO["xlsx"](sheet)).sheet.columns[0] == "row"


def test_read_leaves_the_frame_alone():
    """The frame that was handed over is as it was."""
    frame = pl.DataFrame({"Mobile": [9816111111]})

    read(frame)

    assert frame.schema == {"Mobile": pl.Int64}


def test_nothing_is_written(tmp_path):
    """Reading leaves no file beside the one that was read."""
    (tmp_path / "a.xlsx").write_bytes(ZOO["xlsx"]())

    read(tmp_path / "a.xlsx")

    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_careful_way_agrees_with_the_fast(tmp_path):
    """A workbook with another spelling of the same XML gives the same sheet and findings."""
    file = io.BytesIO()
    book = openpyxl.Workbook()
    for row in [
        ("Mobile", "Var1"),
        ("9816111111", 1234.5),
        ("9816111112", "#N/A"),
        (919816111111, True),
    ]:
        book.active.append(row)
    book.active["B2"].number_format = "#,##0.00"
    book.active.row_dimensions[3].hidden = True
    book.active.merge_cells("A3:B3")
    book.save(file)
    archive = zipfile.ZipFile(file)
    members = {info.filename: archive.read(info) for info in archive.infolist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b"<row", b"<!-- a --><row")

    fast, careful = read(file.getvalue()), read(ZOO["packed"](members))

    assert careful.sheet.equals(fast.sheet)
    assert careful.findings.equals(fast.findings)


@pytest.mark.slow
def test_zoo_fits_into_a_gibibyte():
    """One process that meets every animal stays below 1 GiB."""
    code = (
        "import json, resource, runpy, sys\n"
        "from msgframe.spreadsheets import read\n"
        "from msgframe.errors import SheetError\n"
        "for animal in runpy.run_path(sys.argv[1])['animals']():\n"
        "    try: read(animal.data)\n"
        "    except SheetError: pass\n"
        "print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))\n"
    )
    script = str(Path(__file__).parent / "zoo" / "animals.py")

    done = subprocess.run(
        [sys.executable, "-c", code, script], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) < 1024
