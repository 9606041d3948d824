"""Recipes: all settings of a check in a file, so that next month's sheet is checked the same way.

A recipe is TOML or JSON that a person can read and mend. It holds what the settings and pandera's
own checks say; a check that is code (a method of a model) is known by name only, and replaying asks
for a model that has it.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandera.polars as pa
import polars as pl

from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError
from msgframe.frames import did_you_mean, quoted
from msgframe.phone import REPAIRS
from msgframe.recipients.models import Recipient, own_words, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgframe.recipients.models import Severity
    from msgframe.recipients.row_rules import Keep, OncePer

#: The dtypes that a recipe can name.
_DTYPES: dict[str, pl.DataType] = {
    str(dtype): dtype
    for dtype in (
        *(pl.String(), pl.Boolean(), pl.Date(), pl.Time(), pl.Float32(), pl.Float64()),
        *(pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.UInt8(), pl.UInt16(), pl.UInt32()),
        *(pl.UInt64(), pl.Datetime("us"), pl.Datetime("ms"), pl.Datetime("ns")),
    )
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a sheet is checked; each setting is an argument of `check`, and explained there.

    >>> recipe = Recipe(country="91", keep="all")
    >>> Recipe.loads(recipe.dumps()) == recipe
    True
    >>> print(recipe.dumps(), end="")
    country = "91"
    keep = "all"
    """

    #: Calling code or ISO code of the rows that name no country.
    country: str | None = None
    #: Which header is which: "mobile", "country".
    columns: dict[str, str] = field(default_factory=dict)
    #: The columns that the text will use; None is all.
    variables: list[str] | None = None
    #: Which of several equal messages goes out.
    keep: Keep = "first"
    #: What one number may get once: a message, or anything at all.
    once_per: OncePer = "message"
    #: What becomes of a cell with several numbers.
    several: Literal["reject", "first", "split"] = "reject"
    #: The repairs that may be made without asking, by name; None is all.
    repairs: list[str] | None = None
    #: The most characters of a value.
    max_length: int | None = None
    #: Severities other than the usual, rule by rule.
    severities: dict[str, Severity] = field(default_factory=dict)
    #: The share of bad rows above which the check stops.
    max_rejected: float | None = None
    #: The language of the sentences.
    language: str = "en"
    #: The name of the model, and its checks column by column.
    model: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no check could follow, before any row is looked at."""
        _one_of("keep", self.keep, ("first", "all", "none"))
        _one_of("once_per", self.once_per, ("message", "number"))
        _one_of("several", self.several, ("reject", "first", "split"))
        for repair in self.repairs or ():
            _one_of("repairs", repair, tuple(REPAIRS))
        for rule, severity in self.severities.items():
            _one_of(f"severities[{rule!r}]", severity, ("error", "warning"))
        if self.max_rejected is not None and not 0 <= self.max_rejected <= 1:
            raise UsageError(
                f"check(max_rejected={self.max_rejected}) is a share from 0 to 1: "
                "0.02 allows 2 rows of 100."
            )
        if self.max_length is not None and self.max_length < 1:
            raise UsageError(f"check(max_length={self.max_length}) must be 1 at least, such as 30.")

    @classmethod
    def loads(cls, text: str) -> Recipe:
        """Read a recipe from TOML or JSON text."""
        try:
            settings = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        except ValueError as error:
            raise UsageError(f"The recipe is neither TOML nor JSON: {error}") from None
        known = [field.name for field in fields(cls)]
        if strange := [name for name in settings if name not in known]:
            raise UsageError(
                f"The recipe has {quoted(strange)}, which no check knows. "
                f"There are {quoted(known)}.{did_you_mean(strange, known)}"
            )
        return cls(**settings)

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a recipe from a .toml or .json file."""
        try:
            return cls.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"The recipe {path} cannot be read: {error.strerror}.") from None

    def dumps(self, form: Literal["toml", "json"] = "toml") -> str:
        """Write the settings that are not the usual ones, in the order of the fields."""
        usual = asdict(_USUAL)
        changed = {name: value for name, value in asdict(self).items() if value != usual[name]}
        match form:
            case "json":
                return json.dumps(changed, ensure_ascii=False, indent=2) + "\n"
            case "toml":
                return _toml(changed)

    def save(self, path: str | Path) -> Path:
        """Write the recipe, as JSON where the name ends in .json and as TOML elsewhere."""
        form: Literal["toml", "json"] = "json" if str(path).lower().endswith(".json") else "toml"
        with atomic_write(path) as beside:
            beside.write_text(self.dumps(form), encoding="utf-8")
        return Path(path)

    def override(self, **settings: Any) -> Recipe:
        """Give the recipe with the settings that differ from the usual ones in their place."""
        changed = {n: value for n, value in settings.items() if value != getattr(_USUAL, n)}
        return replace(self, **changed)


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"check({name}={value!r}): there are {quoted(choices, most=30)}.")


_USUAL = Recipe()


def _toml(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """Write plain values, then the tables below them; tomllib reads TOML but nothing writes it."""
    plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
    below = {name: value for name, value in table.items() if isinstance(value, dict)}
    lines = [f"{_key(name)} = {_value(value)}\n" for name, value in plain.items()]
    for name, value in below.items():
        here = (*path, _key(name))
        body = _toml(value, here)
        head = "" if body.startswith("\n[") else f"\n[{'.'.join(here)}]\n"
        lines.append(head + body)
    return "".join(lines)


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else _value(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            inner = ", ".join(f"{_key(name)} = {_value(entry)}" for name, entry in value.items())
            return f"{{ {inner} }}"
        case list() | tuple():
            return f"[{', '.join(_value(entry) for entry in value)}]"
        case str():
            # TOML's strings are JSON's, but for U+007F.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case _:
            return repr(value)


def describe(schema: pa.DataFrameSchema) -> dict[str, Any]:
    """Tell a schema's own columns and checks as plain data; those of `Recipient` go without saying.

    >>> class Customer(Recipient):
    ...     Plan: str = pa.Field(isin=["oro", "plata"])
    >>> describe(Customer.to_schema())["columns"]["Plan"]["checks"]
    [{'check': 'isin', 'allowed_values': ['oro', 'plata']}]
    """
    usual = Recipient.to_schema().columns
    # To tell a column costs more than to see that it is the very one.
    own = {
        name: parts
        for name, column in schema.columns.items()
        if (name not in usual or column != usual[name])
        and (parts := _column(column)) != _base().get(name)
    }
    rows = [_check(check) for check in schema.checks]
    unique: list[Any] = list(schema.unique or [])
    parts = {"name": schema.name, "columns": own, "checks": rows, "unique": unique}
    return {key: part for key, part in parts.items() if part} if own or rows or unique else {}


@cache
def _base() -> dict[str, dict[str, Any]]:
    return {name: _column(column) for name, column in Recipient.to_schema().columns.items()}


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
