"""Not a byte is lost: what was answered 200 is in the store, whatever happens to the receiver."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from msgframe import receiver
from msgframe.receipts.reading import read_callbacks

if TYPE_CHECKING:
    from collections.abc import Iterator

RECEIVE = """
import resource, sys
from msgframe import receiver

store, port, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
receiver.run(store, port=port, secret="s3cret")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def received(store: str | Path, port: int, *, most: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """Run a receiver as a process of its own; files may grow to `most` bytes where that is set."""
    arguments = [sys.executable, "-c", RECEIVE, str(store), str(port), str(most)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until_open(port)
            yield process
        finally:
            process.terminate()
            process.wait(10)


def wait_until_open(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    pytest.fail("the receiver did not start")


class Sender:
    """Posts numbered callbacks over several connections, and notes what became of each."""

    def __init__(self, port: int, name: str) -> None:
        self._port = port
        self._name = name
        self.posted: set[str] = set()
        self.answered: set[str] = set()
        self.refused: set[str] = set()

    async def post(self, connections: int = 16, most: int = 100_000) -> None:
        """Post until the receiver is gone, or refuses, or `most` were posted."""
        lines = (self._line(most) for _ in range(connections))
        await asyncio.gather(*lines, return_exceptions=True)

    async def _line(self, most: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while len(self.posted) < most and not self.refused:
                await self._one(reader, writer)
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = f"{self._name}-{len(self.posted)}"
        self.posted.add(name)
        body = b'{"messageId": "%b", "status": "DELIVRD"}' % name.encode()
        length = b"Content-Length: %d\r\n" % len(body)
        writer.write(b"POST /callbacks/s3cret HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n" + body)
        head = await reader.readuntil(b"\r\n\r\n")
        (self.answered if b" 200 " in head else self.refused).add(name)


def stored(store: str | Path) -> list[str]:
    return read_callbacks(store)["message_id"].to_list()


@pytest.mark.parametrize("seconds", [0.1, pytest.param(0.4, marks=pytest.mark.slow)])
def test_kill_minus_nine_under_load(seconds: float, tmp_path: Path):
    """A receiver that is killed has stored all that it answered; it starts again and goes on."""
    store, port = tmp_path / "callbacks.db", free_port()
    first, second = Sender(port, "a"), Sender(port, "b")

    async def post_and_kill(process: subprocess.Popen[bytes]) -> None:
        posting = asyncio.create_task(first.post())
        await asyncio.sleep(seconds)
        process.kill()
        await posting

    with received(store, port) as process:
        asyncio.run(post_and_kill(process))
    with received(store, port):
        asyncio.run(second.post(most=200))

    kept = stored(store)
    assert len(first.answered) > 20
    assert len(second.answered) == 200
    assert first.answered | second.answered <= set(kept) <= first.posted | second.posted
    assert len(kept) == len(set(kept))


def test_a_full_disk_answers_503_and_loses_nothing(tmp_path: Path):
    """What cannot be written is not answered 200; with room again, it can."""
    store, port = tmp_path / "callbacks.db", free_port()
    full, roomy = Sender(port, "full"), Sender(port, "roomy")

    with received(store, port, most=400_000):
        asyncio.run(full.post())
    with received(store, port):
        asyncio.run(roomy.post(most=100))

    assert full.refused
    assert full.answered | roomy.answered == set(stored(store))
    assert len(roomy.answered) == 100


def test_a_stop_answers_what_it_stored(tmp_path: Path):
    """On SIGTERM the receiver ends in order: stored and answered are the same."""
    store, port = tmp_path / "callbacks.db", free_port()
    sender = Sender(port, "a")

    async def post_and_stop(process: subprocess.Popen[bytes]) -> None:
        posting = asyncio.create_task(sender.post())
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        await posting

    with received(store, port) as process:
        asyncio.run(post_and_stop(process))
        process.wait(10)

    assert process.returncode == 0
    assert sender.answered == set(stored(store))


def test_reading_does_not_hinder_receiving(tmp_path: Path):
    """A store is read while it is written: each reading is one state of it, and states grow."""
    store = tmp_path / "callbacks.db"
    with receiver.serve(store, port=0, secret="s3cret") as inbox:
        sender = Sender(inbox.port, "a")

        async def post_and_read() -> list[int]:
            posting = asyncio.create_task(sender.post(most=400))
            heights = [len(await asyncio.to_thread(stored, store)) for _ in range(5)]
            await posting
            return heights

        heights = asyncio.run(post_and_read())

    assert heights == sorted(heights)
    assert set(stored(store)) == sender.answered


BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


class Postgres:
    """A PostgreSQL of its own in a folder, reached by a socket file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # PostgreSQL refuses to be root.
        self._who: dict[str, Any] = {"user": "nobody", "extra_groups": []} if is_root() else {}
        if is_root():
            shutil.chown(folder, "nobody")
        self.url = f"postgresql://me@/postgres?host={folder}"
        self._run("initdb", "--username=me", "--auth=trust", "--no-sync", "--encoding=UTF8")

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}'"
        log = self._folder / "log"
        self._run("pg_ctl", "--wait", f"--options={options}", f"--log={log}", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "--mode=immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        path = BINARIES[-1].parent / program
        command = [str(path), "-D", str(self._folder / "data"), *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, stdout=quiet, cwd=self._folder, **self._who)


def is_root() -> bool:
    return os.geteuid() == 0


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    if not BINARIES:
        pytest.skip("PostgreSQL's server is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="msgframe-pg-"))
    server = Postgres(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture
def postgres(server: Postgres) -> str:
    return server.url


def test_several_receivers_share_a_postgres(postgres: str):
    """Two receivers beside each other keep all that either answered, in one store."""
    with (
        receiver.serve(postgres, port=0, secret="s3cret") as one,
        receiver.serve(postgres, port=0, secret="s3cret") as other,
    ):
        senders = [Sender(one.port, "one"), Sender(other.port, "other")]

        async def post() -> None:
            await asyncio.gather(*(sender.post(most=300) for sender in senders))

        asyncio.run(post())

    kept = stored(postgres)
    assert sorted(kept) == sorted(senders[0].answered | senders[1].answered)
    assert len(kept) >= 600


def test_a_postgres_keeps_its_secret(postgres: str):
    """Receivers that share a store share its path."""
    with receiver.serve(postgres, port=0) as one, receiver.serve(postgres, port=0) as other:
        assert one.path == other.path
        assert httpx.post(other.url, content=b"\x00\xff").status_code == 200


@pytest.mark.slow
def test_a_database_that_is_away_is_said_and_waited_for(server: Postgres):
    """While PostgreSQL is down nothing is answered 200; when it is back, all goes on."""
    with receiver.serve(server.url, port=0) as inbox:
        before = httpx.post(inbox.url, json={"messageId": "before"}).status_code
        server.stop()
        away = httpx.post(inbox.url, json={"messageId": "away"}, timeout=20)
        server.start()
        after = httpx.post(inbox.url, json={"messageId": "after"}, timeout=20).status_code

    assert (before, away.status_code, after) == (200, 503, 200)
    assert away.headers["retry-after"] == "5"
    assert {"before", "after"} <= set(stored(server.url))
    assert "away" not in stored(server.url)
