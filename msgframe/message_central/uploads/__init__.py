"""The vendor's upload file, written a column at a time.

A sheet of text cells is so plain that its XML is an expression over columns. Built that way and
deflated by ISA-L it takes a small part of the time that a writer of single cells needs, which is
what a campaign of a million rows waits for.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import polars as pl
from isal import isal_zlib

from msgframe.core.a1 import column_letter
from msgframe.core.atomic_files import atomic_write
from msgframe.errors import DataError, SettingsError
from msgframe.frames import quoted, require_columns
from msgframe.message_central.uploads import ooxml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["save_upload_file", "upload_file"]

#: How a text is kept: in the workbook's table of strings, as Excel saves it, or in its cell.
Strings: TypeAlias = Literal["shared", "inline"]

#: Excel's own limits.
SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
CELL_UNITS = 32_767

#: Rows whose XML is built at once, which bounds the memory.
_BATCH = 16_384

#: ISA-L's fastest level that still finds repeats; XML shrinks to a ninth with it. Its bytes are
#: the same on every x86-64 processor since SSE4.2 (2008); another kind may choose other repeats.
LEVEL = 1

#: Deflate without a header of its own, as zip wants it.
RAW = -15

#: 1980-01-01 00:00, the first moment that zip knows: a file says nothing about when it was made.
TIME, DATE = 0, 0x0021

#: A field of 32 bits holds less than this; past it the archive would need the zip64 form.
FOUR_GIB = 2**32

#: Version 2.0 reads deflate; no flags, method 8.
_COMMON = (20, 0, 8, TIME, DATE)

#: The vendor's columns before Var1.
_NUMBER = {"Country": "country_code", "Mobile": "mobile"}


class Part(NamedTuple):
    """One file of the archive, deflated."""

    #: Its path in the archive, ASCII.
    path: str
    #: Bytes before deflating.
    size: int
    #: CRC-32 of them.
    crc: int
    #: The deflated pieces.
    pieces: list[bytes]


def upload_file(
    people: pl.DataFrame, /, *, strings: Strings = "shared", numbers: bool = False
) -> bytes:
    """Write the vendor's upload file: Country, Mobile, Var1 … VarN, a row for each person.

    Every cell is text, so nothing becomes a formula, a link, or a rounded number. The same rows
    give the same bytes on every x86-64 machine: the file holds no moment and no author. On another
    kind of processor the same content may be deflated to other bytes.

    Parameters
    ----------
    people
        `country_code` str, `mobile` str, and `variables` list[str], of one length in all rows.
    strings
        `shared`: texts stand in the workbook's table of strings, as Excel saves them, which the
        plainest reader understands. `inline`: each stands in its cell.
    numbers
        Whether Country and Mobile are number cells; a value that a number would not keep, such as
        one that begins with 0, stays text.

    Returns
    -------
    The bytes of an .xlsx file.

    Raises
    ------
    ColumnsError
        If a column is missing.
    DataError
        If a value is missing or longer than a cell holds, if rows have different numbers of
        variables, or if there are more rows than a sheet holds.

    >>> people = pl.DataFrame(
    ...     {"country_code": ["91"], "mobile": ["9816111111"], "variables": [["Ana", "=1+1"]]}
    ... )
    >>> import io, openpyxl
    >>> sheet = openpyxl.load_workbook(io.BytesIO(upload_file(people))).active
    >>> [[cell.value for cell in row] for row in sheet]
    [['Country', 'Mobile', 'Var1', 'Var2'], ['91', '9816111111', 'Ana', '=1+1']]
    """
    if strings not in ("shared", "inline"):
        raise SettingsError(f"upload_file(strings={strings!r}): there are 'shared' and 'inline'.")
    require_columns(people, [*_NUMBER.values(), "variables"], verb="upload_file")
    table = _table(people)
    _check(table)
    return _archive(_parts(table, strings, numbers=numbers))


def save_upload_file(
    people: pl.DataFrame,
    path: str | Path,
    /,
    *,
    strings: Strings = "shared",
    numbers: bool = False,
) -> Path:
    """Write the vendor's upload file to a path, complete or not at all. See `upload_file`."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(upload_file(people, strings=strings, numbers=numbers))
    return Path(path)


def _table(people: pl.DataFrame) -> pl.DataFrame:
    """Spread the variables over columns of their own, named as in the file."""
    widths = people["variables"].list.len().fill_null(0).unique().sort()
    if widths.len() > 1:
        raise DataError(
            f"upload_file(): there are rows with {quoted(widths.to_list())} variables, and a file "
            "has one number of Var columns. Write a file for each number."
        )
    width = int(widths.max() or 0)  # type: ignore[arg-type]  # a count
    spread = {f"Var{n + 1}": pl.col("variables").list.get(n) for n in range(width)}
    return people.select(**_NUMBER, **spread).cast(pl.String)


def _check(table: pl.DataFrame) -> None:
    """Raise where a sheet of Excel's cannot hold the table as it is."""
    if table.height >= SHEET_ROWS or table.width > SHEET_COLUMNS:
        raise DataError(
            f"upload_file(): {table.height:,} rows and {table.width:,} columns are more than a "
            f"sheet holds ({SHEET_ROWS - 1:,} below the header, {SHEET_COLUMNS:,}). Write several "
            "files."
        )
    for column in table:
        if column.null_count():
            raise DataError(_complaint(column, column.is_null(), "no value"))
        # A character has at least a byte for each of its UTF-16 units, so few need the count.
        if (column.str.len_bytes() > CELL_UNITS).any() and (long := _too_long(column)).any():
            raise DataError(_complaint(column, long, f"over {CELL_UNITS:,} characters"))


def _too_long(column: pl.Series) -> pl.Series:
    """Whether each text has more of UTF-16's units, in which Excel counts, than a cell holds."""
    beyond = column.str.count_matches(r"[\x{10000}-\x{10ffff}]")
    return column.str.len_chars() + beyond > CELL_UNITS


def _complaint(column: pl.Series, broken: pl.Series, what: str) -> str:
    places = [row + 2 for row in broken.arg_true().to_list()]
    return (
        f"upload_file(): {what} in {column.name}, in {len(places):,} of {len(column):,} rows; "
        f"in the file these would be rows {quoted(places, most=5)}. Send those rows single."
    )


def _parts(table: pl.DataFrame, strings: Strings, *, numbers: bool) -> Iterator[Part]:
    """Write every part of the workbook, in the order of the archive."""
    as_number = list(_NUMBER) if numbers else []
    shared = [n for n in table.columns if n not in as_number] if strings == "shared" else []
    for path, xml in ooxml.fixed(shared=bool(shared)).items():
        yield _deflate(path, [xml.encode()])
    if shared == table.columns:
        yield _pointing_sheet(table.width, table.height)
    else:
        yield _deflate(ooxml.SHEET, _sheet(table, shared, as_number))
    if shared:
        yield _deflate(ooxml.SHARED, _strings(table.select(shared)))


# The sheets of a campaign are alike but for the last; four shapes are a few megabytes.
@lru_cache(maxsize=4)
def _pointing_sheet(width: int, height: int) -> Part:
    """Write a sheet that only points to shared strings: all sheets of one shape are the same."""
    blank = pl.select(pl.repeat("", height).alias(str(n)) for n in range(width))
    return _deflate(ooxml.SHEET, _sheet(blank, shared=blank.columns, as_number=[]))


def _sheet(
    table: pl.DataFrame, shared: list[str], as_number: list[str]
) -> Iterator[bytes | memoryview]:
    """Write the sheet."""
    yield ooxml.sheet_open(f"{column_letter(table.width - 1)}{table.height + 1}").encode()
    for first, batch in _batches(table):
        yield ooxml.rows(batch, first, shared=shared, numbers=as_number)
    yield ooxml.SHEET_CLOSE.encode()


def _strings(texts: pl.DataFrame) -> Iterator[bytes | memoryview]:
    """Write the table of shared strings."""
    yield ooxml.shared_open((texts.height + 1) * texts.width).encode()
    for _, batch in _batches(texts):
        yield ooxml.shared_strings(batch)
    yield ooxml.SHARED_CLOSE.encode()


def _batches(table: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    """Give the header and then the rows, with the number of the first row of each batch."""
    yield 1, pl.DataFrame({name: [name] for name in table.columns})
    for start in range(0, table.height, _BATCH):
        yield start + 2, table.slice(start, _BATCH)


def _deflate(path: str, content: Iterable[bytes | memoryview]) -> Part:
    """Deflate a file as its content comes."""
    deflater = isal_zlib.compressobj(LEVEL, 8, RAW)
    size, crc, pieces = 0, 0, []
    for data in content:
        size, crc = size + len(data), isal_zlib.crc32(data, crc)
        pieces.append(deflater.compress(data))
        del data  # Freed before the next is made, which then takes its memory.
    if size >= FOUR_GIB:
        raise DataError(
            f"The part {path} has {size:,} bytes, and 4 GiB is the most that the vendor's readers "
            "can be trusted with. Write fewer rows to a file."
        )
    return Part(path, size, crc, [*pieces, deflater.flush()])


def _archive(parts: Iterable[Part]) -> bytes:
    """Join parts to a zip archive.

    The layout is that of PKWARE's APPNOTE 6.3: a local header before each file (4.3.7), the
    central directory (4.3.12), and its end record (4.3.16).
    """
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for part in parts:
        name = part.path.encode("ascii")
        size = sum(map(len, part.pieces))
        facts = (*_COMMON, part.crc, size, part.size, len(name), 0)
        local = pack("<4s5H3I2H", b"PK\x03\x04", *facts) + name
        body += [local, *part.pieces]
        directory.append(pack("<4s6H3I5H2I", b"PK\x01\x02", 20, *facts, 0, 0, 0, 0, offset) + name)
        offset += len(local) + size
    central = b"".join(directory)
    count = len(directory)
    end = pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(central), offset, 0)
    return b"".join([*body, central, end])
