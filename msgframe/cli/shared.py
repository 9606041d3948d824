"""What the commands share: their options, what they print, and the frames they hand on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from msgframe import message_central
from msgframe.core.atomic_files import atomic_write
from msgframe.core.masking import mask_columns
from msgframe.core.progress import is_quiet
from msgframe.core.translation import languages, translate
from msgframe.core.views import format_value, translate_cells, translate_header
from msgframe.errors import UsageError

Sheet = Annotated[
    Path, typer.Argument(exists=True, help="The spreadsheet: xlsx, ods, csv, tsv, parquet.")
]
Country = Annotated[
    str | None, typer.Option(help="Calling code for numbers that carry none, such as 91.")
]
Out = Annotated[Path, typer.Option(help="The folder that the files are written to.")]
Template = Annotated[
    str, typer.Option("--template", "-t", help="The text, with ##Column## markers.")
]
Campaign = Annotated[
    str, typer.Option(help="The campaign's name; the same name is never sent twice.")
]
Sender = Annotated[str, typer.Option("--sender", help="The sender ID that recipients see.")]
MessageType: TypeAlias = Annotated[
    message_central.MessageType, typer.Option("--type", help="What kind of message it is.")
]
Url = Annotated[
    str | None, typer.Option(help="Base URL of the API; by default the vendor's, or MSGFRAME_URL.")
]
Language = Annotated[str, typer.Option(help=f"Of the sentences: {', '.join(languages())}.")]
Zone = Annotated[
    str | None, typer.Option(help="Time zone of the receipts' dates; by default the vendor's.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]

#: A pipe has no width of its own; a table cut at 80 characters would lose figures there.
_PIPE_WIDTH = 140


def write_parquet(frame: pl.DataFrame, path: Path) -> Path:
    """Write a frame, complete or not at all."""
    with atomic_write(path) as target:
        frame.write_parquet(target)
    return path


def read_parquet(path: str | Path) -> pl.DataFrame:
    """Read a frame that a command wrote."""
    try:
        return pl.read_parquet(path)
    except FileNotFoundError as failed:
        raise UsageError(f"There is no file {path}.") from failed
    except pl.exceptions.ComputeError as failed:
        raise UsageError(f"{path} is not a parquet file that msgframe wrote.") from failed


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


def exit_unless_sent(sent: pl.DataFrame) -> None:
    """End with code 3 where the vendor refused a message, or its outcome is unknown."""
    if sent["state"].is_in(["failed", "unknown"]).any():
        raise typer.Exit(3)


def _console() -> Console:
    console = Console(quiet=is_quiet())
    return console if console.is_terminal else Console(width=_PIPE_WIDTH, quiet=is_quiet())


def _plain(value: Any) -> Any:
    return json.loads(value.write_json()) if hasattr(value, "write_json") else value
