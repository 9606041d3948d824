"""Nobody's number in a log, an error, a repr or a notebook by accident.

The frames themselves stay whole; what is shown of them is masked.
"""

from __future__ import annotations

import re

import polars as pl

from msgframe.core.header_synonyms import NUMBER_KINDS, wording_score

#: Seven to fifteen digits (E.164) with what people put between and before them.
LOOKS_LIKE_NUMBER = (
    r"^['=\"\s]*(?:[\p{L}.]{1,6}:)?\s*[+＋]?(?:[\s().\-/–]*\p{Nd}){7,17}(?:\.0+)?[\s\"]*$"
)

#: Columns of ours that repeat what somebody typed in any column, the number too.
_TYPED = frozenset({"value", "suggestion"})

#: Columns of ours that name cells of a sheet, though "cell" is a mobile, too.
_ADDRESSES = frozenset({"cell", "cells"})

#: So many digits in a cell may be a number, mistyped.
_FIVE_DIGITS = r"(?:\p{Nd}\P{Nd}*){5}"

_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
_DAYS = (
    rf"(?:{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}|(?:{_DAY}[-/.]{_MONTH}|{_MONTH}[-/.]{_DAY})[-/.]{_YEAR})"
)
_AMOUNTS = r"-?(?:[0-9]{1,2}(?:\.[0-9]{3}){2}|[0-9]{1,9}\.[0-9]{2})"
#: Days, moments, and amounts (1.234.567; 1234567.50): they are read as such before as numbers.
_NO_NUMBER = rf"^\s*(?:{_DAYS}(?:[T ][0-9:.]+Z?)?|{_AMOUNTS})\s*$"

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
    """Mask the phone numbers of a frame that is shown, found by headers and by values.

    A column is masked whole where its header says "number" in any wording that `check` knows and a
    cell bears it out, or where most of its cells look like numbers, whatever its header; elsewhere
    the cells that look like one are. Days and amounts stay; a long order number does not. Give the
    rows that are shown, not all: each cell is looked at.

    >>> people = pl.DataFrame(
    ...     {
    ...         "Móvil 1": ["9816111111", "98161 ABCDE"],
    ...         "Contact": ["+44 7700 900123", "Ana"],
    ...         "Saldo": ["1.234.567", "2026-03-02"],
    ...     }
    ... )
    >>> mask_columns(people).rows()
    [('9816•••••111', '+44 •••••123', '1.234.567'), ('9816•••••CDE', '•••', '2026-03-02')]
    """
    # Under a name of ours, since a header such as "^x$" would mean several columns.
    return frame.with_columns(
        _mask_column(column.name, column.alias("cells")).alias(column.name)
        for column in frame.get_columns()
    )


def _mask_column(header: str, cells: pl.Series) -> pl.Series:
    named = header not in _ADDRESSES and wording_score(header, NUMBER_KINDS) > 0
    if cells.dtype.is_numeric():
        # Below that an integer is a count, whatever its header.
        number = cells.cast(pl.Float64).is_between(10**6 if named else 10**9, 10**15)
    elif cells.dtype in (pl.String, pl.Categorical, pl.Enum):
        cells = cells.cast(pl.String)
        number = cells.str.contains(_FIVE_DIGITS if named else LOOKS_LIKE_NUMBER)
        number &= ~cells.str.contains(_NO_NUMBER)
    else:
        return cells
    masked = pl.select(mask_numbers(pl.lit(cells))).to_series()
    if header in _TYPED or number.sum() > (0 if named else number.count() / 2):
        return masked
    return cells if cells.dtype.is_numeric() else masked.zip_with(number.fill_null(False), cells)


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
