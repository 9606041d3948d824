# ruff: noqa: T201  (a benchmark prints its ratios)
"""Five million messages and eight million receipts, folded and joined by number and time.

Run with `pytest tests/benchmarks/test_track_speed.py --benchmark-only -s`. Each way runs in a
process of its own, which prints its seconds and its peak of memory; the data is made once, as
parquet. DuckDB and pandas are asked where they are installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from msgframe import frames

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 5_000_000
#: With 1 % missing, every message has a receipt of its end, and 3 of 5 one on the way.
RECEIPTS = 8_000_000

MEASURE = """
import json, resource, sys, time
import polars as pl

sent = pl.read_parquet(sys.argv[1])
callbacks = pl.read_parquet(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{prepare}
started = time.perf_counter()
{work}
print(json.dumps({{"seconds": time.perf_counter() - started, "found": found,
                   "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}}))
"""

#: What each way does. The bare join by text is the yardstick: it folds nothing and proves nothing.
WAYS = {
    "bare polars equi-join, text key": (
        "sent = sent.with_columns(pl.col('msisdn').cast(pl.String))\n"
        "callbacks = callbacks.with_columns(pl.col('msisdn').cast(pl.String))",
        "found = sent.join(callbacks, on='msisdn', how='left').height",
    ),
    "msgframe track": (
        "from msgframe.receipts import track",
        "found = track(sent, callbacks).deliveries['matched_by'].count()",
    ),
    "duckdb ASOF join": (
        "import duckdb",
        '''found = duckdb.execute("""
            WITH folded AS (
                SELECT msisdn, message_id, MAX(submitted_at) AS moment, ARG_MAX(status, done_at)
                FROM callbacks GROUP BY ALL
            )
            SELECT COUNT(*) FROM sent ASOF JOIN folded
            ON sent.msisdn = folded.msisdn AND sent.request_at <= folded.moment
        """).fetchone()[0]''',
    ),
    "pandas merge_asof": (
        "left = sent.to_pandas(); right = callbacks.to_pandas()",
        "import pandas\n"
        "right = right.sort_values('done_at').drop_duplicates('message_id', keep='last')\n"
        "joined = pandas.merge_asof(left.sort_values('request_at'), "
        "right.sort_values('submitted_at'), left_on='request_at', right_on='submitted_at', "
        "by='msisdn', direction='forward')\n"
        "found = int(joined['message_id'].notna().sum())",
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("receipts")
    sent, callbacks = folder / "sent.parquet", folder / "callbacks.parquet"
    messages = _messages()
    messages.drop("true").write_parquet(sent)
    _receipts(messages).write_parquet(callbacks)
    return sent, callbacks


def _messages() -> pl.DataFrame:
    # One number in ten has a second message, an hour later.
    row = pl.int_range(MESSAGES)
    person = pl.when(row % 11 == 10).then(row - 1).otherwise(row)
    second = pl.when(row % 11 == 10).then(3_600_000_000).otherwise(0)
    start = 1_772_000_000_000_000
    return pl.select(
        msisdn=(919_000_000_000 + person.hash(1) % 1_000_000_000).cast(pl.Int64),
        state=pl.lit("accepted", frames.STATE),
        request_at=(start + row * 1_000 + second).cast(frames.MOMENT),
        transaction_id=pl.format("t-{}", row // 50_000),
        verification_id=pl.format("{}", 12_000_000 + row // 50_000),
        true=pl.format("a2e87214-d18c-4a2e-{}", row.hash(2)),
    )


def _receipts(messages: pl.DataFrame) -> pl.DataFrame:
    whole = messages.filter(pl.int_range(pl.len()).hash(3) % 100 != 0)
    between = whole.head(RECEIPTS - whole.height)
    wait = pl.col("true").hash(4) % 9 * 1_000_000
    submitted = (pl.col("request_at") + wait.cast(pl.Duration("us"))).dt.truncate("1s")
    both = pl.concat([whole.with_columns(end=True), between.with_columns(end=False)])
    return both.sample(fraction=1, shuffle=True, seed=5).select(
        pl.col("true").alias("message_id"),
        "msisdn",
        pl.when("end")
        .then(pl.lit("delivered"))
        .otherwise(pl.lit("enroute"))
        .cast(frames.STATUS)
        .alias("status"),
        pl.when("end").then(pl.lit("DELIVRD")).otherwise(pl.lit("ENROUTE")).alias("raw_status"),
        pl.lit("0").alias("error_code"),
        submitted.alias("submitted_at"),
        (submitted + pl.duration(seconds=4)).alias("done_at"),
        pl.lit(None, frames.MOMENT).alias("received_at"),
    )


def measured(way: str, files: tuple[Path, Path]) -> dict[str, Any] | None:
    prepare, work = WAYS[way]
    code = MEASURE.format(prepare=prepare, work=work)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, files)],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if "ModuleNotFoundError" in done.stderr:
        return None
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout.splitlines()[-1])  # DuckDB draws a progress bar before


@pytest.mark.benchmark
def test_track_against_a_bare_join(benchmark: Any, files: tuple[Path, Path]):
    """Tracking everything against one text-key join, which proves nothing, and other engines."""
    benchmark.pedantic(lambda: None, rounds=1)
    figures = {way: measured(way, files) for way in WAYS}
    bare = figures["bare polars equi-join, text key"]
    assert bare is not None
    print()
    for way, figure in figures.items():
        if figure is None:
            print(f"{way:>32}: not installed")
            continue
        times = figure["seconds"] / bare["seconds"]
        print(
            f"{way:>32}: {figure['seconds']:6.1f} s, {times:4.1f} x, "
            f"peak {figure['peak']:.1f} GiB, {figure['found']:,} found"
        )
