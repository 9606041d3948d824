# ruff: noqa: T201  (a benchmark prints its ratios)
"""How fast texts are counted, next to a per-row counter in Python.

Needs smsutil, and runs with `pytest tests/benchmarks/test_texts_speed.py --benchmark-only -s`.
"""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import polars as pl
import pytest

from msgframe.messages.segmentation import BASIC, EXTENSION, segments, sizes
from msgframe.messages.smart_encoding import smart

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

smsutil = pytest.importorskip("smsutil", reason="the peer: pip install smsutil")
pytestmark = pytest.mark.benchmark

MILLION = 1_000_000
#: Of a hundred names about ten hold a letter that GSM-7 lacks, and one an emoji.
NAMES = ["Ana", "Luis", "Iñigo", "Zoë", "Chloé", "Pérez", "Kumar"] * 13 + [
    "María", "Sofía", "Ángel", "Пётр", "O’Neill", "李", "Ana 👍", "Jesús", "Łukasz",
]  # fmt: skip


@pytest.fixture(scope="module")
def texts() -> pl.DataFrame:
    """A million distinct texts of about 125 characters."""
    dice = random.Random(20261122)
    return pl.DataFrame(
        {
            "text": [
                f"Hola {dice.choice(NAMES)}, tu saldo es {dice.randrange(10**6)},50 € en la fecha "
                f"01-03-2026. Consulta tu cuenta en example.com/{i} o responde BAJA. Gracias."
                for i in range(MILLION)
            ]
        }
    )


def seconds(work: Callable[[], object]) -> float:
    """Give the median of five rounds."""
    times = []
    for _ in range(5):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return median(times)


def by_hand(text: str) -> tuple[int, int]:
    """Count one text the way that most programs do: a loop over its characters."""
    if all(character in _GSM for character in text):
        widths, alone, part = [2 if c in _PAIRS else 1 for c in text], 160, 153
    else:
        widths, alone, part = [2 if c > "\uffff" else 1 for c in text], 70, 67
    length = sum(widths)
    if length <= alone:
        return length, min(length, 1)
    parts, room = 1, part
    for width in widths:
        if width > room:
            parts, room = parts + 1, part
        room -= width
    return length, parts


_GSM, _PAIRS = frozenset(BASIC + EXTENSION), frozenset(EXTENSION)


def test_counting(benchmark: BenchmarkFixture, texts: pl.DataFrame) -> None:
    """Encoding, units and segments of a million texts, beside loops over a part of them."""
    counted = benchmark(texts.select, sizes("text")).unnest("sizes")

    ours = seconds(lambda: texts.select(segments("text")))
    streamed = seconds(lambda: texts.lazy().select(segments("text")).collect(engine="streaming"))
    sample = texts["text"].head(MILLION // 50).to_list()
    peers = {
        "a tight loop by hand": 50 * seconds(lambda: [by_hand(text) for text in sample]),
        "smsutil.split": 50 * seconds(lambda: [smsutil.split(text) for text in sample]),
    }
    print(f"\nours: {ours:.2f} s a million; on the streaming engine {streamed:.2f} s")
    for peer, taken in peers.items():
        print(f"{peer}: {taken:.1f} s, {taken / ours:.0f} x, {taken / streamed:.0f} x")
    assert counted.head(1000).select("units", "segments").rows() == [
        by_hand(text) for text in sample[:1000]
    ]


def test_smart(benchmark: BenchmarkFixture, texts: pl.DataFrame) -> None:
    """Smart encoding of a million texts."""
    lighter = benchmark(texts.select, smart("text", accents="strip"))

    assert lighter.height == MILLION
