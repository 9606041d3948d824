"""Old and binary workbooks (xls, xlsb): read by fastexcel, in a process of its own with limits.

fastexcel can abort its process, or hang, on files of a few bytes. Here that ends the child and
gives one sentence. `python -m msgframe.spreadsheets.legacy` is the child: a file comes in, frames
go out.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe.core.a1 import column_letter
from msgframe.errors import SheetError
from msgframe.spreadsheets.findings import Finding
from msgframe.spreadsheets.tables import Grid, Sheet, Workbook

if TYPE_CHECKING:
    from msgframe.spreadsheets.sources import Limits, Source


class Legacy(Workbook):
    """An old workbook, read whole by a child; its sheets are handed out as they are asked for."""

    def __init__(self, source: Source, kind: str, limits: Limits) -> None:
        self.name = source.name
        self._frames = _convert_in_child(source, kind, limits)
        self.sheets = [
            Sheet(sheet["name"], str(at), visible=sheet["visible"] == "visible")
            for at, (sheet, _) in enumerate(self._frames)
        ]
        self.findings = [Finding("legacy_format", 1, facts={"kind": kind})]

    def grid(self, sheet: Sheet) -> Grid:
        """Give a sheet."""
        described, frame = self._frames[int(sheet.part)]
        frame.columns = [column_letter(at) for at in described["columns"]]
        return Grid(frame.with_row_index("row", offset=1).cast({"row": pl.UInt32}))


def _convert_in_child(
    source: Source, kind: str, limits: Limits
) -> list[tuple[dict[str, Any], pl.DataFrame]]:
    request = {"bytes": limits.child_bytes, "seconds": limits.child_seconds, "cells": limits.cells}
    try:
        done = subprocess.run(  # noqa: S603  (this very Python, and a module of ours)
            [sys.executable, "-m", "msgframe.spreadsheets.legacy", json.dumps(request)],
            input=source.whole(),
            capture_output=True,
            check=False,
            timeout=limits.child_seconds,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0:
        raise SheetError(
            f"{source.name} is an old or binary workbook (.{kind}) that cannot be read within the "
            "limits; it is damaged, protected, or too large. Open it in Excel and save it as "
            ".xlsx, or raise Limits(child_seconds=…, child_bytes=…)."
        )
    head, _, body = done.stdout.partition(b"\n")
    stream = io.BytesIO(body)
    return [
        (sheet, pl.read_ipc_stream(io.BytesIO(stream.read(sheet["bytes"]))))
        for sheet in json.loads(head)
    ]


def child_main() -> None:
    """Read the file on standard input, within the limits of the arguments, and write its frames."""
    import fastexcel

    request = json.loads(sys.argv[1])
    _limit(request["bytes"], request["seconds"])
    reader = fastexcel.read_excel(sys.stdin.buffer.read())
    described, packed = [], []
    for at, name in enumerate(reader.sheet_names):
        sheet = reader.load_sheet(at, header_row=None, skip_rows=0, dtypes="string")
        file = io.BytesIO()
        frame = sheet.to_polars() if sheet.width else pl.DataFrame()
        frame.write_ipc_stream(file)
        columns = [column.absolute_index for column in sheet.selected_columns]
        size = len(file.getvalue())
        described.append(
            {"name": name, "visible": sheet.visible, "columns": columns, "bytes": size}
        )
        packed.append(file.getvalue())
    sys.stdout.buffer.write(json.dumps(described).encode() + b"\n" + b"".join(packed))


def _limit(size: int, seconds: float) -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such limits; the time limit of the parent holds there too.
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    child_main()
