# ruff: noqa: T201  (a benchmark prints its figures)
"""How many callbacks a second are on the disk before they are answered, against storing nothing.

Run with `pytest tests/benchmarks/test_receiver_speed.py --benchmark-only -s`: one core serves, the
load comes from a process of its own, and the figures are printed as a ratio of the two. On a busy
machine, believe the CPU time of a request rather than the rate.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CONNECTIONS = 256
SECONDS = 5

#: Prebuilt requests over kept-alive connections; with a rate, each connection keeps its pace.
LOAD = """
import asyncio, json, sys, time
import uvloop

port, connections, seconds, path, rate = json.loads(sys.argv[1])
BODY = (b'{"apiKey": null, "clientId": null, "messageId": "a2e87214-d18c-4a2e-b7f4-%012d", '
        b'"status": "DELIVRD", "errorCode": 0, "countryCode": null, "mobile": "919999999999", '
        b'"submitDate": "2023-11-02 13:59:18", "doneDate": "2023-11-02 13:59:22"}')
HEAD = (b"POST %b HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n"
        b"Content-Length: %d\\r\\n\\r\\n" % (path.encode(), len(BODY % 0)))
waits, bad, number = [], 0, 0

class Sender(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.pause = transport, connections / rate if rate else 0
        self.due = time.perf_counter()
        self.post()
    def post(self):
        global number
        number += 1
        self.at = time.perf_counter()
        self.transport.write(HEAD + BODY % number)
    def data_received(self, data):
        global bad
        waits.append(time.perf_counter() - self.at)
        bad += b" 200 " not in data[:20]
        self.due += self.pause
        ahead = self.due - time.perf_counter()
        if self.pause and ahead > 0:
            loop.call_later(ahead, self.post)
        else:
            self.post()

async def main():
    global loop
    loop = asyncio.get_running_loop()
    for n in range(connections):
        await loop.create_connection(Sender, "127.0.0.1", port)
    await asyncio.sleep(seconds)

uvloop.run(main())
waits.sort()
print(json.dumps({"rate": len(waits) / seconds, "bad": bad, "p50": waits[len(waits) // 2],
                  "p99": waits[len(waits) * 99 // 100]}))
"""


#: A receiver on one core, or the bare server, which answers 200 and stores nothing.
SERVE = """
import os, sys, time
from starlette.responses import Response
from msgframe import receiver
from msgframe.receipts.receiver import ReceiverLimits, server

async def forget(scope, receive, send):
    while (await receive())["more_body"]:
        pass
    await Response()(scope, receive, send)

store, port = sys.argv[1], int(sys.argv[2])
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {0})
before = time.process_time()
if store:
    receiver.run(store, port=port, secret="s3cret")
else:
    with (
        server.serving(forget, "127.0.0.1", port, ReceiverLimits()),
        receiver._until_stopped() as stopped,
    ):
        stopped.wait()
print(time.process_time() - before, file=sys.stderr)
"""


def loaded(store: Path | str, rate: float = 0) -> dict[str, Any]:
    port = free_port()
    serve = [sys.executable, "-c", SERVE, str(store), str(port)]
    load = json.dumps([port, CONNECTIONS, SECONDS, "/callbacks/s3cret", rate])
    quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(serve, stdout=quiet, stderr=pipe, text=True) as server:
        wait_until_open(port)
        ended = subprocess.run([sys.executable, "-c", LOAD, load], stdout=pipe, check=True)
        server.terminate()
        _, spent = server.communicate(timeout=20)
    figures = json.loads(ended.stdout)
    return figures | {"cpu": float(spent) / (figures["rate"] * SECONDS)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    pytest.fail("the receiver did not start")


def shown(name: str, figures: dict[str, Any]) -> None:
    print(
        f"\n{name:>22}: {figures['rate']:>7,.0f}/s  p50 {figures['p50'] * 1e3:.1f} ms"
        f"  p99 {figures['p99'] * 1e3:.1f} ms  CPU {figures['cpu'] * 1e6:.1f} us a request"
    )


@pytest.mark.benchmark
def test_durable_against_bare(benchmark: Any, tmp_path: Path):
    """Stored before answered, as a share of storing nothing; and the wait at half of its rate."""
    bare = loaded("")
    full = benchmark.pedantic(loaded, (tmp_path / "full.db",), rounds=1)
    half = loaded(tmp_path / "half.db", rate=full["rate"] / 2)

    shown("stores nothing", bare)
    shown("durable", full)
    shown("durable, half the rate", half)
    print(f"{'durable / bare':>22}: {full['rate'] / bare['rate']:.2f}")
    assert full["bad"] == half["bad"] == 0
