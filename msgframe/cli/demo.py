"""The whole street on a sheet, against a vendor that this command plays itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import msgframe as mf
from msgframe.cli import options
from msgframe.cli.show import Json, say, show, tell
from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError
from msgframe.reports.tables import reasons

if TYPE_CHECKING:
    import polars as pl

    from msgframe.recipients import Checked
    from msgframe.reports import Report
    from msgframe.spreadsheets import Reading

_TEMPLATE = "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"


def demo(
    sheet: Annotated[Path, typer.Argument(help="The spreadsheet to walk down the street.")] = Path(
        "data/recipients.xlsx"
    ),
    *,
    country: options.Country = "91",
    template: options.Template = _TEMPLATE,
    out: options.Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Walk a sheet down the whole street against an embedded sandbox; nothing leaves here.

    Example: msgframe demo contacts.xlsx --country 34 -t "Hola ##Nombre##"
    """
    if not sheet.exists():
        raise UsageError(f"There is no {sheet} here: go to the project's folder, or name a sheet.")
    reading = mf.read(sheet)
    checked = mf.check(reading.sheet, country=country)
    messages = mf.render(checked.accepted, template)
    plan = mf.plan(messages, campaign="demo", sender_id="UTOMOB", message_type="TRANSACTION")
    sent, receipts = _sent_and_called_back(plan, out)
    deliveries, orphans = mf.track(sent, receipts)
    told = mf.report(
        deliveries,
        sheet=reading.sheet,
        checked=checked,
        callbacks=receipts,
        orphans=orphans,
        title=f"Demo: {sheet.name}",
    )
    files = _written(out, reading, checked, plan, told)
    if as_json:
        tell({**told.tables, "findings": reading.findings, "files": [str(file) for file in files]})
        return
    _shown(reading.findings, checked, told)
    say("Written: " + ", ".join(str(file) for file in files))


def _sent_and_called_back(plan: pl.DataFrame, out: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send against a fresh sandbox; a rerun sends nothing and reads the first run's callbacks."""
    export = out / "callbacks.jsonl"
    with (
        mf.sandbox.serve() as vendor,
        mf.Client(vendor.url, customer_id=vendor.customer_id, password=vendor.password) as client,
        mf.Journal(out / "demo.db") as journal,
    ):
        sent = mf.send(plan, client, journal)
        if vendor.requests.height or not export.exists():
            vendor.export(export)
    return sent, mf.read_callbacks(export)


def _written(
    out: Path, reading: Reading, checked: Checked, plan: pl.DataFrame, told: Report
) -> list[Path]:
    from msgframe.spreadsheets import write_clean, write_rejects, write_tables

    frames = {"plan.parquet": plan, "deliveries.parquet": told.deliveries}
    for name, frame in frames.items():
        with atomic_write(out / name) as beside:
            frame.write_parquet(beside)
    return [
        *write_clean(checked.accepted, out / "accepted.xlsx"),
        write_rejects(reading, checked, out / "rejected.xlsx"),
        out / "callbacks.jsonl",
        *(out / name for name in frames),
        write_tables({"deliveries": told.deliveries}, out / "deliveries.xlsx"),
        told.save(out / "report.html"),
    ]


def _shown(findings: pl.DataFrame, checked: Checked, told: Report) -> None:
    show("What was odd in the file", findings)
    show("What was wrong in the rows", reasons(checked.problems))
    show("From the sheet to the handset", told.tables["funnel"])
    show("Segments", told.tables["encodings"])
    show("What became of the messages", told.tables["statuses"])
    show("The sums", told.tables["sums"])
