"""Workbooks for people, written with XlsxWriter: rows to mend, rows to upload, tables to read.

Text is written as text, always: a cell that looks like a formula or a link stays what it is. Every
file is complete or absent, and equal content gives equal bytes. XlsxWriter takes cells one by one,
a minute or two for 1,000,000 rows of five; what is sent to the vendor, `uploads` writes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import DataError, UsageError
from msgframe.frames import RESERVED, quoted, require_columns
from msgframe.spreadsheets.workbooks.rejects_workbook import rejects
from msgframe.spreadsheets.workbooks.report_workbook import report
from msgframe.spreadsheets.workbooks.writer import MAX_ROWS, MAX_TEXT, table, workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: How people write the headers that the vendor numbers.
_VARIABLE = re.compile(r"(?i)\s*var[\s_-]*0*([1-9]\d{0,2})\s*")

__all__ = ["clean", "rejects", "report", "tables"]


def tables(tables: Mapping[str, pl.DataFrame], path: str | Path) -> Path:
    """Write frames as the sheets of one workbook: headers frozen and filtered, columns fitted.

    Parameters
    ----------
    tables
        The name of each sheet and its frame; a frame longer than a sheet goes on in a next one.
    path
        Where to; a file that is there is replaced, complete or not at all.

    Numbers stay numbers, moments become Excel's own (in UTC), lists are joined by commas, and text
    is text whatever it looks like. Text past Excel's 32,767 characters ends in "…".
    """
    if not tables:
        raise UsageError("tables() needs one frame at least: tables({'deliveries': frame}, path).")
    with workbook(path) as book:
        for name, frame in tables.items():
            for rows in list(frame.iter_slices(MAX_ROWS - 1)) or [frame]:
                table(book, name, rows)
    return Path(path)


def clean(
    accepted: pl.DataFrame,
    path: str | Path,
    /,
    *,
    variables: Sequence[str] | None = None,
    max_rows: int = 50_000,
    advance: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write accepted rows as the vendor's upload takes them: Country, Mobile, Var1, Var2 and so on.

    Parameters
    ----------
    accepted
        What `check` accepted, or what `render` made of it.
    path
        Where to. More rows than `max_rows` become `name-1-of-3.xlsx`, `name-2-of-3.xlsx`, …
    variables
        The columns that become Var1, Var2, …, in this order. By default what `render` numbered,
        and without it every column of the person's own.
    max_rows
        The most rows of one file; the vendor's limit is not published.
    advance
        Called with the number of rows after each file, for a bar of progress.

    Returns
    -------
    The files written, in the order of the rows.

    Raises
    ------
    DataError
        Where a value is longer than a cell of Excel holds: what is sent is never cut.
    """
    require_columns(accepted, ["country_code", "mobile"], verb="clean")
    if not 1 <= max_rows < MAX_ROWS:
        raise UsageError(f"clean(max_rows={max_rows}) must lie between 1 and {MAX_ROWS - 1:,}.")
    upload = _upload(accepted, variables).cast(pl.String)
    _refuse_cut(upload)
    parts = list(upload.iter_slices(max_rows)) or [upload]
    files = _numbered(Path(path), len(parts))
    for file, rows in zip(files, parts, strict=True):
        with workbook(file) as book:
            table(book, "Sheet1", rows)
        if advance is not None:
            advance(rows.height)
    return files


def _refuse_cut(upload: pl.DataFrame) -> None:
    longest = upload.select(pl.all().str.len_chars().max())
    cut = [name for name in upload.columns if (longest[name].item() or 0) > MAX_TEXT]
    if cut:
        raise DataError(
            f"clean() cannot write {quoted(cut)} whole: a cell of Excel holds {MAX_TEXT:,} "
            "characters. Shorten the values first."
        )


def _upload(accepted: pl.DataFrame, variables: Sequence[str] | None) -> pl.DataFrame:
    numbers = accepted.select(Country="country_code", Mobile="mobile")
    if variables is None and accepted.schema.get("variables") == pl.List(pl.String):
        listed = accepted["variables"]
        most = int(listed.list.len().max() or 0)  # type: ignore[arg-type]
        values = {n: listed.list.get(n - 1, null_on_oob=True) for n in range(1, most + 1)}
    else:
        require_columns(accepted, variables or [], verb="clean")
        places = _places(accepted) if variables is None else dict(enumerate(variables, 1))
        values = {n: accepted[name] for n, name in places.items()}
    blank = pl.lit(None, dtype=pl.String)
    last = max(values, default=0)
    return numbers.with_columns(values.get(n, blank).alias(f"Var{n}") for n in range(1, last + 1))


def _places(accepted: pl.DataFrame) -> dict[int, str]:
    """Give each column of the person's own its number: Var3 is the third, the rest come after."""
    own = [name for name in accepted.columns if name not in RESERVED | {"sheet"}]
    named = {int(found[1]): name for name in own if (found := _VARIABLE.fullmatch(name))}
    others = [name for name in own if name not in named.values()]
    return named | dict(enumerate(others, max(named, default=0) + 1))


def _numbered(path: Path, parts: int) -> list[Path]:
    if parts == 1:
        return [path]
    # "of 3" shows which files belong together, and which are left from another day.
    return [path.with_stem(f"{path.stem}-{n}-of-{parts}") for n in range(1, parts + 1)]
