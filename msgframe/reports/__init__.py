"""What happened, seen: a delivery frame as tables, charts, one HTML page, a workbook, JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError
from msgframe.frames import require_columns
from msgframe.reports import charts, failure_drivers, pages, survival, tables
from msgframe.reports.words import say, translated
from msgframe.spreadsheets import write_report, write_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from msgframe.message_central import ErrorCodeOverrides
    from msgframe.reports.words import Language


def report(
    deliveries: pl.DataFrame,
    /,
    *,
    sheet: pl.DataFrame | None = None,
    checked: tables.Frames | None = None,
    callbacks: pl.DataFrame | None = None,
    orphans: pl.DataFrame | None = None,
    by: Sequence[str] = (),
    prices: Mapping[str, Decimal] | None = None,
    codes: ErrorCodeOverrides | None = None,
    as_of: datetime | None = None,
    title: str | None = None,
    language: Language = "en",
) -> Report:
    """Tell what became of a campaign.

    Parameters
    ----------
    deliveries
        What `track` gave: every planned row with its status.
    sheet, checked, callbacks, orphans
        The other frames of the street, where they are at hand: with them the funnel begins at the
        sheet, and the sums of the whole street are shown.
    by
        Columns of the person's own to group by, such as `["Segment"]`: a table each.
    prices
        Money per segment by calling code; with it, the cost.
    codes
        What the vendor's error codes mean, where you know better than custom:
        `{"77": ("permanent", "number out of service")}`.
    as_of
        The moment of the look, for the messages that are still on their way; by default the latest
        moment in the frame.
    title
        What the page is called.
    language
        `"en"` or `"es"`.

    Raises
    ------
    ColumnsError
        If `deliveries` lacks a column that `track` adds, or one of `by`.

    Examples
    --------
    >>> from msgframe import testing
    >>> told = report(testing.deliveries(rows=100, seed=1))
    >>> told
    Report(planned=100, sent=100, delivered=93)
    >>> told.tables["funnel"].columns
    ['step', 'rows', 'share', 'lost', 'why']
    """
    tables.guard(deliveries)
    require_columns(deliveries, by, verb="report")
    found = {
        "funnel": tables.funnel(deliveries, checked, language),
        "causes": failure_drivers.causes(deliveries, language=language),
        "statuses": tables.by_status(deliveries),
        "errors": tables.by_error(deliveries, codes),
        "countries": tables.by_country(deliveries),
        **{f"by {name}": tables.fared(deliveries, **{name: pl.col(name)}) for name in by},
        "prefixes": tables.by_prefix(deliveries),
        "hours": tables.by_hour(deliveries),
        "waves": tables.by_wave(deliveries),
        "encodings": tables.by_encoding(deliveries),
        **({"cost": tables.cost(deliveries, prices)} if prices is not None else {}),
        "latency": tables.latency(deliveries),
        "curve": survival.curve(deliveries, as_of=as_of),
        **({"reasons": tables.reasons([*checked][2])} if checked is not None else {}),
        "sums": tables.sums(
            deliveries,
            sheet=sheet,
            checked=checked,
            callbacks=callbacks,
            orphans=orphans,
            language=language,
        ),
    }
    return Report(
        title=title or say("title", language),
        tables=found,
        maturity=survival.maturity(deliveries, as_of=as_of),
        failures=tables.failures(deliveries, codes),
        language=language,
        deliveries=deliveries,
    )


@dataclass(frozen=True)
class Report:
    """A campaign's outcome, ready to be looked at, saved, or computed with."""

    #: What the page is called.
    title: str
    #: The answers as frames: funnel, causes, statuses, errors, countries, …
    tables: dict[str, pl.DataFrame]
    #: How far the outcome is known.
    maturity: survival.Maturity
    #: Who did not get it, with the sheet's own columns: for follow-up, and to send `again`.
    failures: pl.DataFrame = field(repr=False)
    #: The language of its headings and sentences.
    language: Language
    #: The delivery frame that they were made from.
    deliveries: pl.DataFrame = field(repr=False)

    def heading(self, name: str) -> str:
        """Give the heading of a table, in the report's language."""
        return pages.heading(name, self.language)

    def save(self, path: str | Path) -> Path:
        """Write the report: `.html` a page, `.xlsx` a workbook, `.json` for machines.

        The file is complete or absent, never half-written.

        Raises
        ------
        UsageError
            If the ending is none of these.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in {".html", ".json", ".xlsx"}:
            raise UsageError(f"save() writes .html, .xlsx or .json, not {ending!r}: name one.")
        if ending == ".xlsx":
            return write_report(
                path,
                name=self.title,
                lines=[pages.lead(self), *self.tables["causes"]["cause"]],
                tables={name: (self.heading(name), table) for name, table in self._filled.items()},
            )
        with atomic_write(path) as beside:
            beside.write_text(self.html if ending == ".html" else self.json, encoding="utf-8")
        return path

    @cached_property
    def html(self) -> str:
        """The report as one self-contained page."""
        return pages.page(self)

    @property
    def json(self) -> str:
        """The report's tables as JSON: a list of records each."""
        rows = {name: json.loads(frame.write_json()) for name, frame in self.tables.items()}
        return json.dumps(rows, ensure_ascii=False, indent=2)

    def save_failures(self, path: str | Path) -> Path:
        """Write who did not get it as a workbook, whole numbers included: it is for follow-up."""
        return write_tables({"failures": self.failures}, path)

    @property
    def retry(self) -> pl.DataFrame:
        """The failures that sending once more can help and is safe for: the temporary ones."""
        return self.failures.filter("again")

    @property
    def _filled(self) -> dict[str, pl.DataFrame]:
        """The tables that have something to say, in the report's language."""
        filled = {name: table for name, table in self.tables.items() if table.height}
        return {name: translated(table, self.language) for name, table in filled.items()}

    @cached_property
    def charts(self) -> dict[str, charts.Drawing]:
        """The report's charts by name; none where Altair is not installed."""
        try:
            import altair as alt  # noqa: F401  (asked for, to know whether it is there)
            import vl_convert  # noqa: F401
        except ModuleNotFoundError:
            return {}
        return {
            name: draw(self.tables[name], say(name, self.language), self.language)
            for name, draw in charts.DRAWN.items()
            if self.tables[name].height > 1
        }

    def __repr__(self) -> str:
        rows = dict(self.tables["funnel"].select("step", "rows").rows())
        return f"Report({', '.join(f'{step}={count:,}' for step, count in rows.items())})"

    def _repr_html_(self) -> str:
        return pages.embedded(self.html)
