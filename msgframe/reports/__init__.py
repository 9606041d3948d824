"""What happened, seen: a delivery frame as tables, charts, one HTML page, a workbook, JSON.

The page is one file: nothing is fetched from outside, and every value is escaped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe.core.atomic_files import atomic_write
from msgframe.core.masking import mask_columns
from msgframe.core.translation import format_number, require_language, translate
from msgframe.core.views import format_value, render_page, translate_cells, translate_header
from msgframe.errors import UsageError
from msgframe.frames import STAGES, require_columns
from msgframe.reports import charts, tables
from msgframe.reports.charts import Drawing
from msgframe.reports.root_causes import failure_drivers, rows_of
from msgframe.reports.survival import Maturity, delivery_curve, maturity
from msgframe.reports.tables import compare, outcome_by, rejection_reasons
from msgframe.spreadsheets import ReportTable, write_report, write_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from msgframe.frames import Stage
    from msgframe.message_central import ErrorCodeOverrides

__all__ = [
    "Drawing",
    "Maturity",
    "Report",
    "charts",
    "compare",
    "delivery_curve",
    "failure_drivers",
    "maturity",
    "outcome_by",
    "rejection_reasons",
    "report",
    "rows_of",
]

#: What `track` gives holds the columns of these.
_STAGES: tuple[Stage, ...] = ("check", "render", "plan", "send", "track")


def report(
    deliveries: pl.DataFrame,
    /,
    *,
    sheet: pl.DataFrame | None = None,
    checked: Iterable[pl.DataFrame] | None = None,
    callbacks: pl.DataFrame | None = None,
    orphans: pl.DataFrame | None = None,
    by: Sequence[str] = (),
    prices: Mapping[str, Decimal] | None = None,
    codes: ErrorCodeOverrides | None = None,
    as_of: datetime | None = None,
    title: str | None = None,
    language: str = "en",
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
        Of its headings, sentences and numbers: `"en"`, `"es"`, or one of your own.

    Raises
    ------
    ColumnsError
        If `deliveries` lacks a column that `track` adds, or one of `by`.
    UsageError
        If there is no such language.

    Examples
    --------
    >>> from msgframe import testing
    >>> outcome = report(testing.deliveries(rows=100, seed=1))
    >>> outcome
    Report(planned=100, sent=100, delivered=93)
    >>> outcome.tables["funnel"].columns
    ['step', 'rows', 'share', 'lost', 'why']
    """
    require_language(language, verb="report")
    require_columns(
        deliveries, [name for stage in _STAGES for name in STAGES[stage]], verb="report"
    )
    require_columns(deliveries, by, verb="report")
    checked = None if checked is None else tuple(checked)
    answers = {
        "funnel": tables.funnel(deliveries, checked, language),
        "causes": failure_drivers(deliveries, language=language),
        "statuses": tables.by_status(deliveries),
        "errors": tables.by_error(deliveries, codes, language),
        "countries": tables.by_country(deliveries),
        **{f"by {name}": outcome_by(deliveries, **{name: pl.col(name)}) for name in by},
        "prefixes": tables.by_prefix(deliveries),
        "hours": tables.by_hour(deliveries),
        "waves": tables.by_wave(deliveries),
        "encodings": tables.by_encoding(deliveries),
        **({"cost": tables.cost(deliveries, prices)} if prices is not None else {}),
        "latency": tables.latency(deliveries),
        "curve": delivery_curve(deliveries, as_of=as_of),
        **({"reasons": rejection_reasons(checked[2], language=language)} if checked else {}),
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
        title=title or translate("report.title", language),
        tables=answers,
        maturity=maturity(deliveries, as_of=as_of),
        failures=tables.failures(deliveries, codes, language),
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
    maturity: Maturity
    #: Who did not get it, with the sheet's own columns: for follow-up, and to send `again`.
    failures: pl.DataFrame = field(repr=False)
    #: The language of its headings and sentences.
    language: str
    #: The delivery frame that they were made from.
    deliveries: pl.DataFrame = field(repr=False)

    def heading(self, name: str) -> str:
        """Give the heading of a table, in the report's language."""
        _, own, column = name.partition("by ")
        key = f"report.{'by' if own else name}"
        return translate(key, self.language, name=column)

    def headers(self, name: str) -> list[str]:
        """Give the headers of a table, in the report's language."""
        columns = self.tables[name].columns
        heads = [translate_header(column, self.language) for column in columns]
        # What the person groups by is called as it is in their sheet.
        return [columns[0], *heads[1:]] if name.startswith("by ") else heads

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
            lines = [_lead(self), *self.tables["causes"]["cause"]]
            return write_report(path, name=self.title, lines=lines, tables=self._sheets)
        with atomic_write(path) as target:
            target.write_text(self.html if ending == ".html" else self.json, encoding="utf-8")
        return path

    @cached_property
    def html(self) -> str:
        """The report as one self-contained page."""
        language, funnel = self.language, self.tables["funnel"]
        return render_page(
            "msgframe.reports",
            "report.html",
            language=language,
            title=self.title,
            lead=_lead(self),
            tiles=[
                (translate(f"step.{step}", language), format_number(n, ",", language))
                for step, n in funnel.select("step", "rows").rows()
            ],
            causes=self.tables["causes"]["cause"].to_list(),
            causes_title=self.heading("causes"),
            charts=[drawing.svg for drawing in self.charts.values()],
            no_charts=translate("report.no_charts", language),
            tables=[
                _table(self.heading(name), frame, self.headers(name), language)
                for name, frame in self.tables.items()
                if frame.height and name not in {"causes", "curve"}
            ],
            footer=translate("report.footer", language, version=version("msgframe")),
        )

    @property
    def json(self) -> str:
        """The report's tables as JSON: a list of records each."""
        rows = {name: json.loads(frame.write_json()) for name, frame in self.tables.items()}
        return json.dumps(rows, ensure_ascii=False, indent=2)

    def save_failures(self, path: str | Path) -> Path:
        """Write who did not get it as a workbook, whole numbers included: it is for follow-up."""
        rows = translate_cells(self.failures, self.language)
        ours = [name for name in (*tables.RECIPIENT, *tables.OUTCOME) if name in rows.columns]
        heads = {name: translate_header(name, self.language) for name in ours}
        free = {name: head for name, head in heads.items() if head not in rows.columns}
        return write_tables({self.heading("failures"): rows.rename(free)}, path)

    @property
    def retry(self) -> pl.DataFrame:
        """The failures that sending once more can help and is safe for: the temporary ones."""
        return self.failures.filter("again")

    @property
    def _sheets(self) -> dict[str, ReportTable]:
        """The tables that have something to say, in the report's language."""
        return {
            name: ReportTable(
                heading=self.heading(name),
                headers=self.headers(name),
                frame=translate_cells(table, self.language),
            )
            for name, table in self.tables.items()
            if table.height
        }

    @cached_property
    def charts(self) -> dict[str, Drawing]:
        """The report's charts by name; none where Altair is not installed."""
        try:
            import altair as alt  # noqa: F401  (asked for, to know whether it is there)
            import vl_convert  # noqa: F401
        except ModuleNotFoundError:
            return {}
        return {
            name: draw(self.tables[name], self.heading(name), self.language)
            for name, draw in charts.DRAWN.items()
            if self.tables[name].height > 1
        }

    def __repr__(self) -> str:
        rows = dict(self.tables["funnel"].select("step", "rows").rows())
        return f"Report({', '.join(f'{step}={count:,}' for step, count in rows.items())})"

    def _repr_html_(self) -> str:
        # In a frame of its own: neither the page's styles nor the notebook's reach the other.
        return (
            f'<iframe srcdoc="{escape(self.html, quote=True)}" sandbox '
            'style="width:100%;height:44rem;border:1px solid rgba(128,128,128,.3);'
            'border-radius:8px"></iframe>'
        )


def _lead(report: Report) -> str:
    """Say the outcome in a sentence, and how far it is known in another."""
    rows = dict(report.tables["funnel"].select("step", "rows").rows())
    sent, delivered = rows["sent"], rows["delivered"]
    if not sent:
        return translate("report.nothing", report.language)
    facts = {"sent": sent, "delivered": delivered, "share": delivered / sent}
    outcome = translate("report.lead", report.language, **facts)
    if not report.maturity.pending:
        return outcome
    facts = {name: getattr(report.maturity, name) for name in ("share", "pending", "expected")}
    return f"{outcome} {translate('report.mature', report.language, **facts)}"


def _table(title: str, frame: pl.DataFrame, heads: list[str], language: str) -> dict[str, Any]:
    frame = translate_cells(frame.pipe(mask_columns), language)
    sides = ["number" if dtype.is_numeric() else "" for dtype in frame.dtypes]
    return {
        "title": title,
        "head": list(zip(heads, sides, strict=True)),
        "rows": [
            [
                (format_value(value, name, none="", language=language), _mood(value, side))
                for value, name, side in zip(row, frame.columns, sides, strict=True)
            ]
            for row in frame.rows()
        ],
    }


def _mood(value: Any, side: str) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else side
