"""Lists of people who must not be texted: read from any list of numbers, matched in any spelling.

An entry that cannot be read as a number is compared digit by digit as well, so that a number which
is badly written on both sides is held back all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from warnings import warn

import polars as pl

from msgframe.core.header_synonyms import fold_header
from msgframe.errors import SheetError, UsageError
from msgframe.frames import quoted
from msgframe.phone import repair
from msgframe.recipients.headers import match
from msgframe.recipients.models import first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Source: TypeAlias = "pl.DataFrame | str | Path | Iterable[pl.DataFrame | Path | str | int]"

#: Headers under which a list says why somebody is on it, folded.
_REASONS = frozenset(
    fold_header(word)
    for word in ("reason", "motivo", "razón", "motif", "raison", "grund", "motivação", "कारण")
)

#: A number in a reason ("asked by 919816111111"), which no sentence may show whole.
_NUMBER = r"(\d{4})[\d .-]*\d(\d{3})"

#: A list without countries is tried with so many of the sheet's, the most frequent first.
_TRIED = 30

#: An entry with fewer digits is no number: a stray 1 must not silence anybody.
_SHORTEST = 6


def read(source: Source, *, countries: Sequence[str]) -> pl.DataFrame:
    """Read a list of opt-outs into `key` (digits) and `detail` (the reason in words).

    Parameters
    ----------
    source
        A frame of `read`, a .txt, .csv or .parquet file, a list of numbers, or several of these.
    countries
        The calling codes that an entry without one may have: it counts in each of them.

    Warns
    -----
    UserWarning
        Where entries hold no number, with their rows: they hold nobody back.

    Raises
    ------
    UsageError
        For a kind of file that this room cannot read.
    ColumnsError
        Where no column of the list holds numbers.
    """
    listed = _as_frame(source)
    if isinstance(listed, list):
        return pl.concat([read(part, countries=countries) for part in listed])
    detail = _details(listed)
    if "msisdn" in listed.columns:
        return listed.select(detail, key=pl.col("msisdn").cast(pl.String)).drop_nulls("key")
    found = match(listed)
    row = pl.col("row") if "row" in listed.columns else pl.int_range(1, pl.len() + 1)
    country = [pl.col(found.country).alias("country")] if found.country else []
    # Only what is needed, since a list may have columns of any name.
    entries = listed.select(detail, *country, typed=found.mobile, row=row).with_row_index("at")
    keys = pl.concat([_numbers(entries, countries), _digits(entries)]).drop_nulls("key")
    _warn_of_silence(entries, keys["at"])
    return keys.drop("at").unique("key", keep="first", maintain_order=True)


def _numbers(entries: pl.DataFrame, countries: Sequence[str]) -> pl.DataFrame:
    """Read each entry as a number; one without a country as a number of each country."""
    country = "country" if "country" in entries.columns else None
    whole = repair(entries, mobile="typed", country=country)
    bare = entries.filter(whole["rule"] == "no_country")
    tried = [(entries, whole)] + [
        (bare, repair(bare, mobile="typed", country=country, default=code))
        for code in countries[:_TRIED]
    ]
    return pl.concat(
        of.select("at", "detail", key=numbers["msisdn"].cast(pl.String)) for of, numbers in tried
    )


def _digits(entries: pl.DataFrame) -> pl.DataFrame:
    """Give the digits of each entry, for what is as badly written on the list as in the sheet."""
    digits = pl.col("typed").str.replace_all(r"[^0-9]", "").str.strip_prefix("00")
    keys = entries.select("at", "detail", key=digits)
    return keys.filter(pl.col("key").str.len_chars() >= _SHORTEST)


def _warn_of_silence(entries: pl.DataFrame, read: pl.Series) -> None:
    """Warn of entries that say something and hold no number: they hold nobody back."""
    filled = pl.col("typed").str.strip_chars() != ""
    lost = entries.filter(filled, ~pl.col("at").is_in(read.implode()))
    if lost.height:
        warn(
            f"suppress: {lost.height:,} of {entries.height:,} entries hold no number, so they hold "
            f"nobody back: rows {quoted(lost['row'], most=8)}.",
            stacklevel=2,
        )


def _details(listed: pl.DataFrame) -> pl.Expr:
    """Give the reason of each entry in brackets, where the list has a column of reasons."""
    reason = next((name for name in listed.columns if fold_header(name) in _REASONS), None)
    why = pl.col(reason).cast(pl.String) if reason else pl.lit(None, dtype=pl.String)
    masked = why.str.replace_all(_NUMBER, "${1}•••••${2}")
    return pl.format(" ({})", masked).fill_null("").alias("detail")


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
        raise UsageError(f"suppress: there is no file {path}.")
    try:
        match path.suffix.lower():
            case ".parquet":
                return pl.read_parquet(path).with_columns(
                    pl.exclude("row", "msisdn").cast(pl.String)
                )
            case ".csv":
                return _with_header(
                    pl.read_csv(path, infer_schema=False, has_header=False, separator=_mark(path))
                )
            case ".txt":
                lines = path.read_text(encoding="utf-8-sig").splitlines()
                return pl.DataFrame({"mobile": lines}, schema={"mobile": pl.String})
            case other:
                raise UsageError(
                    f"suppress: {path.name} is a {other or 'nameless'} file. "
                    f"Read it first: suppress=mf.read({str(path)!r}).sheet."
                )
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise SheetError(f"suppress: {path.name} cannot be read: {first_line(error)}") from None


def _mark(path: Path) -> str:
    """Give the mark between cells that the first line has most of."""
    with path.open("rb") as file:
        first = file.readline()
    return max(",;\t|", key=lambda mark: first.count(mark.encode()))


def _with_header(table: pl.DataFrame) -> pl.DataFrame:
    """Take the first line for headers, unless the list begins with a number at once."""
    first = [str(cell or "") for cell in table.row(0)] if table.height else []
    bare = table.rename({name: f"column {n}" for n, name in enumerate(table.columns, 1)})
    try:
        headed = table.slice(1).rename(dict(zip(table.columns, first, strict=True)))
    except pl.exceptions.DuplicateError:
        return bare
    return bare if any(sum(c.isdigit() for c in cell) >= 6 for cell in first) else headed
