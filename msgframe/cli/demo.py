"""The whole street on a sheet, against a vendor that this command plays itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import msgframe as mf
from msgframe.cli import shared
from msgframe.core.translation import translate
from msgframe.errors import UsageError
from msgframe.spreadsheets import write_clean, write_rejects, write_tables

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
    country: shared.Country = "91",
    template: shared.Template = _TEMPLATE,
    language: shared.Language = "en",
    out: shared.Out = Path("out"),
    as_json: shared.Json = False,
) -> None:
    """Walk a sheet down the whole street against an embedded sandbox; nothing leaves here.

    Example: msgframe demo contacts.xlsx --country 34 -t "Hola ##Nombre##"
    """
    if not sheet.exists():
        raise UsageError(f"There is no {sheet} here: go to the project's folder, or name a sheet.")
    reading = mf.read(sheet, language=language)
    checked = mf.check(reading, country=country, language=language)
    messages = mf.render(checked.accepted, template)
    plan = mf.plan(messages, campaign="demo", sender_id="UTOMOB", message_type="TRANSACTION")
    sent, receipts = _send_to_sandbox(plan, out)
    deliveries, orphans = mf.track(sent, receipts)
    report = mf.report(
        deliveries,
        sheet=reading.sheet,
        checked=checked,
        callbacks=receipts,
        orphans=orphans,
        title=f"Demo: {sheet.name}",
        language=language,
    )
    files = [str(file) for file in _write_files(out, reading, checked, plan, report)]
    if as_json:
        shared.print_json({**report.tables, "findings": reading.findings, "files": files})
        return
    _print_outcome(reading.findings, report)
    shared.print_line(translate("cli.written", language, files=", ".join(files)))


def _send_to_sandbox(plan: pl.DataFrame, out: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
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


def _write_files(
    out: Path, reading: Reading, checked: Checked, plan: pl.DataFrame, report: Report
) -> list[Path]:
    return [
        *write_clean(checked.accepted, out / "accepted.xlsx"),
        write_rejects(reading, checked, out / "rejected.xlsx"),
        out / "callbacks.jsonl",
        shared.write_parquet(plan, out / "plan.parquet"),
        shared.write_parquet(report.deliveries, out / "deliveries.parquet"),
        write_tables({"deliveries": report.deliveries}, out / "deliveries.xlsx"),
        report.save(out / "report.html"),
    ]


def _print_outcome(findings: pl.DataFrame, report: Report) -> None:
    tables = report.tables
    shown = {
        translate("cli.findings", report.language): findings,
        translate("cli.problems", report.language): tables["reasons"],
        report.heading("funnel"): tables["funnel"],
        translate("cli.segments", report.language): tables["encodings"],
        report.heading("statuses"): tables["statuses"],
        report.heading("sums"): tables["sums"],
    }
    for title, table in shown.items():
        shared.print_table(title, table, report.language)
