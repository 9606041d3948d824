"""How results look: numbers masked, values escaped, small tables, one line for a repr.

Every result of several frames shows itself through `one_line` and `html_panels`, so that a phone
number never reaches a notebook's output or a traceback by accident. The frames themselves stay
whole.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from html import escape
from typing import Any

import polars as pl

from msgframe.core.masking import mask_columns
from msgframe.core.translation import format_number, section, template_of, translate

#: The columns whose cells are words of ours, and the section that says them in each language.
_WORDS = {
    "step": "step",
    "status": "status",
    "family": "error_family",
    "severity": "severity",
    "measure": "measure",
    "state": "state",
    "kind": "factor",
}

#: Greys made from the page's own colour hold on a light and on a dark page.
_TABLE = (
    "border-collapse:collapse;font:13px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums"
)
_CELL = "padding:2px 10px;border-top:1px solid rgba(128,128,128,.35);color:inherit;background:none"


def one_line(name: str, **frames: pl.DataFrame) -> str:
    """Give the one-line repr of a result: its name, and the height of each frame.

    >>> one_line(
    ...     "Checked", accepted=pl.DataFrame({"row": [2, 3]}), rejected=pl.DataFrame({"row": [4]})
    ... )
    'Checked(accepted=2 rows, rejected=1 row)'
    """
    heights = (f"{key}={_rows(frame)}" for key, frame in frames.items())
    return f"{name}({', '.join(heights)})"


def html_panels(name: str, *, most: int = 8, **frames: pl.DataFrame) -> str:
    """Give the notebook view of a result: each frame as a small table under its name and height."""
    parts = [f"<div><b>{escape(name)}</b></div>"]
    for key, frame in frames.items():
        parts.append(
            f"<details {'open' if frame.height > 0 else ''} style='margin:4px 0'>"
            f"<summary>{escape(key)}: {_rows(frame)}</summary>"
            f"{html_table(frame, most=most)}</details>"
        )
    return "".join(parts)


def html_table(frame: pl.DataFrame, *, most: int = 20) -> str:
    """Give the first rows of a frame as an HTML table: values escaped, phone numbers masked.

    >>> "&lt;b&gt;" in html_table(pl.DataFrame({"name": ["<b>"]}))
    True
    """
    first = frame.head(most).pipe(mask_columns)
    align = ["right" if dtype.is_numeric() else "left" for dtype in frame.dtypes]
    head = "".join(_cell("th", name, side) for name, side in zip(first.columns, align, strict=True))
    rows = (zip(row, align, first.columns, strict=True) for row in first.rows())
    body = "".join(f"<tr>{''.join(_cell('td', *cell) for cell in row)}</tr>" for row in rows)
    hidden = frame.height - first.height
    more = f"<div style='opacity:.7'>… and {hidden:,} more</div>" if hidden else ""
    return (
        f"<table style='{_TABLE}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
    )


def render_page(room: str, template: str, /, **facts: Any) -> str:
    """Fill the Jinja template that lies in a room; what it does not mark as safe is escaped."""
    from jinja2 import Environment, PackageLoader

    pages = Environment(loader=PackageLoader(room, "."), autoescape=True)
    return pages.get_template(template).render(facts)


def format_value(value: Any, name: str = "", *, none: str = "·", language: str = "en") -> str:
    """Write one value as a person reads it; the name of its column tells a share from a number.

    >>> (
    ...     format_value(0.9713, "share"),
    ...     format_value(12345),
    ...     format_value(12345, "row"),
    ...     format_value(None),
    ...     format_value(4.0, "seconds", language="es"),
    ... )
    ('97.1%', '12,345', '12345', '·', '4,0')
    """
    match value:
        case None:
            return none
        case bool():
            return translate("format.yes" if value else "format.no", language)
        case Decimal():
            return format_number(value, ",", language)
        case int() if name != "row":
            return format_number(value, ",", language)
        case float() if name == "share":
            return format_number(value, ".1%", language)
        case float():
            return format_number(value, ",.1f", language)
        case timedelta():
            return f"{format_number(value.total_seconds(), ',.1f', language)} s"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def translate_cells(frame: pl.DataFrame, language: str) -> pl.DataFrame:
    """Say the words in a table's cells in a language: steps, statuses, kinds, days.

    >>> table = pl.DataFrame({"status": ["delivered", "somewhere"], "day": ["Tue 03 Mar"] * 2})
    >>> translate_cells(table, "es").row(0)
    ('entregado', 'mar 03 mar')
    """
    days = section("weekday", language) | section("month", language)
    cells = {
        name: pl.col(name).cast(pl.String).replace(section(words, language))
        for name, words in _WORDS.items()
    }
    cells["day"] = pl.col("day").str.replace_many(days)
    return frame.with_columns(cell for name, cell in cells.items() if name in frame.columns)


def translate_header(name: str, language: str) -> str:
    """Say the header of a column in a language; a person's own column is called as it is.

    >>> translate_header("country_code", "es"), translate_header("Var1_x", "es")
    ('prefijo', 'Var1_x')
    """
    return template_of(f"column.{name}", language) or name


def _cell(tag: str, value: Any, side: str, name: str = "") -> str:
    faint = ";opacity:.5" if value is None else ""
    style = f"{_CELL};text-align:{side}{faint}"
    return f"<{tag} style='{style}'>{escape(format_value(value, name))}</{tag}>"


def _rows(frame: pl.DataFrame) -> str:
    return f"{frame.height:,} row{'' if frame.height == 1 else 's'}"
