"""One language, one file: `locales/en.toml` has every sentence, others what they have of them.

A sentence is named by its section and its name (`report.title`), and may hold facts in braces, with
a format where one is needed (`{share:.0%}`). Numbers are written with the marks of the language,
which are its `[format]` section. What a language lacks is said in English. A file of one's own goes
into a folder that the environment names, `MSGFRAME_LOCALES`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from msgframe.errors import UsageError
from msgframe.frames import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    import polars as pl


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things, as a fact of a sentence: it is said with the right form of its noun."""

    #: How many.
    number: int
    #: What, as `[count]` names it: `row_one` and `row_many`.
    noun: str

    def phrase(self, language: str = "en") -> str:
        """Say it.

        >>> Count(1, "row").phrase(), Count(1_200, "row").phrase("es")
        ('1 row', '1.200 filas')
        """
        form = "one" if self.number == 1 else "many"
        return translate(f"count.{self.noun}_{form}", language, number=self.number)


def languages() -> tuple[str, ...]:
    """Give the languages that there are, by their ISO 639-1 codes.

    >>> languages()
    ('en', 'es')
    """
    return tuple(sorted(_files()))


def require_language(language: str, *, verb: str) -> str:
    """Give the language back if there is one of that name.

    Raises
    ------
    UsageError
        With the languages that there are.

    >>> require_language("fr", verb="report")
    Traceback (most recent call last):
    msgframe.errors.UsageError: report(language='fr'): there are 'en', 'es'.
    """
    if language not in languages():
        near = did_you_mean([str(language)], languages())
        raise UsageError(f"{verb}(language={language!r}): there are {quoted(languages())}.{near}")
    return language


def translate(key: str, language: str = "en", /, **facts: Any) -> str:
    """Say a sentence in a language, with its facts; one that nobody knows is said by its name.

    A fact that is missing stays in its braces, and braces in a fact stay as they are.

    >>> translate("status.delivered", "es"), translate("report.by", name="Var1")
    ('entregado', 'By Var1')
    >>> translate("report.nowhere_to_be_seen")
    'nowhere to be seen'
    """
    template = template_of(key, language)
    if template is None:
        return key.rpartition(".")[2].replace("_", " ")
    return fill(template, language, **facts)


def fill(template: str, language: str = "en", /, **facts: Any) -> str:
    """Put facts into a sentence; what `translate` does, for a sentence that a person brings.

    >>> fill("{column} has the form {pattern}, {who}?", column="Id", pattern="^[0-9]{4}$")
    'Id has the form ^[0-9]{4}$, {who}?'
    """
    return _Filler(language).vformat(template, (), facts)


def format_number(value: float | Decimal, spec: str = "", language: str = "en") -> str:
    r"""Write a number by a format of Python's, with the marks of the language.

    >>> format_number(1234.5, ",.1f", "es"), format_number(0.971, ".0%", "es")
    ('1.234,5', '97\xa0%')
    """
    return format(value, spec).translate(_marks(language))


def retranslate(text: str, key: str, language: str) -> str:
    """Say again, in another language, what was said by a sentence; other words stay as they are.

    A fact that is a word, as `[<section>_fact]` has them, is said in the language, too.

    >>> retranslate("Mobile has letters in it: write digits only.", "check.letters", "es")
    'Mobile contiene letras: escribe solo cifras.'
    >>> retranslate("Ask Ana first.", "check.letters", "es")
    'Ask Ana first.'
    """
    templates = (_catalogue(known).get(key) for known in languages())
    matches = (_pattern(template).fullmatch(text) for template in templates if template)
    facts = next((match.groupdict() for match in matches if match), None)
    if facts is None:
        return text
    name = key.partition(".")[0]
    spoken = {fact: _fact(fact, text, name, language) for fact, text in facts.items()}
    return translate(key, language, **spoken)


def template_of(key: str, language: str = "en") -> str | None:
    """Give a sentence with its braces, in the language or else in English; None where none has it.

    >>> template_of("report.by", "es")
    'Por {name}'
    """
    return _catalogue(language).get(key) or _catalogue("en").get(key)


def translate_reasons(reasons: pl.Series, name: str, language: str, /) -> pl.Series:
    """Say English reasons, `name: sentence` or the sentence alone, in a language; facts stay.

    For what is written down in English, such as `held` of a plan. What no sentence fits stays, too.

    Parameters
    ----------
    reasons
        The column, String.
    name
        The section that its sentences are of. A fact that stands in `[<section>_fact]` is a word,
        and is said in the language, too.
    language
        As in `languages()`.

    >>> import polars as pl
    >>> held = pl.Series(["too_many_segments: more than 10", None, "by hand"])
    >>> translate_reasons(held, "hold", "es").to_list()
    ['too_many_segments: más de 10', None, 'by hand']
    """
    distinct = reasons.drop_nulls().unique().to_list()
    return reasons.replace({reason: _translated(reason, name, language) for reason in distinct})


def _translated(reason: str, name: str, language: str) -> str:
    rule, mark, sentence = reason.partition(": ")
    named = rule + mark + retranslate(sentence, f"{name}.{rule}", language)
    alone = (retranslate(reason, f"{name}.{each}", language) for each in section(name))
    return named if named != reason else next((text for text in alone if text != reason), reason)


def section(name: str, language: str = "en") -> dict[str, str]:
    """Give all sentences of a section by their names, for `replace` over a column.

    >>> section("status", "es")["expired"]
    'caducado'
    """
    start = f"{name}."
    known = _catalogue("en") | _catalogue(language)
    return {k.removeprefix(start): text for k, text in known.items() if k.startswith(start)}


def untranslated(language: str) -> list[str]:
    """List what a language lacks.

    >>> untranslated("en")
    []
    """
    return sorted(_catalogue("en").keys() - _catalogue(language).keys())


class _Filler(Formatter):
    """Fills the braces of a sentence; numbers by the marks of its language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return kwargs.get(str(key), _Missing(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Count):
            return value.phrase(self.language)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return format_number(value, format_spec, self.language)
        # A number that `retranslate` took out of a sentence is text, and has its format already.
        return format(value, "" if isinstance(value, str) else format_spec)


class _Missing(str):
    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return "{" + self + (f":{spec}" if spec else "") + "}"


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Give what recognises a sentence and takes its facts out."""
    parts, seen = [], set[str]()
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


def _fact(fact: str, text: str, name: str, language: str) -> str:
    """Translate a fact that is a word: of the section's own, or of one named like the fact."""
    for words in (f"{name}_fact", fact):
        key = next((key for key, word in section(words).items() if word == text), None)
        if key is not None:
            return translate(f"{words}.{key}", language)
    return text


@cache
def _marks(language: str) -> dict[int, str]:
    marks = section("format", language)
    return str.maketrans({name: marks[name] for name in (",", ".", "%")})


def _files() -> dict[str, Traversable]:
    """Give the file of each language: the package's own, and those of a person's folder.

    English is always the package's: plans hold sentences of it, and are the same everywhere.
    """
    shipped, own = files("msgframe.core") / "locales", os.environ.get("MSGFRAME_LOCALES")
    folders = [shipped, *([Path(own)] if own else [])]
    entries = (entry for folder in folders for entry in folder.iterdir())
    known = {e.name.removesuffix(".toml"): e for e in entries if e.name.endswith(".toml")}
    return known | {"en": shipped / "en.toml"}


@cache
def _catalogue(language: str) -> dict[str, str]:
    return dict(_flat(tomllib.loads(_files()[language].read_text(encoding="utf-8"))))


def _flat(table: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{start}{name}.")
        else:
            yield f"{start}{name}", value
