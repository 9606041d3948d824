"""Text files: the encoding and the delimiter found, every cell as it was typed."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from msgframe.core.a1 import column_letter
from msgframe.errors import SheetError
from msgframe.spreadsheets.findings import Finding
from msgframe.spreadsheets.sources import MIB, Source
from msgframe.spreadsheets.tables import Grid

if TYPE_CHECKING:
    from msgframe.spreadsheets.sources import Limits, ReadOptions

_SAMPLE = 256 * 1024
_DELIMITERS = ",;\t|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: What polars raises where quotes or bytes are not as the text file's rules have them.
_REFUSED = (pl.exceptions.ComputeError, pl.exceptions.SchemaError)
#: What Unicode shows where a byte means nothing.
_MARK = "\ufffd"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read_text(source: Source, options: ReadOptions) -> tuple[Grid, list[Finding]]:
    """Read a text file as a grid of cells; row numbers count records, as Excel does.

    Raises
    ------
    SheetError
        Where it is no text, or cannot be read in its encoding.
    """
    where, encoding = source.name, options.encoding
    sample = source.piece(_SAMPLE)
    guess = encoding or _encoding(sample, where)
    if guess not in {"utf-8", "utf-8-sig"} or (b"\r" in sample and b"\n" not in sample):
        source = Source(where, _as_utf8(source.whole(), guess, where))
        sample = source.piece(_SAMPLE)
    text = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(sample)
    dialect = _dialect(text, options.delimiter)
    findings: list[Finding] = []
    try:
        cells = _scan(source, *dialect, options.limits)
    except _REFUSED:
        guess, cells, findings = _carefully(source, *dialect, options.limits)
        if encoding and (findings or guess != "utf-8"):
            raise SheetError(
                f"{where} is not written in {encoding}. Leave encoding= out, or save it as UTF-8."
            ) from None
    _refuse_long(cells, where, options.limits)
    if not encoding and guess not in {"utf-8", "utf-8-sig"}:
        findings = [*findings, Finding("encoding", 1, facts={"encoding": guess})]
    return Grid(cells.with_row_index("row", offset=1).cast({"row": pl.UInt32})), findings


def _encoding(sample: bytes, where: str) -> str:
    for mark, name in _MARKS.items():
        if sample.startswith(mark):
            return name
    zeros = sample[:4096].count(0)
    if zeros:
        return _wide(sample[:4096], zeros, where)
    try:
        # The sample may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "utf-8" if _is_mostly_utf8(sample) else "cp1252"
    return "utf-8"


def _is_mostly_utf8(data: bytes) -> bool:
    """Tell UTF-8 with a few bad bytes from text in cp1252, whose accents hardly ever make UTF-8."""
    valid = len(data.decode("utf-8", "ignore").encode())
    ascii_only = len(data.translate(None, bytes(range(128, 256))))
    return valid - ascii_only > len(data) - valid


def _wide(sample: bytes, zeros: int, where: str) -> str:
    """UTF-16 without its mark: every second byte of Latin text and of digits is zero."""
    odd = sample[1::2].count(0)
    if zeros * 5 > len(sample) and max(odd, zeros - odd) > 0.95 * zeros:
        return "utf-16-le" if odd * 2 > zeros else "utf-16-be"
    raise SheetError(
        f"{where} is neither a workbook nor text: it holds zero bytes. Save it as .xlsx or .csv."
    )


def _as_utf8(data: bytes, encoding: str, where: str) -> bytes:
    try:
        text = codecs.decode(data, encoding)
    except LookupError:
        raise SheetError(f"{where}: no encoding is called {encoding!r}; try 'utf-8'.") from None
    except UnicodeError:
        if encoding != "cp1252":
            raise SheetError(
                f"{where} is not written in {encoding}. Say read(encoding=…), or save it as UTF-8."
            ) from None
        # Five bytes have no meaning in cp1252; Windows itself reads them as Latin-1 does.
        text = data.decode("latin-1")
    text = text.removeprefix("\ufeff")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return text.encode("utf-8", "replace")


def _dialect(text: str, delimiter: str | None) -> tuple[int, str]:
    """Give how many lines are Excel's own (`sep=;`), and the delimiter."""
    first = text.split("\n", 1)[0].strip()
    if match := re.fullmatch(r'"?sep=(.)"?', first, re.IGNORECASE):
        return 1, delimiter or match[1]
    if first.casefold() == "sep=":
        return 1, delimiter or "\t"
    return 0, delimiter or _delimiter(text)


def _delimiter(text: str) -> str:
    """Choose the mark that divides most lines into the same number of cells."""
    lines = [line for line in _QUOTED.sub("", text).splitlines()[:200] if line.strip()]
    best, most = ",", (0.0, 0)
    for mark in _DELIMITERS:
        counts = Counter(line.count(mark) for line in lines)
        counts.pop(0, None)
        if not counts:
            continue
        count, often = counts.most_common(1)[0]
        score = (round(often / len(lines), 1), count)
        if often * 3 >= len(lines) and score > most:
            best, most = mark, score
    return best


def _scan(source: Source, skipped: int, delimiter: str, limits: Limits) -> pl.DataFrame:
    width = _width(source, skipped, delimiter)
    if width > limits.columns:
        raise SheetError(
            f"{source.name} has a line of {width:,} cells; {limits.columns:,} are allowed. "
            "Is the delimiter another one? Say read(delimiter=…), or raise Limits(columns=…)."
        )
    return pl.scan_csv(
        source.scannable(),
        has_header=False,
        skip_lines=skipped,
        separator=delimiter,
        schema=_schema(width),
        truncate_ragged_lines=True,
        missing_columns="insert",
        glob=False,
    ).collect(engine="streaming")


def _schema(width: int) -> dict[str, type[pl.String]]:
    return {column_letter(index): pl.String for index in range(width)}


def _width(source: Source, skipped: int, delimiter: str) -> int:
    line = pl.col("line")
    bare = (
        pl.when(line.str.contains('"', literal=True))
        .then(line.str.replace_all('"[^"]*"', ""))
        .otherwise(line)
    )
    counted = (
        pl.scan_lines(source.scannable(), name="line", glob=False)
        .slice(skipped)
        .select(bare.str.count_matches(delimiter, literal=True).max())
        .collect(engine="streaming")
    )
    return int(counted.item() or 0) + 1


def _carefully(
    source: Source, skipped: int, delimiter: str, limits: Limits
) -> tuple[str, pl.DataFrame, list[Finding]]:
    """Read what polars will not: quotes that stand loose, or bytes that are no UTF-8 after all."""
    data = source.whole()
    guess = "utf-8"
    findings: list[Finding] = []
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if _is_mostly_utf8(data):
            # A bad byte spoils its cell, and not the accents of the whole file.
            marked = data.decode("utf-8", "replace")
            findings = [Finding("bad_bytes", marked.count(_MARK) - data.count(_MARK.encode()))]
            data = marked.encode()
        else:
            guess, data = "cp1252", _as_utf8(data, "cp1252", source.name)
    source = Source(source.name, data)
    try:
        return guess, _scan(source, skipped, delimiter, limits), findings
    except _REFUSED:
        return guess, _loosely(source, skipped, delimiter, limits), findings


def _loosely(source: Source, skipped: int, delimiter: str, limits: Limits) -> pl.DataFrame:
    """Read cells by Python's own reader, which takes quotes in the midst of a cell as they come."""
    where, text = source.name, source.whole().decode("utf-8-sig")
    if len(text) > 256 * MIB:
        raise SheetError(f"{where} holds quotes that do not close; mend them, or save as .xlsx.")
    lines = io.StringIO("".join(text.splitlines(keepends=True)[skipped:]), newline="")
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        raise SheetError(
            f"{where} holds a quote that never closes, so the rest of the file would be one cell. "
            "Close it, or save the file as .xlsx."
        ) from None
    width = max(map(len, rows), default=0)
    if width * len(rows) > limits.cells or width > limits.columns:
        raise SheetError(f"{where} is too large: {len(rows):,} rows × {width:,} columns.")
    padded = [row + [None] * (width - len(row)) for row in rows]
    return pl.DataFrame(padded, schema=_schema(width), orient="row")


def _refuse_long(cells: pl.DataFrame, where: str, limits: Limits) -> None:
    longest = cells.select(pl.all().str.len_bytes().max()).row(0) if cells.width else ()
    if max((length or 0 for length in longest), default=0) > limits.cell_bytes:
        raise SheetError(
            f"{where} holds a cell of over {limits.cell_bytes:,} bytes. Does a quote not close?"
        )
