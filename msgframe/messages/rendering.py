"""render: a template and a frame of people become a frame of messages, in one expression.

The text is put together by polars alone. Beside it stands the same message in the form that the
vendor's file mode takes: the template with its markers numbered `##Var1##` … `##VarN##`, and the
values in that order. Whoever replaces the markers by the values gets the text, row for row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from msgframe.errors import ColumnsError, TemplateError, TooCostly
from msgframe.frames import F, forbid_columns, quoted
from msgframe.messages import grammar
from msgframe.messages.grammar import Marker, Part
from msgframe.messages.segmentation import encoding, sizes
from msgframe.messages.smart_encoding import smart as smarten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from msgframe.messages.smart_encoding import Accents


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of the text that look like a marker's, and so travel to the vendor as a value."""

    #: One `#` or more.
    signs: str


#: What a variable of the vendor's form holds: a cell, or signs that no renderer must look into.
Value: TypeAlias = Marker | Signs


def render(
    people: F,
    template: str,
    /,
    *,
    smart: bool = False,
    accents: Accents = "keep",
    defaults: Mapping[str, str] | None = None,
    max_segments: int | None = None,
) -> F:
    """Put each person's values into a template, and count what the text is billed as.

    Parameters
    ----------
    people
        A frame with the columns that the template names.
    template
        The text with its markers: `##nombre##` is a column (case, accents, blanks and `_` do not
        matter), `##Var1##` the first of the person's own columns, `##nombre|cliente##` has a
        default for blank cells, and `####` is a `##` that stays in the text. A value is never
        read as a marker again.
    smart
        Whether signs outside of GSM-7 are replaced where that makes the whole text GSM-7: in the
        template for all rows alike, in the values row by row. `lint` shows every such change.
    accents
        With `smart`, whether letters lose the accents that GSM-7 lacks: `á` → `a`.
    defaults
        What stands where a cell is blank, by column; a marker's own default comes first.
    max_segments
        The most segments that a text may have; needs a DataFrame.

    Returns
    -------
    The frame with `text`, `encoding`, `units`, `segments`, `template` and `variables`, its rows in
    their order. A blank cell without a default leaves its place blank.

    Raises
    ------
    TemplateError
        For a broken template or one that names a column which is not there.
    ColumnsError
        If the frame already has one of the columns, or a named column cannot be text.
    TooCostly
        If a text has more than `max_segments`.

    >>> people = pl.DataFrame({"nombre": ["Ana", "José", None], "saldo": ["5 €", "7", "9"]})
    >>> messages = render(people, "Hola ##Nombre|cliente##: ##saldo##")
    >>> messages.select("text", "encoding", "units", "segments")
    shape: (3, 4)
    ┌─────────────────┬──────────┬───────┬──────────┐
    │ text            ┆ encoding ┆ units ┆ segments │
    │ ---             ┆ ---      ┆ ---   ┆ ---      │
    │ str             ┆ enum     ┆ u16   ┆ u8       │
    ╞═════════════════╪══════════╪═══════╪══════════╡
    │ Hola Ana: 5 €   ┆ GSM-7    ┆ 14    ┆ 1        │
    │ Hola José: 7    ┆ GSM-7    ┆ 12    ┆ 1        │
    │ Hola cliente: 9 ┆ GSM-7    ┆ 15    ┆ 1        │
    └─────────────────┴──────────┴───────┴──────────┘
    >>> messages.select("template", "variables").row(2)
    ('Hola ##Var1##: ##Var2##', ['cliente', '9'])
    """
    forbid_columns(people, "render", verb="render")
    schema = people.collect_schema()
    parts = grammar.bind(template, schema.names(), defaults=defaults)
    _refuse_nested(parts, schema)
    messages = (
        people.pipe(_smart_texts, parts, accents) if smart else people.pipe(_plain_texts, parts)
    )
    return messages.pipe(_counted).pipe(_guarded, max_segments)


def _plain_texts(people: F, parts: list[Part]) -> F:
    pieces, values = _numbered(parts)
    return people.with_columns(
        text=grammar.text(parts),
        template=pl.lit(_vendor_form(pieces)),
        variables=_listed(values),
    )


def _smart_texts(people: F, parts: list[Part], accents: Accents) -> F:
    lighter = smart_literals(parts, accents)
    if lighter is None:
        return _plain_texts(people, parts)
    pieces, values = _numbered(lighter)
    return people.with_columns(
        template=pl.lit(_vendor_form(pieces)), variables=_smart_values(_listed(values), accents)
    ).with_columns(text=_from_variables(pieces))


def smart_literals(parts: list[Part], accents: Accents) -> list[Part] | None:
    """Give the parts with lighter literals, or None where one of them stays UCS-2 anyway."""
    texts = pl.Series(grammar.literals(parts), dtype=pl.String)
    lighter = texts.to_frame("text").select(smarten("text", accents=accents)).to_series()
    if (lighter.to_frame("text").select(encoding("text")).to_series() == "UCS-2").any():
        return None
    each = iter(lighter)
    return [next(each) if isinstance(part, str) else part for part in parts]


def _smart_values(variables: pl.Expr, accents: Accents) -> pl.Expr:
    each, raw, lighter = pl.element(), pl.field("raw"), pl.field("lighter")
    return (
        pl.struct(raw=variables)
        .struct.with_fields(lighter=raw.list.eval(smarten(each, accents=accents)))
        .struct.with_fields(fits=lighter.list.eval(encoding(each) == "GSM-7").list.all())
        # A row's values change together or not at all: half a change would save nothing.
        .struct.with_fields(raw=pl.when(pl.field("fits")).then(lighter).otherwise(raw))
        .struct.field("raw")
    )


def _numbered(parts: list[Part]) -> tuple[list[str | int], list[Value]]:
    """Give the vendor's form in pieces, a number for each variable, and the values of these."""
    numbers: dict[Value, int] = {}
    pieces = [
        piece if isinstance(piece, str) else numbers.setdefault(piece, len(numbers))
        for piece in _lifted(parts)
    ]
    return pieces, list(numbers)


def _lifted(parts: list[Part]) -> Iterator[str | Value]:
    """Take out of the text what a renderer might take for a marker's signs."""
    for before, part, after in zip([None, *parts], parts, [*parts[1:], None], strict=False):
        if isinstance(part, Marker):
            yield part
            continue
        # Two signs anywhere, and any that touch a marker.
        touchy = "(##+" + "|^#+" * (before is not None) + "|#+$" * (after is not None) + ")"
        for index, piece in enumerate(re.split(touchy, part)):
            if piece:
                yield Signs(piece) if index % 2 else piece


def _vendor_form(pieces: list[str | int]) -> str:
    return "".join(f"##Var{p + 1}##" if isinstance(p, int) else p for p in pieces)


def _from_variables(pieces: list[str | int]) -> pl.Expr:
    values = pl.col("variables").list
    return pl.concat_str(
        [values.get(p) if isinstance(p, int) else pl.lit(p) for p in pieces] or [pl.lit("")]
    )


def _listed(values: list[Value]) -> pl.Expr:
    if not values:
        return pl.lit([], dtype=pl.List(pl.String))
    cells = [pl.lit(v.signs) if isinstance(v, Signs) else grammar.value(v) for v in values]
    # Twelve times as fast as concat_list, which grows each row's list by itself.
    return pl.concat_arr(cells).arr.to_list()


def _counted(messages: F) -> F:
    order = ["text", "encoding", "units", "segments", "template", "variables"]
    return (
        messages.with_columns(encoding=sizes("text"))
        .unnest("encoding")
        .select(pl.exclude(order), *order)
    )


def _guarded(messages: F, most: int | None) -> F:
    if most is None:
        return messages
    if isinstance(messages, pl.LazyFrame):
        raise TemplateError("max_segments needs counted rows: render(people.collect(), …).")
    longer = messages.filter(pl.col("segments") > most)
    if longer.height:
        raise TooCostly(
            f"render() made {longer.height:,} of {messages.height:,} texts longer than "
            f"max_segments={most}: the longest has {longer['segments'].max()!r}. "
            f"lint(template, people, max_segments={most}) names the rows and what to shorten."
        )
    return messages


def _refuse_nested(parts: list[Part], schema: pl.Schema) -> None:
    nested = [one.name for one in grammar.markers(parts) if schema[one.name].is_nested()]
    if nested:
        raise ColumnsError(
            f"render() cannot write {quoted(nested)} as text: {schema[nested[0]]} holds several "
            f"values. Make it a column of text first."
        )
