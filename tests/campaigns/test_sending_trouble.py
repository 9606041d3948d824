"""When something goes wrong: what may be repeated is, what may not is counted, nothing is lost."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

import msgframe as mf
from msgframe import RequestLimits, fingerprint
from msgframe.campaigns import settle, when_delivered
from msgframe.errors import JournalError, JournalLocked, OutcomeUnknown, Throttled
from msgframe.frames import columns
from msgframe.message_central.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from msgframe.message_central.sandbox import Sandbox


def singles(count: int, *, same: bool = False, **settings) -> pl.DataFrame:
    """A plan of that many requests of one person each; `same`: all of them to one number."""
    number = pl.lit(0) if same else pl.int_range(count)
    messages = pl.DataFrame({"n": range(count)}).select(
        country_code=pl.lit("91"),
        mobile=(9_816_000_000 + number).cast(pl.String),
        msisdn=919_816_000_000 + number,
        text=pl.format("Hola {}", "n"),
        encoding=pl.lit("GSM-7", pl.Enum(["GSM-7", "UCS-2"])),
        units=pl.lit(6, pl.UInt16),
        segments=pl.lit(1, pl.UInt8),
        template=pl.lit("Hola ##Var1##"),
        variables=pl.concat_list(pl.col("n").cast(pl.String)),
    )
    given = {"campaign": "saldo", "sender_id": "UTOMOB", "message_type": "TRANSACTION"}
    return mf.plan(messages, mode="single", **(given | settings))


def client_of(vendor: Sandbox, **settings) -> mf.Client:
    return mf.Client(
        vendor.url, customer_id=vendor.customer_id, password=vendor.password, **settings
    )


def _send(plan: pl.DataFrame, journal: mf.Journal, faults: Sequence[Fault], **settings):
    """Send to a vendor with faults; give the frame, and the texts that the vendor took."""
    with mf.sandbox.serve(faults=faults) as vendor, client_of(vendor, timeout=0.5) as client:
        sent = mf.send(plan, client, journal, **settings)
        return sent, vendor.messages["text"].to_list()


@pytest.mark.parametrize("kind", ["throttle", "limit", "unauthorized"])
def test_what_was_not_taken_is_repeated(journal: mf.Journal, kind: str):
    """429, 800 and a 401 come before anything is taken: the request goes again by itself."""
    sent, texts = _send(singles(6), journal, [Fault(kind, at=[2], seconds=0.1)])

    assert sent["state"].to_list() == ["accepted"] * 6
    assert sorted(texts) == [f"Hola {n}" for n in range(6)]


@pytest.mark.parametrize(
    "kind", ["reset_before", "reset_after", "slow", "error", "bad_gateway", "html", "truncated"]
)
def test_what_may_be_out_is_not_repeated(journal: mf.Journal, kind: str):
    """Once a request has left, only its answer counts; without one it is unknown, and stays so."""
    plan = singles(6)
    sent, texts = _send(plan, journal, [Fault(kind, at=[2], seconds=1.5)])
    again, more = _send(plan, journal, [])

    assert sent["state"].value_counts().sort("count")["count"].to_list() == [1, 5]
    assert sent.filter(pl.col("state") == "unknown")["error"].null_count() == 0
    assert len(texts) == len(set(texts))
    assert again["state"].to_list() == sent["state"].to_list()
    assert more == []


def test_no_data_is_an_acceptance(journal: mf.Journal):
    """A success without ids is a success."""
    sent, texts = _send(singles(3), journal, [Fault("no_data", at=[1])])

    assert sent["state"].to_list() == ["accepted"] * 3
    assert sent["transaction_id"].null_count() == 1
    assert len(texts) == 3


def test_unknown_people_are_counted(journal: mf.Journal, caplog: pytest.LogCaptureFixture):
    """The person is told how many may have had it, and no number is shown."""
    with caplog.at_level(logging.WARNING):
        _send(singles(5), journal, [Fault("bad_gateway", at=[1, 3])])

    assert "at most 2 people may have had it" in caplog.text
    assert "9816" not in caplog.text


def test_a_person_may_repeat_the_unknown(journal: mf.Journal):
    """On request, and only then, an unknown one goes again."""
    plan = singles(4)
    _send(plan, journal, [Fault("reset_before", at=[1])])
    sent, texts = _send(plan, journal, [], resend_unknown=True)

    assert sent["state"].to_list() == ["accepted"] * 4
    assert len(texts) == 1


def test_a_person_may_repeat_the_failed(journal: mf.Journal):
    """What was refused may go again when its cause is mended."""
    with mf.sandbox.serve() as vendor, client_of(vendor) as client:
        plan = singles(3).with_columns(mobile=pl.lit("98x"))
        failed = mf.send(plan, client, journal)
        again = mf.send(plan, client, journal, resend_failed=True)

    assert failed["state"].to_list() == ["failed"] * 3
    assert again["state"].to_list() == ["failed"] * 3
    assert journal.requests("saldo")["attempts"].to_list() == [2, 2, 2]


def test_receipts_settle_the_unknown(journal: mf.Journal):
    """A receipt proves that the request was taken: it is accepted, and not sent again."""
    plan = singles(5)
    with (
        mf.sandbox.serve(faults=[Fault("bad_gateway", at=[1]), Fault("error", at=[3])]) as vendor,
        client_of(vendor) as client,
    ):
        sent = mf.send(plan, client, journal, concurrency=1)
        assert sent["state"].to_list() == ["accepted", "unknown", "accepted", "unknown", "accepted"]
        deliveries, _ = mf.track(sent, mf.read_callbacks(vendor.callbacks()))
        settled = settle(journal, deliveries)

    assert settled.rows(named=True) == [
        {"campaign": "saldo", "request": 1, "people": 1, "receipts": 1}
    ]
    assert journal.sent("saldo")["state"].to_list() == [
        "accepted",
        "accepted",
        "accepted",
        "unknown",
        "accepted",
    ]
    assert settle(journal, deliveries).is_empty()


def test_doubtful_receipts_settle_nothing(journal: mf.Journal):
    """A receipt that could belong to another message proves nothing."""
    sent, _ = _send(singles(2), journal, [Fault("bad_gateway", at=[0, 1])], concurrency=1)
    doubtful = sent.with_columns(
        matched_by=pl.lit("msisdn", pl.Enum(["transaction_id", "verification_id", "msisdn"])),
        ambiguous=pl.lit(value=True),
    )

    assert settle(journal, doubtful).is_empty()
    assert journal.sent("saldo")["state"].to_list() == ["unknown", "unknown"]


def test_a_dead_vendor_costs_few(journal: mf.Journal):
    """Where every request fails, the breaker opens and most stay at home."""
    with pytest.raises(OutcomeUnknown, match="run the same send again"):
        _send(singles(200), journal, [Fault("error", share=1.0)], patience=0.5, concurrency=50)

    states = dict(journal.requests("saldo")["state"].value_counts().iter_rows())
    assert states["unknown"] <= 8
    assert states["planned"] == 200 - states["unknown"]


def test_a_vendor_that_never_stops_to_throttle_ends_it(journal: mf.Journal):
    """Asked to slow down again and again, it gives up for now, and loses nothing."""
    with pytest.raises(Throttled):
        _send(
            singles(20),
            journal,
            [Fault("throttle", share=1.0, times=10_000, seconds=0.1)],
            patience=0.6,
        )

    assert journal.requests("saldo")["state"].unique().to_list() == ["planned"]


def test_retry_after_is_kept(journal: mf.Journal):
    """After a 429 nothing leaves until the time that was asked for is over."""
    plan = singles(6)
    _send(plan, journal, [Fault("throttle", at=[2], seconds=1.0)], concurrency=1)
    moments = journal.requests("saldo")["tried_at"].sort()

    assert moments.diff().max() >= timedelta(seconds=0.95)


def test_the_rate_is_kept(journal: mf.Journal):
    """No more requests leave than the rate lets through."""
    _send(singles(30), journal, [], rate=30, concurrency=8)
    moments = journal.requests("saldo")["tried_at"]
    taken = (moments.max() - moments.min()).total_seconds()

    # A tenth of a second's worth may leave at once.
    assert taken >= (30 - 3 - 1) / 30 * 0.95


def test_the_rate_of_recipients_is_kept(journal: mf.Journal):
    """A large request is paid for before the next one leaves."""
    people = singles(40).select("country_code", "mobile", "msisdn", *columns("render"))
    listed = mf.plan(
        people.with_columns(text=pl.lit("Hola")),
        campaign="saldo",
        sender_id="UTOMOB",
        message_type="OTP",
        mode="list",
        limits=RequestLimits(list_numbers=10),
    )
    _send(listed, journal, [], recipients_rate=50)
    moments = journal.requests("saldo")["tried_at"]

    assert len(moments) == 4
    assert (moments.max() - moments.min()).total_seconds() >= 0.5


def test_two_processes_share_the_rate(journal: mf.Journal, tmp_path: Path):
    """Two campaigns in one journal go no faster together than one alone."""
    with mf.sandbox.serve() as vendor:

        def sender(campaign: str) -> None:
            with client_of(vendor) as client, mf.Journal(tmp_path / "saldo.db") as mine:
                mf.send(singles(12, campaign=campaign), client, mine, rate=24)

        threads = [threading.Thread(target=sender, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    moments = pl.concat([journal.requests(name)["tried_at"] for name in ("one", "two")])

    assert (moments.max() - moments.min()).total_seconds() >= (24 - 2.4 - 1) / 24 * 0.95


def test_a_clock_that_jumps_back_stops_nothing(tmp_path: Path):
    """An hour back in the middle of a campaign: it goes on at its rate."""
    jumps = iter([0.0] * 12 + [-3600.0] * 10_000)
    with mf.Journal(tmp_path / "saldo.db", clock=lambda: time.time() + next(jumps)) as journal:
        began = time.monotonic()
        sent, _ = _send(singles(20), journal, [Fault("throttle", at=[7], seconds=0.2)], rate=40)

    assert sent["state"].to_list() == ["accepted"] * 20
    assert time.monotonic() - began < 10


def test_waves_wait_for_each_other(journal: mf.Journal):
    """The second text to one number leaves after the first is answered."""
    plan = singles(3, same=True)
    _send(plan, journal, [], concurrency=3)
    requests = journal.requests("saldo").sort("wave")

    assert requests["wave"].to_list() == [0, 1, 2]
    assert (requests["tried_at"][1:] >= requests["answered_at"][:-1]).all()


def test_what_may_go_later_goes_later(journal: mf.Journal):
    """A message is not sent before its moment, and is waited for if that is near."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    sent, _ = _send(singles(2, start=soon), journal, [])

    assert sent["state"].to_list() == ["accepted"] * 2
    assert (sent["request_at"] >= soon).all()


def test_what_may_go_much_later_is_held(journal: mf.Journal):
    """Nobody waits for tomorrow: the row says from when on it may go."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    sent, texts = _send(singles(2, start=tomorrow), journal, [])

    assert texts == []
    assert sent["state"].to_list() == ["held"] * 2
    assert f"from {tomorrow:%Y-%m-%d}" in sent["error"][0]


def test_only_some_waves_go(journal: mf.Journal):
    """A canary goes alone, and the rest goes with the next send."""
    plan = singles(3, same=True)
    first, _ = _send(plan, journal, [], waves=1)
    rest, texts = _send(plan, journal, [])

    assert first["state"].to_list() == ["accepted", "held", "held"]
    assert rest["state"].to_list() == ["accepted"] * 3
    assert len(texts) == 2


def test_a_bad_wave_stops_the_rest(journal: mf.Journal):
    """Where the receipts of a wave are bad, the next one stays at home."""
    asked = []

    def go_on(wave: pl.DataFrame) -> bool:
        asked.append(wave["text"].to_list())
        return len(asked) < 2

    sent, texts = _send(singles(3, same=True), journal, [], go_on=go_on)

    assert asked == [["Hola 0"], ["Hola 1"]]
    assert sent["state"].to_list() == ["accepted", "accepted", "held"]
    assert sorted(texts) == ["Hola 0", "Hola 1"]


@pytest.mark.parametrize(("least", "arrives"), [(0.05, True), (1.0, False)])
def test_receipts_open_the_gate(journal: mf.Journal, least: float, arrives: bool):
    """Enough delivered goes on; too much lost stops."""
    past = datetime.now(UTC) - timedelta(hours=2)
    plan = singles(200, canary=0.5, start=past)
    with mf.sandbox.serve() as vendor, client_of(vendor) as client:
        gate = when_delivered(vendor.callbacks, min_delivered=least, timeout=0.5, interval=0.1)
        sent = mf.send(plan, client, journal, go_on=gate)

    assert (sent["state"] == "accepted").all() == arrives
    assert sent["state"].is_in(["accepted", "held"]).all()


def test_a_full_disk_stops_before_the_request(journal: mf.Journal):
    """What cannot be written down is not sent."""
    plan = singles(50)
    journal.begin(plan, fingerprint=fingerprint(plan))
    (connection,) = journal._database._idle
    # SQLite then says what it says when the disk is full.
    connection.execute("PRAGMA max_page_count = 1").close()
    with mf.sandbox.serve() as vendor, client_of(vendor) as client:
        plan_b = singles(50, campaign="b" * 3000)
        with pytest.raises(JournalError, match="disk is full"):
            mf.send(plan_b, client, journal)

        assert vendor.messages.is_empty()


def test_a_locked_journal_stops_before_the_request(tmp_path: Path):
    """A journal that somebody else holds is not waited for without end, and nothing leaves."""
    with mf.Journal(tmp_path / "saldo.db") as journal:
        plan = singles(3)
        journal.begin(plan, fingerprint=fingerprint(plan))
        with (
            mf.Journal(tmp_path / "saldo.db", busy=0.1) as other,
            mf.sandbox.serve() as vendor,
            client_of(vendor) as client,
            journal._database.writing(),
            pytest.raises(JournalLocked, match="another process"),
        ):
            mf.send(plan, client, other)
        assert vendor.messages.is_empty()
        assert journal.requests("saldo")["state"].unique().to_list() == ["planned"]


SENDS = """
import sys, logging
import polars as pl
import msgframe as mf
url, customer_id, password, plan, journal = sys.argv[1:]
with mf.Client(url, customer_id=customer_id, password=password) as client:
    with mf.Journal(journal) as journal:
        print("begins", flush=True)
        mf.send(pl.read_parquet(plan), client, journal, rate=20)
"""


def _child(vendor: Sandbox, plan: pl.DataFrame, folder: Path, **more) -> subprocess.Popen[str]:
    plan.write_parquet(folder / "plan.parquet")
    facts = (vendor.url, vendor.customer_id, vendor.password)
    paths = (str(folder / "plan.parquet"), str(folder / "saldo.db"))
    return subprocess.Popen(
        [sys.executable, "-c", SENDS, *facts, *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def _wait_for(vendor: Sandbox, messages: int) -> None:
    patience = time.monotonic() + 20
    while vendor.messages.height < messages and time.monotonic() < patience:
        time.sleep(0.02)


def test_ctrl_c_drains(tmp_path: Path):
    """Ctrl-C: what is in flight is answered and written down, and the same send goes on."""
    plan = singles(60)
    with mf.sandbox.serve() as vendor:
        with _child(vendor, plan, tmp_path) as child:
            _wait_for(vendor, 5)
            child.send_signal(signal.SIGINT)
            _, told = child.communicate()
        with mf.Journal(tmp_path / "saldo.db") as journal, client_of(vendor) as client:
            states = dict(journal.requests("saldo")["state"].value_counts().iter_rows())
            assert vendor.messages.height == states["accepted"]
            assert set(states) == {"accepted", "planned"}
            sent = mf.send(plan, client, journal)

        assert "Run the same send again to go on" in told
        assert sent["state"].to_list() == ["accepted"] * 60
        assert vendor.messages["text"].n_unique() == vendor.messages.height == 60


@pytest.mark.slow
def test_two_processes_on_one_campaign(journal: mf.Journal, tmp_path: Path):
    """While another process sends a campaign, this one says so and sends nothing."""
    plan = singles(40)
    with mf.sandbox.serve() as vendor, client_of(vendor) as client:
        with _child(vendor, plan, tmp_path) as child:
            _wait_for(vendor, 2)
            with pytest.raises(JournalLocked, match=rf"process {child.pid} on"):
                mf.send(plan, client, journal)
            child.communicate()
        sent = mf.send(plan, client, journal)

        assert sent["state"].to_list() == ["accepted"] * 40
        assert vendor.messages.height == 40


FILLS = """
import resource, sys
import polars as pl
import msgframe as mf
url, customer_id, password, plan, journal, most = sys.argv[1:]
plan = pl.read_parquet(plan)
with mf.Client(url, customer_id=customer_id, password=password) as client:
    with mf.Journal(journal) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
        mf.send(plan, client, journal)
"""


@pytest.mark.parametrize(
    "most", [pytest.param(3_000, marks=pytest.mark.slow), 300_000], ids=["plan", "journal"]
)
def test_a_disk_that_fills_up_loses_nothing(tmp_path: Path, most: int):
    """Whether plan or journal finds no room: sending stops, and goes on when there is room."""
    plan = singles(400)
    plan.write_parquet(tmp_path / "plan.parquet")
    paths = [str(tmp_path / "plan.parquet"), str(tmp_path / "saldo.db"), str(most)]
    with mf.sandbox.serve() as vendor:
        facts = [vendor.url, vendor.customer_id, vendor.password]
        child = subprocess.run(
            [sys.executable, "-c", FILLS, *facts, *paths],
            check=False,
            capture_output=True,
            text=True,
        )
        before = vendor.messages.height
        with mf.Journal(tmp_path / "saldo.db") as journal, client_of(vendor) as client:
            sent = mf.send(plan, client, journal)

        assert child.returncode == 1
        assert "JournalError" in child.stderr
        assert before == 0 if most == 3_000 else 0 < before < 400
        assert vendor.messages["text"].n_unique() == vendor.messages.height
        known = sent.filter(pl.col("state") == "accepted")
        assert set(known["text"]) <= set(vendor.messages["text"])
        assert sent["state"].is_in(["accepted", "unknown"]).all()
