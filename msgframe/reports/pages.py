"""The report as one HTML file: nothing fetched from outside, every value escaped."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from msgframe.views import NUMBERS, masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

#: What each table is called on the page, in the order of the page.
TITLES = {
    "funnel": "From the sheet to the handset",
    "status": "What became of the messages",
    "errors": "Why messages were not delivered",
    "countries": "By calling code",
    "encodings": "What was billed: segments and encoding",
    "cost": "What it cost",
    "latency": "How long it took",
    "reasons": "Why rows were rejected, or warned of",
    "sums": "The sums",
}


def page(title: str, tables: Mapping[str, pl.DataFrame], charts: list[str]) -> str:
    """Lay the tables and the drawn charts out as a page."""
    from jinja2 import Environment, PackageLoader

    from msgframe import __version__

    pages = Environment(loader=PackageLoader("msgframe", "pages"), autoescape=True)
    funnel = tables["funnel"]
    return pages.get_template("report.html").render(
        title=title,
        lead=_lead(funnel),
        tiles=[(step, f"{rows:,}") for step, rows in funnel.select("step", "rows").rows()],
        charts=charts,
        tables=[_table(TITLES[name], frame) for name, frame in tables.items() if frame.height],
        version=__version__,
    )


def shown(value: Any, name: str = "") -> str:
    """Write one value as a person reads it.

    >>> shown(0.9713, "share"), shown(12345), shown(None), shown(4.0, "seconds")
    ('97.1 %', '12,345', '', '4.0')
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if name == "share":
            return f"{value * 100:.1f} %"
        case float():
            return f"{value:,.1f}"
        case int():
            return f"{value:,}"
        case timedelta():
            return f"{value.total_seconds():,.1f} s"
        case _:
            return str(value)


def _lead(funnel: pl.DataFrame) -> str:
    """Say the outcome in a sentence."""
    rows = dict(funnel.select("step", "rows").rows())
    sent, delivered = rows["sent"], rows["delivered"]
    if not sent:
        return "Nothing was sent."
    return f"{delivered:,} of {sent:,} sent messages were delivered ({delivered / sent:.1%})."


def _table(title: str, frame: pl.DataFrame) -> dict[str, Any]:
    private = [name for name in frame.columns if name in NUMBERS]
    frame = frame.with_columns(masked(name) for name in private)
    sides = ["number" if dtype.is_numeric() else "" for dtype in frame.dtypes]
    return {
        "title": title,
        "head": list(zip((name.replace("_", " ") for name in frame.columns), sides, strict=True)),
        "rows": [
            [
                (shown(value, name), _mood(value, side))
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
