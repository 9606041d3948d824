# ruff: noqa: T201  (a benchmark prints its ratios)
"""How long `check` takes beside hand-written expressions and beside other validation libraries.

    pytest tests/benchmarks/test_recipients_speed.py --benchmark-only -s

One run measures everything on the same 1,000,000 rows, each way several times in turn, and prints
medians and ratios; machines are shared, so nothing is asserted about time. The peers are measured
where they are installed (`dataframely`, `pointblank`).
"""

from __future__ import annotations

import contextlib
import functools
import gc
import statistics
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl
import pytest
from pandera.errors import SchemaErrors

from msgframe.phone import repair
from msgframe.recipients import Match, Recipient, check
from msgframe.recipients.models import coerce, verdicts
from msgframe.recipients.results import Problems, split_rows
from msgframe.recipients.row_rules import CONTROLS, PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.benchmark

ROWS = 1_000_000
AMOUNT = r"^\$[0-9]+(\.[0-9]{2})?$"
PLANS = ["oro", "plata", "bronce"]


class Customer(Recipient):
    """The rules of the benchmark: three variables, each with a rule, none of them blank."""

    Var1: str = pa.Field(str_length={"min_value": 2, "max_value": 30})
    Var2: str = pa.Field(str_matches=AMOUNT)
    Var3: str = pa.Field(isin=PLANS)


def typed(bad: float, *, numbers: bool) -> pl.DataFrame:
    """Make a sheet of which a share `bad` breaks a rule, each rule alike; `numbers` are one."""
    place = pl.int_range(ROWS)
    each = 1 - (1 - bad) ** (1 / (3 + numbers))

    def spoiled(column: int, good: pl.Expr, wrong: str) -> pl.Expr:
        dice = (place * (7_919 + 2 * column) + column * 104_729) % 100_003 / 100_003
        return pl.when(dice < each).then(pl.lit(wrong)).otherwise(good)

    number = (9_000_000_000 + place * 7_919 % 900_000_000).cast(pl.String)
    return pl.select(
        row=(place + 2).cast(pl.UInt32),
        Country=pl.lit("91"),
        Mobile=spoiled(1, number, "12345678901") if numbers else number,
        Var1=spoiled(2, pl.format("Nombre {}", place), "x"),
        Var2=spoiled(3, pl.format("${}", place % 1_000), "12,5"),
        Var3=spoiled(4, pl.lit("oro"), "cobre"),
    )


def by_hand(sheet: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Hold the model's rules, split, and name the cells, as one would write it for this sheet."""
    length = pl.col("Var1").str.len_chars()
    rules = {
        ("Var1", "not_nullable", "C"): pl.col("Var1").is_null(),
        ("Var1", "str_length", "C"): ~length.is_between(2, 30),
        ("Var2", "not_nullable", "D"): pl.col("Var2").is_null(),
        ("Var2", "str_matches", "D"): ~pl.col("Var2").str.contains(AMOUNT),
        ("Var3", "not_nullable", "E"): pl.col("Var3").is_null(),
        ("Var3", "isin", "E"): ~pl.col("Var3").is_in(PLANS),
    }
    broken = people.select(
        verdict.fill_null(value=False).alias(str(n)) for n, verdict in enumerate(rules.values())
    )
    return _split_by_hand(sheet, people, rules, broken)


def _split_by_hand(sheet, people, rules, broken):  # type: ignore[no-untyped-def]
    parts = []
    for (column, rule, letter), verdict in zip(rules, broken, strict=True):
        index = verdict.arg_true()
        parts.append(
            pl.DataFrame({"index": index, "value": sheet[column].gather(index)}).with_columns(
                row=sheet["row"].gather(index),
                column=pl.lit(column),
                rule=pl.lit(rule),
                cell=pl.lit(letter) + sheet["row"].gather(index).cast(pl.String),
                message=pl.lit(f"{column} breaks {rule}"),
            )
        )
    problems = pl.concat(parts).sort("index", maintain_order=True)
    good = ~broken.select(pl.any_horizontal(pl.all())).to_series()
    reasons = problems.group_by("index", maintain_order=True).agg("message")
    rejected = sheet.filter(~good).with_columns(reasons=reasons["message"])
    return people.filter(good), rejected, problems


def by_model(sheet: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Do the same with the model, by the parts of `check` that do it."""
    schema = Customer.to_schema()
    problems = Problems(sheet, LETTERS, FOUND, "en")
    same, results = coerce(people, schema)
    problems.add([*results, *verdicts(same, schema, Customer)], same)
    return split_rows(problems, same)


def complete_by_hand(sheet: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Write all of `check` by hand for this sheet: numbers, variables, the model, repeats."""
    numbers = repair(sheet, mobile_column="Mobile", country_column="Country")
    people = pl.concat([sheet.select("row"), numbers, sheet.drop("row")], how="horizontal")
    rules = {("Mobile", "number", "B"): pl.col("rule").is_not_null()}
    for name, letter in (("Var1", "C"), ("Var2", "D"), ("Var3", "E")):
        cell = pl.col(name)
        bare = cell.str.strip_chars()
        rules[name, "blank", letter] = cell.is_null() | (bare == "")
        rules[name, "placeholder", letter] = bare.is_in(PLACEHOLDERS)
        rules[name, "marker", letter] = cell.str.contains("##", literal=True)
        rules[name, "control", letter] = cell.str.contains(CONTROLS)
        long = (cell.str.len_chars() > 30) & (pl.col("country_code") == "91")
        rules[name, "long", letter] = long
    length = pl.col("Var1").str.len_chars()
    rules["Var1", "str_length", "C"] = ~length.is_between(2, 30)
    rules["Var2", "str_matches", "D"] = ~pl.col("Var2").str.contains(AMOUNT)
    rules["Var3", "isin", "E"] = ~pl.col("Var3").is_in(PLANS)
    broken = people.select(
        verdict.fill_null(value=False).alias(str(n)) for n, verdict in enumerate(rules.values())
    )
    good = people.with_row_index().filter(~broken.select(pl.any_horizontal(pl.all())).to_series())
    twice = good.filter(pl.col("msisdn").is_duplicated())
    copies = twice.filter(~pl.struct("msisdn", "Var1", "Var2", "Var3").is_first_distinct())
    repeat = pl.repeat(value=False, n=people.height, eager=True).scatter(copies["index"], True)
    rules["Mobile", "repeated", "B"] = pl.lit(None)
    return _split_by_hand(sheet, people, rules, broken.with_columns(repeat=repeat))


def by_pandera(people: pl.DataFrame) -> None:
    """Validate with pandera's own engine: failures, no split."""
    with contextlib.suppress(SchemaErrors):
        Customer.validate(people, lazy=True)


def by_dataframely(people: pl.DataFrame) -> None:
    """Filter with dataframely, details of the failures included."""
    dy = pytest.importorskip("dataframely")

    class Rows(dy.Schema):
        Var1 = dy.String(min_length=2, max_length=30)
        Var2 = dy.String(regex=AMOUNT)
        Var3 = dy.String(check=lambda cell: cell.is_in(PLANS))

    _, failed = Rows.filter(people.select("Var1", "Var2", "Var3"))
    failed.details()


def by_pointblank(people: pl.DataFrame) -> None:
    """Interrogate with pointblank, extracts of the failures included."""
    pb = pytest.importorskip("pointblank")
    (
        pb.Validate(people.select("Var1", "Var2", "Var3"))
        .col_vals_not_null(["Var1", "Var2", "Var3"])
        .col_vals_expr(pl.col("Var1").str.len_chars().is_between(2, 30))
        .col_vals_regex("Var2", AMOUNT)
        .col_vals_in_set("Var3", PLANS)
        .interrogate()
        .get_data_extracts()
    )


def measured(ways: dict[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Time each way in turn, round after round, so that a busy minute hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()
            start = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def shown(title: str, seconds: dict[str, float]) -> None:
    base = next(iter(seconds.values()))
    print(f"\n{title}")
    for name, taken in seconds.items():
        print(f"  {name:<36}{taken:8.3f} s{taken / base:8.2f} x")


@pytest.mark.parametrize("bad", [0.05, 0.5])
def test_the_models_part_beside_hand_written_expressions(benchmark: Any, bad: float) -> None:
    """The model's verdicts, the split and the problems with their cells."""
    sheet = typed(bad, numbers=False)
    people = check(sheet).accepted
    sheet = sheet.filter(pl.col("row").is_in(people["row"].implode()))
    ways = {
        "hand-written": lambda: by_hand(sheet, people),
        "check's model part": lambda: by_model(sheet, people),
        "pandera, lazy=True (no split)": lambda: by_pandera(people),
    }
    for name, way in (("dataframely", by_dataframely), ("pointblank", by_pointblank)):
        if find_spec(name):
            ways[f"{name} (no cells)"] = functools.partial(way, people)
    seconds = benchmark.pedantic(lambda: measured(ways), rounds=1)
    shown(f"model, {people.height:,} rows, {bad:.0%} bad", seconds)
    mine, hand = by_model(sheet, people), by_hand(sheet, people)
    assert mine[0].height == hand[0].height
    assert mine[2].height == hand[2].height


@pytest.mark.parametrize("bad", [0.05, 0.5])
def test_all_of_check_beside_hand_written_expressions(benchmark: Any, bad: float) -> None:
    """Match, repair, validity, variables, model, repeats, problems, split."""
    sheet = typed(bad, numbers=True)
    ways = {
        "hand-written, same repair": lambda: complete_by_hand(sheet),
        "check": lambda: check(sheet, Customer),
        "of which repair": lambda: repair(sheet, mobile_column="Mobile", country_column="Country"),
    }
    seconds = benchmark.pedantic(lambda: measured(ways), rounds=1)
    shown(f"check, {sheet.height:,} rows, {bad:.0%} bad", seconds)
    mine, hand = check(sheet, Customer), complete_by_hand(sheet)
    assert mine.accepted.height == hand[0].height
    assert mine.problems.filter(severity="error").height == hand[2].height


FOUND = Match("Country", "Mobile", ("Var1", "Var2", "Var3"))
LETTERS = {"Country": "A", "Mobile": "B", "Var1": "C", "Var2": "D", "Var3": "E"}
