"""Number formats: a table of what Excel shows, and LibreOffice's own export of the same cells."""

from __future__ import annotations

import csv
import shutil
import subprocess
from typing import TYPE_CHECKING

import polars as pl
import pytest
import xlsxwriter

from msgframe.spreadsheets import read
from msgframe.spreadsheets.formats import Style, format_numbers, format_text, general
from msgframe.spreadsheets.locales import REGIONS

if TYPE_CHECKING:
    from pathlib import Path


def show(number, code, **style):
    return format_numbers(pl.Series([number], dtype=pl.Float64), code, Style(**style))[0]


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (43, "00000", "00043"),
        (9816111111, "00000-00000", "98161-11111"),
        (919816111111, "+00 00000 00000", "+91 98161 11111"),
        (1234567, r"##\,##\,##0", "12,34,567"),
        (
            12345678.5,
            r"[>=10000000]##\,##\,##\,##0.00;[>=100000]##\,##\,##0.00;##,##0.00",
            "1,23,45,678.50",
        ),
        (1234.5, "[$₹-4009] #,##0.00", "₹ 1,234.50"),
        (-1234.5, '"$"#,##0.00_);("$"#,##0.00)', "($1,234.50)"),
        (0, '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "-"),
        (1.005, "0.00", "1.01"),
        (2.675, "0.00", "2.68"),
        (999.999, "#,##0.00", "1,000.00"),
        (-0.001, "0.00", "-0.00"),
        (5, "0.###", "5."),
        (0.35, "0%", "35%"),
        (1.005, "0%", "101%"),
        (1234567, '0.0,,"M"', "1.2M"),
        (1234.5, "0.0,", "1.2"),
        (12345, "##0.0E+0", "12.3E+3"),
        (0, "0.00E+00", "0.00E+00"),
        (9.9999, "0.00E+00", "1.00E+01"),
        (5.25, "# ?/?", "5 1/4"),
        (0.333, "??/??", "1/3"),
        (5.99, "# ?/8", "6"),
        (7, '"yes";"neg";"no"', "yes"),
        (123, "0.00;;", "123.00"),
        (-123, "0.00;;", ""),
        (1e15, "#,##0", "1,000,000,000,000,000"),
        (1234567890123456789, "0", "1234567890123460000"),
        (5, ";;;", ""),
        (5, "", ""),
        (42, "General", "42"),
        (42, 'General" km"', "42 km"),
    ],
)
def test_numbers_are_shown_as_excel_shows_them(number, code, text):
    """Places, marks, signs, scales, exponents and fractions come out as on the screen."""
    assert show(number, code) == text


@pytest.mark.parametrize(
    ("days", "code", "text"),
    [
        (46082, "dd-mmm-yyyy", "01-Mar-2026"),
        (46082.75, "yyyy-mm-dd hh:mm", "2026-03-01 18:00"),
        (46082.75, "h:mm AM/PM", "6:00 PM"),
        (46082, "dddd, d mmmm yyyy", "Sunday, 1 March 2026"),
        (46082, "mmmmm yy", "M 26"),
        (46082, "[$-40A]d mmmm yyyy", "1 marzo 2026"),
        (46082, '[$-416]d "de" mmmm', "1 de março"),
        (46082, "[$-407]dddd", "Sonntag"),
        (46082, "[$-439]mmmm", "मार्च"),
        (46082, "[$-date]", "3/1/2026"),
        (46082, "[$-F800]dddd, mmmm dd, yyyy", "Sunday, March 1, 2026"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (0.5006, "mm:ss.0", "00:51.8"),
        (0.99999999, "h:mm:ss", "0:00:00"),
        (60, "d mmm yyyy", "29 Feb 1900"),
        (0, "d mmm yyyy", "0 Jan 1900"),
        (1, "d mmm yyyy", "1 Jan 1900"),
        (0.25, "hh:mm", "06:00"),
        (919816111111, "dd-mmm-yyyy", "919816111111"),
        (-1, "dd-mmm-yyyy", "-1"),
    ],
)
def test_days_are_shown_as_excel_shows_them(days, code, text):
    """Dates, times and durations follow their format; what is no date shows its digits."""
    assert show(days, code) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333"),
        (1234567.123456, "1234567.123"),
        (12345678901.5, "12345678902"),
        (919816111111, "919816111111"),
        (123456789012345, "123456789012345"),
        (1.5e15, "1.5E+15"),
        (0.00001, "0.00001"),
        (1.23456789e-7, "1.23457E-07"),
        (-5, "-5"),
        (0, "0"),
    ],
)
def test_general_keeps_eleven_characters(number, text):
    """Without a format a number has eleven characters, and long whole numbers all their digits."""
    assert general(pl.Series([number], dtype=pl.Float64), REGIONS["en-US"])[0] == text


@pytest.mark.parametrize(
    ("region", "number", "code", "text"),
    [
        ("en-IN", 46082, "[$-date]", "01-03-2026"),
        ("es-ES", 46082, "[$-date]", "01/03/2026"),
        ("de-DE", 46082, "[$-date]", "01.03.2026"),
        ("es-ES", 1234.5, "#,##0.00", "1.234,50"),
        ("es-ES", 46082, "mmm", "mar"),
        ("pt-BR", 1234.5, "General", "1234,5"),
    ],
)
def test_regions_write_their_own_way(region, number, code, text):
    """What files leave to the computer's region follows `region`."""
    assert show(number, code, region=REGIONS[region]) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [('"Mr. "@', "Mr. Rao"), ('0;-0;0;"t:"@', "t:Rao"), ("@", "Rao"), (";;;", ""), ("0.00", "Rao")],
)
def test_texts_have_a_section_of_their_own(code, text):
    """A format can put words around texts, or hide them."""
    assert format_text(pl.Series(["Rao"]), code)[0] == text


NUMBER_FORMATS = [
    "General", "0", "0.00", "#,##0", "#,##0.00", "#,##0_);(#,##0)", "#,##0.00_);[Red](#,##0.00)",
    '"₹"#,##0.00', "[$₹-4009] #,##0.00", "[$€-2] #,##0.00", "#,##0.00 [$€-407]",
    '"$"#,##0.00;[Red]-"$"#,##0.00', '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
    '_-"₹"* #,##0.00_-;-"₹"* #,##0.00_-;_-"₹"* "-"??_-;_-@_-', "0%", "0.00%", "0.0#%", "0.00E+00",
    "##0.0E+0", "0E+0", "0.###E-0", "# ?/?", "# ??/??", "# ?/8", "?/?", "00000", "00000-00000",
    "(000) 000-0000", "+00 00000 00000", "000-00-0000", "##\\,##\\,##0",
    "[>=10000000]##\\,##\\,##\\,##0.00;[>=100000]##\\,##\\,##0.00;##,##0.00", "0.0,", '#,##0,,"M"',
    "0.###", "#.##", "#", "#,###", "0.0?", "???.???", '0 "units"', '"No. "0', '0;-0;"zero"',
    "0.00;;", '"yes";"neg";"no"', "[Red]0.0;[Blue]-0.0", "[<1]0.00%;0.0", '[=1]"one";[=2]"two";0',
    "0\\°", '#,##0.00" Cr";#,##0.00" Dr"', "@", "0.000", "0000000000", "$#,##0", "0.0000000000",
    "\\R\\s\\. 0.00", "#,##0.0#", "0,000.00",
]  # fmt: skip
NUMBERS = [
    0, 1, -1, 0.5, -0.5, 2, 12, 43, 99.995, 1.005, 2.675, -0.001, 0.00001, 0.1 + 0.2, 1 / 3, 2 / 3,
    1234.5, -1234.567, 12345.678, 123456.789, 1234567, 98765432.1, 9816111111, 919816111111, 0.35,
    100, 1e5, 999999.5, 1e7, 25000000.129, 0.125, 5.25, 10.75, 12345678901.5, 1e-9, 999.999, 0.045,
    -0.045,
]  # fmt: skip
DATE_FORMATS = [
    "yyyy-mm-dd", "dd/mm/yyyy", "d-mmm-yy", "dd-mmm-yyyy", "mmm-yy", "mmmm d, yyyy",
    "dddd, dd mmmm yyyy", "ddd d mmm", "h:mm", "hh:mm:ss", "h:mm AM/PM", "hh:mm:ss AM/PM",
    "yyyy-mm-dd hh:mm:ss", "dd.mm.yy hh:mm", "[h]:mm", "[h]:mm:ss", "[mm]:ss", "[ss]", "mm:ss",
    "mm:ss.0", "hh:mm:ss.000", "m/d/yy", "mmmmm", "yyyy", "yy", "d", "dd", "mm",
    "[$-409]d-mmm-yyyy", "[$-C0A]d mmmm yyyy", "[$-416]dd mmm yyyy", "[$-40C]d mmmm yyyy",
    "[$-407]d. mmmm yyyy", "[$-409]h:mm:ss AM/PM", '"on" dd"th" mmm', "yyyy\\-mm\\-dd",
    "dd\\ mmm\\ yyyy;@", 'h"h"mm', "dd/mm", "m/yyyy",
]  # fmt: skip
DAYS = [
    61, 100.25, 36526, 46082, 46082.75, 46082.999988426, 46082.5, 43831.0416666667, 0.5, 0.25,
    0.041666666667, 1.5, 44196.123456789, 45000.333333333, 47000.9999, 73050.6666667, 61.5,
    44000.00069444,
]  # fmt: skip
TEXT_FORMATS = ['"Mr. "@', '@" (x)"', '0;-0;0;"t:"@', "@", "0.00", '"a"@"b"@', ";;;", ";;;@"]
TEXTS = ["Rao", "x y", "12"]
COLUMNS = (
    [(code, NUMBERS) for code in NUMBER_FORMATS]
    + [(code, DAYS) for code in DATE_FORMATS]
    + [(code, TEXTS) for code in TEXT_FORMATS]
)


def write(path: Path) -> None:
    """Write a column a format, with wide columns so that nothing shows as ####."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for at, (code, values) in enumerate(COLUMNS):
        style = book.add_format({"num_format": code})
        sheet.set_column(at, at, 40)
        sheet.write_string(0, at, f"h{at}")
        for row, value in enumerate(values, 1):
            put = sheet.write_string if isinstance(value, str) else sheet.write_number
            put(row, at, value, style)
    book.close()


def difference(code: str, value: float | str, theirs: str, ours: str) -> str | None:
    """Say why LibreOffice and Excel are known to show a cell differently, or give None."""
    if isinstance(value, str):
        return None
    if theirs == "#FMT":
        return "LibreOffice gives up on it"
    if code in DATE_FORMATS and value < 61:
        return "LibreOffice's calendar begins on 1899-12-30, Excel's on 1900-01-00"
    if code in DATE_FORMATS and abs(value * 86_400 - round(value * 86_400)) > 1e-5:
        return "LibreOffice cuts seconds off, Excel rounds them"
    if value < 0 and ours.rstrip(".") == "-" + theirs:
        return "LibreOffice drops the sign of what rounds to zero or has a condition"
    if "." in code and ours.replace(".", "", 1) == theirs:
        return "LibreOffice drops a mark without decimals"
    if code in {"General", "@"} and len(theirs) > 11:
        return "LibreOffice shows more than eleven characters"
    if (code, value) == ("0%", 1.005):
        return "LibreOffice rounds 100.4999…, Excel 100.5"
    return None


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_shows_the_same(tmp_path):
    """106 formats × awkward values: as LibreOffice exports them, but for seven known reasons."""
    write(tmp_path / "formats.xlsx")
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
            "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true",
            "--outdir", str(tmp_path), str(tmp_path / "formats.xlsx"),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "formats.csv").open(encoding="utf-8", newline="") as file:
        theirs = list(csv.reader(file))[1:]

    sheet = read(tmp_path / "formats.xlsx", header_row=1).sheet
    ours = {row["row"]: row for row in sheet.iter_rows(named=True)}

    same, known, unknown = 0, {}, []
    for at, (code, values) in enumerate(COLUMNS):
        for row, value in enumerate(values):
            pair = [
                " ".join((text or "").split())
                for text in (theirs[row][at], ours.get(row + 2, {}).get(f"h{at}"))
            ]
            if pair[0] == pair[1]:
                same += 1
            elif reason := difference(code, value, *pair):
                known[reason] = known.get(reason, 0) + 1
            else:
                unknown.append((code, value, *pair))
    print(f"\n{same} the same, {sum(known.values())} known: {known}")  # noqa: T201  (for -s)
    assert unknown == []
    assert same > 2_500
