"""upload_file: the vendor's upload file, opened again by other libraries."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from shutil import which

import fastexcel
import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from msgframe.errors import ColumnsError, DataError, SettingsError
from msgframe.message_central.sandbox import xlsx_reader
from msgframe.message_central.uploads import save_upload_file, upload_file

#: Values that writers and readers are known to change.
AWKWARD = [
    "<&>",
    "]]>",
    "&amp;",
    " leading",
    "trailing ",
    "  ",
    "\N{NO-BREAK SPACE}outer",
    "two\nlines",
    "a\ttab",
    "👍🏽 👨‍👩‍👧",
    "नमस्ते ₹",
    '=cmd|" /C calc"!A0',
    "@SUM(1)",
    "+1",
    "-1",
    "http://example.com",
    "00043",
    "1E5",
    "TRUE",
    "#N/A",
    "01-Mar-2026",
    "'quoted",
    '"quoted", with comma',
    "",
    "é" * 32_767,
]

#: What XML 1.0 cannot hold.
UNPRINTABLE = ["bell \a", "\x01\x1f", "a\rb", "a\r\nb"]

#: What looks like its escape.
LIKE_ESCAPES = ["_x0041_", "_x0041_x0042_", "_x005F_x"]

WAYS = [(strings, numbers) for strings in ("shared", "inline") for numbers in (False, True)]


def people(*values: str) -> pl.DataFrame:
    """Write out a person for each value, who has it as second variable."""
    return pl.DataFrame(
        {
            "country_code": ["91"] * len(values),
            "mobile": [f"98161{n:05}" for n in range(len(values))],
            "variables": [["Ana", value, "x"] for value in values],
        },
        schema_overrides={"variables": pl.List(pl.String)},
    )


def with_fastexcel(file: bytes) -> list[list[str | None]]:
    sheet = fastexcel.read_excel(file).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
    return [list(row) for row in sheet.to_polars().rows()]


def with_openpyxl(file: bytes) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    return [[cell.value for cell in row] for row in sheet]


@pytest.mark.parametrize(("strings", "numbers"), WAYS)
def test_fastexcel_reads_every_awkward_value_back(strings, numbers):
    values = [*AWKWARD, *UNPRINTABLE, *LIKE_ESCAPES]

    rows = with_fastexcel(upload_file(people(*values), strings=strings, numbers=numbers))

    assert rows[0] == ["Country", "Mobile", "Var1", "Var2", "Var3"]
    assert [row[3] for row in rows[1:]] == values
    assert [row[:2] for row in rows[1:3]] == [["91", "9816100000"], ["91", "9816100001"]]


@pytest.mark.parametrize("strings", ["shared", "inline"])
def test_openpyxl_reads_every_awkward_value_back(strings):
    rows = with_openpyxl(upload_file(people(*AWKWARD), strings=strings))

    # openpyxl gives an empty text as None.
    assert [row[3] or "" for row in rows[1:]] == AWKWARD


def test_openpyxl_reads_the_escapes_of_control_characters():
    """openpyxl leaves `_xHHHH_` to a function of its own."""
    rows = with_openpyxl(upload_file(people(*UNPRINTABLE)))

    assert [unescape(row[3]) for row in rows[1:]] == UNPRINTABLE


@pytest.mark.parametrize(("strings", "numbers"), WAYS)
def test_the_sandbox_reads_every_awkward_value_back(strings, numbers):
    values = [*AWKWARD, *UNPRINTABLE, *LIKE_ESCAPES]

    rows = xlsx_reader.read(upload_file(people(*values), strings=strings, numbers=numbers))

    assert [row.variables[1] for row in rows] == values
    assert rows[1].mobile == "9816100001"


def test_no_cell_is_a_formula_a_link_or_a_number():
    sheet = openpyxl.load_workbook(io.BytesIO(upload_file(people(*AWKWARD)))).active

    assert {cell.data_type for row in sheet for cell in row if cell.value is not None} == {"s"}
    assert not any(cell.hyperlink for row in sheet for cell in row)


def test_country_and_mobile_are_numbers_where_asked():
    rows = with_openpyxl(upload_file(people("a"), numbers=True))

    assert rows[1] == [91, 9816100000, "Ana", "a", "x"]


def test_a_number_that_would_lose_its_zero_stays_text():
    """Italian numbers keep their leading 0."""
    italian = people("a").with_columns(mobile=pl.lit("0612345678"))

    assert with_openpyxl(upload_file(italian, numbers=True))[1][1] == "0612345678"


@pytest.mark.parametrize("strings", ["shared", "inline"])
def test_rows_keep_their_order_across_batches(strings):
    names = [f"Ana {n}" for n in range(40_000)]

    rows = with_fastexcel(upload_file(people(*names), strings=strings))

    assert [row[3] for row in rows[1:]] == names


@pytest.mark.parametrize(("strings", "numbers"), WAYS)
def test_same_rows_same_bytes(strings, numbers):
    one, other = (upload_file(people(*AWKWARD), strings=strings, numbers=numbers) for _ in range(2))

    assert one == other


def test_the_xml_is_as_excel_writes_it():
    """Written down once: a change of polars that changed the files would show here."""
    archive = zipfile.ZipFile(io.BytesIO(upload_file(people("<&>"))))

    sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    strings = archive.read("xl/sharedStrings.xml").decode()
    assert '<row r="2"><c r="A2" t="s"><v>5</v></c><c r="B2" t="s"><v>6</v></c>' in sheet
    assert "<si><t>Ana</t></si><si><t>&lt;&amp;&gt;</t></si><si><t>x</t></si>\n</sst>" in strings


def test_the_archive_is_sound_and_says_no_moment():
    archive = zipfile.ZipFile(io.BytesIO(upload_file(people(*AWKWARD))))

    assert archive.testzip() is None
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_people_without_variables_make_two_columns():
    nobody = people("a").with_columns(variables=pl.lit([], pl.List(pl.String)))

    assert with_openpyxl(upload_file(nobody)) == [["Country", "Mobile"], ["91", "9816100000"]]


@pytest.mark.parametrize(("strings", "numbers"), WAYS)
def test_columns_past_z_have_two_letters(strings, numbers):
    values = [f"value {n}" for n in range(1, 41)]
    wide = people("a").with_columns(variables=pl.lit(values))

    rows = with_openpyxl(upload_file(wide, strings=strings, numbers=numbers))

    assert rows[0] == ["Country", "Mobile", *(f"Var{n}" for n in range(1, 41))]
    assert rows[1][2:] == values


def test_no_people_make_a_header():
    assert with_fastexcel(upload_file(people("a").clear())) == [["Country", "Mobile"]]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_what_is_written_is_read(values):
    rows = with_fastexcel(upload_file(people(*values)))

    assert [row[3] for row in rows[1:]] == values


def test_a_value_longer_than_a_cell_is_a_problem_not_a_cut():
    with pytest.raises(DataError, match=r"over 32,767 characters in Var2, in 1 of 2 rows.*rows 3"):
        upload_file(people("a", "x" * 32_768))


def test_an_emoji_counts_as_excel_counts_it():
    """Excel counts UTF-16's units: 16,384 emoji are 32,768 of them."""
    assert with_fastexcel(upload_file(people("👍" * 16_383)))[1][3] == "👍" * 16_383
    with pytest.raises(DataError, match="32,767"):
        upload_file(people("👍" * 16_384))


def test_a_missing_value_is_named():
    with pytest.raises(DataError, match=r"no value in Var1"):
        upload_file(people("a").with_columns(variables=pl.lit([None, "b"], pl.List(pl.String))))


def test_rows_of_different_width_are_refused():
    with pytest.raises(DataError, match="2, 3 variables"):
        upload_file(
            pl.concat([people("a"), people("b").with_columns(variables=pl.lit(["a", "b"]))])
        )


def test_a_missing_column_is_named():
    with pytest.raises(ColumnsError, match="'variables'"):
        upload_file(people("a").drop("variables"))


def test_an_unknown_way_is_answered():
    with pytest.raises(SettingsError, match="'inline'"):
        upload_file(people("a"), strings="rich")


def test_save_writes_the_same_bytes(tmp_path):
    path = save_upload_file(people("a"), tmp_path / "upload.xlsx")

    assert path.read_bytes() == upload_file(people("a"))
    assert [file.name for file in tmp_path.iterdir()] == ["upload.xlsx"]


def test_save_leaves_nothing_behind_where_it_fails(tmp_path):
    with pytest.raises(DataError):
        save_upload_file(people("x" * 32_768), tmp_path / "upload.xlsx")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("strings", ["shared", "inline"])
def test_libreoffice_reads_every_awkward_value_back(tmp_path, strings):
    # It makes a line break of its own of a carriage return.
    values = [value for value in [*AWKWARD, *UNPRINTABLE, *LIKE_ESCAPES] if "\r" not in value]
    save_upload_file(people(*values), tmp_path / "upload.xlsx", strings=strings)

    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            # Comma, double quote, UTF-8, from the first line, all as shown, text quoted.
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true",
            "--outdir",
            tmp_path,
            tmp_path / "upload.xlsx",
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )

    with (tmp_path / "upload.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    assert [row[3] for row in rows[1:]] == values
