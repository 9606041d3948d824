"""What a person wants of a file, and how much it may ask of this machine before it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Hidden: TypeAlias = Literal["skip", "keep", "error"]

MIB = 2**20
GIB = 2**30

#: Excel's own measures; a file beyond them was not made by Excel.
EXCEL_ROWS, EXCEL_COLUMNS = 1_048_576, 16_384


@dataclass(frozen=True, slots=True)
class Limits:
    """What `read` accepts; the defaults let a full sheet of 1,048,576 rows × 50 columns pass.

    >>> Limits(cells=1_000).cells
    1000
    """

    #: Bytes of the file itself.
    file_bytes: int = 2 * GIB
    #: Bytes of all parts of a workbook that are read, once inflated.
    inflated_bytes: int = 8 * GIB
    #: Inflated bytes a stored byte of one part; past it (and past 32 MiB) the part is a bomb.
    #: Sheets whose cells are all alike reach 17, as measured.
    ratio: int = 100
    #: Parts in a workbook; the largest seen in the wild have some thousands.
    parts: int = 20_000
    #: Cells of the table, blank ones included: rows in use × columns in use.
    cells: int = 64 * MIB
    #: Bytes of text in the table.
    text_bytes: int = 2 * GIB
    #: Bytes of one cell; Excel's own cells end at 32,767 characters.
    cell_bytes: int = MIB
    #: Columns in use.
    columns: int = 4_096
    #: Different number formats in use; Excel's own workbooks hold some 250 at most.
    formats: int = 300
    #: Bytes of XML that is not spelt as Excel spells it; a parser reads some 10 MiB a second.
    careful_bytes: int = 48 * MIB
    #: Bytes of an OpenDocument's content, which goes through the same parser; 200,000 rows of three
    #: cells take 56 MiB and six seconds.
    document_bytes: int = 64 * MIB
    #: Seconds and bytes for a format that is read in a process of its own (xls, xlsb).
    child_seconds: float = 8.0
    child_bytes: int = 5 * GIB // 4


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person wants of a file; `read` and `read_table` explain each."""

    #: A sheet, several, "*" for all visible ones; None for the first that holds a table.
    sheet: str | list[str] | None = None
    #: The header's row number as a person sees it; 0 for none; None to look for it.
    header_row: int | None = None
    #: What becomes of hidden rows and columns.
    hidden: Hidden = "skip"
    #: The column of the row numbers that a person sees; None for no such column.
    row_index: str | None = "row"
    #: Whether two columns may have one header: the second is then called as polars calls it.
    repeated_headers: bool = False
    #: Whether to look for what is odd, which costs a pass over all texts.
    findings: bool = True
