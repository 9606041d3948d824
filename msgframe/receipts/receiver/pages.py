"""What a person at this machine sees: how many came, when the last, what they say."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from msgframe.core import views
from msgframe.receipts import sources, stores
from msgframe.receipts.reading import read_callbacks

if TYPE_CHECKING:
    from msgframe.receipts.receiver.callback_store import Keeper

#: How many of the latest callbacks the page looks into.
LATEST = 1_000

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta http-equiv="refresh" content="2"><title>msgframe receiver</title>
<style>:root{{color-scheme:light dark}}body{{font:15px/1.5 system-ui,sans-serif;margin:3rem auto;
max-width:60rem;padding:0 1rem}}h1{{font-size:1.3rem}}h2{{font-size:1rem;margin-top:2rem}}
p{{margin:.2rem 0}}strong{{font-size:2rem;font-variant-numeric:tabular-nums}}</style>
<h1>Receiver of delivery callbacks</h1>
<p><strong>{stored:,}</strong> stored</p>
<p>The last came {last}. Since the start of this process {kept:,} were stored, {failed:,} could not
be and were answered 503.</p>
<h2>What the latest {looked:,} say</h2>{statuses}
<h2>The last ones</h2>{latest}</html>"""


@dataclass(frozen=True, slots=True)
class Health:
    """How a receiver is, in numbers."""

    #: Callbacks in the store.
    stored: int
    #: Stored and failed since this process began.
    kept: int
    failed: int
    #: When the last one came, ISO 8601 in UTC, or None.
    last: str | None
    #: How many of the latest say what.
    statuses: dict[str, int]


def page(keeper: Keeper) -> tuple[bytes, bytes]:
    """Give the page for a person, and its content type."""
    health, latest = _look(keeper)
    statuses = sorted(health.statuses.items(), key=lambda one: -one[1])
    text = _PAGE.format(
        stored=health.stored,
        kept=health.kept,
        failed=health.failed,
        last=escape(health.last or "never"),
        looked=sum(health.statuses.values()),
        statuses="".join(f"<p>{count:,} {escape(name)}</p>" for name, count in statuses),
        latest=views.html_table(latest.head(20)),
    )
    return text.encode(), b"text/html; charset=utf-8"


def health(keeper: Keeper) -> tuple[bytes, bytes]:
    """Give the numbers for a monitor as JSON, and its content type."""
    return json.dumps(asdict(_look(keeper)[0])).encode(), b"application/json"


def _look(keeper: Keeper) -> tuple[Health, Any]:
    with keeper.database.reading() as transaction:
        newest, stored = transaction.execute(
            "SELECT COALESCE(MAX(id), 0), COUNT(*) FROM callbacks"
        ).fetchone()
    rows = stores.stored(keeper.database, after=newest - LATEST)
    receipts = read_callbacks(sources.of_store(rows)).reverse()
    last = rows["received_at"].max()
    counts = receipts["status"].value_counts()
    return (
        Health(
            stored=stored,
            kept=keeper.kept,
            failed=keeper.failed,
            last=_spoken(last) if isinstance(last, int) else None,
            statuses=dict(counts.rows()),
        ),
        receipts.select("received_at", "msisdn", "status", "raw_status", "error_code"),
    )


def _spoken(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="seconds")
