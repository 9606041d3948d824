# ruff: noqa: T201  (a benchmark prints its ratios)
"""How fast a million numbers are repaired, next to libphonenumber asked row by row.

Run with `pytest tests/benchmarks/test_numbers_speed.py --benchmark-only -s`. The peers answer for a
sample of the same sheet, timed in the same run: `parse`, valid or not, type, region. rphonenumbers
(libphonenumber in Rust) is compared where it is installed.
"""

from __future__ import annotations

import importlib
import random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from msgframe.numbers import SENDABLE, is_valid, number_type, region, repair
from msgframe.numbers.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark

MILLION = 1_000_000
SAMPLE = 10_000
PEERS = ("phonenumbers", "rphonenumbers")

ARABIC, DEVANAGARI, WIDE = (
    {48 + digit: zero + digit for digit in range(10)} for zero in (0x0660, 0x0966, 0xFF10)
)

#: Kinds of dirt, made from a calling code and a national number. Most can be mended; lost digits,
#: several numbers and the letter O cannot.
DIRT: list[Callable[[str, str], str]] = [
    lambda code, mobile: f"+{code}{mobile}",
    lambda code, mobile: f"+{code} {mobile[:5]} {mobile[5:]}",
    lambda code, mobile: f"00{code}{mobile}",
    lambda code, mobile: f"{code}{mobile}",
    lambda _, mobile: f"0{mobile}",
    lambda _, mobile: f"(0){mobile}",
    lambda code, mobile: f"+{code} (0) {mobile}",
    lambda code, mobile: f"+{code} {code} {mobile}",
    lambda _, mobile: f"{mobile[:5]}-{mobile[5:]}",
    lambda _, mobile: f"{mobile[:5]}.{mobile[5:]}",
    lambda _, mobile: f"{mobile[:5]}\u00a0{mobile[5:]}",
    lambda _, mobile: f"\ufeff{mobile}\u200b",
    lambda _, mobile: f"{mobile}.0",
    lambda code, mobile: f"{code[0]}.{code[1:]}{mobile}E+{len(code + mobile) - 1:02d}",
    lambda code, mobile: f"{code[0]}.{mobile[:4]}E+{len(code + mobile) - 1:02d}",
    lambda _, mobile: f"'{mobile}",
    lambda code, mobile: f"tel:+{code}-{mobile}",
    lambda _, mobile: f"{mobile} ext 12",
    lambda _, mobile: mobile.translate(WIDE),
    lambda _, mobile: mobile.translate(ARABIC),
    lambda _, mobile: mobile.translate(DEVANAGARI),
    lambda _, mobile: f"{mobile} / {mobile[::-1]}",
    lambda _, mobile: f"{mobile[:-1]}O",
    lambda _, mobile: mobile[:-2],
]

KINDS = [
    "clean, India",
    "clean, all countries",
    "20 % dirty, India",
    "20 % dirty, all countries",
]


def sheet(kind: str) -> pl.DataFrame:
    """A million rows: sendable numbers of one country or of all, clean or a fifth of them dirty."""
    dice = random.Random(20261122)
    line = table("numbers").with_columns(end=pl.col("start").shift(-1) - 1)
    here = pl.col("country_code") == "91" if "India" in kind else pl.lit(True)
    stretches = line.filter(pl.col("type").is_in(SENDABLE), here)
    pool = stretches.select("country_code", "start", "end").rows()
    rows = [number(*dice.choice(pool), dice) for _ in range(MILLION)]
    if "dirty" in kind:
        rows = [(code, soiled(code, mobile, dice)) for code, mobile in rows]
    return pl.DataFrame(rows, schema={"Country": pl.String, "Mobile": pl.String}, orient="row")


def number(code: str, start: int, end: int, dice: random.Random) -> tuple[str, str]:
    return code, str(dice.randint(start, end))[len(code) :]


def soiled(code: str, mobile: str, dice: random.Random) -> str:
    return dice.choice(DIRT)(code, mobile) if dice.random() < 0.2 else mobile


@pytest.mark.parametrize("kind", KINDS)
def test_repair(benchmark: BenchmarkFixture, kind: str) -> None:
    """A whole sheet repaired, beside libphonenumber asked for each row of a sample."""
    people = sheet(kind)
    sample = people.sample(SAMPLE, seed=1).rows()
    before = [rate(peer, sample) for peer in PEERS]

    benchmark.pedantic(
        repair,
        args=(people,),
        kwargs={"country": "Country", "mobile": "Mobile"},
        rounds=7,
        warmup_rounds=1,
    )

    after = [rate(peer, sample) for peer in PEERS]
    told(f"repair, {kind}", benchmark, before, after)


def test_nouns(benchmark: BenchmarkFixture) -> None:
    """Valid, type and region of a column of MSISDNs, beside libphonenumber with the same."""
    people = sheet("clean, all countries")
    sample = people.sample(SAMPLE, seed=1).rows()
    column = people.select(msisdn=(pl.col("Country") + pl.col("Mobile")).cast(pl.Int64))
    before = [rate(peer, sample) for peer in PEERS]

    benchmark.pedantic(
        column.select,
        args=(is_valid("msisdn"), number_type("msisdn"), region("msisdn")),
        rounds=7,
        warmup_rounds=1,
    )

    after = [rate(peer, sample) for peer in PEERS]
    told("nouns, all countries", benchmark, before, after)


def rate(peer: str, sample: list[tuple[str, str]]) -> float | None:
    """Rows a second of a library that is asked row by row."""
    try:
        library = importlib.import_module(peer)
    except ImportError:
        return None
    regions = {code: library.region_code_for_country_code(int(code)) for code, _ in sample}
    started = perf_counter()
    for code, mobile in sample:
        ask(library, mobile, regions[code])
    return len(sample) / (perf_counter() - started)


def ask(library: Any, mobile: str, home: str) -> tuple[bool, int, str | None] | None:
    try:
        parsed = library.parse(mobile, home)
    except library.NumberParseException:
        return None
    return (
        library.is_valid_number(parsed),
        library.number_type(parsed),
        library.region_code_for_number(parsed),
    )


def told(what: str, benchmark: Any, before: list[float | None], after: list[float | None]) -> None:
    ours = MILLION / median(benchmark.stats.stats.data)
    print(f"\n{what}: {ours:,.0f} rows/s")
    for peer, *rates in zip(PEERS, before, after, strict=True):
        theirs = [rate for rate in rates if rate]
        if theirs:
            each = sum(theirs) / len(theirs)
            print(f"  {ours / each:,.0f} × {peer} ({each:,.0f} rows/s)")
