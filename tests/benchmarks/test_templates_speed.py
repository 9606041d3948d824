# ruff: noqa: T201  (a benchmark prints its ratios)
"""How fast templates are rendered, next to concat_str by hand, str.format_map, and Jinja2.

Run with `pytest tests/benchmarks/test_templates_speed.py --benchmark-only -s`.
"""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import jinja2
import polars as pl
import pytest

from msgframe.messages import grammar
from msgframe.messages.rendering import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark

MILLION = 1_000_000
TEMPLATE = "Hola ##nombre##, tu saldo es ##saldo## en la fecha ##fecha##"


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    """A million people with a name, a balance and a date."""
    dice = random.Random(20261122)
    return pl.DataFrame(
        {
            "nombre": [f"{dice.choice(['Ana', 'José', 'María'])} {i}" for i in range(MILLION)],
            "saldo": [f"{dice.randrange(10**6)},50 €" for _ in range(MILLION)],
            "fecha": [f"{dice.randint(1, 28):02d}-11-2026" for _ in range(MILLION)],
        }
    )


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Give the median of several rounds."""
    times = []
    for _ in range(rounds):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return median(times)


def test_the_text(benchmark: BenchmarkFixture, people: pl.DataFrame) -> None:
    """The text alone, beside three other ways from the same frame to the same texts."""
    ours = grammar.text(grammar.bind(TEMPLATE, people.columns))
    hand = pl.concat_str(
        pl.lit("Hola "),
        "nombre",
        pl.lit(", tu saldo es "),
        "saldo",
        pl.lit(" en la fecha "),
        "fecha",
    )
    plain = "Hola {nombre}, tu saldo es {saldo} en la fecha {fecha}"
    jinja = jinja2.Template("Hola {{nombre}}, tu saldo es {{saldo}} en la fecha {{fecha}}")
    sample = people.head(MILLION // 10)
    rows = sample.to_dicts()

    benchmark(people.select, ours)

    ours_s = seconds(lambda: people.select(ours), 15)
    peers = {
        "concat_str by hand": seconds(lambda: people.select(hand), 15),
        "str.format_map, rows of the frame": 10
        * seconds(lambda: [plain.format_map(row) for row in sample.iter_rows(named=True)], 3),
        "str.format_map, dicts made before": 10
        * seconds(lambda: [plain.format_map(row) for row in rows], 3),
        "Jinja2, dicts made before": 10 * seconds(lambda: [jinja.render(row) for row in rows], 1),
    }
    print(f"\nours: {ours_s:.3f} s a million")
    for peer, taken in peers.items():
        print(f"{peer}: {taken:.3f} s, {taken / ours_s:.2f} x ours")
    assert people.select(ours).to_series().equals(people.select(hand).to_series())


def test_render(benchmark: BenchmarkFixture, people: pl.DataFrame) -> None:
    """All that render adds: text, encoding, units, segments, and the vendor's form."""
    messages = benchmark(render, people, TEMPLATE)

    assert messages.height == MILLION


def test_render_smart(benchmark: BenchmarkFixture, people: pl.DataFrame) -> None:
    """The same with smart encoding, accents stripped."""
    messages = benchmark(render, people, TEMPLATE, smart=True, accents="strip")

    assert (messages["encoding"] == "GSM-7").all()
