"""Spreadsheets: read any table that people have, and write workbooks for people."""

from __future__ import annotations

from msgframe.spreadsheets.reading import Reading, read, read_table
from msgframe.spreadsheets.rejects_workbook import write_rejects
from msgframe.spreadsheets.sources import Limits
from msgframe.spreadsheets.xlsx_writer import ReportTable, write_clean, write_report, write_tables

__all__ = [
    "Limits",
    "Reading",
    "ReportTable",
    "read",
    "read_table",
    "write_clean",
    "write_rejects",
    "write_report",
    "write_tables",
]
