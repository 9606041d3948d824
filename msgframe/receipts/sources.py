"""Where receipts come from: the receiver's store, export files, a folder of them, Python objects.

The store is a database of one table, each callback as it came; both sides know it from here.

Every source becomes one frame of text: the fields of `fields.HEADERS`, one row a record, with the
`source` and the `record` number (from 1) that a person finds it by, and `raw`, the record as it
came where it came as JSON. Tables are read by `spreadsheets`, as any other table is.
"""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from msgframe.core import databases
from msgframe.errors import ColumnsError, SheetError, UsageError
from msgframe.frames import MOMENT, quoted
from msgframe.receipts.fields import HEADERS, ReceiptFormat, complete_fields, select_fields
from msgframe.spreadsheets import Limits, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgframe.core.databases import Database

#: What `read_callbacks` takes.
Source: TypeAlias = str | Path | pl.DataFrame | pl.LazyFrame | list[dict[str, Any]]

#: What the store is called in its database, and its tables. `received_at` is in microseconds since
#: 1970, UTC; `body` is what was posted, byte for byte.
COMPONENT = "callbacks"
MIGRATIONS = [
    "CREATE TABLE callbacks (id {serial}, received_at BIGINT NOT NULL, body {bytes} NOT NULL)",
    "CREATE TABLE callbacks_secret (secret TEXT NOT NULL)",
]

_STORED = {"id": pl.Int64, "received_at": pl.Int64, "body": pl.Binary}

#: So many bodies are read key by key where one of them is bad.
_FEW = 4_096

_LINES = (".jsonl", ".ndjson", ".txt", ".log")
_TEXTS = (".csv", ".tsv")
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

#: What is taken for an export where it lies in a folder.
_EXPORTS = (".jsonl", ".ndjson", ".json", *_TEXTS, *_WORKBOOKS, ".parquet")

#: A text file of receipts may be larger than any sheet that a person made.
_LARGE = Limits(file_bytes=2**36, text_bytes=2**36, cells=2**32)

#: A body that lacks one of these may have it under another key.
_ESSENTIAL = {"message_id", "mobile", "status", "submitted"}

_KEY = r'"([^"\\]{1,60})"\s*:'


def records(source: Source, receipt_format: ReceiptFormat) -> pl.DataFrame:
    """Give every record of a source as text, nothing dropped.

    Raises
    ------
    SheetError
        A file that is missing, of an unknown kind, or not what its name says.
    ColumnsError
        A table without a column of ids or numbers.
    UsageError
        A source of an unknown kind.
    """
    match source:
        case pl.LazyFrame() | pl.DataFrame():
            return _numbered(_table(source.lazy().collect(), receipt_format), "frame")
        case list():
            return _numbered(_unpacked(_dumped(source), receipt_format), "list")
        case str() | Path():
            return _from_path(source, receipt_format)
        case _:
            raise UsageError(
                f"read_callbacks() takes a path, a database URL, a frame or a list of dicts, "
                f"not {type(source).__name__}."
            )


def state(source: str | Path) -> object:
    """Give what changes when a source grows: a store's count, or the files' sizes and times."""
    if _is_store(source):
        with databases.open(source, must_exist=True) as database, database.reading() as transaction:
            return transaction.scalar("SELECT COUNT(*) FROM callbacks")
    path = Path(source)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [(file.name, (facts := file.stat()).st_size, facts.st_mtime_ns) for file in files]


def _from_path(source: str | Path, receipt_format: ReceiptFormat) -> pl.DataFrame:
    if _is_store(source):
        with databases.open(source, must_exist=True) as database:
            return of_store(stored(database), receipt_format)
    path = Path(source)
    if path.is_dir():
        return _from_folder(path, receipt_format)
    return _numbered(_from_file(path, receipt_format), path.name)


def _from_folder(folder: Path, receipt_format: ReceiptFormat) -> pl.DataFrame:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _EXPORTS)
    if not files:
        raise SheetError(f"{folder} holds no export: no file ends in {quoted(_EXPORTS)}.")
    return pl.concat((_from_path(path, receipt_format) for path in files), how="diagonal")


def _is_store(source: str | Path) -> bool:
    """Say whether a source is a database: by its URL, or by the first bytes of the file."""
    if isinstance(source, str) and "://" in source:
        return True
    path = Path(source)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def stored(database: Database, *, after: int = 0) -> pl.DataFrame:
    """Give what the store holds past the row `after`, as it came: one state of it while it runs."""
    query = "SELECT id, received_at, body FROM callbacks WHERE id > :after ORDER BY id"
    with database.reading() as transaction:
        return transaction.frame(query, _STORED, after=after)


def of_store(rows: pl.DataFrame, receipt_format: ReceiptFormat | None = None) -> pl.DataFrame:
    """Give the records of stored callbacks; a body that holds a list counts as its members."""
    bodies = _spread(pl.DataFrame({"raw": _decoded(rows["body"]), "at": rows["received_at"]}))
    received = bodies["at"].cast(MOMENT).alias("received")
    unpacked = _unpacked(bodies["raw"], receipt_format or ReceiptFormat.of()).with_columns(received)
    return _numbered(unpacked, "store")


def _from_file(path: Path, receipt_format: ReceiptFormat) -> pl.DataFrame:
    if not path.is_file():
        raise SheetError(f"There is no file {path}. Check the path.")
    try:
        match path.suffix.lower():
            case suffix if suffix in _LINES:
                return _unpacked(_lines(_as_utf8(path.read_bytes())), receipt_format)
            case ".json":
                return _unpacked(_members(_as_utf8(path.read_bytes())), receipt_format)
            case suffix if suffix in _TEXTS:
                return _table(read_table(path, limits=_LARGE), receipt_format)
            case suffix if suffix in _WORKBOOKS:
                return _table(read_table(path), receipt_format)
            case ".parquet":  # as text its dates would lose their zones
                return _table(pl.read_parquet(path, glob=False), receipt_format)
            case suffix:
                raise SheetError(
                    f"{path} ends in {suffix!r}, which is no kind of export known here: "
                    f"{quoted(_EXPORTS)}, or a store of the receiver."
                )
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SheetError(f"{path} cannot be read as {path.suffix[1:]}: {reason}") from error


def _table(frame: pl.DataFrame, receipt_format: ReceiptFormat) -> pl.DataFrame:
    """Take a table that says somewhere whose its receipts are; bad rows are data, this is not."""
    fields = select_fields(frame, receipt_format)
    if frame.columns and not {"message_id", "mobile", "receipt"} & set(fields.columns):
        raise ColumnsError(
            "read_callbacks() needs a column of message ids or of numbers. The table has "
            f"{quoted(frame.columns)}. Say which it is: columns={{'mobile': {frame.columns[0]!r}}}."
        )
    return fields


def _as_utf8(content: bytes) -> bytes:
    """Take JSON as its standard wants it; what Windows calls Unicode has zeros between letters."""
    head = content[:4096]
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or head.count(0) * 4 > len(head):
        return content.decode(json.detect_encoding(content), "replace").encode()
    return content


def _lines(content: bytes) -> pl.Series:
    try:
        lines = pl.read_lines(content, name="line")
    except pl.exceptions.ComputeError:  # a byte that is not UTF-8 spoils its line, not the file
        lines = pl.read_lines(content.decode("utf-8", "replace").encode(), name="line")
    column = lines.to_series().str.strip_chars().str.strip_prefix("\ufeff")
    return column.filter(column != "").alias("raw")


def _members(content: bytes) -> pl.Series:
    try:
        held = json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return _lines(content)  # lines of JSON under another name, or a file that was cut off
    while isinstance(held, dict) and len(inner := _lists(held)) == 1:
        held = inner[0]
    return _dumped(held if isinstance(held, list) else [held])


def _lists(held: dict[str, Any]) -> list[Any]:
    """Give what an envelope such as `{"data": [...]}` holds; a receipt itself has no list in it."""
    return [value for value in held.values() if isinstance(value, list)]


def _dumped(objects: Sequence[Any]) -> pl.Series:
    # Python objects are written out once, so that every source is read by the same rules.
    return pl.Series("raw", [json.dumps(one, default=str) for one in objects], dtype=pl.String)


def _decoded(bodies: pl.Series) -> pl.Series:
    try:
        return bodies.cast(pl.String)
    except pl.exceptions.ComputeError:
        # Some body is not UTF-8, which polars cannot replace; such a store is the exception.
        return pl.Series("body", [body.decode("utf-8", "replace") for body in bodies])


def _spread(bodies: pl.DataFrame) -> pl.DataFrame:
    """Give each receipt a row where a body holds a list of them; such bodies are rare."""
    several = bodies["raw"].str.contains(r"^\s*\[")
    if not several.any():
        return bodies
    numbered = bodies.with_row_index("nth")
    lists = numbered.filter(several)
    members = pl.Series("raw", map(_listed, lists["raw"]), dtype=pl.List(pl.String))
    spread = lists.with_columns(members).explode("raw", keep_nulls=True)
    return (
        pl.concat([numbered.filter(~several), spread]).sort("nth", maintain_order=True).drop("nth")
    )


def _listed(body: str) -> list[str]:
    try:
        return [json.dumps(member) for member in json.loads(body)] or [body]
    except (ValueError, RecursionError):  # no JSON, or brackets without end
        return [body]


def _unpacked(bodies: pl.Series, receipt_format: ReceiptFormat) -> pl.DataFrame:
    """Read the fields out of JSON bodies; what cannot be read is null and keeps its `raw`."""
    raw = bodies.alias("raw").to_frame()
    if raw.is_empty():
        return raw
    if (
        receipt_format.columns
        or not set(map(receipt_format.field_of, receipt_format.keys)) >= _ESSENTIAL
    ):
        return raw.with_columns(_by_any_keys(bodies, receipt_format))
    usual = raw.with_columns(
        select_fields(_by_usual_keys(bodies, receipt_format.keys), receipt_format)
    )
    odd = pl.any_horizontal(pl.col(_ESSENTIAL).is_null())
    strange = usual.filter(odd)
    if strange.is_empty():
        return usual
    fields = _by_any_keys(strange["raw"], receipt_format)
    if strange.height == usual.height:
        return raw.with_columns(fields)
    return _overlaid(usual, fields, usual.select(odd.arg_true()).to_series())


def _by_usual_keys(bodies: pl.Series, keys: Sequence[str]) -> pl.DataFrame:
    """Decode bodies that have the vendor's own keys, in one pass."""
    try:
        return bodies.str.json_decode(pl.Struct(dict.fromkeys(keys, pl.String))).struct.unnest()
    except pl.exceptions.ComputeError:  # one bad body spoils the pass: look where it is
        if len(bodies) <= _FEW:
            return _by_keys(bodies, keys)
    pieces = (bodies.slice(start, _FEW) for start in range(0, len(bodies), _FEW))
    return pl.concat([_by_usual_keys(piece, keys) for piece in pieces])


def _by_any_keys(bodies: pl.Series, receipt_format: ReceiptFormat) -> pl.DataFrame:
    keys = bodies.str.extract_all(_KEY).list.explode().unique().drop_nulls()
    names = keys.str.extract(_KEY, 1).unique(maintain_order=True).sort().to_list()
    wished = set(receipt_format.columns.values())
    known = [name for name in names if receipt_format.field_of(name) or name in wished]
    # The body itself may be, or hold, an SMPP text.
    values = bodies.alias("receipt").to_frame().with_columns(_by_keys(bodies, known).get_columns())
    return select_fields(values, receipt_format)


def _by_keys(bodies: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    raw = pl.col("raw")
    paths = [raw.str.json_path_match(f"$[{json.dumps(name)}]").alias(name) for name in names]
    return bodies.alias("raw").to_frame().select(paths)


def _overlaid(base: pl.DataFrame, over: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    whole = base.with_columns(
        pl.lit(None, pl.String).alias(name) for name in over.columns if name not in base.columns
    )
    return whole.with_columns(whole[name].scatter(places, over[name]) for name in over.columns)


def _numbered(fields: pl.DataFrame, source: str) -> pl.DataFrame:
    return complete_fields(fields).select(
        pl.lit(source).alias("source"),
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("record"),
        pl.col("raw") if "raw" in fields.columns else pl.lit(None, pl.String).alias("raw"),
        *HEADERS,
    )
