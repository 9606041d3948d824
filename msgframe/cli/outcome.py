"""Afterwards: `track`, `report`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import msgframe as mf
from msgframe.cli import shared
from msgframe.core.translation import translate
from msgframe.errors import UsageError
from msgframe.frames import quoted

if TYPE_CHECKING:
    import polars as pl

Callbacks = Annotated[str, typer.Argument(help="An export, a folder of them, or a store.")]
CampaignName = Annotated[
    str | None, typer.Option("--campaign", help="Which campaign, where the journal has several.")
]


def track(
    sent: Annotated[str, typer.Argument(help="The sent.parquet of `send`, or a journal.")],
    callbacks: Callbacks,
    *,
    campaign: CampaignName = None,
    zone: shared.Zone = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again whenever receipts come in, until Ctrl-C.")
    ] = False,
    language: shared.Language = "en",
    out: shared.Out = Path("out"),
    as_json: shared.Json = False,
) -> None:
    """Join the delivery callbacks back to what was sent.

    Example: msgframe track out/journal.db callbacks.db --watch
    """
    if watch:
        _watch(_sent(sent, campaign), callbacks, zone, language)
        return
    deliveries, orphans = mf.track(_sent(sent, campaign), mf.read_callbacks(callbacks, zone=zone))
    settled = _settled(sent, deliveries)
    path = shared.write_parquet(deliveries, out / "deliveries.parquet")
    statuses = _statuses(deliveries)
    if as_json:
        counts = {"orphans": orphans.height, "settled": settled}
        shared.print_json({"deliveries": str(path), "statuses": statuses, **counts})
        return
    shared.print_table(translate("cli.statuses", language), statuses, language)
    if settled:
        shared.print_line(translate("cli.settled", language, count=settled))
    shared.print_line(translate("cli.orphans", language, count=orphans.height))
    shared.print_line(translate("cli.written", language, files=path))


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
    campaign: CampaignName = None,
    zone: shared.Zone = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="Write the report as a workbook.")] = None,
    title: Annotated[str | None, typer.Option(help="What the report is called.")] = None,
    language: shared.Language = "en",
    as_json: shared.Json = False,
) -> None:
    """Tell what became of a campaign.

    Example: msgframe report campaign.db --callbacks callbacks.db --html out.html --xlsx out.xlsx
    """
    frame = _delivered(deliveries, callbacks, campaign, zone)
    outcome = mf.report(frame, title=title, language=language)
    files = [str(outcome.save(path)) for path in (html, xlsx) if path is not None]
    if as_json:
        shared.print_json({**outcome.tables, "files": files})
        return
    for name in ("funnel", "causes", "statuses", "errors", "countries", "latency", "sums"):
        shared.print_table(outcome.heading(name), outcome.tables[name], language)
    if files:
        shared.print_line(translate("cli.written", language, files=", ".join(files)))


def _watch(sent: pl.DataFrame, source: str, zone: str | None, language: str) -> None:
    """Show the statuses anew after each change, in place."""
    from rich.live import Live

    from msgframe.receipts import follow

    with suppress(KeyboardInterrupt), Live(auto_refresh=False) as live:
        for receipts in follow(source, zone=zone):
            deliveries, orphans = mf.track(sent, receipts)
            title = translate("cli.watch", language, count=orphans.height)
            live.update(shared.draw_table(title, _statuses(deliveries), language), refresh=True)


def _statuses(deliveries: pl.DataFrame) -> pl.DataFrame:
    return deliveries.group_by("status").len("messages").sort("status")


def _settled(source: str, deliveries: pl.DataFrame) -> int:
    """Write down in the journal which unknown requests their receipts have settled."""
    if _is_parquet(source):
        return 0
    with mf.Journal(source) as journal:
        return journal.settle(deliveries).height


def _delivered(
    source: str, callbacks: str | None, campaign: str | None, zone: str | None
) -> pl.DataFrame:
    """Give a delivery frame: as it was written, or joined now from a journal and callbacks."""
    if _is_parquet(source):
        return shared.read_parquet(source)
    receipts = mf.read_callbacks(callbacks or _store_of(source), zone=zone)
    return mf.track(_sent(source, campaign), receipts).deliveries


def _store_of(journal: str) -> str | list[dict[str, str]]:
    """Give the receiver's store beside a journal; without one, no receipt has come."""
    store = Path(journal).with_name("callbacks.db")
    if "://" not in journal and store.exists():
        return str(store)
    shared.print_error("no receipts are named (--callbacks), so every message is pending.")
    return []


def _sent(source: str, campaign: str | None) -> pl.DataFrame:
    """Give what was sent: from the parquet that `send` wrote, or from a journal."""
    if _is_parquet(source):
        return shared.read_parquet(source)
    if "://" not in source and not Path(source).is_file():
        raise UsageError(f"There is no file {source}.")
    with mf.Journal(source) as journal:
        return journal.sent(campaign or _only(journal.campaigns()["campaign"].to_list(), source))


def _only(names: list[str], source: str) -> str:
    if len(names) == 1:
        return names[0]
    holds = f"holds {quoted(names)}: name one with --campaign" if names else "holds no campaign"
    raise UsageError(f"{source} {holds}.")


def _is_parquet(source: str) -> bool:
    return source.lower().endswith(".parquet")
