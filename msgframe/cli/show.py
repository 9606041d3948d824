"""What the commands print: short tables for a person, one JSON object for a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from msgframe.core.masking import mask_columns
from msgframe.core.views import format_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]

#: A pipe has no width of its own; a table cut at 80 characters would lose figures there.
_PIPE_WIDTH = 140

_hushed = [False]


def hush(quiet: bool) -> None:
    """Print for people from now on, or for nobody; errors and JSON are printed all the same."""
    _hushed[0] = quiet


def say(text: str) -> None:
    """Print a line for a person."""
    _console().print(Text(text))


def complain(text: str) -> None:
    """Print why a command was refused, on standard error."""
    Console(stderr=True, soft_wrap=True).print(Text.assemble(("msgframe: ", "bold red"), text))


def tell(outcome: dict[str, Any]) -> None:
    """Print an outcome as one JSON object; frames become lists of records."""
    print(json.dumps({key: _plain(value) for key, value in outcome.items()}, ensure_ascii=False))


def show(title: str, frame: pl.DataFrame, *, most: int = 12) -> None:
    """Print the first rows of a frame as a table, phone numbers masked; nothing if it is empty."""
    if frame.is_empty():
        return
    console = _console()
    console.print(drawn(title, frame, most=most))
    if frame.height > most:
        console.print(f"[dim]… and {frame.height - most:,} more[/dim]")
    console.print()


def drawn(title: str, frame: pl.DataFrame, *, most: int = 12) -> Table:
    """Draw the first rows of a frame as a table, phone numbers masked."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name, dtype in frame.schema.items():
        table.add_column(name.replace("_", " "), justify="right" if dtype.is_numeric() else "left")
    for row in frame.head(most).pipe(mask_columns).rows():
        table.add_row(*_cells(row, frame.columns))
    return table


def _console() -> Console:
    console = Console(quiet=_hushed[0])
    return console if console.is_terminal else Console(width=_PIPE_WIDTH, quiet=_hushed[0])


def _cells(row: Iterable[Any], names: Iterable[str]) -> list[Text]:
    return [Text(format_value(value, name)) for value, name in zip(row, names, strict=True)]


def _plain(value: Any) -> Any:
    return json.loads(value.write_json()) if hasattr(value, "write_json") else value
