"""India's DLT: every text must match its registered template, or the operator drops it.

Operators compare the text with the template that was registered under the templateId: literal text
character by character, and each variable within its limit. Which limit that is, public sources do
not agree on, so the rules stand in a dated table and each check may be told another.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from msgframe.errors import TemplateError
from msgframe.frames import quoted, require_columns
from msgframe.messages import grammar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Limit(NamedTuple):
    """How long and of what a variable may be, since when, and who says so."""

    #: The variable as registered: `{#var#}`, or since 2026 one with its kind.
    kind: str
    #: From which day on.
    since: date
    #: The most characters.
    most: int
    #: What it may hold, as a regular expression of one character.
    of: str
    #: Who says so; where sources disagree, what else is said.
    source: str


#: In the order of their dates; the last that is in force for a kind counts.
DLT_LIMITS = [
    Limit("var", date(2020, 9, 1), 30, r"[\s\S]", "Kaleyra help 3000105308; MSG91 says 40"),
    Limit("numeric", date(2026, 1, 14), 40, "[0-9]", "MSG91 variable tagging; Fast2SMS"),
    Limit("alphanumeric", date(2026, 1, 14), 40, "[A-Za-z0-9]", "MSG91 variable tagging; Fast2SMS"),
    Limit("url", date(2026, 1, 14), 40, r"\S", "MSG91 variable tagging; must be whitelisted"),
    Limit("urlott", date(2026, 1, 14), 40, r"\S", "MSG91 variable tagging; must be whitelisted"),
    Limit("cbn", date(2026, 1, 14), 40, r"[0-9+ -]", "MSG91 variable tagging; must be whitelisted"),
    Limit("email", date(2026, 1, 14), 40, r"\S", "MSG91 variable tagging"),
]

# The kind is written in small letters: operators compare it by case.
_VARIABLE = re.compile(r"\{#([a-z]+)#\}")

_SCHEMA = pl.Schema(
    {
        "row": pl.UInt32,
        "rule": pl.String,
        "error_code": pl.String,
        "at": pl.UInt32,
        "expected": pl.String,
        "found": pl.String,
        "message": pl.String,
    }
)


def dlt_template(template: str) -> str:
    """Give a template in the form in which it is registered: every marker is `{#var#}`.

    DLT variables have no name and no default: they are told apart by their order alone.

    >>> dlt_template("Dear ##name|customer##, your OTP is ##code##.")
    'Dear {#var#}, your OTP is {#var#}.'
    """
    parts = grammar.parse(template)
    return "".join(part if isinstance(part, str) else "{#var#}" for part in parts)


def dlt_check(
    messages: pl.DataFrame,
    registered: str,
    /,
    *,
    max_variable: int | None = None,
    on: date | None = None,
) -> pl.DataFrame:
    """Compare every text with the template that is registered for it, as an operator does.

    Parameters
    ----------
    messages
        What `render` made: `text`, and `row` where there is one.
    registered
        The registered template, with `{#var#}` or the kinds of 2026 such as `{#numeric#}`.
    max_variable
        The most characters of a variable, instead of the table's.
    on
        The day whose rules count; today's by default.

    Returns
    -------
    A row for each text that would be dropped: `row`, `rule` (`mismatch`, or `variable_too_long`
    where only a variable's length or letters are wrong), the operators' `error_code` (633, 635),
    `at` (the character of the text, from 1, up to which it matches), `expected` and `found` there,
    and a `message`. An empty frame is good news.

    Raises
    ------
    TemplateError
        If the registered template has a variable of an unknown kind.

    >>> messages = pl.DataFrame({"row": [2, 3], "text": ["Dear Ana, pay 5.", "Dear Ana, paid 5."]})
    >>> dlt_check(messages, "Dear {#var#}, pay {#var#}.").select("row", "rule", "at", "found")
    shape: (1, 4)
    ┌─────┬──────────┬─────┬───────┐
    │ row ┆ rule     ┆ at  ┆ found │
    │ --- ┆ ---      ┆ --- ┆ ---   │
    │ u32 ┆ str      ┆ u32 ┆ str   │
    ╞═════╪══════════╪═════╪═══════╡
    │ 3   ┆ mismatch ┆ 13  ┆ id 5. │
    └─────┴──────────┴─────┴───────┘
    """
    require_columns(messages, ["text"], verb="dlt_check")
    strict = _steps(registered, max_variable, on)
    loose = _steps(registered, None, on, bounded=False)
    counted = messages if "row" in messages.columns else messages.with_row_index("row")
    texts = counted.select(pl.col("row").cast(pl.UInt32), pl.col("text").fill_null(""))
    wrong = texts.filter(~pl.col("text").str.contains(_whole(strict)))
    too_long = pl.col("text").str.contains(_whole(loose))
    return pl.concat(
        [
            _placed(wrong.filter(too_long), strict, "variable_too_long", "635"),
            _placed(wrong.filter(~too_long), loose, "mismatch", "633"),
        ]
    ).sort("row")


def longest_variable() -> int:
    """Give the most characters that a variable may have today."""
    return _limit("var", _today()).most


class _Step(NamedTuple):
    """One character of the literal text, or one variable."""

    pattern: str
    shown: str
    #: The most characters of a variable; 0 for a literal.
    most: int = 0

    @property
    def is_variable(self) -> bool:
        """Whether it stands for what differs from text to text."""
        return self.most > 0


def _steps(
    registered: str, most: int | None, on: date | None, *, bounded: bool = True
) -> list[_Step]:
    pieces = _VARIABLE.split(registered)
    steps: list[_Step] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            limit = _limit(piece, on or _today())
            longest = most or limit.most
            pattern = f"{limit.of}{{0,{longest}}}?" if bounded else r"[\s\S]*?"
            steps.append(_Step(pattern, f"{{#{piece}#}}", longest))
        else:
            steps += [_Step(re.escape(character), character) for character in piece]
    return steps


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Kolkata")).date()


def _limit(kind: str, on: date) -> Limit:
    in_force = [limit for limit in DLT_LIMITS if limit.kind == kind and limit.since <= on]
    if not in_force:
        raise TemplateError(
            f"DLT knows no variable {{#{kind}#}} on {on}. "
            f"There are {quoted(sorted({limit.kind for limit in DLT_LIMITS}))}."
        )
    return in_force[-1]


def _whole(steps: Sequence[_Step]) -> str:
    return rf"{_start(steps)}\z"


def _placed(
    texts: pl.DataFrame, steps: Sequence[_Step], rule: str, error_code: str
) -> pl.DataFrame:
    """Find for each text how many steps of the template it follows, and say where it stops."""
    stopped = [
        _stopped(part, steps, reached, rule)
        for reached, part in _halved(texts, steps, 0, len(steps))
    ]
    return (
        pl.concat([pl.DataFrame(schema=_SCHEMA), *stopped], how="diagonal")
        .with_columns(rule=pl.lit(rule), error_code=pl.lit(error_code))
        .with_columns(
            message=pl.format(
                "The text follows its template up to character {}; then it has '{}' instead of {}.",
                pl.col("at") - 1,
                "found",
                "expected",
            )
        )
    )


def _halved(
    texts: pl.DataFrame, steps: Sequence[_Step], low: int, high: int
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Part texts by the steps that they follow, `low` at least and `high` at most, by halving."""
    if texts.is_empty():
        return
    if low == high:
        yield low, texts
        return
    middle = (low + high + 1) // 2
    follows = texts["text"].str.contains(_start(steps[:middle]))
    yield from _halved(texts.filter(follows), steps, middle, high)
    yield from _halved(texts.filter(~follows), steps, low, middle - 1)


def _stopped(texts: pl.DataFrame, steps: Sequence[_Step], reached: int, rule: str) -> pl.DataFrame:
    length = pl.col("text").str.extract(f"({_start(steps[:reached])})").str.len_chars()
    literal = takewhile(lambda step: not step.is_variable, steps[reached : reached + 12])
    expected = "".join(step.shown for step in literal)
    variables = [step for step in steps[:reached] if step.is_variable]
    if rule == "variable_too_long" and variables:
        expected = f"{variables[-1].shown} no. {len(variables)}, at most {variables[-1].most} long"
    else:
        expected = f"'{expected}'" if expected else "its end"
    return texts.select(
        "row",
        at=(length + 1).cast(pl.UInt32),
        expected=pl.lit(expected),
        found=pl.col("text").str.slice(length, 12),
    )


def _start(steps: Sequence[_Step]) -> str:
    return rf"\A{''.join(step.pattern for step in steps)}"
