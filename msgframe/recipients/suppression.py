"""Lists of people who must not be texted: read from any list of numbers, matched in any spelling.

An entry that cannot be read as a number is compared digit by digit as well, so that a number which
is badly written on both sides is held back all the same.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from warnings import warn

import polars as pl
import polars.selectors as cs

from msgframe.core.header_synonyms import fold_header
from msgframe.errors import ColumnsError, UsageError
from msgframe.frames import quoted
from msgframe.phone import repair, split
from msgframe.recipients.headers import match, shares
from msgframe.spreadsheets import Reading, read_table

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

#: The number of a row in its file, and the name of its sheet, under names that no list has.
_ROW = "row of the file"
_SHEET = "sheet of the file"

#: Endings by which a file's name among several lists is told from a number.
_FILES = frozenset(
    {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet", ".arrow"}
)

#: Numbers inside of an entry, and by what it can have some: by words or marks, or by its length,
#: since two numbers of seven digits and a mark between them are fifteen characters.
_WITHIN = r"[+(]*\d(?:[ ().-]*\d){6,}"
_MORE_THAN_A_NUMBER = r"[\p{L};,/|]"
_LONG = 15

#: A day, which has as many digits as a number: since when somebody is on the list.
_DATE = (
    r"^\s*(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d)(?:[T ].*)?\s*$"
)

#: An entry with fewer digits is no number: a stray 1 must not silence anybody.
_SHORTEST = 6


def read_suppressed(source: Source, *, countries: Sequence[str]) -> pl.DataFrame:
    """Read a list of opt-outs into `key` (digits) and `detail` (the reason in words).

    Parameters
    ----------
    source
        What `read` gave, a file of any kind that it reads, a list of numbers, or several of these.
    countries
        The calling codes that an entry without one may have: it counts in each of them.

    Warns
    -----
    UserWarning
        Where entries, or whole sheets, hold no number: they hold nobody back.

    Raises
    ------
    UsageError
        Where there is no such file.
    SheetError
        Where a file is broken, or holds no table.
    ColumnsError
        Where no column of the list holds numbers.
    """
    listed = _as_frame(source)
    if isinstance(listed, list):
        return pl.concat([read_suppressed(part, countries=countries) for part in listed])
    detail = _details(listed)
    if listed.schema.get("msisdn", pl.String).is_integer():
        return listed.select(detail, key=pl.col("msisdn").cast(pl.String)).drop_nulls("key")
    numbered = next((name for name in (_ROW, "row") if name in listed.columns), None)
    row = pl.col(numbered) if numbered else pl.int_range(1, pl.len() + 1)
    # Only what is needed, since a list may have columns of any name.
    entries = listed.select(detail, *_number_columns(listed), row=row).with_row_index("at")
    every = pl.concat([entries, _numbers_within(entries)])
    keys = pl.concat([_numbers(every, countries), _digits(every)]).drop_nulls("key")
    _warn_of_silence(entries, keys["at"])
    return keys.drop("at").unique("key", keep="first", maintain_order=True)


def _number_columns(listed: pl.DataFrame) -> list[pl.Expr]:
    """Give the columns `typed` and, where there is one, `country`; an `msisdn` says it all."""
    if "msisdn" in listed.columns:
        return [pl.col("msisdn").cast(pl.String).alias("typed")]
    text = listed.select(cs.string())
    dates = [name for name, fit in zip(text.columns, shares(text, _DATE), strict=True) if fit == 1]
    matched = match(listed.drop(_ROW, *dates, strict=False))
    country = [pl.col(matched.country).alias("country")] if matched.country else []
    return [pl.col(matched.mobile).alias("typed"), *country]


def _numbers_within(entries: pl.DataFrame) -> pl.DataFrame:
    """Give the numbers of entries that hold more than one, or one among words."""
    worded = pl.col("typed").str.contains(_MORE_THAN_A_NUMBER).fill_null(value=False)
    mixed = entries.filter(worded | (pl.col("typed").str.len_bytes() >= _LONG))
    extracted = mixed.with_columns(pl.col("typed").str.extract_all(_WITHIN)).explode("typed")
    return pl.concat([split(mixed, mobile_column="typed"), extracted]).drop_nulls("typed")


def _numbers(entries: pl.DataFrame, countries: Sequence[str]) -> pl.DataFrame:
    """Read each entry as a number; one without a country as a number of each country."""
    country = "country" if "country" in entries.columns else None
    whole = repair(entries, mobile_column="typed", country_column=country)
    bare = entries.filter(whole["rule"] == "no_country")
    tried = [(entries, whole)] + [
        (bare, repair(bare, mobile_column="typed", country_column=country, default=code))
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
            return source.with_columns(pl.exclude("row", "msisdn", _ROW).cast(pl.String))
        case str() | Path():
            return _from_file(Path(source))
        case pl.LazyFrame():
            return _as_frame(source.collect())
        case Reading():
            return _as_frame(source.sheet)
    entries = list(source)
    if all(isinstance(entry, str | int) and not _is_file(entry) for entry in entries):
        return pl.DataFrame(
            {"mobile": [str(entry) for entry in entries]}, schema={"mobile": pl.String}
        )
    return entries


def _is_file(entry: str | int) -> bool:
    return isinstance(entry, str) and Path(entry).suffix.lower() in _FILES


def _from_file(path: Path) -> pl.DataFrame | list[pl.DataFrame]:
    """Read a table of any kind; in a plain list of numbers every line is an entry."""
    if not path.is_file():
        raise UsageError(f"suppress: there is no file {path}.")
    if path.suffix.lower() == ".txt":
        lines = read_table(path, row_index=_ROW, header_row=0, delimiter="\t")
        return lines.rename({"A": "mobile"}, strict=False)
    read_sheets = partial(read_table, path, sheet="*", row_index=_ROW, sheet_index=_SHEET)
    table = read_sheets()
    # A list without headers begins with a number at once, and that counts, too.
    bare = any(len(re.findall(r"\d", name)) >= _SHORTEST for name in table.columns)
    return _lists(read_sheets(header_row=0) if bare else table)


def _lists(table: pl.DataFrame) -> pl.DataFrame | list[pl.DataFrame]:
    """Take each visible sheet by itself: it may have its numbers under a header of its own."""
    sheets = table.partition_by(_SHEET, maintain_order=True)
    lists, others = [], []
    for sheet in sheets if len(sheets) > 1 else []:
        own = sheet.select(column.name for column in sheet if column.null_count() < sheet.height)
        try:
            _number_columns(own.drop(_SHEET))
        except ColumnsError:
            others.append(sheet[_SHEET][0])
        else:
            lists.append(own.drop(_SHEET))
    if lists and others:
        warn(
            f"suppress: the sheets {quoted(others)} have no column of numbers that can be told, so "
            "they hold nobody back.",
            stacklevel=2,
        )
    return lists or table.drop(_SHEET)
