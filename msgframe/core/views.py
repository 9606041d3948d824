"""How results look: numbers masked, values escaped, small tables, one line for a repr.

Every result of several frames shows itself through `line` and `panels`, so that a phone number
never reaches a notebook's output or a traceback by accident. The frames themselves stay whole.
"""

from __future__ import annotations

import re
from datetime import timedelta
from html import escape
from typing import Any

import polars as pl

#: Columns that hold somebody's number, in the street's frames and in most sheets.
NUMBERS = frozenset({"msisdn", "mobile", "phone", "telephone", "number", "value", "suggestion"})

#: Seven digits and more, however they are grouped; a date and an address of a machine are none.
_LONG_NUMBER = re.compile(
    r"(?P<kept>\d{4}-\d\d-\d\d(?:[T ][\d:.]+)?|\b\d{1,3}(?:\.\d{1,3}){3}\b)"
    r"|\+?\d(?:[\s().-]{0,3}\d){6,}"
)

#: Greys made from the page's own colour hold on a light and on a dark page.
_TABLE = (
    "border-collapse:collapse;font:13px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums"
)
_CELL = "padding:2px 10px;border-top:1px solid rgba(128,128,128,.35);color:inherit;background:none"


def masked(number: str | pl.Expr) -> pl.Expr:
    """Mask a column of phone numbers: the first four characters and the last three stay.

    Returns
    -------
    String, null where null. Fewer than eight characters are masked whole.

    >>> frame = pl.DataFrame({"msisdn": [919816111111, 112, None]})
    >>> frame.select(masked("msisdn"))["msisdn"].to_list()
    ['9198•••••111', '•••', None]
    """
    text = (pl.col(number) if isinstance(number, str) else number).cast(pl.String)
    return (
        pl.when(text.str.len_chars() >= 8)
        .then(text.str.head(4) + "•••••" + text.str.tail(3))
        .otherwise(text.str.replace_all(".", "•"))
    )


def private(frame: pl.DataFrame) -> pl.DataFrame:
    """Mask the columns of a frame that hold phone numbers by their name, in whatever case.

    >>> private(pl.DataFrame({"Mobile": ["9816111111"], "name": ["Ana"]})).row(0)
    ('9816•••••111', 'Ana')
    """
    return frame.with_columns(masked(name) for name in frame.columns if name.casefold() in NUMBERS)


def mask(text: str) -> str:
    """Mask every run of seven digits and more in a line of text, for errors and logs.

    >>> mask("no answer for +91 98161-11111 (order 1234)")
    'no answer for +91 •••••111 (order 1234)'
    >>> mask("127.0.0.1 at 2026-03-02 09:00:01")
    '127.0.0.1 at 2026-03-02 09:00:01'
    """
    return _LONG_NUMBER.sub(
        lambda run: run["kept"] or f"{run[0][:4]}•••••{run[0][-3:]}",
        text,
    )


def line(name: str, **frames: pl.DataFrame) -> str:
    """Give the one-line repr of a result: its name, and the height of each frame.

    >>> line("Checked", accepted=pl.DataFrame({"row": [2, 3]}), rejected=pl.DataFrame({"row": [4]}))
    'Checked(accepted=2 rows, rejected=1 row)'
    """
    heights = (f"{key}={_rows(frame)}" for key, frame in frames.items())
    return f"{name}({', '.join(heights)})"


def panels(name: str, *, most: int = 8, **frames: pl.DataFrame) -> str:
    """Give the notebook view of a result: each frame as a small table under its name and height."""
    parts = [f"<div><b>{escape(name)}</b></div>"]
    for key, frame in frames.items():
        parts.append(
            f"<details {'open' if frame.height > 0 else ''} style='margin:4px 0'>"
            f"<summary>{escape(key)}: {_rows(frame)}</summary>{table(frame, most=most)}</details>"
        )
    return "".join(parts)


def table(frame: pl.DataFrame, *, most: int = 20) -> str:
    """Give the first rows of a frame as an HTML table: values escaped, phone numbers masked.

    >>> "&lt;b&gt;" in table(pl.DataFrame({"name": ["<b>"]}))
    True
    """
    first = frame.head(most).pipe(private)
    align = ["right" if dtype.is_numeric() else "left" for dtype in frame.dtypes]
    head = "".join(_cell("th", name, side) for name, side in zip(first.columns, align, strict=True))
    rows = (zip(row, align, first.columns, strict=True) for row in first.rows())
    body = "".join(f"<tr>{''.join(_cell('td', *cell) for cell in row)}</tr>" for row in rows)
    rest = frame.height - first.height
    more = f"<div style='opacity:.7'>… and {rest:,} more</div>" if rest else ""
    return (
        f"<table style='{_TABLE}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
    )


def shown(value: Any, name: str = "", *, none: str = "·") -> str:
    """Write one value as a person reads it; the name of its column tells a share from a number.

    >>> (
    ...     shown(0.9713, "share"),
    ...     shown(12345),
    ...     shown(12345, "row"),
    ...     shown(None),
    ...     shown(4.0, "seconds"),
    ... )
    ('97.1%', '12,345', '12345', '·', '4.0')
    """
    match value:
        case None:
            return none
        case bool():
            return "yes" if value else "no"
        case int() if name != "row":
            return f"{value:,}"
        case float() if name == "share":
            return f"{value:.1%}"
        case float():
            return f"{value:,.1f}"
        case timedelta():
            return f"{value.total_seconds():,.1f} s"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _cell(tag: str, value: Any, side: str, name: str = "") -> str:
    faint = ";opacity:.5" if value is None else ""
    style = f"{_CELL};text-align:{side}{faint}"
    return f"<{tag} style='{style}'>{escape(shown(value, name))}</{tag}>"


def _rows(frame: pl.DataFrame) -> str:
    return f"{frame.height:,} row{'' if frame.height == 1 else 's'}"
