# ruff: noqa: T201  (a benchmark prints its figures)
"""How many callbacks a second are on the disk before they are answered, against storing nothing.

Run with `pytest tests/benchmarks/test_receiver_speed.py --benchmark-only -s`: one core serves, the
load comes from a process of its own, and the figures are printed as a ratio of the two. On a busy
machine, believe the CPU time of a request rather than the rate.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response

from msgframe import receiver
from msgframe.receipts.receiver import ReceiverLimits
from msgframe.receipts.receiver.server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

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


async def forget(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 and store nothing: the bare server."""
    while (await receive())["more_body"]:
        pass
    await Response()(scope, receive, send)


def loaded(port: int, path: str, rate: float = 0) -> dict[str, Any]:
    command = [sys.executable, "-c", LOAD, json.dumps([port, CONNECTIONS, SECONDS, path, rate])]
    before = time.process_time()
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    figures = json.loads(ended.stdout)
    spent = time.process_time() - before
    return figures | {"cpu": spent / (figures["rate"] * SECONDS)}


def shown(name: str, figures: dict[str, Any]) -> None:
    print(
        f"\n{name:>22}: {figures['rate']:>7,.0f}/s  p50 {figures['p50'] * 1e3:.1f} ms"
        f"  p99 {figures['p99'] * 1e3:.1f} ms  CPU {figures['cpu'] * 1e6:.1f} us a request"
    )


@pytest.mark.benchmark
def test_durable_against_bare(benchmark: Any, tmp_path: Path):
    """Stored before answered, as a share of storing nothing; and the wait at half of its rate."""
    with serving(forget, "127.0.0.1", 0, ReceiverLimits()) as port:
        bare = loaded(port, "/")
    with receiver.serve(tmp_path / "callbacks.db", port=0) as inbox:
        full = benchmark.pedantic(loaded, (inbox.port, inbox.path), rounds=1)
        half = loaded(inbox.port, inbox.path, rate=full["rate"] / 2)

    shown("stores nothing", bare)
    shown("durable", full)
    shown("durable, half the rate", half)
    print(f"{'durable / bare':>22}: {full['rate'] / bare['rate']:.2f}")
    assert full["bad"] == half["bad"] == 0
