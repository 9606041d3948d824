"""Spreadsheets: read any table that people have, and write workbooks for people."""

from __future__ import annotations

from msgframe.spreadsheets.reading import Limits, Reading, read, read_table

__all__ = [
    "Limits",
    "Reading",
    "read",
    "read_table",
    "workbooks",
]
