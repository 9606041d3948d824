"""How long the sandbox takes over an uploaded file, beside openpyxl, and over its receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter

from msgframe.message_central.sandbox import Sandbox
from msgframe.message_central.sandbox.api import ApiRequest
from msgframe.message_central.sandbox.xlsx_reader import read

ROWS = 50_000


@pytest.fixture(scope="module")
def upload() -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Country", "Mobile", "Var1", "Var2", "Var3"])
        for row in range(1, ROWS + 1):
            cells = ["91", str(9_000_000_000 + row), f"Ana {row}", f"₹{row}", "01-Mar-2026"]
            sheet.write_row(row, 0, cells)
    return made.getvalue()


@pytest.mark.benchmark(group="a file of 50,000 rows")
def test_reading_an_upload(benchmark, upload: bytes):
    """The sandbox's own reader."""
    assert len(benchmark.pedantic(read, [upload], rounds=3)) == ROWS


@pytest.mark.benchmark(group="a file of 50,000 rows")
def test_reading_it_with_openpyxl(benchmark, upload: bytes):
    """The peer: openpyxl, read-only."""

    def rows() -> int:
        sheet = openpyxl.load_workbook(BytesIO(upload), read_only=True).active
        return sum(1 for _ in sheet.iter_rows(values_only=True))

    assert benchmark.pedantic(rows, rounds=3) == ROWS + 1


@pytest.mark.benchmark(group="receipts of 50,000 messages")
def test_deciding_receipts(benchmark, upload: bytes):
    """What becomes of the messages of one file."""

    def taken() -> tuple[tuple[Sandbox], dict[str, object]]:
        vendor = Sandbox(clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
        params = {"type": "SMS", "flowType": "SMS", "senderId": "UTOMOB", "message": "##var1##"}
        vendor.handler.handle(ApiRequest("send", params, upload, vendor.token))
        return (vendor,), {}

    callbacks = benchmark.pedantic(Sandbox.callbacks, setup=taken, rounds=3)

    assert callbacks.height > ROWS
