"""Why messages fail, in plain sentences that hold up: many factors, one test, few false alarms.

Every property of a row that a person could act on (its country, operator prefix, hour, encoding,
what its variables look like) is a factor. Each is tested against the failures by a chi-square test
with Yates' correction on its two-by-two table; the procedure of Benjamini and Hochberg (1995) then
keeps the share of false alarms among what is told below `false_alarms`. Where nothing is
significant, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe.core.translation import require_language, translate
from msgframe.frames import statuses_that_are
from msgframe.reports.tables import own_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A factor is told where it makes failure so many times as likely, and on so many rows at least.
_LEAST_LIFT = 1.5
_LEAST_ROWS = 20
#: A column with more values than this is somebody's text, not a group of rows.
_MOST_VALUES = 1_000
#: Two factors that share so much of their failures are one; the stronger is told.
_OVERLAP = 0.8

_FINAL = statuses_that_are("final")
#: What names a finding.
_NAME = ["kind", "column", "value"]

_LINK = r"(?i)https?://|www\.|\b[a-z0-9-]+\.(?:com|net|org|in|es|mx|ly|me|io|co)\b"
_EMOJI = r"[\x{1F000}-\x{1FAFF}\x{2600}-\x{27BF}]"


@dataclass(frozen=True, slots=True)
class Factor:
    """A property of rows, and the expression that gives its value."""

    #: What kind of property it is: the key of its phrase.
    kind: str
    #: The column that it looks at, where it is one of several.
    column: str
    #: The value as text; null where a row does not have the property.
    value: pl.Expr


def factors(deliveries: pl.DataFrame) -> list[Factor]:
    """Give what could be to blame: the street's own columns, then each of the person's."""
    ours = {
        "country_code": pl.col("country_code"),
        "encoding": pl.col("encoding"),
        "segments": pl.col("segments"),
        "hour": pl.col("request_at").dt.strftime("%H"),
        "wave": pl.col("wave"),
        "mode": pl.col("mode"),
        "request": pl.col("request"),
    }
    own = [name for name in own_columns(deliveries) if deliveries.schema[name] == pl.String]
    return [
        *(Factor(kind, "", value.cast(pl.String)) for kind, value in ours.items()),
        *(Factor("prefix", str(digits), _prefix(digits)) for digits in (2, 3, 4)),
        *_text_factors("text"),
        *(Factor("value", name, pl.col(name)) for name in own),
        *(factor for name in own for factor in _text_factors(name)),
    ]


def failure_drivers(
    deliveries: pl.DataFrame,
    *,
    false_alarms: float = 0.01,
    most: int = 8,
    language: str = "en",
) -> pl.DataFrame:
    """Find which properties of rows go with failure, and say so.

    Parameters
    ----------
    deliveries
        What `track` gave. Messages without a final receipt are left aside: nobody knows yet.
    false_alarms
        The share of false alarms that is tolerated among what is told (the false discovery rate).
    most
        How many are told at the most, the one that explains the most failures first.
    language
        The language of the sentences.

    Returns
    -------
    One row a finding: `cause` (the sentence), `kind`, `column`, `value`, `rows` u32, `failed` u32,
    `lift` f64 (how many times as likely failure is with it as without), `p` f64. Empty where
    nothing is significant. `rows_of` gives the rows of a finding.

    Examples
    --------
    >>> from msgframe import testing
    >>> failure_drivers(testing.deliveries(rows=2_000, seed=5)).height
    0
    """
    require_language(language, verb="failure_drivers")
    settled = deliveries.filter(pl.col("status").cast(pl.String).is_in(_FINAL))
    failed = ~pl.col("status").is_in(statuses_that_are("delivered"))
    total, bad = settled.height, int(settled.select(failed.sum()).item() or 0)
    if not 0 < bad < total:
        return _empty()
    counts = _counted(settled, _grouping_factors(settled), failed)
    strongest = (
        _significant(_tested(counts, total=total, bad=bad), false_alarms)
        .filter(pl.col("lift") >= _LEAST_LIFT, pl.col("rows") >= _LEAST_ROWS)
        .sort("explained", *_NAME, descending=[True, False, False, False])
    )
    return _with_sentences(_distinct(settled.filter(failed), strongest, most), bad, language)


def rows_of(deliveries: pl.DataFrame, finding: Mapping[str, Any]) -> pl.DataFrame:
    """Give the rows of the delivery frame that a finding speaks of.

    `finding` is a row of `failure_drivers`, such as
    `failure_drivers(deliveries).row(0, named=True)`.
    """
    name = (finding["kind"], finding["column"])
    factor = next(s for s in factors(deliveries) if (s.kind, s.column) == name)
    return deliveries.filter(factor.value == finding["value"])


def _prefix(digits: int) -> pl.Expr:
    return pl.format("+{} {}", "country_code", pl.col("mobile").str.head(digits))


def _grouping_factors(settled: pl.DataFrame) -> list[Factor]:
    """Give the factors whose values are groups of rows, not each row's own."""
    every = factors(settled)
    names = [factor.column for factor in every if factor.kind == "value"]
    groups = settled.select(pl.col(names).approx_n_unique() <= _MOST_VALUES)
    return [one for one in every if one.kind != "value" or groups[one.column].item()]


def _text_factors(name: str) -> list[Factor]:
    """Give the factors of a column's looks: blank, a link, an emoji, a long value."""
    value = pl.col(name)
    looks = {
        "blank": value.fill_null("").str.strip_chars() == "",
        "link": value.str.contains(_LINK),
        "emoji": value.str.contains(_EMOJI),
        "long": value.str.len_chars() > 30,
    }
    return [
        Factor(kind, name, pl.when(look).then(pl.lit("yes")))
        for kind, look in looks.items()
        if not (name == "text" and kind == "long")
    ]


def _counted(settled: pl.DataFrame, every: list[Factor], failed: pl.Expr) -> pl.DataFrame:
    """Count the rows and the failures of every value of every factor, all factors at once."""
    rows = settled.lazy()
    groups = [
        rows.group_by(value=factor.value)
        .agg(rows=pl.len(), failed=failed.sum())
        .drop_nulls("value")
        .select(
            kind=pl.lit(factor.kind),
            column=pl.lit(factor.column),
            value="value",
            rows=pl.col("rows").cast(pl.UInt32),
            failed=pl.col("failed").cast(pl.UInt32),
        )
        for factor in every
    ]
    counted = pl.collect_all(groups)
    return pl.concat(frame for frame in counted if frame.height <= _MOST_VALUES)


def _tested(counts: pl.DataFrame, *, total: int, bad: int) -> pl.DataFrame:
    """Test each group against all other rows: lift, chi-square, p."""
    inside, hit = pl.col("rows").cast(pl.Float64), pl.col("failed").cast(pl.Float64)
    others, miss = total - inside, bad - hit
    expected = inside * bad / total
    gap = ((hit * (others - miss) - miss * (inside - hit)).abs() - total / 2).clip(0)
    tested = (
        # The test holds where at least five failures would be expected by chance alone; a group of
        # all rows has nothing to be compared with.
        counts.filter(others > 0, pl.min_horizontal(expected, bad - expected) >= 5).with_columns(
            lift=((hit / inside) / (miss / others)).fill_nan(0.0),
            explained=hit - expected,
            chi=total * gap**2 / (inside * others * bad * (total - bad)),
        )
    )
    # The tail of chi-square with one degree of freedom; a few hundred factors, not rows.
    p = [erfc(sqrt(chi / 2)) for chi in tested["chi"]]
    return tested.drop("chi").with_columns(p=pl.Series(p, dtype=pl.Float64))


def _significant(tested: pl.DataFrame, false_alarms: float) -> pl.DataFrame:
    """Keep what Benjamini and Hochberg's procedure keeps."""
    ranked = tested.sort("p")
    bound = (pl.int_range(1, pl.len() + 1) / pl.len()) * pl.lit(false_alarms)
    kept = ranked.select((pl.col("p") <= bound).reverse().cum_max().reverse()).to_series()
    return ranked.filter(kept)


def _distinct(failures: pl.DataFrame, strongest: pl.DataFrame, most: int) -> pl.DataFrame:
    """Drop a finding whose failures are mostly those of a stronger one."""
    value_of = {(s.kind, s.column): s.value for s in factors(failures)}
    kept: dict[int, pl.Series] = {}
    for index, (kind, column, value) in enumerate(strongest.select(_NAME).rows()):
        same = value_of[kind, column] == value
        hits = failures.select(same.fill_null(value=False)).to_series()
        if all((hits & other).sum() < _OVERLAP * int(hits.sum()) for other in kept.values()):
            kept[index] = hits
        if len(kept) == most:
            break
    return strongest[list(kept)]


def _with_sentences(drivers: pl.DataFrame, bad: int, language: str) -> pl.DataFrame:
    sentences = [
        translate(f"driver.{row['kind']}", language, share=row["failed"] / bad, **row)
        + translate("driver.evidence", language, **row)
        for row in drivers.to_dicts()
    ]
    cause = pl.Series("cause", sentences, dtype=pl.String)
    return drivers.with_columns(cause).select(_empty().columns)


def _empty() -> pl.DataFrame:
    names = {"cause": pl.String, "kind": pl.String, "column": pl.String, "value": pl.String}
    figures = {"rows": pl.UInt32, "failed": pl.UInt32, "lift": pl.Float64, "p": pl.Float64}
    return pl.DataFrame(schema={**names, **figures})
