"""Afterwards: `track`, `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

import msgframe as mf
from msgframe.cli import options
from msgframe.cli.show import Json, say, show, tell
from msgframe.errors import UseError
from msgframe.files import whole


def track(
    sent: Annotated[
        Path, typer.Argument(exists=True, help="The sent.parquet that `msgframe send` wrote.")
    ],
    callbacks: Annotated[str, typer.Argument(help="An export, a folder of them, or a store.")],
    *,
    zone: Annotated[
        str, typer.Option(help="The time zone of the vendor's dates.")
    ] = "Asia/Kolkata",
    out: options.Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Join the delivery callbacks back to what was sent."""
    receipts = mf.read_callbacks(callbacks, zone=zone)
    deliveries, orphans = mf.track(_frame(sent), receipts)
    path = out / "deliveries.parquet"
    with whole(path) as beside:
        deliveries.write_parquet(beside)
    statuses = deliveries.group_by("status").len("messages").sort("status")
    if as_json:
        tell({"deliveries": str(path), "statuses": statuses, "orphans": orphans.height})
        return
    show("Statuses", statuses)
    say(f"{orphans.height:,} receipts belong to nobody in this campaign.")
    say(f"Written: {path}")


def report(
    deliveries: Annotated[
        Path, typer.Argument(exists=True, help="The deliveries.parquet of `msgframe track`.")
    ],
    *,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="Write the report as a workbook.")] = None,
    title: Annotated[str, typer.Option(help="What the report is called.")] = "Delivery report",
    as_json: Json = False,
) -> None:
    """Tell what became of a campaign."""
    told = mf.report(_frame(deliveries), title=title)
    files = [str(told.save(path)) for path in (html, xlsx) if path is not None]
    if as_json:
        tell({**told.tables, "files": files})
        return
    for name, table in told.tables.items():
        show(name.capitalize(), table)
    if files:
        say(f"Written: {', '.join(files)}")


def _frame(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except pl.exceptions.ComputeError as failed:
        raise UseError(f"{path} is not a parquet file that msgframe wrote.") from failed
