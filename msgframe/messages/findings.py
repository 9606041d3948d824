"""A finding of the linter, and the frame of them in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from msgframe.core.translation import template_of, translate
from msgframe.frames import SEVERITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the linter has to say; its sentence is `[lint]` in `core/locales`."""

    #: Its name, to filter by.
    rule: str
    #: An error will stop `render` or reach people as nonsense; a warning is worth a look.
    severity: Literal["error", "warning"]
    #: What its sentence names.
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: The character of the template where it is, from 1; None where it is in the rows.
    at: int | None = None
    #: A better template; what to do instead is `[lint_advice]` in `core/locales`.
    suggestion: str | None = None
    #: How many rows, or how many places in the template.
    count: int = 1
    #: The first few rows concerned, as a person counts them.
    rows: tuple[int, ...] = ()
    #: Which sentence says it, where its rule has several.
    sentence: str | None = None

    def row(self, language: str) -> tuple[object, ...]:
        """Give the finding as a row of the frame, in a language."""
        message = translate(f"lint.{self.sentence or self.rule}", language, **self.facts)
        suggestion = self.suggestion or template_of(f"lint_advice.{self.rule}", language)
        return (
            *(self.rule, self.severity, message, self.at, suggestion, self.count),
            list(self.rows),
        )


_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "rule": pl.String,
    "severity": SEVERITY,
    "message": pl.String,
    "at": pl.UInt32,
    "suggestion": pl.String,
    "count": pl.UInt32,
    "rows": pl.List(pl.UInt32),
}


def to_frame(findings: Iterable[Finding], language: str = "en") -> pl.DataFrame:
    """Give findings as a frame, errors first, otherwise in their order."""
    rows = [finding.row(language) for finding in findings]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("severity", maintain_order=True)
