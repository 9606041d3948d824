"""Afterwards: `track`, `report`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import typer

import msgframe as mf
from msgframe.cli import options
from msgframe.cli.show import Json, complain, drawn, say, show, tell
from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError
from msgframe.frames import quoted

Callbacks = Annotated[str, typer.Argument(help="An export, a folder of them, or a store.")]
Named = Annotated[
    str | None, typer.Option("--campaign", help="Which campaign, where the journal has several.")
]
Zone = Annotated[str, typer.Option(help="Time zone of the vendor's dates.")]


def track(
    sent: Annotated[str, typer.Argument(help="The sent.parquet of `send`, or a journal.")],
    callbacks: Callbacks,
    *,
    campaign: Named = None,
    zone: Zone = "Asia/Kolkata",
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again whenever receipts come in, until Ctrl-C.")
    ] = False,
    out: options.Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Join the delivery callbacks back to what was sent.

    Example: msgframe track out/journal.db callbacks.db --watch
    """
    if watch:
        _watch(_sent(sent, campaign), callbacks, zone)
        return
    deliveries, orphans = mf.track(_sent(sent, campaign), mf.read_callbacks(callbacks, zone=zone))
    settled = _settled(sent, deliveries)
    path = out / "deliveries.parquet"
    with atomic_write(path) as beside:
        deliveries.write_parquet(beside)
    statuses = deliveries.group_by("status").len("messages").sort("status")
    if as_json:
        tell(
            {
                "deliveries": str(path),
                "statuses": statuses,
                "orphans": orphans.height,
                "settled": settled,
            }
        )
        return
    show("Statuses", statuses)
    if settled:
        say(f"{settled:,} unknown requests are settled by their receipts.")
    say(f"{orphans.height:,} receipts belong to nobody in this campaign.")
    say(f"Written: {path}")


def report(
    deliveries: Annotated[
        str, typer.Argument(help="The deliveries.parquet of `track`, or a journal.")
    ],
    *,
    callbacks: Annotated[
        str | None,
        typer.Option(
            help="With a journal: an export, a folder, or a store; callbacks.db beside it."
        ),
    ] = None,
    campaign: Named = None,
    zone: Zone = "Asia/Kolkata",
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="Write the report as a workbook.")] = None,
    title: Annotated[str | None, typer.Option(help="What the report is called.")] = None,
    language: Annotated[Literal["en", "es"], typer.Option(help="The report's language.")] = "en",
    as_json: Json = False,
) -> None:
    """Tell what became of a campaign.

    Example: msgframe report campaign.db --callbacks callbacks.db --html out.html --xlsx out.xlsx
    """
    frame = _delivered(deliveries, callbacks, campaign, zone)
    told = mf.report(frame, title=title, language=language)
    files = [str(told.save(path)) for path in (html, xlsx) if path is not None]
    if as_json:
        tell({**told.tables, "files": files})
        return
    for name in ("funnel", "causes", "statuses", "errors", "countries", "latency", "sums"):
        show(told.heading(name), told.tables[name])
    if files:
        say(f"Written: {', '.join(files)}")


def _watch(sent: pl.DataFrame, source: str, zone: str) -> None:
    """Show the statuses anew after each change, in place."""
    from rich.live import Live

    from msgframe.receipts import follow

    with suppress(KeyboardInterrupt), Live(auto_refresh=False) as live:
        for receipts in follow(source, zone=zone):
            deliveries, orphans = mf.track(sent, receipts)
            statuses = deliveries.group_by("status").len("messages").sort("status")
            live.update(drawn(f"{orphans.height:,} orphans", statuses), refresh=True)


def _settled(source: str, deliveries: pl.DataFrame) -> int:
    """Write down in the journal which unknown requests their receipts have settled."""
    if _is_parquet(source):
        return 0
    with mf.Journal(source) as journal:
        return journal.settle(deliveries).height


def _delivered(source: str, callbacks: str | None, campaign: str | None, zone: str) -> pl.DataFrame:
    """Give a delivery frame: as it was written, or joined now from a journal and callbacks."""
    if _is_parquet(source):
        return _frame(Path(source))
    receipts = mf.read_callbacks(callbacks or _beside(source), zone=zone)
    return mf.track(_sent(source, campaign), receipts).deliveries


def _beside(journal: str) -> str | list[dict[str, str]]:
    """Give the receiver's store beside a journal; without one, no receipt has come."""
    store = Path(journal).with_name("callbacks.db")
    if "://" not in journal and store.exists():
        return str(store)
    complain("no receipts are named (--callbacks), so every message is pending.")
    return []


def _sent(source: str, campaign: str | None) -> pl.DataFrame:
    """Give what was sent: from the parquet that `send` wrote, or from a journal."""
    if _is_parquet(source):
        return _frame(Path(source))
    if "://" not in source and not Path(source).is_file():
        raise UsageError(f"There is no file {source}.")
    with mf.Journal(source) as journal:
        return journal.sent(campaign or _only(journal.campaigns()["campaign"].to_list(), source))


def _only(names: list[str], source: str) -> str:
    if len(names) == 1:
        return names[0]
    held = f"holds {quoted(names)}: name one with --campaign" if names else "holds no campaign"
    raise UsageError(f"{source} {held}.")


def _is_parquet(source: str) -> bool:
    return source.lower().endswith(".parquet")


def _frame(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except FileNotFoundError as failed:
        raise UsageError(f"There is no file {path}.") from failed
    except pl.exceptions.ComputeError as failed:
        raise UsageError(f"{path} is not a parquet file that msgframe wrote.") from failed
