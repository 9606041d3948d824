"""The same journal on a real PostgreSQL: several senders share a campaign."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import polars as pl
import psycopg
import pytest
from polars.testing import assert_frame_equal

import msgframe as mf
from msgframe import fingerprint
from msgframe.campaigns.flow_control import RateLimit
from msgframe.campaigns.journal import statements
from msgframe.campaigns.journal.session import Outcome
from msgframe.errors import JournalError, JournalLocked, PlanChanged

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
FREE = RateLimit()

pytestmark = pytest.mark.skipif(
    not (BINARIES or shutil.which("initdb")),
    reason="PostgreSQL's server is not installed: apt-get install postgresql",
)


class Server:
    """A PostgreSQL of its own in a temporary folder, reached by a socket file."""

    def __init__(self, folder: Path) -> None:
        self._bin = (BINARIES[-1] if BINARIES else Path(str(shutil.which("initdb")))).parent
        self._folder = folder
        # PostgreSQL refuses to be root.
        self._who = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._who:
            shutil.chown(folder, "nobody")
        self.url = f"postgresql://me@/postgres?host={folder}"
        self._run("initdb", "--username=me", "--auth=trust", "--no-sync", "--encoding=UTF8")
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}'"
        log = str(self._folder / "log")
        self._run("pg_ctl", "--wait", f"--options={options}", f"--log={log}", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "--mode=immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, "-D", self._folder / "data", *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            **self._who,
        )


@pytest.fixture(scope="module")
def server():
    folder = Path(tempfile.mkdtemp(prefix="msgframe-pg-"))
    try:
        server = Server(folder)
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def url(server: Server):
    """An empty database of the test's own, by its URL."""
    name = f"journal_{time.monotonic_ns()}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def journal(url: str):
    with mf.Journal(url) as journal:
        yield journal


def plan_of(count: int, *, campaign: str = "saldo", people: int = 1) -> pl.DataFrame:
    """A plan of that many single requests."""
    numbers = pl.int_range(9_816_000_000, 9_816_000_000 + count, eager=True)
    messages = pl.DataFrame({"mobile": numbers.cast(pl.String)}).select(
        country_code=pl.lit("91"),
        mobile="mobile",
        msisdn=919_816_000_000 + pl.int_range(count),
        text=pl.concat_str(pl.lit("¡Hola! €"), pl.int_range(count)),
        encoding=pl.lit("GSM-7", pl.Enum(["GSM-7", "UCS-2"])),
        units=pl.lit(9, pl.UInt16),
        segments=pl.lit(1, pl.UInt8),
        template=pl.lit("¡Hola! €"),
        variables=pl.lit([], pl.List(pl.String)),
    )
    return mf.plan(
        messages, campaign=campaign, sender_id="UTOMOB", message_type="OTP", mode="single"
    )


def test_the_tables_are_made_once(url: str):
    """A second journal on the database finds the tables of the first."""
    for _ in range(2):
        with mf.Journal(url) as journal:
            assert journal.campaigns().is_empty()


def test_the_plan_is_in_the_database(journal: mf.Journal, url: str):
    """Another machine, which has no file, gets the plan back as it was."""
    plan = plan_of(3)
    journal.begin(plan, fingerprint="7f3a")
    with mf.Journal(url) as other:
        assert_frame_equal(other.plan("saldo"), plan)


def test_a_large_plan_comes_in_parts(journal: mf.Journal, monkeypatch: pytest.MonkeyPatch):
    """A plan larger than one part is put together again."""
    monkeypatch.setattr("msgframe.campaigns.journal.plan_store.PART", 1000)
    plan = plan_of(500)
    journal.begin(plan, fingerprint="7f3a")

    assert_frame_equal(journal.plan("saldo"), plan)
    assert journal.campaigns().select("requests", "planned").rows() == [(500, 500)]


def test_another_plan_is_refused(journal: mf.Journal):
    """A campaign has one plan, wherever it is begun."""
    journal.begin(plan_of(2), fingerprint="7f3a")
    with pytest.raises(PlanChanged, match="1 new"):
        journal.begin(plan_of(3), fingerprint="0b1c")


def test_what_raises_is_undone(journal: mf.Journal):
    """A step that fails leaves no trace."""
    journal.begin(plan_of(1), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        (claim,) = run.step([], 1, FREE).claims
        with pytest.raises(JournalError):
            run.step([Outcome(claim, "accepted", code=10**12)], 0, FREE)

        assert journal.requests("saldo")["state"].to_list() == ["in flight"]


def test_two_senders_take_different_requests(journal: mf.Journal, url: str):
    """While one sender's step is not committed, another gets other requests and does not wait."""
    journal.begin(plan_of(4), fingerprint="7f3a")
    with mf.Journal(url) as other, journal.sending("saldo"), other.sending("saldo") as two:
        facts = {"campaign": 1, "now": 1 << 60, "wanted": 2, "last": 0}
        with journal._database.writing() as transaction:
            mine = transaction.execute(statements.PLANNED, facts).fetchall()
            with other._database.writing() as second:
                theirs = second.execute(statements.PLANNED, facts).fetchall()

    assert [request for request, *_ in mine] == [0, 1]
    assert [request for request, *_ in theirs] == [2, 3]
    assert two is not None


def test_many_senders_share_a_campaign(journal: mf.Journal, url: str):
    """Four senders at once: each message goes out, and goes out once."""
    plan = plan_of(60)
    with mf.sandbox.serve() as vendor:

        def sender() -> None:
            with (
                mf.Client(
                    vendor.url, customer_id=vendor.customer_id, password=vendor.password
                ) as client,
                mf.Journal(url) as mine,
            ):
                sent = mf.send(plan, client, mine, concurrency=4, rate=60)
                assert sent["state"].to_list() == ["accepted"] * 60

        threads = [threading.Thread(target=sender) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert vendor.messages["text"].sort().to_list() == plan["text"].sort().to_list()
    with journal._database.reading() as transaction:
        senders = transaction.scalar("SELECT count(DISTINCT sender) FROM requests")
    assert senders > 1


def test_a_sender_at_work_keeps_what_it_has(journal: mf.Journal, url: str):
    """A second sender does not take the first one's requests for lost."""
    journal.begin(plan_of(2), fingerprint="7f3a")
    with mf.Journal(url) as other, journal.sending("saldo") as one:
        one.step([], 1, FREE)
        with other.sending("saldo"):
            assert other.requests("saldo")["state"].to_list() == ["in flight", "planned"]


DIES = """
import sys, time
import msgframe as mf
from msgframe.campaigns.journal import statements
from msgframe.campaigns.flow_control import RateLimit
journal = mf.Journal(sys.argv[1])
with journal.sending("saldo") as run:
    run.step([], 1, RateLimit())
    print("taken", flush=True)
    time.sleep(60)
"""


def test_a_killed_sender_leaves_unknowns(journal: mf.Journal, url: str):
    """What a killed sender had in flight is unknown to the next, and not sent again."""
    journal.begin(plan_of(2), fingerprint="7f3a")
    with subprocess.Popen([sys.executable, "-c", DIES, url], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"taken\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
    patience = time.monotonic() + 10  # the server hears of the death a moment later
    while time.monotonic() < patience:
        with journal.sending("saldo"):
            if journal.requests("saldo")["state"][0] == "unknown":
                break

    assert journal.requests("saldo")["state"].to_list() == ["unknown", "planned"]


@pytest.mark.slow
def test_who_waits_for_a_killed_sender_goes_on(journal: mf.Journal, url: str):
    """A sender that waits for another one's answers finds out that it is gone."""
    plan = plan_of(3)
    journal.begin(plan, fingerprint=fingerprint(plan))
    with (
        mf.sandbox.serve() as vendor,
        mf.Client(vendor.url, customer_id=vendor.customer_id, password=vendor.password) as client,
        subprocess.Popen([sys.executable, "-c", DIES, url], stdout=subprocess.PIPE) as child,
    ):
        assert child.stdout is not None
        assert child.stdout.readline() == b"taken\n"
        threading.Timer(0.7, child.kill).start()
        sent = mf.send(plan, client, journal)

    assert sent["state"].to_list() == ["unknown", "accepted", "accepted"]


def test_a_rate_holds_for_all_senders(journal: mf.Journal, url: str):
    """Two senders with one bucket get no more together than one alone."""
    journal.begin(plan_of(100), fingerprint="7f3a")
    slow = RateLimit(requests=20)
    with mf.Journal(url) as other, journal.sending("saldo") as one, other.sending("saldo") as two:
        began, taken = time.monotonic(), 0
        while time.monotonic() - began < 0.5:
            taken += len(one.step([], 5, slow).claims) + len(two.step([], 5, slow).claims)
        passed = time.monotonic() - began

    assert 1 <= taken <= 20 * passed + 2


def test_a_row_that_is_held_is_said(journal: mf.Journal, url: str):
    """A lock that does not end is named as one."""
    journal.begin(plan_of(1), fingerprint="7f3a")
    with (
        mf.Journal(url, busy=0.1) as other,
        journal.sending("saldo"),
        other.sending("saldo") as blocked,
        journal._database.writing() as transaction,
    ):
        transaction.execute("LOCK TABLE requests IN EXCLUSIVE MODE")
        with pytest.raises(JournalLocked):
            blocked.step([], 1, FREE)


def test_earlier_texts_are_found(journal: mf.Journal):
    """Who was written to is known to every machine."""
    journal.begin(plan_of(2), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        (claim,) = run.step([], 1, FREE).claims
        run.step([Outcome(claim, "accepted", code=200)], 0, FREE)

    assert journal.earlier(days=1)["msisdn"].to_list() == [919_816_000_000]
    assert journal.sent("saldo")["state"].to_list() == ["accepted", "held"]


def test_a_missing_server_is_told_without_the_password():
    """Nobody there: the error names the place, and not the password."""
    with pytest.raises(JournalError, match=r"postgresql://ana:\*\*\*@127.0.0.1:9") as told:
        mf.Journal("postgresql://ana:geheim@127.0.0.1:9/saldo")

    assert "geheim" not in str(told.value)


@pytest.mark.slow
def test_a_server_that_goes_away_loses_nothing(url: str, server: Server):
    """When the database dies in the middle, sending stops; with it back, it goes on."""
    plan = plan_of(40)
    with (
        mf.sandbox.serve() as vendor,
        mf.Client(vendor.url, customer_id=vendor.customer_id, password=vendor.password) as client,
        mf.Journal(url) as journal,
    ):
        stopper = threading.Timer(0.4, server.stop)
        stopper.start()
        with pytest.raises(JournalError):
            mf.send(plan, client, journal, rate=20, concurrency=2)
        stopper.join()
        server.start()
        sent = mf.send(plan, client, journal)
        texts = vendor.messages["text"].to_list()

    assert len(texts) == len(set(texts))
    assert set(sent["state"]) <= {"accepted", "unknown"}
    missing = set(plan["text"]) - set(texts)
    assert missing <= set(sent.filter(pl.col("state") == "unknown")["text"])
