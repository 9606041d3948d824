"""Nobody's number in a log, an error, a repr or a notebook by accident.

The frames themselves stay whole; what is shown of them is masked.
"""

from __future__ import annotations

import re

import polars as pl

#: Columns that hold somebody's number, in the street's frames and in most sheets.
NUMBERS = frozenset({"msisdn", "mobile", "phone", "telephone", "number", "value", "suggestion"})

#: Seven digits and more, however they are grouped; a date and an address of a machine are none.
_LONG_NUMBER = re.compile(
    r"(?P<kept>\d{4}-\d\d-\d\d(?:[T ][\d:.]+)?|\b\d{1,3}(?:\.\d{1,3}){3}\b)"
    r"|\+?\d(?:[\s().-]{0,3}\d){6,}"
)


def mask_numbers(number: str | pl.Expr) -> pl.Expr:
    """Mask a column of phone numbers: the first four characters and the last three stay.

    Returns
    -------
    String, null where null. Fewer than eight characters are masked whole.

    >>> frame = pl.DataFrame({"msisdn": [919816111111, 112, None]})
    >>> frame.select(mask_numbers("msisdn"))["msisdn"].to_list()
    ['9198•••••111', '•••', None]
    """
    text = (pl.col(number) if isinstance(number, str) else number).cast(pl.String)
    return (
        pl.when(text.str.len_chars() >= 8)
        .then(text.str.head(4) + "•••••" + text.str.tail(3))
        .otherwise(text.str.replace_all(".", "•"))
    )


def mask_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Mask the columns of a frame that hold phone numbers by their name, in whatever case.

    >>> mask_columns(pl.DataFrame({"Mobile": ["9816111111"], "name": ["Ana"]})).row(0)
    ('9816•••••111', 'Ana')
    """
    return frame.with_columns(
        mask_numbers(name) for name in frame.columns if name.casefold() in NUMBERS
    )


def mask_text(text: str) -> str:
    """Mask every run of seven digits and more in a line of text, for errors and logs.

    >>> mask_text("no answer for +91 98161-11111 (order 1234)")
    'no answer for +91 •••••111 (order 1234)'
    >>> mask_text("127.0.0.1 at 2026-03-02 09:00:01")
    '127.0.0.1 at 2026-03-02 09:00:01'
    """
    return _LONG_NUMBER.sub(
        lambda run: run["kept"] or f"{run[0][:4]}•••••{run[0][-3:]}",
        text,
    )
