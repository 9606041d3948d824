"""A model as plain data, so that a recipe can hold its checks, and back again."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from msgframe.errors import UsageError
from msgframe.frames import quoted
from msgframe.recipients.models import Recipient
from msgframe.recipients.rule_texts import own_words, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The dtypes that a recipe can name.
_DTYPES: dict[str, pl.DataType] = {
    str(dtype): dtype
    for dtype in (
        *(pl.String(), pl.Boolean(), pl.Date(), pl.Time(), pl.Float32(), pl.Float64()),
        *(pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.UInt8(), pl.UInt16(), pl.UInt32()),
        *(pl.UInt64(), pl.Datetime("us"), pl.Datetime("ms"), pl.Datetime("ns")),
    )
}


def describe(schema: pa.DataFrameSchema) -> dict[str, Any]:
    """Tell a schema's own columns and checks as plain data; those of `Recipient` go without saying.

    >>> class Customer(Recipient):
    ...     Plan: str = pa.Field(isin=["oro", "plata"])
    >>> describe(Customer.to_schema())["columns"]["Plan"]["checks"]
    [{'check': 'isin', 'allowed_values': ['oro', 'plata']}]
    """
    base = Recipient.to_schema()
    own = {
        name: _column(column)
        for name, column in schema.columns.items()
        if name not in base.columns or _column(column) != _column(base.columns[name])
    }
    rows = [_check(check) for check in schema.checks]
    unique: list[Any] = list(schema.unique or [])
    parts = {"name": schema.name, "columns": own, "checks": rows, "unique": unique}
    return {key: part for key, part in parts.items() if part} if own or rows or unique else {}


def schema_of(
    model: type[pa.DataFrameModel] | pa.DataFrameSchema, saved: Mapping[str, Any]
) -> pa.DataFrameSchema:
    """Give the schema of a model, with what a recipe saved of another one's.

    Raises
    ------
    UsageError
        Where the recipe knows a check by name only, and the model has no such check.
    """
    schema = model if isinstance(model, pa.DataFrameSchema) else model.to_schema()
    if not saved:
        return schema
    columns = {
        name: _as_column(name, column, schema.columns.get(name))
        for name, column in saved.get("columns", {}).items()
    }
    rows = [_code(check["check"], list(schema.checks)) for check in saved.get("checks", [])]
    others = [check for check in schema.checks if check not in rows]
    return pa.DataFrameSchema(
        {**schema.columns, **columns},
        checks=[*others, *rows],
        unique=saved.get("unique") or schema.unique,
        strict=bool(schema.strict),
        name=saved.get("name", schema.name),
    )


def _column(column: pa.Column) -> dict[str, Any]:
    if not _is_plain(column):
        return {"code": True}
    parts = {
        "dtype": str(column.dtype.type) if column.dtype else None,
        "checks": [_check(check) for check in column.checks],
        "nullable": column.nullable,
        "unique": column.unique,
        "optional": not column.required,
        "pattern": column.regex,
        "default": column.default,
        **(column.metadata or {}),
    }
    return {name: part for name, part in parts.items() if part not in (None, False, [])}


def _is_plain(column: pa.Column) -> bool:
    """Tell whether a column can be written down: its dtype has a name, and nothing is code."""
    known = column.dtype is None or str(column.dtype.type) in _DTYPES
    extra = set(column.metadata or {}) <= {"messages", "severity"}
    return known and extra and isinstance(column.default, str | int | float | None)


def _check(check: pa.Check) -> dict[str, Any]:
    """Tell a check: pandera's own by its settings, code by its name."""
    settings = settings_of(check) if check in pa.Check else {"code": True}
    settings = {name: _plain(value) for name, value in settings.items() if value is not None}
    others = {
        "severity": "warning" if check.raise_warning else None,
        "ignore_na": None if check.ignore_na else False,
        "error": own_words(check) if check in pa.Check else None,
    }
    options = {name: value for name, value in others.items() if value is not None}
    return {"check": str(check.name), **settings, **options}


def _plain(value: Any) -> Any:
    match value:
        case bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_plain(part) for part in value]
        case set() | frozenset():
            return sorted(map(_plain, value), key=str)
        case _:
            return str(getattr(value, "pattern", value))


def _as_column(name: str, saved: Mapping[str, Any], written: pa.Column | None) -> pa.Column:
    if saved.get("code") and written is None:
        raise UsageError(
            f"The recipe asks for the column {name!r} of a model in code. Give the model that has "
            "it: check(sheet, Model, recipe=…)."
        )
    if saved.get("code") and written is not None:
        return written
    code = [] if written is None else written.checks
    dtype = _DTYPES.get(saved.get("dtype", ""))
    extra = {key: saved[key] for key in ("messages", "severity") if key in saved}
    return pa.Column(
        dtype,
        checks=[_as_check(check, code, dtype) for check in saved.get("checks", [])],
        nullable=saved.get("nullable", False),
        unique=saved.get("unique", False),
        required=not saved.get("optional", False),
        regex=saved.get("pattern", False),
        default=saved.get("default"),
        name=name,
        metadata=extra or None,
    )


def _as_check(
    saved: Mapping[str, Any], code: list[pa.Check], dtype: pl.DataType | None
) -> pa.Check:
    if saved.get("code"):
        return _code(saved["check"], code)
    make = getattr(pa.Check, saved["check"], None)
    if make is None:
        raise UsageError(
            f"The recipe asks for the check {saved['check']!r}, which pandera has not."
        )
    settings = {
        key: _typed(value, dtype)
        for key, value in saved.items()
        if key not in {"check", "severity", "ignore_na", "error"}
    }
    others = {key: saved[key] for key in ("ignore_na", "error") if key in saved}
    warns = saved.get("severity") == "warning"
    check: pa.Check = make(**settings, raise_warning=warns, **others)
    return check


def _typed(value: Any, dtype: pl.DataType | None) -> Any:
    """Give a day or a moment back its type; a file holds it as text."""
    match value, dtype:
        case list(), _:
            return [_typed(part, dtype) for part in value]
        case str(), pl.Date():
            return date.fromisoformat(value)
        case str(), pl.Datetime():
            return datetime.fromisoformat(value)
        case str(), pl.Time():
            return time.fromisoformat(value)
        case _:
            return value


def _code(name: str, checks: list[pa.Check]) -> pa.Check:
    code = next((check for check in checks if check.name == name), None)
    if code is None:
        raise UsageError(
            f"The recipe asks for the check {name!r}, which is code. Give the model that has it: "
            f"check(sheet, Model, recipe=…). It has {quoted(c.name for c in checks) or 'none'}."
        )
    return code
