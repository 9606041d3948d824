"""How long reading takes and how much memory, against bare readers: `pytest --benchmark-only -s`.

Each reader runs in a process of its own, one after the other, on the same file of 1,000,000 rows ×
5 columns (shared strings; 30 % of the numbers stored as numbers, in a format). Printed are seconds,
CPU seconds and peak memory, each also as a ratio; `MSGFRAME_ROWS` sets the rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import polars as pl
import pytest

ROWS = int(os.environ.get("MSGFRAME_ROWS", "1_000_000"))
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATED = "http://schemas.openxmlformats.org/package/2006/relationships"

READERS = {
    "fastexcel, bare": """
import fastexcel
sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
frame = sheet.to_polars()""",
    "msgframe.read, all checks": """
from msgframe.spreadsheets import read
frame = read(path).sheet""",
    "openpyxl, read only": """
import openpyxl
frame = list(openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True))""",
    "pandas, openpyxl": """
import pandas
frame = pandas.read_excel(path, dtype=str)""",
}
MEASURE = """
import json, resource, sys, time
import polars
path = sys.argv[1]
begin, cpu = time.perf_counter(), time.process_time()
{code}
usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
spent = time.perf_counter() - begin, time.process_time() - cpu, usage
print(json.dumps([*spent, len(frame)]))
"""


def measure(code: str, path: str) -> list[float] | None:
    """Run a reader in a process of its own: seconds, CPU seconds, peak MiB, rows."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(code=code), path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.loads(done.stdout) if done.returncode == 0 else None


def say(line: str) -> None:
    """Print a measurement, which is what a benchmark is run for."""
    print(line)  # noqa: T201  (see above)


def column(letter: str, value: pl.Expr, kind: str) -> list[pl.Expr]:
    opening = pl.concat_str([pl.lit(f'<c r="{letter}'), pl.col("row")])
    return [opening, pl.lit(f'"{kind}><v>'), value.cast(pl.String), pl.lit("</v></c>")]


def write(path, rows: int, style: int) -> None:
    """Write the workbook from expressions: the libraries would take minutes."""
    at = pl.int_range(rows, dtype=pl.Int64)
    frame = pl.select(row=at + 2, at=at)
    phone = 9_816_000_000 + pl.col("at")
    texts = pl.concat(
        [
            pl.Series(["Country", "Mobile", "Var1", "Var2", "Var3", "91"]),
            frame.select(phone.cast(pl.String)).to_series(),
            frame.select(pl.format("Name of person {}", "at")).to_series(),
            frame.select(pl.format("text, and &amp; more {}", pl.col("at") * 7)).to_series(),
        ]
    )
    number = f' s="{style}"'
    text = ' t="s"'
    named, more = 6 + rows + pl.col("at"), 6 + 2 * rows + pl.col("at")
    xml = pl.concat_str(
        [
            pl.lit('<row r="'), pl.col("row"), pl.lit('" spans="1:5">'),
            *column("A", pl.lit(5), text),
            pl.when(pl.col("at") % 10 < 3)
            .then(pl.concat_str(column("B", phone, "")))
            .otherwise(pl.concat_str(column("B", 6 + pl.col("at"), text))),
            *column("C", named, text), *column("D", more, text),
            *column("E", pl.col("at") * 1.25, number),
            pl.lit("</row>"),
        ]
    )  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _small_parts(archive)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            header = "".join(f'<c r="{one}1" t="s"><v>{i}</v></c>' for i, one in enumerate("ABCDE"))
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{header}</row>'.encode())
            for begin in range(0, rows, 50_000):
                part.write(frame[begin : begin + 50_000].select(xml.str.join("")).item().encode())
            part.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(f'<sst xmlns="{MAIN}">'.encode())
            for begin in range(0, len(texts), 50_000):
                some = texts[begin : begin + 50_000].alias("text").to_frame()
                part.write(
                    some.select(pl.format("<si><t>{}</t></si>", "text").str.join(""))
                    .item()
                    .encode()
                )
            part.write(b"</sst>")


def _small_parts(archive: zipfile.ZipFile) -> None:
    kinds = ["worksheet", "sharedStrings", "styles"]
    targets = ["worksheets/sheet1.xml", "sharedStrings.xml", "styles.xml"]
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(zip(kinds, targets, strict=True), 1)
    )
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "workbook.xml": "sheet.main",
        "worksheets/sheet1.xml": "worksheet",
        "sharedStrings.xml": "sharedStrings",
        "styles.xml": "styles",
    }
    overrides = "".join(
        f'<Override PartName="/xl/{part}" ContentType="{spreadsheet}.{kind}+xml"/>'
        for part, kind in parts.items()
    )
    archive.writestr(
        "[Content_Types].xml",
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
        'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
    )
    archive.writestr(
        "_rels/.rels",
        f'<Relationships xmlns="{RELATED}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
    )
    archive.writestr(
        "xl/workbook.xml",
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    )
    archive.writestr(
        "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{RELATED}">{related}</Relationships>'
    )
    archive.writestr(
        "xl/styles.xml",
        f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="#,##0.00"/>'
        '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    )


@pytest.mark.benchmark
@pytest.mark.parametrize("style", [0, 1], ids=["general", "formatted"])
def test_workbook(benchmark, tmp_path, style):
    """`read` beside bare fastexcel and the Python readers, on one workbook."""
    path = str(tmp_path / "people.xlsx")
    write(path, ROWS, style)
    slow = ROWS <= 200_000 and style == 0
    names = [name for name in READERS if slow or "openpyxl" not in name]

    def run():
        return {name: measure(READERS[name], path) for name in names}

    taken = benchmark.pedantic(run, rounds=1)

    base = taken["fastexcel, bare"]
    say(f"\n{ROWS:,} rows × 5, {'formatted' if style else 'general'} numbers")
    for name, figures in taken.items():
        if figures is None:
            say(f"{name:28} did not run")
            continue
        wall, cpu, peak, _ = figures
        say(
            f"{name:28}{wall:7.2f} s ×{wall / base[0]:5.2f}{cpu:8.2f} CPU s ×{cpu / base[1]:5.2f}"
            f"{peak:8.0f} MiB ×{peak / base[2]:5.2f}"
        )
    assert taken["msgframe.read, all checks"][3] == ROWS


@pytest.mark.benchmark
def test_text_file(benchmark, tmp_path):
    """A CSV of ten times as many rows, beside bare polars."""
    path = tmp_path / "people.csv"
    rows = 10 * ROWS
    pl.select(
        Country=pl.lit("91"),
        Mobile=pl.int_range(9_816_000_000, 9_816_000_000 + rows, dtype=pl.Int64),
        Name=pl.format("Name {}", pl.int_range(rows)),
    ).write_csv(path)
    readers = {
        "polars, bare": "frame = polars.read_csv(path, infer_schema=False)",
        "msgframe.read": READERS["msgframe.read, all checks"],
    }

    taken = benchmark.pedantic(
        lambda: {name: measure(code, str(path)) for name, code in readers.items()}, rounds=1
    )

    say(f"\n{rows:,} rows × 3 of CSV")
    for name, (wall, cpu, peak, _) in taken.items():
        say(f"{name:28}{wall:7.2f} s{cpu:8.2f} CPU s{peak:8.0f} MiB")
    assert taken["msgframe.read"][3] == rows
