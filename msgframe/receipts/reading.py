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
from msgframe.core.translation import require_language, translate
from msgframe.message_central import CALLBACK_FIELDS
from msgframe.receipts import sources
from msgframe.receipts.fields import (
    ReceiptFormat,
    by_distinct,
    error_code,
    is_known_status,
    msisdns,
    status,
)
from msgframe.receipts.sources import Source
from msgframe.receipts.timezone import as_moments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from msgframe.core.vendor import CallbackFields

__all__ = ["Source", "follow", "read_callbacks", "read_problems"]


def read_callbacks(
    source: Source,
    /,
    *,
    fields: CallbackFields = CALLBACK_FIELDS,
    zone: str | None = None,
    columns: Mapping[str, str] | None = None,
    spellings: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Read delivery receipts, one row a record, in one spelling.

    Parameters
    ----------
    source
        The receiver's store (a path or a database URL; it may be running), an export (JSON, JSONL,
        CSV, TSV, a workbook, parquet), a folder of exports, a frame, or a list of dicts, in the
        vendor's spelling (`messageId`) or another (`message_id`, `MSISDN`, `DLR status`, SMPP's
        `stat:DELIVRD err:000`). Of a workbook the first visible sheet with a table is read.
    fields
        How the vendor writes its receipts, by default Message Central. What gateways usually write
        is understood besides.
    zone
        IANA name of the zone of dates that tell none, by default the vendor's, `fields.zone`.
    columns
        Which header tells what, where the names do not say so: `{"mobile": "Telefono B"}`. Its
        keys are message_id, status, error_code, country_code, mobile, submitted, done, received,
        and receipt (a text of SMPP).
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
    UsageError
        A spelling means a status that does not exist.

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
    receipt_format = ReceiptFormat.of(fields, zone=zone, columns=columns, spellings=spellings)
    return _parsed(sources.records(source, receipt_format), receipt_format)


def read_problems(
    source: Source,
    /,
    *,
    fields: CallbackFields = CALLBACK_FIELDS,
    zone: str | None = None,
    columns: Mapping[str, str] | None = None,
    spellings: Mapping[str, str] | None = None,
    language: str = "en",
) -> pl.DataFrame:
    """Say what is wrong with the records of a source, one row a problem.

    Parameters
    ----------
    source, fields, zone, columns, spellings
        As for `read_callbacks`.
    language
        The language of the sentences, "en" or "es".

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
    require_language(language, verb="read_problems")
    receipt_format = ReceiptFormat.of(fields, zone=zone, columns=columns, spellings=spellings)
    records = sources.records(source, receipt_format)
    return _problems(records, _parsed(records, receipt_format), receipt_format, language)


def follow(
    source: str | Path,
    /,
    *,
    interval: float = 2.0,
    fields: CallbackFields = CALLBACK_FIELDS,
    zone: str | None = None,
    columns: Mapping[str, str] | None = None,
    spellings: Mapping[str, str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Read a store or an export again whenever it has grown, for a live view.

    Parameters
    ----------
    source, fields, zone, columns, spellings
        As for `read_callbacks`; a store, a file, or a folder.
    interval
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
            yield read_callbacks(
                source, fields=fields, zone=zone, columns=columns, spellings=spellings
            )
        time.sleep(interval)


def _parsed(records: pl.DataFrame, receipt_format: ReceiptFormat) -> pl.DataFrame:
    statuses = by_distinct(records["status"], lambda raw: status(raw, receipt_format.statuses))
    return records.select(
        "message_id",
        msisdns(records["country_code"], records["mobile"]).alias("msisdn"),
        statuses.fill_null("unknown").alias("status"),
        pl.col("status").alias("raw_status"),
        by_distinct(records["error_code"], error_code),
        as_moments(records["submitted"], receipt_format.zone).alias("submitted_at"),
        as_moments(records["done"], receipt_format.zone).alias("done_at"),
        as_moments(records["received"], receipt_format.zone).alias("received_at"),
    )


def _problems(
    records: pl.DataFrame, callbacks: pl.DataFrame, receipt_format: ReceiptFormat, language: str
) -> pl.DataFrame:
    both = records.with_columns(callbacks.select("msisdn", "submitted_at", "done_at"))
    problems = pl.concat(
        both.filter(broken).select(
            pl.col("record").alias("row"),
            pl.lit(column, pl.String).alias("column"),
            pl.lit(None, pl.String).alias("cell"),
            pl.col(value).str.head(200).alias("value"),
            pl.lit(rule).alias("rule"),
            pl.lit("warning" if column else "error", frames.SEVERITY).alias("severity"),
            pl.lit(translate(f"callback.{rule}", language)).alias("message"),
            pl.lit(None, pl.String).alias("suggestion"),
            "source",
        )
        for rule, column, value, broken in _rules(receipt_format)
    )
    return problems.sort("source", "row", maintain_order=True)


def _rules(receipt_format: ReceiptFormat) -> list[tuple[str, str | None, str, pl.Expr]]:
    """Give each rule, the field that breaks it, the column to show, and where it is broken."""
    raw = pl.col("status")
    nobody = pl.col("message_id").is_null() & pl.col("msisdn").is_null()
    return [
        ("belongs_to_nobody", None, "raw", nobody),
        ("bad_number", "mobile", "mobile", _unread("mobile", "msisdn")),
        ("unknown_status", "status", "status", ~is_known_status(raw, receipt_format.statuses)),
        ("no_status", "status", "raw", raw.is_null() & ~nobody),
        ("bad_date", "submitted", "submitted", _unread("submitted", "submitted_at")),
        ("bad_date", "done", "done", _unread("done", "done_at")),
    ]


def _unread(text: str, value: str) -> pl.Expr:
    return pl.col(text).is_not_null() & pl.col(value).is_null()


def _is_read(frame: pl.DataFrame) -> bool:
    expected = frames.columns("callbacks")
    return all(frame.schema.get(name) == dtype for name, dtype in expected.items())
