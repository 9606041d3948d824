"""What a worker hands in says whether somebody may have been written to."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import msgframe as mf
from msgframe.campaigns.journal.session import Claim
from msgframe.campaigns.sending.sender import attempt
from msgframe.errors import (
    AuthFailed,
    DataError,
    InsufficientCredit,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Throttled,
    UsageError,
)

if TYPE_CHECKING:
    from pathlib import Path

CLAIM = Claim(request=0, attempt=1, recipients=1)
ANSWER = SimpleNamespace(code=200, status=200, verification_id="12", transaction_id="1c9c")


class Vendor:
    """A vendor that answers, or raises, what it is told to; and whose requests are its rows."""

    vendor = "a vendor of the test's own"

    def __init__(self, answer: Any = ANSWER, *, unmade: BaseException | None = None) -> None:
        self.answer, self.unmade = answer, unmade
        self.sent: list[Any] = []

    def request(self, rows: pl.DataFrame) -> pl.DataFrame:
        if self.unmade is not None:
            raise self.unmade
        return rows

    def send(self, request: pl.DataFrame) -> Any:
        self.sent.append(request)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def _attempt(vendor: Vendor, *, stops: bool = False):
    requests = SimpleNamespace(request=lambda _: vendor.request(pl.DataFrame()), client=vendor)
    stopping = threading.Event()
    if stops:
        stopping.set()
    return attempt(CLAIM, requests, stopping)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (ANSWER, "accepted"),
        (NotSent("no connection"), "planned"),
        (Throttled("slow down"), "planned"),
        (AuthFailed("wrong password"), "planned"),
        (InsufficientCredit("no money"), "planned"),
        (Rejected("wrong number", code=506, status=400), "failed"),
        (UsageError("no sender"), "failed"),
        (DataError("a cell too long"), "failed"),
        (OutcomeUnknown("no answer"), "unknown"),
        (ZeroDivisionError(), "unknown"),
        (KeyboardInterrupt(), "unknown"),
        (SimpleNamespace(code=200), "unknown"),  # an answer that cannot be read
    ],
)
def test_an_answer_is_a_state(answer: Any, state: str):
    """Only what certainly never left is planned again; what may be out is unknown."""
    outcome, error = _attempt(Vendor(answer))

    assert outcome.state == state
    assert (error is None) == (state == "accepted") == (outcome.error is None)


def test_an_error_keeps_its_facts_and_no_number():
    """Code and status go into the journal, numbers do not."""
    outcome, _ = _attempt(Vendor(Rejected("not 919816111111", code=506, status=400)))

    assert (outcome.code, outcome.status) == (506, 400)
    assert "919816111111" not in outcome.error


def test_what_has_not_left_when_it_stops_stays_planned():
    """A request that is just being made when it is told to stop is not sent."""
    vendor = Vendor()
    outcome, error = _attempt(vendor, stops=True)

    assert (outcome.state, error, vendor.sent) == ("planned", None, [])


@pytest.mark.parametrize(
    ("unmade", "state"), [(UsageError("no sender"), "failed"), (MemoryError(), "planned")]
)
def test_what_cannot_be_made_is_not_unknown(unmade: BaseException, state: str):
    """Without a request nothing can be out."""
    vendor = Vendor(unmade=unmade)
    outcome, _ = _attempt(vendor)

    assert (outcome.state, vendor.sent) == (state, [])


def _plan(count: int) -> pl.DataFrame:
    mobile = pl.int_range(9_816_000_000, 9_816_000_000 + count)
    people = pl.select(
        country_code=pl.lit("91"), mobile=mobile.cast(pl.String), msisdn=910_000_000_000 + mobile
    )
    return mf.plan(
        mf.render(people, "Hola"),
        campaign="saldo",
        sender_id="UTOMOB",
        message_type="TRANSACTION",
        mode="single",
    )


def test_an_error_stops_what_has_not_left(tmp_path: Path):
    """While one request is refused for all, those that are being made stay planned."""
    refused = threading.Event()

    class Slow(Vendor):
        def request(self, rows: pl.DataFrame) -> pl.DataFrame:
            if rows["request"][0] > 2:
                assert refused.wait(10)
                time.sleep(0.3)  # the refusal is heard in the meantime
            return rows

        def send(self, request: pl.DataFrame) -> Any:
            if request["request"][0] == 2:
                refused.set()
                raise AuthFailed("wrong password")
            return super().send(request)

    vendor = Slow()
    with mf.Journal(tmp_path / "saldo.db") as journal:
        with pytest.raises(AuthFailed, match="run the same send again"):
            mf.send(_plan(12), vendor, journal)
        states = journal.requests("saldo")["state"].to_list()

    assert states.count("accepted") == len(vendor.sent) == 2
    assert states.count("planned") == 10


def test_an_unexpected_error_comes_out(tmp_path: Path):
    """A fault in the program is raised as it is, and what may be out is unknown."""
    with mf.Journal(tmp_path / "saldo.db") as journal:
        with pytest.raises(ZeroDivisionError):
            mf.send(_plan(3), Vendor(ZeroDivisionError()), journal)

        assert journal.requests("saldo")["state"].to_list() == ["unknown", "planned", "planned"]
