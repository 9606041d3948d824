"""Synthetic frames for tests, examples and notebooks: any size, any seed, the same every time.

The numbers are made up: drawn from a seed inside the mobile ranges, they belong to nobody we know.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from msgframe.frames import ENCODING, MATCHED_BY, MODE, MOMENT, STATE, STATUS, columns

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: Share of each outcome, for a campaign that went well; invented, and fit for examples only.
_OUTCOMES = [
    ("delivered", "0", 0.945),
    ("undelivered", "27", 0.02),
    ("expired", "6", 0.015),
    ("rejected", "650", 0.008),
    ("unknown", "1", 0.002),
    ("pending", None, 0.01),
]

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def sheet(*, rows: int = 100, seed: int = 0) -> pl.DataFrame:
    """Give a clean sheet as `read` does: `row`, Country, Mobile, Var1 (name), Var2, Var3.

    >>> sheet(rows=2, seed=7).columns
    ['row', 'Country', 'Mobile', 'Var1', 'Var2', 'Var3']
    """
    names = pl.Series(["Ana", "Kunal", "José", "Priya", "Łukasz", "Amit", "Zoë 🌞", "Wei"])
    i = pl.int_range(rows, dtype=pl.UInt64)
    return pl.select(
        row=(i + 2).cast(pl.UInt32),
        Country=pl.lit("91"),
        Mobile=(9_000_000_000 + _dice(1, seed, rows) * 999_999_999).cast(pl.Int64).cast(pl.String),
        Var1=pl.lit(names).gather((_dice(2, seed, rows) * len(names)).cast(pl.UInt32)),
        Var2=pl.format("₹{}", (_dice(3, seed, rows) * 9_000 + 100).cast(pl.Int64)),
        Var3=pl.format("{}-Mar-2026", (_dice(4, seed, rows) * 28 + 1).cast(pl.Int64)),
    )


def deliveries(
    *, rows: int = 1_000, seed: int = 0, lasting: timedelta | None = None
) -> pl.DataFrame:
    """Give a delivery frame as `track` does, in which most messages arrived within seconds.

    The requests leave evenly over `lasting`; by default two milliseconds apart.

    >>> frame = deliveries(rows=1_000, seed=1)
    >>> frame.height, frame["status"].null_count()
    (1000, 0)
    """
    text = pl.format("Hola {}, tu saldo es {} en la fecha {}", "Var1", "Var2", "Var3")
    seconds = (-2 * _dice(5, seed, rows).clip(1e-9).log()).sqrt() * (
        2 * 3.141592653589793 * _dice(6, seed, rows)
    ).cos()
    waited = ((1.4 + 0.67 * seconds).exp() * 1e6).cast(pl.Duration("us"))
    apart = 2_000 if lasting is None else lasting // timedelta(microseconds=max(rows, 1))
    sent_at = pl.lit(_START).cast(MOMENT) + (pl.int_range(rows) * apart).cast(pl.Duration("us"))
    done = pl.col("status") != "pending"
    statuses, codes, _ = zip(*_OUTCOMES, strict=True)
    return (
        sheet(rows=rows, seed=seed)
        .select(
            "row",
            "Var1",
            "Var2",
            "Var3",
            country_code=pl.lit("91"),
            mobile="Mobile",
            msisdn=("91" + pl.col("Mobile")).cast(pl.Int64),
            text=text,
        )
        .with_columns(pl.lit(None, kind).alias(name) for name, kind in columns("plan").items())
        .with_columns(
            encoding=pl.lit("UCS-2").cast(ENCODING),
            units=pl.col("text").str.len_chars().cast(pl.UInt16),
            segments=pl.lit(1, pl.UInt8),
            template=pl.lit("Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"),
            variables=pl.concat_list("Var1", "Var2", "Var3"),
            campaign=pl.lit("example"),
            flow_type=pl.lit("SMS"),
            message_type=pl.lit("TRANSACTION"),
            sender_id=pl.lit("UTOMOB"),
            message_key=pl.format("example-{}", pl.int_range(rows)),
            mode=pl.lit("file").cast(MODE),
            request=(pl.int_range(rows) // 500).cast(pl.UInt32),
            position=(pl.int_range(rows) % 500).cast(pl.UInt32),
            wave=pl.lit(0, pl.UInt32),
            state=pl.lit("accepted").cast(STATE),
            request_at=sent_at,
            response_code=pl.lit(200, pl.Int32),
            verification_id=(pl.int_range(rows) // 500 + 12_000_000).cast(pl.String),
            transaction_id=pl.lit(None, pl.String),
            error=pl.lit(None, pl.String),
            outcome=_outcome(_dice(7, seed, rows)),
        )
        .with_columns(
            status=pl.lit(pl.Series(statuses, dtype=STATUS)).gather("outcome"),
            error_code=pl.lit(pl.Series(codes)).gather("outcome"),
        )
        .with_columns(
            submitted_at=pl.when(done).then(pl.col("request_at").dt.truncate("1s")),
            done_at=pl.when(done).then((pl.col("request_at") + waited).dt.truncate("1s")),
        )
        .with_columns(
            latency=pl.col("done_at") - pl.col("submitted_at"),
            message_id=pl.when(done).then(pl.format("message-{}", pl.int_range(rows))),
            receipts=done.cast(pl.UInt32),
            matched_by=pl.when(done).then(pl.lit("msisdn").cast(MATCHED_BY)),
            candidates=done.cast(pl.UInt32),
            ambiguous=pl.lit(False),
        )
        .select(
            "row", "country_code", "mobile", "msisdn", "Var1", "Var2", "Var3",
            *columns("render"), *columns("plan"), *columns("send"), *columns("track"),
        )
    )  # fmt: skip


def texts() -> SearchStrategy[str]:
    """Give a hypothesis strategy of texts rich in the edges of GSM-7 and UCS-2."""
    from hypothesis import strategies as st

    edges = st.sampled_from(["a", "€", "[", "á", "ñ", "😀", "\n", "\r\n", " ", "’", "नमस्ते"])
    run = st.builds(lambda part, times: part * times, edges, st.integers(1, 160))
    return st.lists(st.one_of(edges, run, st.text(max_size=20)), max_size=6).map("".join)


def _outcome(dice: pl.Expr) -> pl.Expr:
    """Turn a die into the number of one of the outcomes, by their shares."""
    edges = pl.Series([share for *_, share in _OUTCOMES]).cum_sum().head(-1)
    return pl.lit(edges).search_sorted(dice, side="right")


def _dice(salt: int, seed: int, rows: int) -> pl.Expr:
    """Throw `rows` dice in [0, 1): SplitMix64 as an expression, the same on every version."""
    mixed = (pl.int_range(1, rows + 1, dtype=pl.UInt64) + (salt << 40) + (seed << 20)) * pl.lit(
        0x9E3779B97F4A7C15, pl.UInt64
    )
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed // 2**shift)) * pl.lit(factor, pl.UInt64)
    return (mixed ^ (mixed // 2**31)) // 2**11 / float(2**53)
