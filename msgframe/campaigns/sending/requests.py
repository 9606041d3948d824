"""From the rows of a plan to the requests that carry them, one at a time and only when needed."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import polars as pl

from msgframe.frames import require_columns
from msgframe.message_central import Request

#: What a request needs of a row, beside the columns that `plan` adds.
NEEDED = ("country_code", "mobile", "text", "template", "variables")

_SETTINGS = ("sender_id", "message_type", "flow_type", "template_id", "entity_id")


class Parcels:
    """The requests of a plan by their number; each is made anew when it is asked for.

    Raises
    ------
    ColumnsError
        The plan lacks a column that a request is made of.
    """

    def __init__(self, plan: pl.DataFrame) -> None:
        require_columns(plan, NEEDED, verb="send")
        self._rows = _in_order(plan.select("request", "position", "mode", *NEEDED, *_SETTINGS))
        runs = self._rows["request"].rle().struct
        self._numbers = runs.field("value").to_list()
        self._starts = [0, *runs.field("len").cast(pl.Int64).cum_sum()]

    @property
    def count(self) -> int:
        """How many requests there are."""
        return len(self._numbers)

    def request(self, number: int) -> Request:
        """Make the request of this number.

        Raises
        ------
        UsageError
            The plan says what the vendor would refuse.
        """
        index = bisect_left(self._numbers, number)
        start, end = self._starts[index : index + 2]
        rows = self._rows.slice(start, end - start)
        return _request(rows, rows.row(0, named=True))


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows that go, by request and position; a plan in that order is not copied."""
    if rows["request"].null_count():
        rows = rows.filter(pl.col("request").is_not_null())
    place = pl.col("request").cast(pl.UInt64) * (1 << 32) + pl.col("position")
    there = rows.select(place).to_series().is_sorted()
    return rows if there else rows.sort("request", "position")


def _request(rows: pl.DataFrame, first: dict[str, Any]) -> Request:
    how = {name: first[name] for name in _SETTINGS}
    match first["mode"]:
        case "single":
            return Request.single(first["country_code"], first["mobile"], first["text"], **how)
        case "list":
            return Request.to_list(_line(rows), first["text"], **how)
        case _:
            return Request.from_file(
                _workbook(rows), first["template"], recipients=rows.height, **how
            )


def _line(rows: pl.DataFrame) -> str:
    number = pl.concat_str("country_code", "mobile", separator=" ")
    return str(rows.select(number.str.join(", ")).item())


def _workbook(rows: pl.DataFrame) -> bytes:
    from msgframe.message_central import uploads

    return uploads.workbook(rows.select("country_code", "mobile", "variables"))
