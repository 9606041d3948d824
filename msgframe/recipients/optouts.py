"""Lists of people who must not be texted: read from any list of numbers, matched in any spelling.

An entry that cannot be read as a number is compared digit by digit as well, so that a number which
is badly written on both sides is held back all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from msgframe.errors import SheetError, UseError
from msgframe.numbers import repair
from msgframe.recipients.headers import fold, match

if TYPE_CHECKING:
    from collections.abc import Iterable

Source: TypeAlias = "pl.DataFrame | str | Path | Iterable[str | int | pl.DataFrame]"

#: Headers under which a list says why somebody is on it, folded.
_REASONS = frozenset(
    fold(word)
    for word in ("reason", "motivo", "razón", "motif", "raison", "grund", "motivação", "कारण")
)


def read(source: Any, *, country: str | None) -> pl.DataFrame:
    """Read a list of opt-outs into `key` (digits) and `detail` (the reason in words).

    Parameters
    ----------
    source
        A frame of `read`, a .txt, .csv or .parquet file, a list of numbers, or several of these.
    country
        The calling code of entries that carry none.

    Raises
    ------
    UseError
        For a kind of file that this room cannot read.
    ColumnsError
        Where no column of the list holds numbers.
    """
    sheet = _as_frame(source)
    if isinstance(sheet, list):
        return pl.concat([read(part, country=country) for part in sheet])
    if "msisdn" in sheet.columns:
        return _entries(sheet, pl.col("msisdn").cast(pl.String))
    found = match(sheet)
    numbers = repair(sheet, mobile=found.mobile, country=found.country, default=country)
    digits = pl.col(found.mobile).str.replace_all(r"[^\p{Nd}]", "").str.strip_prefix("00")
    known = sheet.with_columns(numbers.get_column("msisdn").cast(pl.String).alias(_KEY))
    return _entries(known, pl.coalesce(_KEY, digits))


_KEY = "msgframe key"

#: A number in a reason ("asked by 919816111111"), which no sentence may show whole.
_NUMBER = r"(\d{4})[\d .-]*\d(\d{3})"


def _entries(sheet: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    reason = next((name for name in sheet.columns if fold(name) in _REASONS), None)
    why = pl.col(reason).cast(pl.String) if reason else pl.lit(None, dtype=pl.String)
    why = why.str.replace_all(_NUMBER, "${1}•••••${2}")
    return (
        sheet.select(key=key, detail=pl.format(" ({})", why).fill_null(""))
        .filter(pl.col("key").str.len_chars() >= 6)  # a stray "1" must not silence anybody
        .unique("key", keep="first", maintain_order=True)
    )


def _as_frame(source: Any) -> pl.DataFrame | list[Any]:
    match source:
        case pl.DataFrame():
            return source.with_columns(pl.exclude("row", "msisdn").cast(pl.String))
        case str() | Path():
            return _from_file(Path(source))
        case pl.LazyFrame():
            return _as_frame(source.collect())
        case _ if hasattr(source, "sheet"):
            return _as_frame(source.sheet)
    entries = list(source)
    if all(isinstance(entry, str | int) and not _is_file(entry) for entry in entries):
        return pl.DataFrame(
            {"mobile": [str(entry) for entry in entries]}, schema={"mobile": pl.String}
        )
    return entries


def _is_file(entry: str | int) -> bool:
    return isinstance(entry, str) and Path(entry).suffix.lower() in {".csv", ".txt", ".parquet"}


def _from_file(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise UseError(f"suppress: there is no file {path}.")
    try:
        match path.suffix.lower():
            case ".parquet":
                return pl.read_parquet(path).with_columns(
                    pl.exclude("row", "msisdn").cast(pl.String)
                )
            case ".csv":
                return _with_header(pl.read_csv(path, infer_schema=False, has_header=False))
            case ".txt":
                lines = path.read_text(encoding="utf-8-sig").splitlines()
                return pl.DataFrame({"mobile": lines}, schema={"mobile": pl.String})
            case other:
                raise UseError(
                    f"suppress: {path.name} is a {other or 'nameless'} file. "
                    f"Read it first: suppress=mf.read({str(path)!r}).sheet."
                )
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise SheetError(f"suppress: {path.name} cannot be read: {error}") from None


def _with_header(table: pl.DataFrame) -> pl.DataFrame:
    """Take the first line for headers, unless the list begins with a number at once."""
    first = [str(cell or "") for cell in table.row(0)] if table.height else []
    bare = table.rename({name: f"column {n}" for n, name in enumerate(table.columns, 1)})
    try:
        headed = table.slice(1).rename(dict(zip(table.columns, first, strict=True)))
    except pl.exceptions.DuplicateError:
        return bare
    return bare if any(sum(c.isdigit() for c in cell) >= 6 for cell in first) else headed
