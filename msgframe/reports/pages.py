"""The report as one HTML file: nothing fetched from outside, every value escaped."""

from __future__ import annotations

from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from msgframe.core.masking import mask_columns
from msgframe.core.views import format_value
from msgframe.reports.words import say, translated

if TYPE_CHECKING:
    import polars as pl

    from msgframe.reports import Report
    from msgframe.reports.words import Language


def page(told: Report) -> str:
    """Lay a report out as a page."""
    from jinja2 import Environment, PackageLoader

    pages = Environment(loader=PackageLoader("msgframe.reports", "."), autoescape=True)
    language, funnel = told.language, told.tables["funnel"]
    return pages.get_template("report.html").render(
        language=language,
        title=told.title,
        lead=lead(told),
        tiles=[
            (say(f"step_{step}", language), f"{n:,}")
            for step, n in funnel.select("step", "rows").rows()
        ],
        causes=told.tables["causes"]["cause"].to_list(),
        causes_title=say("causes", language),
        charts=[drawing.svg for drawing in told.charts.values()],
        no_charts=say("no_charts", language),
        tables=[
            _table(heading(name, language), frame, language)
            for name, frame in told.tables.items()
            if frame.height and name not in {"causes", "curve"}
        ],
        footer=say("footer", language, version=version("msgframe")),
    )


def heading(name: str, language: Language) -> str:
    """Give the heading of a table: the house's own, or "By X" for a column that was asked for."""
    _, asked, column = name.partition("by ")
    return say("by", language, name=column) if asked else say(name, language)


def lead(told: Report) -> str:
    """Say the outcome in a sentence, and how far it is known in another."""
    rows = dict(told.tables["funnel"].select("step", "rows").rows())
    sent, delivered = rows["sent"], rows["delivered"]
    if not sent:
        return say("nothing", told.language)
    outcome = say("lead", told.language, sent=sent, delivered=delivered, share=delivered / sent)
    if not told.maturity.pending:
        return outcome
    facts = {name: getattr(told.maturity, name) for name in ("share", "pending", "expected")}
    return f"{outcome} {say('mature', told.language, **facts)}"


def _table(title: str, frame: pl.DataFrame, language: Language) -> dict[str, Any]:
    frame = translated(frame.pipe(mask_columns), language)
    sides = ["number" if dtype.is_numeric() else "" for dtype in frame.dtypes]
    heads = [say(name, language) for name in frame.columns]
    return {
        "title": title,
        "head": list(zip(heads, sides, strict=True)),
        "rows": [
            [
                (
                    say(value, language) if name == "step" else format_value(value, name, none=""),
                    _mood(value, side),
                )
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
