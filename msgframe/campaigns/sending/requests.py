"""From the rows of a plan to the requests that carry them, one at a time and only when needed."""

from __future__ import annotations

from bisect import bisect
from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe.frames import columns, require_columns

if TYPE_CHECKING:
    from msgframe.core.vendor import VendorClient

#: What a request needs of a row, beside the columns that `plan` adds.
NEEDED = ("country_code", "mobile", "text", "template", "variables")


class RequestBuilder:
    """The requests of a plan by their number; the vendor's client makes each when it is asked for.

    Raises
    ------
    ColumnsError
        The plan lacks a column that a request is made of.
    """

    def __init__(self, plan: pl.DataFrame, client: VendorClient) -> None:
        require_columns(plan, NEEDED, verb="send")
        self._client = client
        self._rows = _in_order(plan.select(*columns("plan"), *NEEDED))
        runs = self._rows["request"].rle().struct
        self._numbers = runs.field("value").to_list()
        self._starts = [0, *runs.field("len").cast(pl.Int64).cum_sum()]

    @property
    def count(self) -> int:
        """How many requests there are."""
        return len(self._numbers)

    def request(self, number: int) -> Any:
        """Make the request of this number.

        Raises
        ------
        UsageError
            The plan says what the vendor would refuse.
        """
        index = bisect(self._numbers, number)
        start, end = self._starts[index - 1 : index + 1]
        return self._client.request(self._rows.slice(start, end - start))


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows that go, by request and position; a plan in that order is not copied."""
    if rows["request"].null_count():
        rows = rows.filter(pl.col("request").is_not_null())
    order = pl.col("request").cast(pl.UInt64) * (1 << 32) + pl.col("position")
    is_sorted = rows.select(order).to_series().is_sorted()
    return rows if is_sorted else rows.sort("request", "position")
