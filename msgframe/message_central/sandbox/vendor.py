"""The vendor as a person and a test see it: its address, its account, its record."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgframe.errors import UsageError
from msgframe.message_central.sandbox import exports, pages
from msgframe.message_central.sandbox.accounts import PASSWORD, Account
from msgframe.message_central.sandbox.delivery_model import Fates, payloads
from msgframe.message_central.sandbox.faults import Faults
from msgframe.message_central.sandbox.handler import Desk
from msgframe.message_central.sandbox.otp import Codes
from msgframe.message_central.sandbox.responses import Answers
from msgframe.message_central.sandbox.store import Books

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import polars as pl

    from msgframe.message_central.sandbox.api_request import Filling
    from msgframe.message_central.sandbox.faults import Fault, Kind
    from msgframe.message_central.sandbox.server import Service
    from msgframe.message_central.sandbox.webhooks import Postman


class Vendor:
    """The vendor, played: what it was asked, what it took, and what became of it.

    `requests`, `messages` and `receipts` are the truth of the sandbox, as frames; `callbacks()`
    and `export()` are what a client would get to see of it. `faults.add(Fault(…))` makes things go
    wrong while it runs; `codes[verification_id]` tells a one-time code.
    """

    #: Where it listens, such as http://127.0.0.1:8025; also the address of its page.
    url: str = ""
    #: The server that it speaks through, once it does.
    service: Service | None = None
    #: Who brings its callbacks, if there is a `callback_url`.
    postman: Postman | None = None

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Iterable[Fault] | Mapping[Kind, float] = (),
        fates: Fates | None = None,
        answers: Answers | None = None,
        filling: Filling = "once",
        zone: str = "Asia/Kolkata",
        customer_id: str | None = None,
        password: str = PASSWORD,
        credit: int | None = None,
        code_lives: float = 60.0,
        most_url: int = 8_192,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        #: Gives the moment, in UTC.
        self.now = clock or (lambda: datetime.now(UTC))
        self.zone = zone
        #: The longest URL that it takes, path and query, in bytes.
        self.most_url = most_url
        self.faults = Faults(faults, seed=seed)
        self.codes = Codes(seed=seed)
        self.account = Account(
            seed=seed, customer_id=customer_id, password=password, credit=credit, now=self.now
        )
        self._fates = fates or Fates()
        self.books = Books(seed=seed, fates=self._fates, now=self.now)
        self.desk = Desk(
            self.account,
            self.books,
            self.codes,
            self.faults,
            answers=answers or Answers(),
            filling=filling,
            seed=seed,
            code_lives=code_lives,
            now=self.now,
        )

    def __repr__(self) -> str:
        taken = f"{self.books.taken:,} messages taken"
        return f"Vendor({self.url!r}, customer_id={self.customer_id!r}, {taken})"

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
        """Every call of the API so far: when, through which door, and what was answered."""
        return self.books.requests

    @property
    def messages(self) -> pl.DataFrame:
        """Every message that was taken so far, with its text as the recipient reads it.

        `request` is the call it came with, `position` its place there, `nth` counts the messages
        that are equal in number and text from 0.
        """
        return self.books.messages

    @property
    def receipts(self) -> pl.DataFrame:
        """Every receipt that there will be, and the truth: which `message` each belongs to."""
        return self.books.receipts()

    def callbacks(self) -> pl.DataFrame:
        """Give the payloads of all receipts at once, in the order in which they would arrive.

        Time is simulated: a `doneDate` lies seconds (an expired message's two days) ahead of the
        clock on the wall. The dates are in the vendor's zone, whole seconds, without a mark.
        """
        return self.payloads(self.receipts)

    def payloads(self, receipts: pl.DataFrame) -> pl.DataFrame:
        """Write receipts as they go over the wire."""
        return payloads(receipts, zone=self.zone, spelling=self._fates.spelling)

    def export(self, path: str | Path) -> Path:
        """Write the callbacks as a file, its kind by its suffix: jsonl, json, csv, xlsx, parquet.

        Raises
        ------
        UsageError
            If the suffix is none of them.
        """
        return exports.write(self.callbacks(), path)

    @property
    def posts(self) -> pl.DataFrame:
        """Every try to POST a callback: of which message, when, and the answer's status."""
        return self._postman("posts").posts.frame()

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until all callbacks are POSTed or given up; False when `timeout` (seconds) ends."""
        return self._postman("settle()").rests(timeout)

    @property
    def page(self) -> str:
        """The HTML of the page at `/`."""
        return pages.page(self)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be out of order while the block runs: nobody can connect, idle connections end."""
        if self.service is None:
            raise UsageError("down() needs a vendor that serves: use it inside `with serve()`.")
        with self.service.shut():
            yield

    def _postman(self, what: str) -> Postman:
        if self.postman is None:
            raise UsageError(f"{what} needs callbacks that are POSTed: serve(callback_url=…).")
        return self.postman
