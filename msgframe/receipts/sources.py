"""Where receipts come from: the receiver's store, export files, a folder of them, Python objects.

Every source becomes one frame of text: the fields of `fields.HEADERS`, one row a record, with the
`source` and the `record` number (from 1) that a person finds it by, and `raw`, the record as it
came where it came as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from msgframe.errors import ColumnsError, SheetError, UsageError
from msgframe.frames import MOMENT, quoted
from msgframe.receipts import fields, stores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msgframe.core.databases import Database

#: What `read_callbacks` takes.
Source: TypeAlias = str | Path | pl.DataFrame | pl.LazyFrame | list[dict[str, Any]]

#: The vendor's own keys, which most bodies have: they are decoded in one pass.
_VENDOR_KEYS = (
    "messageId",
    "status",
    "errorCode",
    "countryCode",
    "mobile",
    "submitDate",
    "doneDate",
)
_VENDOR = pl.Struct(dict.fromkeys(_VENDOR_KEYS, pl.String))

#: So many bodies are read key by key where one of them is bad.
_FEW = 4_096

_READERS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xlsx", ".parquet")

_KEY = r'"([^"\\]{1,60})"\s*:'


def records(source: Source, columns: Mapping[str, str] | None = None) -> pl.DataFrame:
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
        case pl.LazyFrame():
            return _numbered(_table(source.collect(), columns), "frame")
        case pl.DataFrame():
            return _numbered(_table(source, columns), "frame")
        case list():
            return _numbered(_unpacked(_dumped(source), columns), "list")
        case str() | Path():
            return _from_path(source, columns)
        case _:
            raise UsageError(
                f"read_callbacks() takes a path, a database URL, a frame or a list of dicts, "
                f"not {type(source).__name__}."
            )


def state(source: str | Path) -> object:
    """Give what changes when a source grows: a store's count, or the files' sizes and times."""
    if stores.is_store(source):
        with _opened(source) as database:
            return stores.count(database)
    path = Path(source)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [(file.name, (facts := file.stat()).st_size, facts.st_mtime_ns) for file in files]


def _from_path(source: str | Path, columns: Mapping[str, str] | None) -> pl.DataFrame:
    if stores.is_store(source):
        return _from_store(source, columns)
    path = Path(source)
    if path.is_dir():
        return _from_folder(path, columns)
    return _numbered(_from_file(path, columns), path.name)


def _from_folder(folder: Path, columns: Mapping[str, str] | None) -> pl.DataFrame:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _READERS)
    if not files:
        raise SheetError(f"{folder} holds no export: no file ends in {quoted(_READERS)}.")
    parts = [_from_path(path, columns) for path in files]
    return pl.concat(parts, how="diagonal")


def _from_store(source: str | Path, columns: Mapping[str, str] | None) -> pl.DataFrame:
    with _opened(source) as database:
        return of_store(stores.stored(database), columns)


def _opened(source: str | Path) -> Database:
    from msgframe.core import databases

    return databases.open(source, must_exist=True)


def of_store(rows: pl.DataFrame, columns: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Give the records of stored callbacks; a body that holds a list counts as its members."""
    bodies = _spread(pl.DataFrame({"raw": _decoded(rows["body"]), "at": rows["received_at"]}))
    received = bodies["at"].cast(MOMENT).alias("received")
    unpacked = _unpacked(bodies["raw"], columns).with_columns(received)
    return _numbered(unpacked, "store")


def _from_file(path: Path, columns: Mapping[str, str] | None) -> pl.DataFrame:
    if not path.is_file():
        raise SheetError(f"There is no file {path}. Check the path.")
    try:
        match path.suffix.lower():
            case ".jsonl" | ".ndjson" | ".txt" | ".log":
                return _unpacked(_lines(path.read_bytes()), columns)
            case ".json":
                return _unpacked(_members_of_file(path.read_bytes()), columns)
            case ".csv" | ".tsv":
                return _table(_csv(path), columns)
            case ".xlsx":
                return _table(pl.read_excel(path, infer_schema_length=0), columns)
            case ".parquet":
                return _table(pl.read_parquet(path), columns)
            case suffix:
                raise SheetError(
                    f"{path} ends in {suffix!r}, which is no kind of export known here: "
                    f"{quoted(_READERS)}, or a store of the receiver."
                )
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SheetError(f"{path} cannot be read as {path.suffix[1:]}: {reason}") from error


def _table(frame: pl.DataFrame, columns: Mapping[str, str] | None) -> pl.DataFrame:
    """Take a table that says somewhere whose its receipts are; bad rows are data, this is not."""
    named = fields.named(frame, columns)
    if frame.columns and not {"message_id", "mobile", "receipt"} & set(named.columns):
        raise ColumnsError(
            "read_callbacks() needs a column of message ids or of numbers. The table has "
            f"{quoted(frame.columns)}. Say which it is: columns={{'mobile': {frame.columns[0]!r}}}."
        )
    return named


def _csv(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        header = file.readline(65_536)
    separator = max(b",;\t|", key=header.count)
    return pl.read_csv(
        path,
        separator=chr(separator),
        infer_schema=False,
        encoding="utf8-lossy",
        truncate_ragged_lines=True,
    )


def _lines(content: bytes) -> pl.Series:
    try:
        lines = pl.read_lines(content, name="line")
    except pl.exceptions.ComputeError:  # a byte that is not UTF-8 spoils its line, not the file
        lines = pl.read_lines(content.decode("utf-8", "replace").encode(), name="line")
    column = lines.to_series().str.strip_chars().str.strip_prefix("\ufeff")
    return column.filter(column != "").alias("raw")


def _members_of_file(content: bytes) -> pl.Series:
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
    rest = numbered.filter(~several)
    return pl.concat([rest, spread]).sort("nth", maintain_order=True).drop("nth")


def _listed(body: str) -> list[str]:
    try:
        return [json.dumps(member) for member in json.loads(body)] or [body]
    except (ValueError, RecursionError):  # no JSON, or brackets without end
        return [body]


def _unpacked(bodies: pl.Series, columns: Mapping[str, str] | None) -> pl.DataFrame:
    """Read the fields out of JSON bodies; what cannot be read is null and keeps its `raw`."""
    raw = bodies.alias("raw").to_frame()
    vendor = raw.with_columns(fields.named(_by_vendor_keys(bodies)))
    odd = pl.any_horizontal(pl.col("message_id", "mobile", "status", "submitted").is_null())
    strange = vendor.filter(odd) if not columns else vendor
    if strange.is_empty():
        return vendor
    named = _by_any_keys(strange["raw"], columns)
    if strange.height == vendor.height:
        return raw.with_columns(named)
    places = vendor.select(odd.arg_true()).to_series()
    return _overlaid(vendor, named, places)


def _by_vendor_keys(bodies: pl.Series) -> pl.DataFrame:
    try:
        return bodies.str.json_decode(_VENDOR).struct.unnest()
    except pl.exceptions.ComputeError:  # one bad body spoils the pass: look where it is
        if len(bodies) <= _FEW:
            return _by_keys(bodies, _VENDOR_KEYS)
    pieces = (bodies.slice(start, _FEW) for start in range(0, len(bodies), _FEW))
    return pl.concat([_by_vendor_keys(piece) for piece in pieces])


def _by_any_keys(bodies: pl.Series, columns: Mapping[str, str] | None) -> pl.DataFrame:
    keys = bodies.str.extract_all(_KEY).list.explode().unique().drop_nulls()
    names = keys.str.extract(_KEY, 1).unique(maintain_order=True).sort().to_list()
    wished = set((columns or {}).values())
    known = [name for name in names if fields.field_of(name) or name in wished]
    # The body itself may be, or hold, an SMPP text.
    told = bodies.alias("receipt").to_frame().with_columns(_by_keys(bodies, known).get_columns())
    return fields.named(told, columns)


def _by_keys(bodies: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    raw = pl.col("raw")
    paths = [raw.str.json_path_match(f"$[{json.dumps(name)}]").alias(name) for name in names]
    return bodies.alias("raw").to_frame().select(paths)


def _overlaid(base: pl.DataFrame, over: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    whole = base.with_columns(
        pl.lit(None, pl.String).alias(name) for name in over.columns if name not in base.columns
    )
    return whole.with_columns(whole[name].scatter(places, over[name]) for name in over.columns)


def _numbered(fields_of: pl.DataFrame, source: str) -> pl.DataFrame:
    return fields.complete(fields_of).select(
        pl.lit(source).alias("source"),
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("record"),
        pl.col("raw") if "raw" in fields_of.columns else pl.lit(None, pl.String).alias("raw"),
        *fields.HEADERS,
    )
