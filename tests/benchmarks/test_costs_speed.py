"""How fast a forecast and the advice of a million messages are.

Run with `pytest tests/benchmarks/test_costs_speed.py --benchmark-only`.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl
import pytest

from msgframe.messages.forecasts import forecast
from msgframe.messages.rendering import render
from msgframe.messages.savings import advise

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark

MILLION = 1_000_000
NAMES = ["Ana", "Luis", "Iñigo", "Zoë", "Chloé"] * 10 + ["María", "O’Neill", "Пётр", "Ana 👍"]
PRICES = {"91": "0.0021"}


@pytest.fixture(scope="module")
def messages() -> pl.DataFrame:
    """A million messages whose template and values all hold something to advise about."""
    dice = random.Random(20261122)
    people = pl.DataFrame(
        {
            "country_code": ["91"] * MILLION,
            "nombre": [f"{dice.choice(NAMES)} {i}" for i in range(MILLION)],
            "saldo": [f"{dice.randrange(10**6)},50 €" for _ in range(MILLION)],
        }
    )
    return render(
        people,
        "It’s ##nombre##, tu saldo es ##saldo##. Más información en example.com/cuenta o responde "
        "BAJA. Gracias.",
    )


def test_advise(benchmark: BenchmarkFixture, messages: pl.DataFrame) -> None:
    """Every candidate measured over every row."""
    advice = benchmark(advise, messages, prices=PRICES)

    assert advice.savings.height > 0


def test_forecast(benchmark: BenchmarkFixture, messages: pl.DataFrame) -> None:
    """Segments and money of all rows."""
    seen = benchmark(forecast, messages, prices=PRICES)

    assert seen.totals["messages"].item() == MILLION
