"""Recipes: all settings of a check in a file, so that next month's sheet is checked the same way.

A recipe is TOML or JSON that a person can read and mend. It holds what the settings and pandera's
own checks say; a check that is code (a method of a model) is known by name only, and replaying asks
for a model that has it.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError
from msgframe.frames import did_you_mean, quoted
from msgframe.phone import REPAIRS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgframe.recipients.models import Severity
    from msgframe.recipients.row_rules import Keep, OncePer


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
        usual = asdict(Recipe())
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
        usual = Recipe()
        return replace(
            self,
            **{name: value for name, value in settings.items() if value != getattr(usual, name)},
        )


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"check({name}={value!r}): there are {quoted(choices, most=30)}.")


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
