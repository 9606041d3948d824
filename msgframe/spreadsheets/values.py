"""What cells mean: their types and formats, and the text that a person sees in each."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from msgframe.errors import SheetError
from msgframe.spreadsheets.formats import (
    END_OF_DAYS,
    Style,
    follows_region,
    format_iso_dates,
    format_numbers,
    format_text,
    is_date,
    names_days,
    serials,
    stored_digits,
    text_section,
)
from msgframe.spreadsheets.options import GIB, MIB
from msgframe.spreadsheets.series import scatter_text
from msgframe.spreadsheets.shared_strings import NotFastPath, unescape

_ATTRIBUTES = r'^(?:\s(?:s|t|cm|vm|ph)="[0-9A-Za-z]*")*\s?/?$'
_TYPES = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})


@dataclass(frozen=True, slots=True)
class WorkbookContext:
    """What every sheet of a workbook needs to show its cells."""

    #: The shared strings.
    strings: pl.Series
    #: Their lengths in bytes.
    lengths: pl.Series
    #: The number format of each cell style.
    formats: list[str]
    #: Date system and region, and how values are given.
    style: Style
    #: How many bytes of text some rows (4 MiB of XML) may hold.
    text_bytes: int = GIB // 2


def cell_types(attributes: pl.Series, context: WorkbookContext, where: str) -> pl.DataFrame:
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
        raise NotFastPath(where)
    formats = pl.DataFrame({"format": context.formats}, schema={"format": pl.String})
    return spellings.join(
        formats.with_row_index("style"), on="style", how="left", maintain_order="left"
    ).select("attributes", "type", pl.col("format").fill_null("General"))


def with_text(
    cells: pl.DataFrame, context: WorkbookContext, where: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turn values into what a person sees, by type, and note what is odd about single cells."""
    text, odd = cells["value"], [_uncached(cells)]
    for kind in cells["type"].unique().sort().to_list():
        at = cells.select(((pl.col("type") == kind) & pl.col("value").is_not_null()).arg_true())
        of_kind = cells[at.to_series()]
        match kind:
            case "s":
                new = _shared(of_kind["value"], context, where)
            case "str" | "inlineStr":
                new = unescape(of_kind["value"])
            case "b":
                new = of_kind["value"].replace({"1": "TRUE", "0": "FALSE", "true": "TRUE"})
            case "e":
                new = of_kind["value"]
                odd.append(_odd("error_cells", of_kind))
            case _:
                new, noted = _numbers(of_kind, context, where)
                odd.extend(noted)
        text = scatter_text(text, at.to_series(), new)
    return cells.with_columns(text=text), pl.concat(odd)


def with_text_formats(cells: pl.DataFrame, context: WorkbookContext) -> pl.DataFrame:
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


def _shared(value: pl.Series, context: WorkbookContext, where: str) -> pl.Series:
    index = value.cast(pl.UInt32, strict=False)
    if not (index < len(context.strings)).fill_null(value=False).all():
        raise SheetError(
            f"{where} is damaged: a cell points at a shared text that is not there; the workbook "
            f"has {len(context.strings):,}. Open it in a spreadsheet program and save it again."
        )
    refuse_text(int(context.lengths.gather(index).sum()), context.text_bytes, where)
    return context.strings.gather(index)


def refuse_text(size: int, most: int, where: str) -> None:
    """Refuse more text than `most` bytes: one long text that many cells share weighs nothing yet.

    Raises
    ------
    SheetError
        With the limit to raise.
    """
    if size > most:
        raise SheetError(
            f"{where} would hold over {most / MIB:,.0f} MiB of text, as when one long text stands "
            "in every cell. It was refused; if the file is yours, raise Limits(text_bytes=…)."
        )


def _numbers(
    cells: pl.DataFrame, context: WorkbookContext, where: str
) -> tuple[pl.Series, list[pl.DataFrame]]:
    """Show numbers: a format at a time, and none where digits alone say it all."""
    cells = cells.with_columns(pl.col("value").replace("", None).str.strip_chars())
    if (iso := cells["type"] == "d").any():
        cells = cells.with_columns(
            value=pl.coalesce(pl.when(iso).then(serials(cells["value"], context.style)), "value")
        )
    formatted = cells.select((~_plain(context)).fill_null(value=False).arg_true()).to_series()
    if formatted.is_empty():
        return cells["value"], []
    parts = [
        _of_format(part, str(code), context, where)
        for (code,), part in cells[formatted]
        .with_row_index("at")
        .partition_by("format", as_dict=True)
        .items()
    ]
    texts = pl.concat([part["at", "text"] for part, _ in parts]).sort("at")["text"]
    return scatter_text(cells["value"], formatted, texts), [odd for _, odd in parts]


def _plain(context: WorkbookContext) -> pl.Expr:
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
    cells: pl.DataFrame, code: str, context: WorkbookContext, where: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    number = cells["value"].cast(pl.Float64, strict=False)
    if number.null_count() or not number.is_finite().all():
        raise SheetError(
            f"{where} is damaged: a cell that should hold a number holds something else, the first "
            f"in row {cells.filter(number.is_null() | ~number.is_finite())['row'][0]:,}."
        )
    text = _spell(cells["value"], number, code, context.style)
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
        .when(pl.lit(follows_region(code) and not (context.style.raw or context.style.iso_dates)))
        .then(pl.lit("regional_dates"))
    )
    noted = cells.select(kind.alias("kind"), "row", "letter").drop_nulls("kind")
    return cells.with_columns(text=text), noted


def _spell(value: pl.Series, number: pl.Series, code: str, style: Style) -> pl.Series:
    if _iso(code, style):
        return format_iso_dates(number, style)
    return stored_digits(value, number) if style.raw else format_numbers(number, code, style)


def _uncached(cells: pl.DataFrame) -> pl.DataFrame:
    no_value = pl.col("value").is_null() | ((pl.col("value") == "") & (pl.col("type") == "n"))
    missing = cells.filter(pl.col("formula") & no_value)
    return _odd("formulas_without_value", missing)


def _odd(kind: str, cells: pl.DataFrame) -> pl.DataFrame:
    return cells.select(pl.lit(kind).alias("kind"), "row", "letter")
