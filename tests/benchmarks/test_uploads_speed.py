# ruff: noqa: T201  (a benchmark prints its ratios)
"""How fast a million people are written to 20 upload files, next to other writers.

Run with `pytest tests/benchmarks/test_uploads_speed.py --benchmark-only -s`. Each writer has a
process of its own, so that its memory is its own too; processor seconds are compared, not the
clock. rustpy-xlsxwriter and jetxl are measured where they are installed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark

FILES, ROWS = 20, 50_000


def people(file: int) -> pl.DataFrame:
    """Give the people of one file: a name, a balance and a date each."""
    place = pl.int_range(ROWS) + file * ROWS
    return pl.select(
        country_code=pl.format("9{}", place * 0 + 1),
        mobile=pl.format("98{}", place * 7_919 % 90_000_000 + 10_000_000),
        variables=pl.concat_list(
            pl.format("Nombre {}", place * 31 % 100_003),
            pl.format("₹ {},{}", place * 37 % 9_973, place % 90 + 10),
            pl.format("{}-Mar-2026", place % 28 + 1),
        ),
    )


def table(file: int) -> pl.DataFrame:
    """Give the same with a column for each of the file's."""
    spread = {f"Var{n + 1}": pl.col("variables").list.get(n) for n in range(3)}
    return people(file).select(Country="country_code", Mobile="mobile", **spread)


def ours(frame: pl.DataFrame, path: Path) -> None:
    from msgframe.message_central.uploads import upload_file

    path.write_bytes(upload_file(frame))


def ours_inline(frame: pl.DataFrame, path: Path) -> None:
    from msgframe.message_central.uploads import upload_file

    path.write_bytes(upload_file(frame, strings="inline"))


def xlsxwriter(frame: pl.DataFrame, path: Path) -> None:
    """Write as its manual advises for much data: row by row in constant memory."""
    from xlsxwriter import Workbook

    with Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, values in enumerate([frame.columns, *frame.iter_rows()]):
            for column, value in enumerate(values):
                sheet.write_string(row, column, value)


def rustpy_xlsxwriter(frame: pl.DataFrame, path: Path) -> None:
    from rustpy_xlsxwriter import write_worksheet

    write_worksheet(frame, str(path))


def jetxl(frame: pl.DataFrame, path: Path) -> None:
    from jetxl import write_sheet_arrow

    write_sheet_arrow(frame, str(path))


WAYS = {way.__name__: way for way in (ours, ours_inline, xlsxwriter, rustpy_xlsxwriter, jetxl)}
MODULES = {"rustpy_xlsxwriter": "rustpy_xlsxwriter", "jetxl": "jetxl"}


def measure(name: str) -> dict[str, float]:
    """Write all files in this process, and give processor seconds, peak memory and size."""
    write = WAYS[name]
    source = people if name.startswith("ours") else table
    with TemporaryDirectory() as folder:
        write(source(0).head(10), Path(folder, "warm.xlsx"))
        seconds, size = 0.0, 0
        for file in range(FILES):
            frame, path = source(file), Path(folder, f"{file}.xlsx")
            started = process_time()
            write(frame, path)
            seconds += process_time() - started
            size += path.stat().st_size
            path.unlink()
    return {"seconds": seconds, "peak_mb": peak_mb(), "size_mb": size / 1e6}


def peak_mb() -> float:
    """Give the most memory that this process has held; getrusage counts its parent's, too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def measured(name: str) -> dict[str, float]:
    """Measure a writer in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, name], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


@pytest.mark.timeout(900)
def test_a_million_people_in_20_files(benchmark: BenchmarkFixture) -> None:
    there = [name for name in WAYS if name not in MODULES or find_spec(MODULES[name])]
    found = {name: measured(name) for name in there}
    benchmark.pedantic(measured, args=("ours",), rounds=3)

    for name, its in found.items():
        times = its["seconds"] / found["ours"]["seconds"]
        print(
            f"\n{name:20} {its['seconds']:6.2f} s CPU  {times:5.1f} x ours  "
            f"{its['peak_mb']:5.0f} MB peak  {its['size_mb']:5.1f} MB written",
            end="",
        )
    benchmark.extra_info.update(found)
    assert found["ours"]["peak_mb"] < 250


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
