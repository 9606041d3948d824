# ruff: noqa: T201  (a benchmark prints its figures)
"""How fast a million messages are planned, by file, by list, single, and with a schedule.

Run with `pytest tests/benchmarks/test_plans_speed.py --benchmark-only -s`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import process_time
from typing import TYPE_CHECKING

import polars as pl
import pytest

from msgframe import fingerprint, plan, plan_summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark

MILLION = 1_000_000
TERMS = {"campaign": "saldo", "sender_id": "UTOMOB", "message_type": "TRANSACTION"}


@pytest.fixture(scope="module")
def messages() -> pl.DataFrame:
    """A million messages to Indian numbers; one number of a hundred gets two texts."""
    place = pl.int_range(MILLION)
    name = pl.format("Nombre {}", place * 31 % 100_003)
    balance = pl.format("{},{} €", place * 37 % 9_973, place % 90 + 10)
    date = pl.format("{}-Mar-2026", place % 28 + 1)
    mobile = (place * 7_919 % 990_000 + 9_816_000_000).cast(pl.String)
    return pl.select(
        row=place.cast(pl.UInt32) + 2,
        country_code=pl.lit("91"),
        mobile=mobile,
        msisdn=("91" + mobile).cast(pl.Int64),
        text=pl.format("Hola {}, tu saldo es {} en la fecha {}", name, balance, date),
        segments=pl.lit(1, pl.UInt8),
        template=pl.lit("Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"),
        variables=pl.concat_list(name, balance, date),
    )


def told(benchmark: BenchmarkFixture, work: Callable[[], pl.DataFrame]) -> None:
    """Run it some times, and print what came out and its processor seconds."""
    planned = benchmark.pedantic(work, rounds=5, warmup_rounds=1)
    started = process_time()
    work()
    print(f"\n{process_time() - started:.2f} s CPU", end="")
    for row in plan_summary(planned).rows(named=True):
        print(f"\n  {row['mode']}: {row['requests']:,} requests, {row['why']}", end="")


def test_by_file(benchmark: BenchmarkFixture, messages: pl.DataFrame) -> None:
    told(benchmark, lambda: plan(messages, **TERMS))


def test_by_list(benchmark: BenchmarkFixture, messages: pl.DataFrame) -> None:
    alike = messages.with_columns(
        text=pl.lit("Hola a todos"),
        template=pl.lit("Hola a todos"),
        variables=pl.lit([], pl.List(pl.String)),
    )

    told(benchmark, lambda: plan(alike, **TERMS))


def test_single(benchmark: BenchmarkFixture, messages: pl.DataFrame) -> None:
    told(benchmark, lambda: plan(messages, **TERMS, mode="single"))


def test_with_everything(benchmark: BenchmarkFixture, messages: pl.DataFrame) -> None:
    """Quiet hours, a spread of six hours, and a canary, on top."""
    when = {
        "start": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "spread": timedelta(hours=6),
        "hours": True,
        "canary": 0.01,
    }

    told(benchmark, lambda: plan(messages, **TERMS, **when))


def test_fingerprint(benchmark: BenchmarkFixture, messages: pl.DataFrame) -> None:
    planned = plan(messages, **TERMS)

    assert len(benchmark.pedantic(fingerprint, args=(planned,), rounds=5)) == 12
