# ruff: noqa: T201  (a benchmark prints its figures)
"""How long a report of 1,000,000 deliveries takes, beside reading them from parquet.

pytest tests/benchmarks/test_reports_speed.py --benchmark-only -s
"""

from __future__ import annotations

from time import perf_counter

import polars as pl
import pytest

import msgframe as mf
from msgframe import testing

ROWS = 1_000_000


@pytest.mark.benchmark
def test_a_report_of_a_million_deliveries(benchmark, tmp_path):
    """Tables, causes, curve, charts and the page; the time beyond reading is what counts."""
    path = tmp_path / "deliveries.parquet"
    testing.deliveries(rows=ROWS, seed=8).write_parquet(path)
    started = perf_counter()
    deliveries = pl.read_parquet(path)
    reading = perf_counter() - started

    page = benchmark.pedantic(lambda: mf.report(deliveries).html, rounds=3, warmup_rounds=1)

    median = benchmark.stats.stats.median
    print(
        f"\n{ROWS:,} deliveries reported in {median:.2f} s beyond reading them ({reading:.2f} s): "
        f"{median / reading:.1f} x the reading; the page has {len(page) / 1024:.0f} KiB"
    )
