"""Findings: what was odd about a file is said, with its place, its number, and what was done."""

from __future__ import annotations

import datetime as dt
import io
import runpy
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from msgframe.errors import UsageError
from msgframe.spreadsheets import read
from msgframe.spreadsheets.findings import ranges


def read_rows(rows, *, change=None, **settings):
    """Read a workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book, book.active)
    file = io.BytesIO()
    book.save(file)
    return read(file.getvalue(), **settings)


def found(rows, **settings):
    """Give the findings of a workbook of one sheet as (kind, cells, count)."""
    return read_rows(rows, **settings).findings.select("kind", "cells", "count").rows()


def table(*values):
    return [("Mobile", "Var1"), *(("9816111111", value) for value in values)]


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        (["a", "#N/A", "#DIV/0!"], ("error_cells", "B3:B4", 2)),
        ([919816111111], ("long_numbers", "B2", 1)),
        ([12345678901234567], ("over_15_digits", "B2", 1)),
        (["=1+1"], ("formulas_without_value", "B2", 1)),
        (["a\u200bb"], ("zero_width_characters", "B2", 1)),
        (["\u202eevil"], ("bidirectional_characters", "B2", 1)),
        (["a\nb"], ("control_characters", "B2", 1)),
        (["a "], ("outer_blanks", "B2", 1)),
        (["a\u00a0b"], ("no_break_spaces", "B2", 1)),
    ],
)
def test_odd_cells_are_named(values, finding):
    """Each kind of odd cell is found at its place."""
    assert found(table(*values)) == [finding]


@pytest.mark.parametrize(
    ("value", "code", "kind"),
    [
        (9816111111, "0.00E+00", "scientific_notation"),
        (919816111111, "dd/mm/yyyy", "numbers_as_dates"),
        (dt.date(2026, 3, 1), "mm-dd-yy", "regional_dates"),
    ],
)
def test_odd_formats_are_named(value, code, kind):
    """Formats that hide digits, or that each computer writes its own way, are said."""

    def change(book, sheet):
        sheet["B2"].number_format = code

    assert found(table(value), change=change) == [(kind, "B2", 1)]


def test_filtered_rows_are_told_from_hidden_ones():
    """Rows that a filter hides are called filtered."""

    def change(book, sheet):
        sheet.auto_filter.ref = "A1:B3"
        sheet.auto_filter.add_filter_column(1, ["a"])
        sheet.row_dimensions[3].hidden = True

    assert found(table("a", "b"), change=change) == [("filtered_rows", "3", 1)]


def test_merged_cells_are_said():
    """A merged range is named; its value stays in the first cell."""

    def change(book, sheet):
        sheet.merge_cells("B2:B3")

    assert found(table("a", "b"), change=change) == [("merged_cells", "B2:B3", 1)]


def test_other_sheets_are_weighed():
    """Unread sheets are said: hidden ones, ones with numbers, and the rest."""

    def change(book, sheet):
        book.create_sheet("North").append(["9816111112"])
        book.create_sheet("Notes").append(["hello"])
        book.create_sheet("Old").sheet_state = "hidden"

    kinds = [kind for kind, _, _ in found(table("a"), change=change)]

    assert kinds == ["hidden_sheets", "more_recipients", "sheets_not_read"]


def test_blank_rows_and_headers_are_said():
    """A blank row keeps the others' numbers, a header without text has its letter."""
    rows = [("Mobile", None), ("9816111111", "x"), (), ("9816111112", "y")]

    assert found(rows) == [("blank_headers", "B1", 1), ("blank_rows", "3", 1)]


def test_title_is_said():
    """Rows above the header are named."""
    assert found([("Our contacts",), *table("a")]) == [("rows_above_header", "1", 1)]


def test_years_from_1904_are_said():
    """A workbook from an old Mac says so, and its dates are right."""
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    book.active.append(["Mobile", "Day"])
    book.active.append(["9816111111", dt.date(2026, 3, 1)])
    file = io.BytesIO()
    book.save(file)

    sheet, findings = read(file.getvalue())

    assert sheet["Day"].to_list() == ["2026-03-01"]
    assert findings["kind"].to_list() == ["dates_from_1904"]


def test_macros_are_said():
    """A workbook with macros is read, and its macros are said."""
    zoo = runpy.run_path(str(Path(__file__).parent / "zoo" / "animals.py"))
    data = zoo["packed"]({**zoo["parts"](), "xl/vbaProject.bin": "x"})

    assert read(data).findings["kind"].to_list() == ["macros"]


def test_hidden_cells_are_not_reported_twice():
    """What is left out with a hidden column is not searched for oddities."""

    def change(book, sheet):
        sheet.column_dimensions["B"].hidden = True

    assert found(table("#N/A"), change=change) == [("hidden_columns", "B", 1)]


def test_many_ranges_are_cut_short():
    """A finding names a few ranges and counts the rest."""
    rows = pl.Series(range(2, 100, 2), dtype=pl.UInt32)

    assert str(ranges(rows, "B")) == "B2, B4, B6, B8, B10, B12 and 43 more ranges"


def test_findings_speak_spanish():
    """The sentences and the count of further ranges are in the language that was asked for."""
    rows = [value for n in range(9) for value in (("9816111111", "#N/A"), ("9816111111", "a"))]

    findings = read_rows([("Mobile", "Var1"), *rows], language="es").findings

    assert findings.select("cells", "what", "done").rows() == [
        (
            "B2, B4, B6, B8, B10, B12 y 3 rangos más",
            "hay celdas que muestran un error, como #N/A, en vez de un valor",
            "el error se conserva como texto, para que check() lo rechace",
        )
    ]


def test_unknown_language_is_answered():
    """A language that is not there is answered with those that are."""
    with pytest.raises(UsageError, match=r"read\(language='fr'\): there are 'en', 'es'"):
        read(b"Mobile\n9816111111\n", language="fr")
