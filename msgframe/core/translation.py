"""One language, one file: `locales/en.toml` has every sentence, others what they have of them.

A sentence is named by its section and its name (`report.title`), and may hold facts in braces, with
a format where one is needed (`{share:.0%}`). What a language lacks is said in English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from msgframe.errors import UsageError
from msgframe.frames import did_you_mean, quoted

if TYPE_CHECKING:
    import polars as pl

_LOCALES = files("msgframe.core") / "locales"


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
        ('1 row', '1,200 filas')
        """
        form = "one" if self.number == 1 else "many"
        return translate(f"count.{self.noun}_{form}", language, number=self.number)


def languages() -> tuple[str, ...]:
    """Give the languages that there are, by their ISO 639-1 codes.

    >>> languages()
    ('en', 'es')
    """
    names = (entry.name for entry in _LOCALES.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


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
    >>> translate("report.some_column")
    'some column'
    """
    template = template_of(key, language)
    if template is None:
        return key.rpartition(".")[2].replace("_", " ")
    phrases = {n: f.phrase(language) if isinstance(f, Count) else f for n, f in facts.items()}
    return template.format_map(_Facts(phrases))


def template_of(key: str, language: str = "en") -> str | None:
    """Give a sentence with its braces, in the language or else in English; None where none has it.

    >>> template_of("report.by", "es")
    'Por {name}'
    """
    return _catalogue(language).get(key) or _catalogue("en").get(key)


def translate_reasons(reasons: pl.Series, name: str, language: str, /) -> pl.Series:
    """Say English reasons of the form `name: sentence` in another language, facts kept.

    For what is written down in English, such as `held` of a plan. What is of another form stays.

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
    rule, _, sentence = reason.partition(": ")
    template = _catalogue("en").get(f"{name}.{rule}")
    facts = None if template is None else _pattern(template).fullmatch(sentence)
    if facts is None:
        return reason
    words = section(f"{name}_fact").items()
    spoken = {english: translate(f"{name}_fact.{word}", language) for word, english in words}
    known = {fact: spoken.get(text, text) for fact, text in facts.groupdict().items()}
    return f"{rule}: {translate(f'{name}.{rule}', language, **known)}"


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Make the pattern of a sentence, with a group for each of its facts."""
    pieces = re.split(r"\{(\w+)[^}]*\}", template)
    facts = [f"(?P<{fact}>.*)" for fact in pieces[1::2]]
    literals = [re.escape(literal) for literal in pieces[::2]]
    return re.compile("".join(map("".join, zip(literals, [*facts, ""], strict=True))), re.DOTALL)


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


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


@cache
def _catalogue(language: str) -> dict[str, str]:
    text = (_LOCALES / f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text)))


def _flat(table: Mapping[str, Any], start: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{start}{name}"
        pairs += _flat(value, f"{key}.") if isinstance(value, Mapping) else [(key, value)]
    return pairs
