"""The options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from msgframe import message_central
from msgframe.core.translation import languages

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
