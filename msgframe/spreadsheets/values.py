"""What cells mean: their types and formats, and the text that a person sees in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import SheetError
from msgframe.spreadsheets.format_code import follows_region, is_date, names_days, text_section
from msgframe.spreadsheets.formats import (
    END_OF_DAYS,
    Style,
    format_iso_dates,
    format_numbers,
    format_text,
    serials,
    stored_digits,
)
from msgframe.spreadsheets.series import scatter_text
from msgframe.spreadsheets.shared_strings import NotFastPath, unescape
from msgframe.spreadsheets.sources import MIB, Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

_ATTRIBUTES = r'^(?:\s(?:s|t|cm|vm|ph)="[0-9A-Za-z]*")*\s?/?$'
_TYPES = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})


@dataclass(frozen=True, slots=True)
class SheetContext:
    """What it takes to show the cells of a sheet: but for its name, all sheets share it."""

    #: The file and the sheet, for errors.
    where: str
    #: How much they may ask of this machine.
    limits: Limits
    #: Date system and region, and how values are given.
    style: Style
    #: The number format of each cell style.
    formats: Sequence[str] = ()
    #: The shared strings.
    strings: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))

    def refuse_text(self, size: int, most: int) -> None:
        """Refuse more text than `most` bytes: one long text in many cells weighs nothing yet.

        Raises
        ------
        SheetError
            With the limit to raise.
        """
        if size > most:
            raise SheetError(
                f"{self.where} would hold over {most / MIB:,.0f} MiB of text, as when one long "
                "text stands in every cell. It was refused; if the file is yours, "
                "raise Limits(text_bytes=…)."
            )


def cell_types(attributes: pl.Series, context: SheetContext) -> pl.DataFrame:
    """Give each spelling of attributes its type and the number format of its style."""
    spellings = (
        attributes.unique()
        .to_frame("attributes")
        .with_columns(
            type=pl.col("attributes").str.extract(r'\st="([^"]*)"').fill_null("n"),
            style=pl.col("attributes")
            .str.extract(r'\ss="([0-9]{1,9})"')
            .cast(pl.UInt32)
            .fill_null(0),
            known=pl.col("attributes").str.contains(_ATTRIBUTES),
        )
    )
    if not spellings["known"].all() or not spellings["type"].is_in(list(_TYPES)).all():
        raise NotFastPath
    formats = pl.DataFrame({"format": list(context.formats)}, schema={"format": pl.String})
    return spellings.join(
        formats.with_row_index("style"), on="style", how="left", maintain_order="left"
    ).select("attributes", "type", pl.col("format").fill_null("General"))


def with_text(cells: pl.DataFrame, context: SheetContext) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turn values into what a person sees, by type, and note what is odd about single cells."""
    text, value = cells["value"], pl.col("value")
    no_value = value.is_null() | ((value == "") & (pl.col("type") == "n"))
    odd = [_odd("formulas_without_value", cells.filter(pl.col("formula") & no_value))]
    for kind in cells["type"].unique().sort().to_list():
        of_kind = (pl.col("type") == kind) & value.is_not_null()
        at = cells.select(of_kind.arg_true()).to_series()
        some = cells[at]
        match kind:
            case "s":
                new = _shared(some["value"], context)
            case "str" | "inlineStr":
                new = unescape(some["value"])
            case "b":
                new = some["value"].replace({"1": "TRUE", "0": "FALSE", "true": "TRUE"})
            case "e":
                new = some["value"]
                odd.append(_odd("error_cells", some))
            case _:
                new, noted = _numbers(some, context)
                odd.extend(noted)
        text = scatter_text(text, at, new)
    return cells.with_columns(text=text), pl.concat(odd)


def with_text_formats(cells: pl.DataFrame, context: SheetContext) -> pl.DataFrame:
    """Add what a format puts around texts: `"Mr. "@`; hardly any workbook has one."""
    codes = [] if context.style.raw else cells["format"].unique().drop_nulls().to_list()
    for code in codes:
        if text_section(code) is None:
            continue
        of_code = (pl.col("format") == code) & pl.col("type").is_in(["s", "str", "inlineStr"])
        at = cells.select((of_code & pl.col("text").is_not_null()).arg_true()).to_series()
        cells = cells.with_columns(
            text=scatter_text(cells["text"], at, format_text(cells["text"].gather(at), code))
        )
    return cells


def _shared(value: pl.Series, context: SheetContext) -> pl.Series:
    index = value.cast(pl.UInt32, strict=False)
    if not (index < len(context.strings)).fill_null(value=False).all():
        raise SheetError(
            f"{context.where} is damaged: a cell points at a shared text that is not there; the "
            f"workbook has {len(context.strings):,}. Open it in a spreadsheet program and save it "
            "again."
        )
    texts = context.strings.gather(index)
    # These are some rows only, 4 MiB of XML.
    size = int(texts.str.len_bytes().cast(pl.UInt64).sum())
    context.refuse_text(size, context.limits.text_bytes // 4)
    return texts


def _numbers(cells: pl.DataFrame, context: SheetContext) -> tuple[pl.Series, list[pl.DataFrame]]:
    """Show numbers: a format at a time, and none where digits alone say it all."""
    cells = cells.with_columns(pl.col("value").replace("", None).str.strip_chars())
    if (iso := cells["type"] == "d").any():
        cells = cells.with_columns(
            value=pl.coalesce(pl.when(iso).then(serials(cells["value"], context.style)), "value")
        )
    formatted = cells.select((~_plain(context)).fill_null(value=False).arg_true()).to_series()
    if formatted.is_empty():
        return cells["value"], []
    by_format = cells[formatted].with_row_index("at").partition_by("format", as_dict=True)
    parts = [_of_format(part, str(code), context) for (code,), part in by_format.items()]
    texts = pl.concat([part["at", "text"] for part, _ in parts]).sort("at")["text"]
    return scatter_text(cells["value"], formatted, texts), [odd for _, odd in parts]


def _plain(context: SheetContext) -> pl.Expr:
    """Tell which stored digits are what a cell without a format shows: up to 11 characters."""
    style = context.style
    fraction = r"(?:\.[0-9]*[1-9])?" if style.raw or style.region.decimal == "." else ""
    short = pl.col("value").str.contains(rf"^(?:0|-?[1-9][0-9]*){fraction}$")
    fits = pl.col("value").str.len_bytes() <= 11
    as_stored = [
        code for code in {*context.formats, "General"} if style.raw and not _iso(code, style)
    ]
    return short & fits & pl.col("format").is_in(["General", "@", *as_stored])


def _iso(code: str, style: Style) -> bool:
    return style.iso_dates and names_days(code)


def _of_format(
    cells: pl.DataFrame, code: str, context: SheetContext
) -> tuple[pl.DataFrame, pl.DataFrame]:
    number = cells["value"].cast(pl.Float64, strict=False)
    if number.null_count() or not number.is_finite().all():
        raise SheetError(
            f"{context.where} is damaged: a cell that should hold a number holds something else, "
            f"the first in row {cells.filter(number.is_null() | ~number.is_finite())['row'][0]:,}."
        )
    style = context.style
    if _iso(code, style):
        text = format_iso_dates(number, style)
    elif style.raw:
        text = stored_digits(cells["value"], number)
    else:
        text = format_numbers(number, code, style)
    size = number.abs()
    kind = (
        pl.when(size >= 1e15)
        .then(pl.lit("over_15_digits"))
        .when(text.str.contains(r"[0-9][eE][+-]?[0-9]"))
        .then(pl.lit("scientific_notation"))
        .when((size >= 1e11) & pl.lit(code == "General"))
        .then(pl.lit("long_numbers"))
        .when(pl.lit(is_date(code)) & ((size != number) | (size >= END_OF_DAYS)))
        .then(pl.lit("numbers_as_dates"))
        .when(pl.lit(follows_region(code) and not (style.raw or style.iso_dates)))
        .then(pl.lit("regional_dates"))
    )
    noted = cells.select(kind.alias("kind"), "row", "letter").drop_nulls("kind")
    return cells.with_columns(text=text), noted


def _odd(kind: str, cells: pl.DataFrame) -> pl.DataFrame:
    return cells.select(pl.lit(kind).alias("kind"), "row", "letter")
