"""Where sheets come from: paths, bytes, open files, frames, and each kind of file."""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import subprocess
import zipfile

import openpyxl
import polars as pl
import pytest

from msgframe.errors import SheetError
from msgframe.spreadsheets import Limits, read, read_table

PEOPLE = pl.DataFrame({"Mobile": ["9816111111", "9816111112"], "Name": ["Ana", None]})


def test_path_bytes_and_open_file_are_the_same(tmp_path):
    """The same file gives the same rows, however it is handed over."""
    path = tmp_path / "people.csv"
    PEOPLE.write_csv(path)

    with path.open("rb") as file:
        readings = [read(path), read(str(path)), read(path.read_bytes()), read(file)]

    assert {tuple(reading.sheet.rows()) for reading in readings} == {
        ((2, "9816111111", "Ana"), (3, "9816111112", None))
    }


@pytest.mark.parametrize("write", [pl.DataFrame.write_parquet, pl.DataFrame.write_ipc])
def test_columnar_files_are_read(tmp_path, write):
    """Parquet and Arrow files have no header row: their rows count from 1."""
    write(PEOPLE, tmp_path / "people")

    assert read(tmp_path / "people").sheet.rows() == [
        (1, "9816111111", "Ana"),
        (2, "9816111112", None),
    ]


def test_frames_become_text():
    """Numbers lose no digit, booleans are Excel's, and dates are ISO."""
    frame = pl.DataFrame(
        {
            "Mobile": [9816111111.0, None],
            "n": [12, 3],
            "x": [0.5, None],
            "b": [True, False],
            "d": [dt.date(2026, 3, 1), None],
        }
    )

    sheet, findings = read(frame)

    assert sheet.rows() == [
        (1, "9816111111", "12", "0.5", "TRUE", "2026-03-01"),
        (2, None, "3", None, "FALSE", None),
    ]
    assert findings["kind"].to_list() == ["whole_floats"]


def test_lazy_and_read_frames_are_taken():
    """A LazyFrame is collected, and a sheet that was read keeps its row numbers."""
    sheet = read(b"Mobile\n\n9816111111\n").sheet

    assert read(PEOPLE.lazy()).sheet.height == 2
    assert read(sheet).sheet.rows() == sheet.rows() == [(3, "9816111111")]


def test_foreign_frames_are_taken():
    """Anything that speaks Arrow's stream is a frame."""

    class Foreign:
        def __arrow_c_stream__(self, requested_schema=None):
            return PEOPLE.__arrow_c_stream__(requested_schema)

    assert read(Foreign()).sheet["Mobile"].to_list() == ["9816111111", "9816111112"]


def test_nested_columns_are_refused():
    """A list is no cell."""
    with pytest.raises(SheetError, match="'a'"):
        read(pl.DataFrame({"a": [[1]]}))


@pytest.mark.parametrize("name", ["missing.xlsx", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path, name):
    """A missing file, a folder, and a pipe that would wait for ever are told apart from a file."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(SheetError, match=name):
        read(tmp_path / name)


def test_wrong_encoding_is_answered():
    """An encoding that was said and does not fit is no reason to guess another."""
    with pytest.raises(SheetError, match="not written in utf-8"):
        read("Mobile,Name\n9816111111,José\n".encode("cp1252"), encoding="utf-8")


def test_limits_are_kept():
    """A file past a limit is refused with the limit to raise."""
    with pytest.raises(SheetError, match="file_bytes"):
        read(b"Mobile\n9816111111\n", limits=Limits(file_bytes=10))
    with pytest.raises(SheetError, match="cells"):
        read(PEOPLE, limits=Limits(cells=3))


OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


def opendocument(rows: str, *, manifest: str = "") -> bytes:
    content = (
        f'<o:document-content xmlns:o="{OFFICE}" xmlns:t="{TABLE}" xmlns:x="{TEXT}"><o:body>'
        f'<o:spreadsheet><t:table t:name="Sheet1">{rows}</t:table></o:spreadsheet></o:body>'
        "</o:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
    return file.getvalue()


def row(*cells: str, more: str = "") -> str:
    inner = "".join(f"<t:table-cell><x:p>{cell}</x:p></t:table-cell>" for cell in cells)
    return f"<t:table-row{more}>{inner}</t:table-row>"


def test_opendocument_repeats_and_hides():
    """Repeated rows are counted, filtered ones left out, notes and blanks read as shown."""
    note = "<o:annotation><x:p>a note</x:p></o:annotation>"
    rows = (
        row("Mobile", "Name")
        + row("9816111111", f'A<x:s x:c="2"/>B{note}')
        + '<t:table-row t:number-rows-repeated="3"><t:table-cell/></t:table-row>'
        + row("9816111112", "C", more=' t:visibility="filter"')
        + row("9816111113", "D", more=' t:number-rows-repeated="2"')
        + '<t:table-row t:number-rows-repeated="1048560">'
        '<t:table-cell t:number-columns-repeated="16384"/></t:table-row>'
    )

    sheet, findings = read(opendocument(rows))

    assert sheet.rows() == [
        (2, "9816111111", "A  B"),
        (7, "9816111113", "D"),
        (8, "9816111113", "D"),
    ]
    assert findings.select("kind", "cells").rows() == [
        ("filtered_rows", "6"),
        ("blank_rows", "3:5"),
    ]


def test_opendocument_gives_a_program_its_dates():
    """A person reads the date as shown, a program as ISO 8601 spells it."""
    date = '<t:table-cell o:value-type="date" o:date-value="2026-03-01T10:00:07">'
    rows = row("id", "at") + row("7", "x").replace("<t:table-cell><x:p>x", f"{date}<x:p>1.3.26")

    assert read(opendocument(rows)).sheet["at"].to_list() == ["1.3.26"]
    assert read_table(opendocument(rows))["at"].to_list() == ["2026-03-01 10:00:07"]


def test_opendocument_bomb_is_refused():
    """A hundred bytes that repeat a cell a million times are counted before they are written."""
    cell = '<t:table-cell t:number-columns-repeated="16384"><x:p>x</x:p></t:table-cell>'
    rows = f'<t:table-row t:number-rows-repeated="1048576">{cell}</t:table-row>'

    with pytest.raises(SheetError, match="too large"):
        read(opendocument(rows))


def test_encrypted_opendocument_is_refused():
    """A document with a password says so."""
    with pytest.raises(SheetError, match="password"):
        read(opendocument(row("a"), manifest="<encryption-data/>"))


#: The outside of an old workbook: a compound file that names its stream.
OLD_BOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + "Workbook".encode("utf-16-le")


def converted(tmp_path, kind):
    """Give the path of a small workbook that LibreOffice wrote in another format."""
    book = openpyxl.Workbook()
    for line in [
        ("Mobile", "Var1"),
        ("9816111111", 1234.5),
        ("9816111112", 2),
        (),
        ("9816111113", 3),
    ]:
        book.active.append(line)
    book.active["B2"].number_format = "#,##0.00"
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "in.xlsx")
    (tmp_path / "out").mkdir()

    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", kind, "--outdir", str(tmp_path / "out"), str(tmp_path / "in.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return tmp_path / "out" / f"in.{kind}"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_old_workbook_is_read_apart(tmp_path):
    """An .xls is read by a child process, its values as stored, and that is said."""
    path = converted(tmp_path, "xls")

    sheet, findings = read(path)

    assert sheet.rows() == [
        (2, "9816111111", "1234.5"),
        (3, "9816111112", "2"),
        (5, "9816111113", "3"),
    ]
    assert findings["kind"].to_list() == ["legacy_format", "blank_rows"]


@pytest.mark.parametrize("beginning", [b"\x09\x08\x10\x00", OLD_BOOK])
def test_broken_old_workbook_is_refused(beginning):
    """A child that fails is one sentence."""
    with pytest.raises(SheetError, match=r"\.xls\) that cannot be read"):
        read(beginning + b"\0" * 600)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", ["ods", "xlsx"])
def test_libreoffices_files_are_read(tmp_path, kind):
    """What LibreOffice writes is read as Excel's own: formats, hidden rows, row numbers."""
    sheet, findings = read(converted(tmp_path, kind))

    assert sheet.rows() == [(2, "9816111111", "1,234.50"), (5, "9816111113", "3")]
    assert findings["kind"].to_list() == ["hidden_rows", "blank_rows"]
