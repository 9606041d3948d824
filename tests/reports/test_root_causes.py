"""Root causes: found where they are, silent where there are none."""

from __future__ import annotations

import polars as pl
import pytest
from scipy.stats import chi2_contingency, false_discovery_control

import msgframe as mf
from msgframe import testing
from msgframe.reports import root_causes
from msgframe.reports.root_causes import failure_drivers, rows_of

CALM = testing.deliveries(rows=6_000, seed=11)


def _broken(where: pl.Expr, *, every: int = 2) -> pl.DataFrame:
    """Make one of `every` messages of a group fail."""
    rejected = pl.lit("rejected").cast(CALM["status"].dtype)
    fails = where & (pl.int_range(pl.len()) % every == 0)
    return CALM.with_columns(status=pl.when(fails).then(rejected).otherwise("status"))


def test_random_failures_have_no_cause():
    """Forty campaigns without a cause, and not one finding."""
    counts = [
        failure_drivers(testing.deliveries(rows=3_000, seed=seed)).height for seed in range(40)
    ]
    assert sum(counts) == 0


def test_a_planted_cause_is_told_first():
    """One name fails: the sentence names the column, the value, the lift and the rows."""
    broken = _broken(pl.col("Var1") == "Priya")

    drivers = failure_drivers(broken)

    first = drivers.row(0, named=True)
    assert (first["kind"], first["column"], first["value"]) == ("value", "Var1", "Priya")
    settled = ~broken["status"].is_in(["pending", "unknown"])
    assert first["rows"] == ((CALM["Var1"] == "Priya") & settled).sum()
    assert "rows whose Var1 is Priya (lift " in first["cause"]
    assert rows_of(broken, first)["Var1"].unique().to_list() == ["Priya"]


def test_a_link_in_a_variable_is_found():
    """What the values look like is a factor too, and a shadow of it is not told twice."""
    link = (
        pl.when(pl.int_range(pl.len()) % 9 == 0)
        .then(pl.lit("https://e.example/x"))
        .otherwise("Var2")
    )
    frame = CALM.with_columns(Var2=link)
    failing = frame.with_columns(
        status=pl.when(pl.col("Var2").str.starts_with("https"))
        .then(pl.lit("rejected").cast(CALM["status"].dtype))
        .otherwise("status")
    )

    drivers = failure_drivers(failing)

    assert drivers["kind"].to_list().count("link") <= 1
    assert drivers.row(0, named=True)["column"] == "Var2"


def test_each_p_is_that_of_a_library():
    """scipy's chi-square with Yates' correction and its procedure come to the same."""
    broken = _broken(pl.col("Var1").is_in(["Ana", "Wei"]), every=3)
    settled = broken.filter(pl.col("status").cast(pl.String).is_in(root_causes._FINAL))
    failed = pl.col("status") != "delivered"
    total, bad = settled.height, settled.select(failed.sum()).item()
    counts = root_causes._counted(settled, root_causes.factors(settled), failed)

    tested = root_causes._tested(counts, total=total, bad=bad)

    tables = [
        [[hit, rows - hit], [bad - hit, total - rows - bad + hit]]
        for rows, hit in tested.select("rows", "failed").rows()
    ]
    library = [chi2_contingency(table, correction=True).pvalue for table in tables]
    assert tested["p"].to_list() == pytest.approx(library, rel=1e-9, abs=1e-300)
    kept = int((false_discovery_control(library, method="bh") <= 0.01).sum())
    assert root_causes._significant(tested, 0.01).height == kept > 0


def test_all_delivered_or_all_failed_has_nothing_to_compare():
    """Without a contrast there is no cause."""
    assert failure_drivers(_broken(pl.lit(value=True), every=1)).is_empty()
    assert failure_drivers(CALM.filter(pl.col("status") == "delivered")).is_empty()
    assert failure_drivers(CALM.clear()).is_empty()


def test_the_report_tells_causes_in_the_readers_language():
    """Spanish where Spanish was asked for."""
    page = mf.report(_broken(pl.col("Var1") == "Priya"), language="es").html
    assert "de los fallos son filas cuyo Var1 es Priya" in page
    assert "De la hoja al teléfono" in page
    assert "emparejadas + pendientes = enviadas" in page
    assert not [word for word in (">delivered<", ">rejected<", ">planned<") if word in page]
