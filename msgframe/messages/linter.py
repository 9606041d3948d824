"""lint: what is wrong with a template, and what will surprise, before anybody reads it.

`lint` looks at the template and, where it is given, at every row under it. `dlt_template` and
`dlt_check` do what India's DLT does: compare each text with its registered template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgframe.core.translation import require_language
from msgframe.errors import TemplateError
from msgframe.messages import grammar, lint_rules
from msgframe.messages.dlt import longest_variable
from msgframe.messages.lint_rules import to_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import polars as pl

    from msgframe.messages.lint_rules import Finding
    from msgframe.messages.smart_encoding import Accents


def lint(
    template: str,
    people: pl.DataFrame | None = None,
    /,
    *,
    message_type: Literal["TRANSACTION", "PROMOTIONAL", "OTP"] | None = None,
    defaults: Mapping[str, str] | None = None,
    max_segments: int = 1,
    smart: bool = False,
    accents: Accents = "keep",
    dlt: bool = False,
    language: str = "en",
) -> pl.DataFrame:
    """Say what is wrong with a template, and what will surprise in the rows under it.

    Parameters
    ----------
    template
        The template as written, broken or not.
    people
        The rows that it is meant for; without them only the template is looked at.
    message_type
        A PROMOTIONAL text must say how to leave.
    defaults
        As for `render`.
    max_segments
        How many segments a text is planned to have.
    smart
        Whether to list every character that `render(smart=True)` replaces.
    accents
        As for `render`.
    dlt
        Whether the texts go to India: what cannot be registered there, and values past the limit.
    language
        The language of the messages.

    Returns
    -------
    A row for each finding, errors first: `rule`, `severity`, `message`, `at` (the character of the
    template, from 1, its damaged markers mended), `suggestion` (mostly a better template), `count`,
    and `rows`: the first few rows concerned, by the frame's `row` or, where it has none, counted
    from 0.

    >>> import polars as pl
    >>> people = pl.DataFrame({"saldo": ["5", ""]})
    >>> findings = lint("Hola # #var ##, tu  saldo es ##salod##", people)
    >>> findings.select("rule", "severity", "at")
    shape: (3, 3)
    ┌──────────────────┬──────────┬─────┐
    │ rule             ┆ severity ┆ at  │
    │ ---              ┆ ---      ┆ --- │
    │ str              ┆ enum     ┆ u32 │
    ╞══════════════════╪══════════╪═════╡
    │ damaged_marker   ┆ error    ┆ 7   │
    │ unknown_variable ┆ error    ┆ 28  │
    │ double_blank     ┆ warning  ┆ 17  │
    └──────────────────┴──────────┴─────┘
    >>> findings["suggestion"][0]
    'Hola ##var##, tu  saldo es ##salod##'
    """
    require_language(language, verb="lint")
    columns = [] if people is None else people.columns
    findings = list(lint_rules.broken(template, columns))
    mended = grammar.mend(template, columns)
    try:
        parts = grammar.parse(mended)
    except TemplateError:
        return to_frame(findings, language)
    findings += lint_rules.signs(mended, parts)
    findings += lint_rules.words(parts, promotional=message_type == "PROMOTIONAL")
    findings += lint_rules.unregistrable(parts) if dlt else []
    if people is not None:
        findings += lint_rules.unknown(parts, columns)
        findings += _in_rows(
            mended,
            people,
            defaults=defaults,
            max_segments=max_segments,
            accents=accents if smart else None,
            most=longest_variable() if dlt else None,
        )
    return to_frame(findings, language)


def _in_rows(
    template: str,
    people: pl.DataFrame,
    *,
    defaults: Mapping[str, str] | None,
    max_segments: int,
    accents: Accents | None,
    most: int | None,
) -> Iterator[Finding]:
    try:
        bound = grammar.bind(template, people.columns, defaults=defaults, verb="lint")
    except TemplateError:
        return
    yield from lint_rules.unused(bound, people.columns)
    counted = people if "row" in people.columns else people.with_row_index("row")
    yield from lint_rules.values(bound, counted, most=most)
    yield from lint_rules.texts(bound, counted, max_segments=max_segments)
    if accents is not None:
        yield from lint_rules.replaced(bound, counted, accents)
