"""Delivery receipts come in: from the receiver's store, or from whatever export there is.

`read_callbacks` gives one row for every record of the source, whatever it is worth: a record that
cannot be read is a row without id and number, which `track` then counts among the orphans, and
`read_problems` says of each what is wrong with it. So the sums hold over the whole file.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import polars as pl

from msgframe import frames
from msgframe.receipts import fields, sources, statuses
from msgframe.receipts.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Source", "follow", "read_callbacks", "read_problems"]

#: The vendor does not say in which zone its dates are; its country's is the likeliest.
ZONE = "Asia/Kolkata"


def read_callbacks(
    source: Source,
    /,
    *,
    zone: str = ZONE,
    columns: Mapping[str, str] | None = None,
    spellings: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Read delivery receipts, one row a record, in one spelling.

    Parameters
    ----------
    source
        The receiver's store (a path or a database URL; it may be running), an export (JSON, JSONL,
        CSV, TSV, xlsx, parquet), a folder of exports, a frame, or a list of dicts, in the vendor's
        spelling (`messageId`) or another (`message_id`, `MSISDN`, `DLR status`, SMPP's
        `stat:DELIVRD err:000`).
    zone
        IANA name of the zone of dates that tell none. The vendor does not say which it is.
    columns
        Which header tells what, where the names do not say so: `{"mobile": "Telefono B"}`. The
        keys are those of `callbacks.fields.HEADERS`.
    spellings
        Further spellings of statuses: `{"ABSENT": "undelivered"}`.

    Returns
    -------
    `frames.columns("callbacks")`, moments in UTC, in the order of the source. Ids stay text. A
    record that cannot be read is a row of nulls with the status "unknown".

    Raises
    ------
    SheetError
        The file is missing, of an unknown kind, or damaged as a whole.
    ColumnsError
        A table without a column of ids or numbers, or `columns` names a header that is not there.
    SettingsError
        `zone` is no time zone.

    >>> posted = {
    ...     "messageId": "a2e87214",
    ...     "status": "DELIVRD",
    ...     "errorCode": 0,
    ...     "mobile": "919999999999",
    ...     "submitDate": "2023-11-02 13:59:18",
    ...     "doneDate": "2023-11-02 13:59:22",
    ... }
    >>> receipts = read_callbacks([posted, {"messageId": 17, "estado": "caducado"}])
    >>> receipts.select("message_id", "msisdn", "status", "error_code", "submitted_at")
    shape: (2, 5)
    ┌────────────┬──────────────┬───────────┬────────────┬─────────────────────────┐
    │ message_id ┆ msisdn       ┆ status    ┆ error_code ┆ submitted_at            │
    │ ---        ┆ ---          ┆ ---       ┆ ---        ┆ ---                     │
    │ str        ┆ i64          ┆ enum      ┆ str        ┆ datetime[μs, UTC]       │
    ╞════════════╪══════════════╪═══════════╪════════════╪═════════════════════════╡
    │ a2e87214   ┆ 919999999999 ┆ delivered ┆ 0          ┆ 2023-11-02 08:29:18 UTC │
    │ 17         ┆ null         ┆ expired   ┆ null       ┆ null                    │
    └────────────┴──────────────┴───────────┴────────────┴─────────────────────────┘
    """
    if isinstance(source, pl.DataFrame) and _is_read(source):
        return source.select(frames.columns("callbacks").names())
    return _parsed(sources.records(source, columns), zone, spellings)


def read_problems(
    source: Source,
    /,
    *,
    zone: str = ZONE,
    columns: Mapping[str, str] | None = None,
    spellings: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Say what is wrong with the records of a source, one row a problem; takes what it reads.

    Returns
    -------
    `frames.columns("problems")` and `source`, the file's name; `row` is the record's number, from
    1. An "error" is a record that belongs to nobody: no id and no number. A "warning" is one field
    that could not be read and is null in `read_callbacks`, or a status that no table knows.

    >>> read_problems([{"messageId": "a", "status": "GONE", "submitDate": "soon"}]).select(
    ...     "row", "column", "value", "rule"
    ... )
    shape: (2, 4)
    ┌─────┬───────────┬───────┬────────────────┐
    │ row ┆ column    ┆ value ┆ rule           │
    │ --- ┆ ---       ┆ ---   ┆ ---            │
    │ u32 ┆ str       ┆ str   ┆ str            │
    ╞═════╪═══════════╪═══════╪════════════════╡
    │ 1   ┆ status    ┆ GONE  ┆ unknown_status │
    │ 1   ┆ submitted ┆ soon  ┆ bad_date       │
    └─────┴───────────┴───────┴────────────────┘
    """
    told = sources.records(source, columns)
    return _problems(told, _parsed(told, zone, spellings), spellings)


def follow(
    source: str | Path,
    /,
    *,
    every: float = 2.0,
    zone: str = ZONE,
    columns: Mapping[str, str] | None = None,
    spellings: Mapping[str, str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Read a store or an export again whenever it has grown, for a live view.

    Parameters
    ----------
    source, zone, columns, spellings
        As for `read_callbacks`; a store, a file, or a folder.
    every
        Seconds between two looks.

    Yields
    ------
    All receipts there are, as `read_callbacks` gives them: at once, and after each change. It goes
    on until it is left: `for callbacks in follow("callbacks.db"): …`.
    """
    last: object = None
    while True:
        state = sources.state(source)
        if state != last:
            last = state
            yield read_callbacks(source, zone=zone, columns=columns, spellings=spellings)
        time.sleep(every)


def _parsed(
    told: pl.DataFrame, zone: str, spellings: Mapping[str, str] | None = None
) -> pl.DataFrame:
    return told.select(
        "message_id",
        fields.msisdns(told["country_code"], told["mobile"]).alias("msisdn"),
        statuses.status("status", spellings=spellings),
        pl.col("status").alias("raw_status"),
        fields.error_code(pl.col("error_code")),
        fields.moment(told["submitted"], zone).alias("submitted_at"),
        fields.moment(told["done"], zone).alias("done_at"),
        fields.moment(told["received"], zone).alias("received_at"),
    )


def _problems(
    told: pl.DataFrame, read: pl.DataFrame, spellings: Mapping[str, str] | None
) -> pl.DataFrame:
    both = told.with_columns(read.select("msisdn", "submitted_at", "done_at"))
    known = statuses.is_known(pl.col("status"), spellings=spellings)
    nobody = pl.col("message_id").is_null() & pl.col("msisdn").is_null()
    found = [
        _problem(both, nobody, None, "raw", "belongs_to_nobody"),
        _problem(both, _lost("mobile", "msisdn"), "mobile", "mobile", "bad_number"),
        _problem(both, ~known, "status", "status", "unknown_status"),
        _problem(both, pl.col("status").is_null() & ~nobody, "status", "raw", "no_status"),
        _problem(both, _lost("submitted", "submitted_at"), "submitted", "submitted", "bad_date"),
        _problem(both, _lost("done", "done_at"), "done", "done", "bad_date"),
    ]
    return pl.concat(found).sort("source", "row", maintain_order=True)


#: What each problem means, in plain words.
_MEANING = {
    "belongs_to_nobody": "the record tells neither a message id nor a number",
    "bad_number": "the number cannot be read",
    "unknown_status": "the status stands in no table; it counts as unknown",
    "no_status": "the record tells no status; it counts as unknown",
    "bad_date": "the date cannot be read",
}


def _lost(told: str, read: str) -> pl.Expr:
    return pl.col(told).is_not_null() & pl.col(read).is_null()


def _problem(
    both: pl.DataFrame, broken: pl.Expr, column: str | None, value: str, rule: str
) -> pl.DataFrame:
    severity = "error" if rule == "belongs_to_nobody" else "warning"
    return both.filter(broken).select(
        pl.col("record").alias("row"),
        pl.lit(column, pl.String).alias("column"),
        pl.lit(None, pl.String).alias("cell"),
        pl.col(value).str.head(200).alias("value"),
        pl.lit(rule).alias("rule"),
        pl.lit(severity, frames.SEVERITY).alias("severity"),
        pl.lit(_MEANING[rule]).alias("message"),
        pl.lit(None, pl.String).alias("suggestion"),
        "source",
    )


def _is_read(frame: pl.DataFrame) -> bool:
    expected = frames.columns("callbacks")
    return all(frame.schema.get(name) == dtype for name, dtype in expected.items())
