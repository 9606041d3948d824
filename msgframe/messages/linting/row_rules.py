"""What can be said of the rows under a template: their values and the texts that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.messages import grammar
from msgframe.messages.grammar import Marker, Part
from msgframe.messages.linting.findings import Finding
from msgframe.messages.linting.word_lists import INVISIBLE
from msgframe.messages.texts import OUTSIDE, changes, encoding, sizes, smart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgframe.messages.texts import Accents

#: So many rows are named as examples.
_EXAMPLES = 5


def values(
    parts: list[Part], people: pl.DataFrame, *, most: int | None = None
) -> Iterator[Finding]:
    """Find values that are blank, hold signs of a marker, or have more than `most` characters."""
    markers = list(dict.fromkeys(part for part in parts if isinstance(part, Marker)))
    questions = {
        (rule, marker): asked
        for marker in markers
        for rule, asked in _asked(pl.col(marker.name).cast(pl.String), marker, most).items()
    }
    answers = _answers(people, questions) if questions else {}
    for (rule, marker), (count, rows) in answers.items():
        said = _SAID[rule].format(marker=marker, rows=_rows(count), most=most)
        yield Finding(rule, "warning", said, count=count, rows=tuple(rows))


def texts(parts: list[Part], people: pl.DataFrame, *, max_segments: int) -> Iterator[Finding]:
    """Find texts with more segments than planned, and say by how much."""
    counted = people.select("row", text=grammar.text(parts)).with_columns(sizes("text"))
    over = counted.unnest("sizes").filter(pl.col("segments") > max_segments)
    if over.height:
        largest = over["segments"].max()
        yield Finding(
            "overflow",
            "warning",
            f"{over.height:,} of {people.height:,} texts have more than {max_segments} "
            f"segment{'s' * (max_segments > 1)}, the longest {largest!r}.",
            suggestion="advise(messages) ranks what to shorten or to replace.",
            count=over.height,
            rows=tuple(over["row"].head(_EXAMPLES)),
        )


def replaced(parts: list[Part], people: pl.DataFrame, accents: Accents) -> Iterator[Finding]:
    """Find every character that `render(smart=True)` replaces, in the template and the rows."""
    literals = pl.Series([part for part in parts if isinstance(part, str)], dtype=pl.String)
    whole = pl.Series(["\n".join(literals)], dtype=pl.String)
    lighter = smart("text", accents=accents)
    if not whole.to_frame("text").select(encoding(lighter) == "GSM-7").item():
        return
    # A row's values change together or not at all, as one text of theirs would.
    cells = [grammar.value(part) for part in parts if isinstance(part, Marker)] or [pl.lit("")]
    rows = people.select(text=pl.concat_str(cells, separator="\n"))
    for place, before in (("template", whole), ("values", rows["text"])):
        for sign, code, name, becomes, count, texts in changes(before, accents=accents).rows():
            yield Finding(
                "smart_change",
                "warning",
                f"smart encoding writes {becomes!r} for {sign} ({code} {name}), {count:,} times in "
                f"the {place}" + (f" of {_rows(texts)}." if place == "values" else "."),
                count=count,
            )


#: What each rule about values says.
_SAID = {
    "blank_variable": "##{marker.name}## is blank for {rows}, and has no default.",
    "default_used": "##{marker.name}## is blank for {rows}: they get {marker.default!r}.",
    "signs_in_value": "##{marker.name}## holds ## in {rows}: it stays text, and those rows "
    "cannot travel in file mode.",
    "invisible_in_value": "##{marker.name}## holds characters that nobody sees in {rows}.",
    "blanks_in_value": "##{marker.name}## has blanks around it, or two in a row, in {rows}.",
    "ucs2_value": "##{marker.name}## makes the texts of {rows} UCS-2: it has characters outside of "
    "GSM-7.",
    "dlt_long_value": "##{marker.name}## has more than the {most} characters of a DLT variable in "
    "{rows}.",
}


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _asked(value: pl.Expr, marker: Marker, most: int | None) -> dict[str, pl.Expr]:
    blank = value.is_null() | (value.str.strip_chars() == "")
    limited = {} if most is None else {"dlt_long_value": value.str.len_chars() > most}
    return {
        "blank_variable" if marker.default is None else "default_used": blank,
        "signs_in_value": value.str.contains("##", literal=True),
        "invisible_in_value": value.str.contains(INVISIBLE),
        "blanks_in_value": ~blank & value.str.contains(r"^\s|\s$|\s{2}"),
        "ucs2_value": value.str.contains(OUTSIDE),
        **limited,
    }


def _answers(
    people: pl.DataFrame, questions: dict[tuple[str, Marker], pl.Expr]
) -> dict[tuple[str, Marker], tuple[int, list[int]]]:
    """Count the rows of each question and name the first few, in one pass over the frame."""
    counts = {f"n{at}": asked.sum() for at, asked in enumerate(questions.values())}
    rows = {
        f"r{at}": pl.col("row").filter(asked).head(_EXAMPLES).implode()
        for at, asked in enumerate(questions.values())
    }
    answers = people.lazy().select(**counts, **rows).collect().row(0, named=True)
    return {
        question: (answers[f"n{at}"], answers[f"r{at}"])
        for at, question in enumerate(questions)
        if answers[f"n{at}"]
    }
