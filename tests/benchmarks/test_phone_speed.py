# ruff: noqa: T201  (a benchmark prints its ratios)
"""How fast a million numbers are repaired, next to libphonenumber asked row by row.

Run with `pytest tests/benchmarks/test_phone_speed.py --benchmark-only -s`. Before each round the
peers answer for a sample of the same sheet (`parse`, valid or not, type, region), so that a ratio
is between neighbours in time; told is the median of the rounds. rphonenumbers, libphonenumber in
Rust, is compared where it is installed.

One country's numbers are the hardest to compare with: phonenumbers keeps its regexes compiled. With
numbers of many countries it does not, and is five times as slow.
"""

from __future__ import annotations

import importlib.util
import random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from msgframe.phone import SENDABLE, is_valid, number_type, region, repair
from msgframe.phone.expressions import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark

MILLION = 1_000_000
SAMPLE = 4_000
ROUNDS = 9
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
    """A whole sheet repaired, beside libphonenumber asked row by row."""
    people = sheet(kind)

    compare(
        benchmark,
        f"repair, {kind}",
        people,
        lambda: repair(people, country_column="Country", mobile_column="Mobile"),
    )


@pytest.mark.parametrize("kind", ["clean, India", "clean, all countries"])
def test_nouns(benchmark: BenchmarkFixture, kind: str) -> None:
    """Valid, type and region of a column of MSISDNs, beside libphonenumber with the same."""
    people = sheet(kind)
    column = people.select(msisdn=(pl.col("Country") + pl.col("Mobile")).cast(pl.Int64))

    compare(
        benchmark,
        f"nouns, {kind}",
        people,
        lambda: column.select(is_valid("msisdn"), number_type("msisdn"), region("msisdn")),
    )


def compare(
    benchmark: Any, what: str, people: pl.DataFrame, work: Callable[[], pl.DataFrame]
) -> None:
    """Time the work and its peers in turns, and tell the ratios."""
    sample = people.sample(SAMPLE, seed=1).rows()
    rates: dict[str, list[float]] = {peer: [] for peer in PEERS if importlib.util.find_spec(peer)}

    def ask_peers() -> None:
        for peer, told in rates.items():
            told.append(rate(peer, sample))

    work()
    benchmark.pedantic(work, setup=ask_peers, rounds=ROUNDS)
    ours = [MILLION / seconds for seconds in benchmark.stats.stats.data]
    print(f"\n{what}: {median(ours):,.0f} rows/s")
    for peer, theirs in rates.items():
        ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
        print(
            f"  {median(ratios):,.0f} × {peer} ({median(theirs):,.0f} rows/s;"
            f" {min(ratios):,.0f} to {max(ratios):,.0f} × in {ROUNDS} rounds)"
        )


def rate(peer: str, sample: list[tuple[str, str]]) -> float:
    """Rows a second of a library that is asked row by row."""
    library = importlib.import_module(peer)
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
