# ruff: noqa: T201  (a benchmark prints its ratios)
"""How fast a plan goes out over loopback, journal included, beside clients that keep no journal.

Run with: pytest tests/benchmarks/test_sending_speed.py --benchmark-only -s
"""

from __future__ import annotations

import asyncio
import importlib.util
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import httpx
import polars as pl
import pytest

import msgframe as mf
from msgframe.frames import STAGES
from msgframe.message_central.requests import Request

if TYPE_CHECKING:
    from pathlib import Path

Peer: TypeAlias = Callable[[str, int, int], Coroutine[None, None, None]]

#: The vendor reduced to its answer: what is measured is the sender.
VENDOR = """
import asyncio, json, sys
data = {"verificationId": "1234", "responseCode": "200", "errorMessage": None, "timeout": "30.0",
        "transactionId": "1c9c56ec-5cd3-48b5-9e32-a15499fb77a2"}
body = json.dumps({"responseCode": 200, "message": "SUCCESS", "data": data}).encode()
head = "HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\n"
answer = f"{head}content-length: {len(body)}\\r\\n\\r\\n".encode() + body

class Vendor(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.heard = transport, b""
    def data_received(self, data):
        self.heard += data
        while b"\\r\\n\\r\\n" in self.heard:
            self.heard = self.heard.partition(b"\\r\\n\\r\\n")[2]
            self.transport.write(answer)

async def main():
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

try:
    import uvloop as runner
except ImportError:
    runner = asyncio
runner.run(main())
"""

TOKEN = "t" * 300
ASK = Request.single(
    "91",
    "9816111111",
    "Hola Ana, tu saldo es 1.234,50 en la fecha 01-03-2026",
    sender_id="UTOMOB",
    message_type="TRANSACTION",
)
HEADERS = {"authToken": TOKEN, "accept": "*/*"}


@pytest.fixture(scope="module")
def url():
    with subprocess.Popen(
        [sys.executable, "-c", VENDOR], stdout=subprocess.PIPE, text=True
    ) as vendor:
        assert vendor.stdout is not None
        yield f"http://127.0.0.1:{int(vendor.stdout.readline())}"
        vendor.kill()


def plan_of(count: int, *, mode: str = "single", size: int = 1) -> pl.DataFrame:
    """A plan of that many rows, `size` of them in each request."""
    dtypes = {name: column.dtype for name, column in STAGES["plan"].items()}
    values = {
        "campaign": pl.lit("speed"),
        "flow_type": pl.lit("SMS"),
        "message_type": pl.lit("TRANSACTION"),
        "sender_id": pl.lit("UTOMOB"),
        "message_key": pl.int_range(count).cast(pl.String).str.zfill(32),
        "mode": pl.lit(mode),
        "request": pl.int_range(count) // size,
        "position": pl.int_range(count) % size,
        "wave": pl.lit(0),
    }
    rows = pl.select(pl.int_range(count).alias("n"))
    return rows.select(
        country_code=pl.lit("91"),
        mobile=(9_000_000_000 + pl.col("n")).cast(pl.String),
        msisdn=919_000_000_000 + pl.col("n"),
        text=pl.format("Hola {}, tu saldo es 1.234,50 en la fecha 01-03-2026", "n"),
        template=pl.lit("Hola ##Var1##, tu saldo es 1.234,50 en la fecha 01-03-2026"),
        variables=pl.concat_list(pl.col("n").cast(pl.String)),
        **{name: values.get(name, pl.lit(None)).cast(dtype) for name, dtype in dtypes.items()},
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _spread(ask: Callable[[int], Awaitable[object]], count: int, at_once: int):
    """Let that many workers share the requests."""
    left = iter(range(count))

    async def worker(number: int) -> None:
        for _ in left:
            await ask(number)

    return asyncio.gather(*(worker(number) for number in range(at_once)))


async def httpx_shared(url: str, count: int, at_once: int) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits) as client:

        async def ask(_: int) -> None:
            (await client.post(f"{url}{ASK.target}", headers=HEADERS)).json()

        await _spread(ask, count, at_once)


async def httpx_sharded(url: str, count: int, at_once: int) -> None:
    tls = httpx.create_ssl_context()
    clients = [httpx.AsyncClient(verify=tls) for _ in range(at_once)]

    async def ask(number: int) -> None:
        (await clients[number].post(f"{url}{ASK.target}", headers=HEADERS)).json()

    await _spread(ask, count, at_once)
    for client in clients:
        await client.aclose()


async def aiohttp_shared(url: str, count: int, at_once: int) -> None:
    import aiohttp
    from yarl import URL

    target = URL(f"{url}{ASK.target}", encoded=True)
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(_: int) -> None:
            async with session.post(target, headers=HEADERS) as response:
                await response.json()

        await _spread(ask, count, at_once)


async def pyreqwest_shared(url: str, count: int, at_once: int) -> None:
    from pyreqwest.client import ClientBuilder

    async with ClientBuilder().build() as client:

        async def ask(_: int) -> None:
            request = client.post(f"{url}{ASK.target}").headers(HEADERS).build()
            await (await request.send()).json()

        await _spread(ask, count, at_once)


#: Each peer with what it needs, and how many requests it is given.
PEERS: list[tuple[Peer, str, int]] = [
    (httpx_shared, "httpx", 600),
    (httpx_sharded, "httpx", 4000),
    (aiohttp_shared, "aiohttp", 10_000),
    (pyreqwest_shared, "pyreqwest", 10_000),
]


def _measured(run: Callable[[], object], count: int) -> tuple[float, float]:
    """Give requests per second, and CPU milliseconds per request."""
    cpu, began = _cpu(), time.perf_counter()
    run()
    return count / (time.perf_counter() - began), (_cpu() - cpu) / count * 1e3


@pytest.mark.benchmark
@pytest.mark.parametrize("at_once", [50, 200])
def test_requests_per_second(benchmark, url: str, tmp_path: Path, at_once: int):
    """Ours writes a journal, two entries a request; the others send and forget."""
    count = 6000
    plan = plan_of(count)
    with mf.Client(url, token=TOKEN) as client, mf.Journal(tmp_path / "speed.db") as journal:

        def send() -> None:
            sent = mf.send(plan, client, journal, concurrency=at_once, progress=False)
            assert (sent["state"] == "accepted").all()

        taken = _measured(lambda: benchmark.pedantic(send, rounds=1), count)
    told = {"msgframe, journal included": taken}
    for peer, needs, requests in PEERS:
        if importlib.util.find_spec(needs):
            told[peer.__name__] = _measured(partial(_run, peer, url, requests, at_once), requests)
    _show(told, at_once)


def _run(peer: Peer, url: str, count: int, at_once: int) -> None:
    asyncio.run(peer(url, count, at_once))


def _show(told: dict[str, tuple[float, float]], at_once: int) -> None:
    shared, sharded = told["httpx_shared"], told["httpx_sharded"]
    print(f"\n{at_once} at once{'':24}requests/s  × shared  CPU ms  × sharded")
    for name, (speed, cpu) in told.items():
        ratios = f"{speed / shared[0]:8.1f}  {cpu:6.3f}  {cpu / sharded[1]:9.2f}"
        print(f"  {name:30}{speed:12,.0f}  {ratios}")


@pytest.mark.benchmark
@pytest.mark.parametrize(("mode", "size"), [("file", 50_000), ("list", 250), ("single", 1)])
def test_a_million_rows_are_stored(benchmark, tmp_path: Path, mode: str, size: int):
    """A plan of 1,000,000 rows: its parquet and its requests, on the disk."""
    plan = plan_of(1_000_000, mode=mode, size=size)
    with mf.Journal(tmp_path / "speed.db") as journal:
        benchmark.pedantic(
            lambda: journal.begin(plan, fingerprint="7f3a"), rounds=1, warmup_rounds=0
        )
        assert journal.campaigns()["people"].item() == 1_000_000
