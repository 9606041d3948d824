"""The vendor as a person and a test see it: its address, its account, its record."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError
from msgframe.message_central.sandbox import pages
from msgframe.message_central.sandbox.accounts import PASSWORD, Account
from msgframe.message_central.sandbox.delivery_model import DeliveryModel, payloads
from msgframe.message_central.sandbox.faults import Faults
from msgframe.message_central.sandbox.handler import Handler
from msgframe.message_central.sandbox.otp import OtpCodes
from msgframe.message_central.sandbox.responses import ResponseStyle
from msgframe.message_central.sandbox.store import SandboxStore
from msgframe.message_central.vocabulary import CALLBACK_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import polars as pl

    from msgframe.message_central.sandbox.api_request import PlaceholderPasses
    from msgframe.message_central.sandbox.faults import Fault, Kind
    from msgframe.message_central.sandbox.server import SandboxServer
    from msgframe.message_central.sandbox.webhooks import WebhookSender

#: Kinds of files that callbacks are written as.
SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".xlsx", ".parquet")


class Sandbox:
    """The vendor, played: what it was asked, what it took, and what became of it.

    `requests`, `messages` and `receipts` are the truth of the sandbox, as frames; `callbacks()`
    and `export()` are what a client would get to see of it. `faults.add(Fault(…))` makes things go
    wrong while it runs; `otp_codes[verification_id]` tells a one-time code.
    """

    #: Where it listens, such as http://127.0.0.1:8025; also the address of its page.
    url: str = ""
    #: The server that it speaks through, once it does.
    server: SandboxServer | None = None
    #: What POSTs its callbacks, if there is a `callback_url`.
    webhooks: WebhookSender | None = None

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Iterable[Fault] | Mapping[Kind, float] = (),
        delivery_model: DeliveryModel | None = None,
        response_style: ResponseStyle | None = None,
        placeholder_passes: PlaceholderPasses = "one",
        zone: str = CALLBACK_FIELDS.zone,
        customer_id: str | None = None,
        password: str = PASSWORD,
        credit: int | None = None,
        otp_ttl: float = 60.0,
        max_url_bytes: int = 8_192,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        #: Gives the moment, in UTC.
        self.now = clock or (lambda: datetime.now(UTC))
        self.zone = zone
        #: The longest URL that it takes, path and query, in bytes.
        self.max_url_bytes = max_url_bytes
        self.faults = Faults(faults, seed=seed)
        self.otp_codes = OtpCodes(seed=seed)
        self.account = Account(
            seed=seed, customer_id=customer_id, password=password, credit=credit, now=self.now
        )
        self._delivery_model = delivery_model or DeliveryModel()
        self.store = SandboxStore(seed=seed, delivery_model=self._delivery_model, now=self.now)
        self.handler = Handler(
            self.account,
            self.store,
            self.otp_codes,
            self.faults,
            response_style=response_style or ResponseStyle(),
            placeholder_passes=placeholder_passes,
            seed=seed,
            otp_ttl=otp_ttl,
            now=self.now,
        )

    def __repr__(self) -> str:
        taken = f"{self.store.taken:,} messages taken"
        return f"Sandbox({self.url!r}, customer_id={self.customer_id!r}, {taken})"

    @property
    def customer_id(self) -> str:
        """The account's id."""
        return self.account.customer_id

    @property
    def password(self) -> str:
        """The account's password."""
        return self.account.password

    @property
    def token(self) -> str:
        """A token that is valid now, as one could copy it from the vendor's dashboard."""
        return self.account.token()

    @property
    def credit(self) -> int | None:
        """Messages that the account can still pay for; None is without end."""
        return self.account.credit

    def revoke(self) -> None:
        """Make every token that was given out so far worthless."""
        self.account.revoke()

    @property
    def requests(self) -> pl.DataFrame:
        """Every call of the API so far: when, for what, and what was answered."""
        return self.store.requests

    @property
    def messages(self) -> pl.DataFrame:
        """Every message that was taken so far, with its text as the recipient reads it.

        `request` is the call it came with, `position` its place there, `occurrence` counts the
        messages that are equal in number and text from 0.
        """
        return self.store.messages

    @property
    def receipts(self) -> pl.DataFrame:
        """Every receipt that there will be, and the truth: which `message` each belongs to."""
        return self.store.receipts()

    def callbacks(self) -> pl.DataFrame:
        """Give the payloads of all receipts at once, in the order in which they would arrive.

        Time is simulated: a `doneDate` lies seconds (an expired message's two days) ahead of the
        clock on the wall. The dates are in the vendor's zone, whole seconds, without a mark.
        """
        return self.payloads(self.receipts)

    def payloads(self, receipts: pl.DataFrame) -> pl.DataFrame:
        """Write receipts as they go over the wire."""
        return payloads(receipts, zone=self.zone, spelling=self._delivery_model.spelling)

    def export(self, path: str | Path) -> Path:
        """Write the callbacks as a file, its kind by its suffix: jsonl, json, csv, xlsx, parquet.

        Raises
        ------
        UsageError
            If the suffix is none of them.
        """
        return write_callbacks(self.callbacks(), path)

    @property
    def posts(self) -> pl.DataFrame:
        """Every try to POST a callback: of which message, when, and the answer's status."""
        return self._webhooks("posts").posts.frame()

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Wait until all callbacks are POSTed or given up; False when `timeout` (seconds) ends."""
        return self._webhooks("wait_idle()").wait_idle(timeout)

    @property
    def page(self) -> str:
        """The HTML of the page at `/`."""
        return pages.page(self)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be out of order while the block runs: nobody can connect, idle connections end."""
        if self.server is None:
            raise UsageError("down() needs a vendor that serves: use it inside `with serve()`.")
        with self.server.refuse_connections():
            yield

    def _webhooks(self, what: str) -> WebhookSender:
        if self.webhooks is None:
            raise UsageError(f"{what} needs callbacks that are POSTed: serve(callback_url=…).")
        return self.webhooks


def write_callbacks(callbacks: pl.DataFrame, path: str | Path) -> Path:
    """Write a frame of callbacks, its kind by the suffix of `path`.

    Raises
    ------
    UsageError
        If the suffix is none of `SUFFIXES`.
    """
    path = Path(path)
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"export() cannot tell from {path.name!r} what to write. "
            f"End the name in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        )
    with atomic_write(path) as part:
        _write(callbacks, part, suffix)
    return path


def _write(callbacks: pl.DataFrame, path: Path, suffix: str) -> None:
    match suffix:
        case ".json":
            callbacks.write_json(path)
        case ".csv":
            callbacks.write_csv(path)
        case ".parquet":
            callbacks.write_parquet(path)
        case ".xlsx":
            from msgframe.spreadsheets import write_tables

            write_tables({"callbacks": callbacks}, path)
        case _:
            callbacks.write_ndjson(path)
