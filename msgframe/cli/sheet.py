"""Before anything is sent: `check`, `preview`, `plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

import msgframe as mf
from msgframe.cli import options
from msgframe.cli.show import Json, say, show, tell
from msgframe.files import whole
from msgframe.reports.tables import reasons

if TYPE_CHECKING:
    import polars as pl


def check(
    sheet: options.Sheet,
    *,
    country: options.Country = None,
    out: options.Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Clean a sheet: write the accepted rows ready to upload, and the rejected ones to mend."""
    from msgframe import workbooks

    table, findings = mf.read(sheet)
    checked = mf.check(table, country=country)
    accepted, rejected, problems = checked
    files = [
        *workbooks.clean(accepted, out / "accepted.xlsx"),
        workbooks.rejects(table, checked, out / "rejected.xlsx"),
    ]
    if as_json:
        tell(
            {
                "read": table.height,
                "accepted": accepted.height,
                "rejected": rejected.height,
                "findings": findings,
                "problems": reasons(problems),
                "files": [str(file) for file in files],
            }
        )
    else:
        show("What was odd in the file", findings)
        show("Problems", reasons(problems))
        say(
            f"{table.height:,} rows read: "
            f"{accepted.height:,} accepted, {rejected.height:,} rejected."
        )
        say(f"Written: {', '.join(map(str, files))}")
    if rejected.height:
        raise typer.Exit(1)


def preview(
    sheet: options.Sheet,
    template: options.Template,
    *,
    country: options.Country = None,
    as_json: Json = False,
) -> None:
    """Show what recipients would read, and what it would cost in segments."""
    messages = _messages(sheet, template, country)
    bill = messages.group_by("encoding", "segments").len("messages").sort("encoding", "segments")
    telling = messages.sort("units", "row", descending=[True, False])
    if as_json:
        tell({"messages": messages.height, "bill": bill, "texts": telling["text"].head(10)})
        return
    show("Segments", bill)
    texts = telling.select("row", "msisdn", "segments", "text")
    show("The longest texts", texts, most=5)
    show("The shortest texts", texts.reverse(), most=3)


def plan(
    sheet: options.Sheet,
    template: options.Template,
    campaign: options.Campaign,
    sender: options.Sender,
    message_type: options.MessageType,
    *,
    country: options.Country = None,
    out: options.Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Decide the requests, and write them to OUT/plan.parquet for `send`."""
    from msgframe import plans

    planned = mf.plan(
        _messages(sheet, template, country),
        campaign=campaign,
        sender_id=sender,
        message_type=message_type,
    )
    path = out / "plan.parquet"
    with whole(path) as beside:
        planned.write_parquet(beside)
    mark = plans.fingerprint(planned)
    summary = plans.summary(planned)
    if as_json:
        tell({"plan": str(path), "fingerprint": mark, "requests": summary})
        return
    show("Requests", summary)
    say(f"Written: {path} (fingerprint {mark}).")
    say(f"To send it: msgframe send {path} --confirm {mark}")


def _messages(sheet: Path, template: str, country: str | None) -> pl.DataFrame:
    table, _ = mf.read(sheet)
    accepted, _, _ = mf.check(table, country=country)
    return mf.render(accepted, template)
