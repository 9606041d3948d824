"""What a rule says to the person who must mend the sheet, in their language, and what it proposes.

A check of a model speaks in its own words, else in pandera's, else in ours (`[check]` of
`core/locales`). A sentence may name `{column}` and the settings of its rule (`{min_value}`,
`{pattern}`, …). Values are never part of a sentence: they stand beside it, in `value`, so that a
sentence can be logged without showing anybody's number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from msgframe.core.translation import fill, template_of, translate, untranslated

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule says and proposes, beside what it checks."""

    #: Language → sentence.
    sentences: Mapping[str, str] = field(default_factory=dict)
    #: A better value, as an expression over the row; null where there is none.
    suggestion: pl.Expr | None = None


def rule_text(name: str | None, check: pa.Check, extra: Mapping[str, Any], model: Any) -> RuleText:
    """Find what a check says: by `rule`, in its field's metadata, or in pandera's own words."""
    written = getattr(getattr(model, str(check.name), None), "rule_text", None)
    if isinstance(written, RuleText):
        return written
    own = {
        language: sentences[check.name]
        for language, sentences in extra.get("messages", {}).items()
        if check.name in sentences
    }
    words = own_words(check)
    suggestion = extra.get("suggestion")
    suggestion = suggestion.get(check.name) if isinstance(suggestion, dict) else suggestion
    if suggestion is None and check.name == "isin":
        suggestion = _nearest(str(name), settings_of(check)["allowed_values"])
    return RuleText({"en": words, **own} if words else own, suggestion)


def _nearest(name: str, values: Collection[Any]) -> pl.Expr | None:
    """Propose the value that differs in case, accents, or blanks only."""
    words = pl.Series([value for value in values if isinstance(value, str)], dtype=pl.String)
    alike = _folded(words).is_first_distinct() if words.len() else words.is_null()
    known = words.filter(alike)
    if known.is_empty():
        return None
    cell: pl.Expr = _folded(pl.col(name))
    return cell.replace_strict(_folded(known), known, default=None)


def _folded(text: Any) -> Any:
    """Fold a series or an expression of text: no case, no accents, no blanks or marks."""
    apart = text.str.normalize("NFKD").str.to_lowercase()
    return apart.str.replace_all(r"[\p{M}\s_.-]", "")


def own_words(check: pa.Check) -> str | None:
    """Give the words that a check was given; pandera's own for its built-in checks do not count."""
    if check not in pa.Check:
        return check.error or (check.description or "").split("\n")[0] or None
    usual = getattr(pa.Check, str(check.name))(**settings_of(check)).error
    return None if check.error == usual else check.error


def settings_of(check: pa.Check) -> dict[str, Any]:
    """Give what a check was made with, such as its lowest value; code has none."""
    return dict(check.statistics or {})


def lengths(statistics: Mapping[str, Any]) -> dict[str, str]:
    """Say the lengths that `str_length` allows: 4–8, ≤ 30; nothing for other checks."""
    low, high = statistics.get("min_value"), statistics.get("max_value")
    match statistics.get("exact_value"), low, high:
        case None, None, None:
            return {}
        case None, None, _:
            return {"lengths": f"≤ {high}"}
        case None, _, None:
            return {"lengths": f"≥ {low}"}
        case None, _, _:
            return {"lengths": f"{low}–{high}"}
        case exact, _, _:
            return {"lengths": str(exact)}


def sentence(
    rule: str,
    facts: Mapping[str, Any],
    *,
    language: str,
    own: Mapping[str, str] | None = None,
    otherwise: str = "check",
) -> str:
    """Say a rule in its own words, else in ours, else in those of the rule called `otherwise`.

    >>> sentence("isin", {"column": "Plan", "allowed_values": ["oro", "plata"]}, language="es")
    'Plan debe ser uno de oro, plata.'
    >>> sentence("saldo_ok", {"column": "Saldo", "rule": "saldo_ok"}, language="en")
    'Saldo does not meet the rule saldo ok.'
    """
    key, own = f"check.{rule}", own or {}
    ours = template_of(key, language)
    # Of two English sentences the rule's own one knows more.
    theirs = own.get(language, own.get("en") if key in untranslated(language) else None)
    template = theirs or ours or own.get("en") or template_of(f"check.{otherwise}", language)
    spoken = {name: _spoken(name, fact, language) for name, fact in facts.items()}
    return fill(template or rule, language, **spoken)


def _spoken(name: str, fact: Any, language: str) -> str:
    match fact:
        case str() if name == "rule":
            return fact.replace("_", " ")
        case pl.DataType():
            return _kind(fact, language)
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(str, fact))
        case _:
            return str(fact)


def _kind(dtype: pl.DataType, language: str) -> str:
    groups = {"integer": dtype.is_integer(), "float": dtype.is_numeric()}
    groups["temporal"] = dtype.is_temporal()
    group = next((name for name, fits in groups.items() if fits), "other")
    return translate(f"kind.{group}", language, kind=str(dtype).lower())
