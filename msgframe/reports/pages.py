"""The report as one HTML file: nothing fetched from outside, every value escaped."""

from __future__ import annotations

from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from msgframe.core.masking import mask_columns
from msgframe.core.translation import format_number, translate
from msgframe.core.views import format_value, render_page, translate_cells

if TYPE_CHECKING:
    import polars as pl

    from msgframe.reports import Report


def page(report: Report) -> str:
    """Lay a report out as a page."""
    language, funnel = report.language, report.tables["funnel"]
    return render_page(
        "msgframe.reports",
        "report.html",
        language=language,
        title=report.title,
        lead=lead(report),
        tiles=[
            (translate(f"step.{step}", language), format_number(n, ",", language))
            for step, n in funnel.select("step", "rows").rows()
        ],
        causes=report.tables["causes"]["cause"].to_list(),
        causes_title=report.heading("causes"),
        charts=[drawing.svg for drawing in report.charts.values()],
        no_charts=translate("report.no_charts", language),
        tables=[
            _table(report.heading(name), frame, report.headers(name), language)
            for name, frame in report.tables.items()
            if frame.height and name not in {"causes", "curve"}
        ],
        footer=translate("report.footer", language, version=version("msgframe")),
    )


def lead(report: Report) -> str:
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


def embedded(html: str) -> str:
    """Put a page into a notebook's output, so that neither's styles reach the other."""
    return (
        f'<iframe srcdoc="{escape(html, quote=True)}" sandbox '
        'style="width:100%;height:44rem;border:1px solid rgba(128,128,128,.3);border-radius:8px">'
        "</iframe>"
    )
