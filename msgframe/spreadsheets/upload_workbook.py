"""The workbook for a manual upload: accepted rows as the vendor takes them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import DataError, UsageError
from msgframe.frames import RESERVED, quoted, require_columns
from msgframe.spreadsheets.xlsx_writer import MAX_ROWS, MAX_TEXT, open_workbook, write_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: How people write the headers that the vendor numbers.
_VARIABLE = re.compile(r"(?i)\s*var[\s_-]*0*([1-9]\d{0,2})\s*")


def write_clean(
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
    require_columns(accepted, ["country_code", "mobile"], verb="write_clean")
    if not 1 <= max_rows < MAX_ROWS:
        raise UsageError(
            f"write_clean(max_rows={max_rows}) must lie between 1 and {MAX_ROWS - 1:,}."
        )
    upload = _upload(accepted, variables).cast(pl.String)
    _refuse_cut(upload)
    parts = list(upload.iter_slices(max_rows)) or [upload]
    files = _file_names(Path(path), len(parts))
    for file, rows in zip(files, parts, strict=True):
        with open_workbook(file) as workbook:
            write_sheet(workbook, "Sheet1", rows)
        if advance is not None:
            advance(rows.height)
    return files


def _refuse_cut(upload: pl.DataFrame) -> None:
    longest = upload.select(pl.all().str.len_chars().max())
    cut = [name for name in upload.columns if (longest[name].item() or 0) > MAX_TEXT]
    if cut:
        raise DataError(
            f"write_clean() cannot write {quoted(cut)} whole: a cell of Excel holds {MAX_TEXT:,} "
            "characters. Shorten the values first."
        )


def _upload(accepted: pl.DataFrame, variables: Sequence[str] | None) -> pl.DataFrame:
    numbers = accepted.select(Country="country_code", Mobile="mobile")
    if variables is None and accepted.schema.get("variables") == pl.List(pl.String):
        listed = accepted["variables"]
        most = int(listed.list.len().max() or 0)  # type: ignore[arg-type]
        values = {n: listed.list.get(n - 1, null_on_oob=True) for n in range(1, most + 1)}
    else:
        require_columns(accepted, variables or [], verb="write_clean")
        numbered = _numbered(accepted) if variables is None else dict(enumerate(variables, 1))
        values = {n: accepted[name] for n, name in numbered.items()}
    blank = pl.lit(None, dtype=pl.String)
    last = max(values, default=0)
    return numbers.with_columns(values.get(n, blank).alias(f"Var{n}") for n in range(1, last + 1))


def _numbered(accepted: pl.DataFrame) -> dict[int, str]:
    """Give each column of the person's own its number: Var3 is the third, the rest come after."""
    own = [name for name in accepted.columns if name not in RESERVED | {"sheet"}]
    named = {int(match[1]): name for name in own if (match := _VARIABLE.fullmatch(name))}
    others = [name for name in own if name not in named.values()]
    return named | dict(enumerate(others, max(named, default=0) + 1))


def _file_names(path: Path, parts: int) -> list[Path]:
    if parts == 1:
        return [path]
    # "of 3" shows which files belong together, and which are of another day.
    return [path.with_stem(f"{path.stem}-{n}-of-{parts}") for n in range(1, parts + 1)]
