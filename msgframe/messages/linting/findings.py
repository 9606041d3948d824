"""A finding of the linter, and the frame of them."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from msgframe.frames import SEVERITY

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the linter has to say."""

    #: Its name, to filter by.
    rule: str
    #: An error will stop `render` or reach people as nonsense; a warning is worth a look.
    severity: Literal["error", "warning"]
    #: What was found, in a sentence.
    message: str
    #: The character of the template where it is, from 1; None where it is in the rows.
    at: int | None = None
    #: A better template, or what to do.
    suggestion: str | None = None
    #: How many rows, or how many places in the template.
    count: int = 1
    #: The first few rows concerned, as a person counts them.
    rows: tuple[int, ...] = ()


_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "rule": pl.String,
    "severity": SEVERITY,
    "message": pl.String,
    "at": pl.UInt32,
    "suggestion": pl.String,
    "count": pl.UInt32,
    "rows": pl.List(pl.UInt32),
}


def to_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Give findings as a frame, errors first, otherwise in their order."""
    rows = [(*astuple(finding)[:-1], list(finding.rows)) for finding in findings]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("severity", maintain_order=True)
