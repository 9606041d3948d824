"""What the commands print: short tables for a person, one JSON object for a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from msgframe.core.masking import mask_columns
from msgframe.core.progress import is_quiet
from msgframe.core.translation import translate
from msgframe.core.views import format_value, translate_cells, translate_header

if TYPE_CHECKING:
    import polars as pl

#: A pipe has no width of its own; a table cut at 80 characters would lose figures there.
_PIPE_WIDTH = 140


def print_line(text: str) -> None:
    """Print a line for a person, unless `--quiet` is on."""
    _console().print(Text(text))


def print_error(text: str) -> None:
    """Print why a command was refused, on standard error."""
    Console(stderr=True, soft_wrap=True).print(Text.assemble(("msgframe: ", "bold red"), text))


def print_json(outcome: dict[str, Any]) -> None:
    """Print an outcome as one JSON object; frames become lists of records."""
    print(json.dumps({key: _plain(value) for key, value in outcome.items()}, ensure_ascii=False))


def print_table(title: str, frame: pl.DataFrame, language: str = "en", *, most: int = 12) -> None:
    """Print the first rows of a frame as a table, phone numbers masked; nothing if it is empty."""
    if frame.is_empty():
        return
    console = _console()
    console.print(draw_table(title, frame, language, most=most))
    if frame.height > most:
        more = translate("cli.more", language, count=frame.height - most)
        console.print(Text(more, style="dim"))
    console.print()


def draw_table(title: str, frame: pl.DataFrame, language: str = "en", *, most: int = 12) -> Table:
    """Draw the first rows of a frame as a table, phone numbers masked."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name, dtype in frame.schema.items():
        side: Literal["right", "left"] = "right" if dtype.is_numeric() else "left"
        table.add_column(translate_header(name, language), justify=side)
    for row in frame.head(most).pipe(mask_columns).pipe(translate_cells, language).rows():
        cells = zip(row, frame.columns, strict=True)
        table.add_row(*(Text(format_value(*cell, language=language)) for cell in cells))
    return table


def _console() -> Console:
    console = Console(quiet=is_quiet())
    return console if console.is_terminal else Console(width=_PIPE_WIDTH, quiet=is_quiet())


def _plain(value: Any) -> Any:
    return json.loads(value.write_json()) if hasattr(value, "write_json") else value
