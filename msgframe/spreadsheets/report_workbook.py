"""A report as a workbook: what happened in words, then a sheet a table, with Excel's own charts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgframe.spreadsheets.xlsx_writer import fit_page, open_workbook, sheet_name, write_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

#: How figures are shown, by the name of their column.
FORMATS = {"share": "0.0%", "seconds": "#,##0.0", "median_seconds": "#,##0.0", "lift": "0.0"}

#: The tables that are drawn: the kind of chart, and its two columns.
CHARTS = {
    "funnel": ("bar", "step", "rows"),
    "statuses": ("bar", "status", "messages"),
    "curve": ("scatter", "seconds", "delivered"),
}

_GREEN = "#2f8f6b"


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of a report, in the reader's language."""

    #: What it is called.
    heading: str
    #: What its columns are called.
    headers: Sequence[str]
    #: Its cells, under the names by which the house knows the columns.
    frame: pl.DataFrame


def write_report(
    path: str | Path, /, *, name: str, lines: Sequence[str], tables: Mapping[str, ReportTable]
) -> Path:
    """Write a report: a first sheet in words, then each table under its heading.

    Parameters
    ----------
    path
        Where to; complete or absent.
    name
        What the report is called.
    lines
        The outcome in sentences.
    tables
        Each table by its own name.
    """
    with open_workbook(path) as workbook:
        _write_lines(workbook, name, lines)
        for key, each in tables.items():
            formats = {**FORMATS, **({"delivered": "0.0%"} if key == "curve" else {})}
            sheet = write_sheet(
                workbook, each.heading, each.frame, formats=formats, headers=each.headers
            )
            if key in CHARTS and each.frame.height > 1:
                _draw(workbook, sheet, each, CHARTS[key])
    return Path(path)


def _write_lines(workbook: xlsxwriter.Workbook, name: str, lines: Sequence[str]) -> None:
    sheet = workbook.add_worksheet(sheet_name(workbook, name))
    sheet.set_column(0, 0, 110, workbook.add_format({"text_wrap": True, "valign": "top"}))
    sheet.write_string(0, 0, name, workbook.add_format({"bold": True, "font_size": 16}))
    for number, line in enumerate(lines, 2):
        sheet.write_string(number, 0, line)
    fit_page(sheet)


def _draw(
    workbook: xlsxwriter.Workbook, sheet: Worksheet, table: ReportTable, shape: tuple[str, str, str]
) -> None:
    """Put a chart to the right of its table, with the table's own cells behind it."""
    kind, *axes = shape
    smooth: dict[str, Any] = {"subtype": "straight"} if kind == "scatter" else {}
    chart = workbook.add_chart({"type": kind, **smooth})
    last, (across, up) = table.frame.height, map(table.frame.columns.index, axes)
    chart.add_series(
        {
            "categories": [sheet.get_name(), 1, across, last, across],
            "values": [sheet.get_name(), 1, up, last, up],
            "fill": {"color": _GREEN},
            "line": {"color": _GREEN, "width": 2},
            "gap": 40,
            **({"data_labels": {"value": True}} if kind == "bar" else {}),
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": sheet.get_name(), "name_font": {"size": 12, "bold": False}})
    if kind == "bar":
        chart.set_y_axis({"reverse": True})  # the first row on top, as in the table
        chart.set_x_axis({"visible": False, "min": 0, "major_gridlines": {"visible": False}})
    else:
        chart.set_x_axis({"log_base": 10, "min": 1, "name": table.headers[across]})
        chart.set_y_axis({"num_format": "0%", "min": 0, "max": 1})
    sheet.insert_chart(1, table.frame.width + 1, chart, {"x_scale": 1.2, "y_scale": 1.2})
