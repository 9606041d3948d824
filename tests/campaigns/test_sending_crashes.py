"""A sender that is killed, at any moment, loses nobody and reaches nobody twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import polars as pl
import pytest

import msgframe as mf
from msgframe.message_central.sandbox import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from msgframe.message_central.sandbox import Sandbox

#: Imports everything once and forks a sender for each job, which takes a twentieth of the time
#: of a new interpreter. The parent never uses polars, whose threads would not survive the fork.
FORK_SERVER = """
import json, os, signal, sys, time
from itertools import count
from functools import partial
import polars as pl, httpx, sqlite3
import msgframe as mf
from msgframe.errors import ApiError
import msgframe.message_central.connections
import msgframe.campaigns.sending
import msgframe.campaigns.journal
import msgframe.campaigns.planning
import msgframe.message_central.uploads
import pydantic_settings, msgframe.message_central.credentials, rich.console

def dies_at(last):
    steps = count(1)
    def step(*_, **__):
        global taken
        taken = next(steps)
        if taken == last:
            os.kill(os.getpid(), signal.SIGKILL)
    def stepping(of):
        def stepped(*a, **k):
            step()
            result = of(*a, **k)
            step()
            return result
        return stepped
    class Cursor(sqlite3.Cursor):
        execute = stepping(sqlite3.Cursor.execute)
        executemany = stepping(sqlite3.Cursor.executemany)
    class Connection(sqlite3.Connection):
        execute = stepping(sqlite3.Connection.execute)  # BEGIN and COMMIT, too
        close = stepping(sqlite3.Connection.close)
        def cursor(self):
            return super().cursor(Cursor)
    sqlite3.connect = partial(sqlite3.connect, factory=Connection)
    for name in ("fsync", "open", "close", "replace", "mkdir"):
        setattr(os, name, stepping(getattr(os, name)))

def send(job):
    dies_at(job["step"])
    plan = pl.read_parquet(job["plan"])
    with (
        mf.Client(job["url"], customer_id=job["customer_id"], password=job["password"],
                  timeout=job["timeout"]) as client,
        mf.Journal(job["journal"]) as journal,
    ):
        try:
            mf.send(plan, client, journal, concurrency=job["concurrency"], progress=False)
        except ApiError as error:
            print(error, file=sys.stderr)
    print(taken, file=sys.stderr)

for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        code = 1
        try:
            send(job)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    if job["seconds"]:
        time.sleep(job["seconds"])
        os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass
class SendJob:
    """What a sender is to do, and when it is killed: at a step, after seconds, or not at all."""

    url: str
    customer_id: str
    password: str
    plan: str
    journal: str
    step: int = 0
    seconds: float = 0.0
    concurrency: int = 2
    timeout: float = 0.3


class ForkServer:
    """Brings up senders and tells how they ended."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self._stderr = told.open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK_SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )

    def send(self, job: SendJob) -> int:
        """Give the exit code; a killed sender's is -9."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        assert code in {0, -signal.SIGKILL}, self._told.read_text()[-3000:]
        return code

    def steps(self) -> int:
        """Give how many steps the last sender took that came to its end."""
        return int(self._told.read_text().split()[-1])

    def close(self) -> None:
        self._process.communicate()
        self._stderr.close()


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory):
    forks = ForkServer(tmp_path_factory.mktemp("forks") / "stderr")
    yield forks
    forks.close()


def _plan(name: str, count: int, mode: str) -> pl.DataFrame:
    """Two people for each text, every text with the campaign's name in it."""
    people = 1 if mode == "single" else 2
    rows = pl.int_range(count * people, eager=True)
    messages = pl.DataFrame({"n": rows}).select(
        country_code=pl.lit("91"),
        mobile=(9_816_000_000 + pl.col("n")).cast(pl.String),
        msisdn=919_816_000_000 + pl.col("n"),
        text=pl.format("{} says hello {}", pl.lit(name), pl.col("n") // people),
        encoding=pl.lit("GSM-7", pl.Enum(["GSM-7", "UCS-2"])),
        units=pl.lit(20, pl.UInt16),
        segments=pl.lit(1, pl.UInt8),
        template=pl.format("{} says hello {}", pl.lit(name), pl.col("n") // people),
        variables=pl.lit([], pl.List(pl.String)),
    )
    return mf.plan(
        messages, campaign=name, sender_id="UTOMOB", message_type="TRANSACTION", mode=mode
    )


class Trial:
    """One campaign of its own on a vendor, with a sender that dies and one that goes on."""

    def __init__(
        self, forks: ForkServer, vendor: Sandbox, folder: Path, name: str, count: int, mode: str
    ) -> None:
        self.plan = _plan(name, count, mode)
        self._forks = forks
        self._vendor = vendor
        self._name = name
        self._job = {
            "url": vendor.url,
            "customer_id": vendor.customer_id,
            "password": vendor.password,
            "plan": str(folder / f"{name}.parquet"),
            "journal": str(folder / f"{name}.db"),
        }
        self.plan.write_parquet(self._job["plan"])

    def send(self, **when: float) -> int:
        return self._forks.send(SendJob(**self._job, **when))

    def check(self) -> pl.DataFrame:
        """Compare the vendor's record with the journal's; give what the journal says."""
        with mf.Journal(self._job["journal"]) as journal:
            sent = journal.sent(self._name)
        got = self._vendor.messages.filter(pl.col("text").str.starts_with(f"{self._name} "))
        twice = got.filter(pl.struct("mobile", "text").is_duplicated())
        there = sent.join(got, on=["mobile", "text"], how="semi")
        missing = sent.join(got, on=["mobile", "text"], how="anti")

        assert twice.is_empty()
        assert got.height == there.height
        assert set(there["state"]) <= {"accepted", "unknown"}
        assert set(missing["state"]) <= {"unknown"}
        return sent


def _killed_at_steps(forks: ForkServer, folder: Path, stride: int) -> None:
    with mf.sandbox.serve() as vendor:
        Trial(forks, vendor, folder, "whole", 2, "single").send()
        steps = forks.steps()
        assert steps > 60

        unknown = 0
        for step in range(1, steps + 1, stride):
            trial = Trial(forks, vendor, folder, f"step-{step}", 2, "single")
            assert trial.send(step=step) == -signal.SIGKILL
            assert trial.send() == 0
            unknown += (trial.check()["state"] == "unknown").sum()

    # Only a sender that died between taking a request and writing its answer leaves one.
    assert 0 < unknown < steps / stride


def test_killed_at_steps_of_the_journal(forks: ForkServer, tmp_path: Path):
    """Whatever was just written, or about to be, the next sender goes on from it."""
    _killed_at_steps(forks, tmp_path, stride=9)


@pytest.mark.slow
def test_killed_at_every_step_of_the_journal(forks: ForkServer, tmp_path: Path):
    """The same at each and every step."""
    _killed_at_steps(forks, tmp_path, stride=1)


FAULTS = [
    Fault("refuse", share=0.04, seconds=0.1),
    Fault("reset_before", share=0.04),
    Fault("reset_after", share=0.04),
    Fault("slow", share=0.04, seconds=0.5),
    Fault("throttle", share=0.04, seconds=0.05),
    Fault("error", share=0.04),
    Fault("bad_gateway", share=0.04),
    Fault("html", share=0.04),
    Fault("truncated", share=0.04),
    Fault("no_data", share=0.04),
    Fault("unauthorized", share=0.04),
]


def _killed_at_random(forks: ForkServer, folder: Path, trials: int, seed: int) -> None:
    dice = random.Random(seed)
    killed = 0
    with mf.sandbox.serve(faults=FAULTS, seed=seed) as vendor:
        for number in range(trials):
            mode = dice.choice(["single", "single", "list", "file"])
            trial = Trial(forks, vendor, folder, f"moment-{number}", 12, mode)
            killed += trial.send(seconds=dice.uniform(0.02, 0.35), concurrency=4) != 0
            if dice.random() < 0.3:
                trial.send(seconds=dice.uniform(0.02, 0.2), concurrency=4)
            assert trial.send(concurrency=4) == 0
            trial.check()

    assert killed > trials / 2


def test_killed_at_random_moments_with_faults(forks: ForkServer, tmp_path: Path):
    """Kills and a vendor that fails in every way, together, reach nobody twice."""
    _killed_at_random(forks, tmp_path, trials=4, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 10))
def test_killed_at_many_random_moments_with_faults(forks: ForkServer, tmp_path: Path, seed: int):
    """Two hundred times the same, in eight parts."""
    _killed_at_random(forks, tmp_path, trials=25, seed=seed)
