"""What a person at this machine sees: how many came, when the last, what they say."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgframe.core import views
from msgframe.receipts import sources, stores
from msgframe.receipts.reading import read_callbacks

if TYPE_CHECKING:
    import polars as pl

    from msgframe.receipts.receiver.callback_store import CallbackStore

#: How many of the latest callbacks the page looks into, and how many it shows.
LATEST, SHOWN = 1_000, 20


@dataclass(frozen=True, slots=True)
class Health:
    """How a receiver is, in numbers."""

    #: Callbacks in the store.
    stored: int
    #: Stored, and answered 503, since this process began.
    stored_since_start: int
    failed_since_start: int
    #: When the last one came, ISO 8601 in UTC, or None.
    last: str | None
    #: How many of the latest say what, the most frequent first.
    statuses: dict[str, int]


def page(callbacks: CallbackStore) -> tuple[str, str]:
    """Give the page for a person, and its content type."""
    health, latest = _look(callbacks)
    table = views.html_table(latest.head(SHOWN))
    page = views.render_page("msgframe.receipts.receiver", "page.html", health=health, latest=table)
    return page, "text/html"


def health(callbacks: CallbackStore) -> tuple[str, str]:
    """Give the numbers for a monitor as JSON, and its content type."""
    return json.dumps(asdict(_look(callbacks)[0])), "application/json"


def _look(callbacks: CallbackStore) -> tuple[Health, pl.DataFrame]:
    with callbacks.database.reading() as transaction:
        newest, stored = transaction.execute(
            "SELECT COALESCE(MAX(id), 0), COUNT(*) FROM callbacks"
        ).fetchone()
    rows = stores.stored(callbacks.database, after=newest - LATEST)
    receipts = read_callbacks(sources.of_store(rows)).reverse()
    last = rows["received_at"].max()
    health = Health(
        stored=stored,
        stored_since_start=callbacks.stored,
        failed_since_start=callbacks.failed,
        last=_iso(last) if isinstance(last, int) else None,
        statuses=dict(receipts["status"].value_counts(sort=True).rows()),
    )
    return health, receipts.select("received_at", "msisdn", "status", "raw_status", "error_code")


def _iso(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="seconds")
