"""Callbacks that are really POSTed: when they are due, again when nobody takes them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from msgframe import sandbox
from msgframe.errors import UsageError
from msgframe.message_central.sandbox import DeliveryModel

if TYPE_CHECKING:
    from collections.abc import Iterator

PARAMS = {"type": "SMS", "flowType": "SMS", "senderId": "UTOMOB", "message": "hola"}
AT_ONCE = float("inf")
PERFECT = DeliveryModel.perfect()


class Receiver(ThreadingHTTPServer):
    """Takes callbacks: keeps what came, answers what it was told to."""

    daemon_threads = True

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = statuses
        self.came: list[tuple[str, str, dict[str, Any]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/callbacks/secret?brand=1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def receiver(*statuses: int) -> Iterator[Receiver]:
    server = Receiver(list(statuses))
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(vendor: sandbox.Sandbox, how_many: int) -> None:
    numbers = ",".join(f"91 {9_000_000_000 + number}" for number in range(how_many))
    headers = {"authToken": vendor.token}
    params = {**PARAMS, "phoneNumbers": numbers}
    url = vendor.url + "/verification/v3/send"
    assert httpx.post(url, params=params, headers=headers).json()["responseCode"] == 200


def test_every_callback_comes_in_its_order():
    """What is POSTed is what `callbacks()` says, repeats and all, in the order of arrival."""
    rough = DeliveryModel(repeated=0.2, interim=0.3, reordered=0.2)
    with (
        receiver() as server,
        sandbox.serve(callback_url=server.url, speedup=AT_ONCE, delivery_model=rough) as vendor,
    ):
        send(vendor, 100)
        assert vendor.wait_idle()
        callbacks = vendor.callbacks()

    path, kind, _ = server.came[0]
    assert (path, kind) == ("/callbacks/secret?brand=1", "application/json")
    assert callbacks.height > 120
    assert [payload for _, _, payload in server.came] == callbacks.rows(named=True)


def test_callbacks_come_when_they_are_due():
    """In real time nothing comes before its time."""
    with (
        receiver() as server,
        sandbox.serve(callback_url=server.url, delivery_model=PERFECT) as vendor,
    ):
        send(vendor, 5)

        assert not vendor.wait_idle(timeout=0.05)
        assert server.came == []


def test_speedup_makes_time_pass():
    """With `speedup` the seconds of the vendor are fractions of ours."""
    with (
        receiver() as server,
        sandbox.serve(callback_url=server.url, speedup=200, delivery_model=PERFECT) as vendor,
    ):
        send(vendor, 5)

        assert vendor.wait_idle(timeout=5)
        assert len(server.came) == 5


def test_a_callback_that_is_refused_comes_again():
    """After a 500 the same payload is tried again."""
    with (
        receiver(500, 503) as server,
        sandbox.serve(callback_url=server.url, speedup=AT_ONCE, delivery_model=PERFECT) as vendor,
    ):
        send(vendor, 1)
        assert vendor.wait_idle()
        posts = vendor.posts

    assert posts.select("attempt", "status").rows() == [(1, 500), (2, 503), (3, 200)]
    assert server.came[0] == server.came[1] == server.came[2]


def test_nobody_there_is_given_up():
    """Where nobody listens, a callback is tried three times and then let go."""
    with receiver() as gone:
        url = gone.url
    with sandbox.serve(callback_url=url, speedup=AT_ONCE, delivery_model=PERFECT) as vendor:
        send(vendor, 2)

        assert vendor.wait_idle()
        assert vendor.posts["status"].to_list() == [None] * 6


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"callback_url": "ftp://127.0.0.1/"}, "callback_url"),
        ({"callback_url": "http://127.0.0.1/", "speedup": 0}, "speedup=0"),
    ],
)
def test_wrong_settings(settings, said):
    """A URL or a speed that cannot be is refused before anything runs."""
    with pytest.raises(UsageError, match=said), sandbox.serve(**settings):
        pass


def test_wait_idle_without_a_url():
    """There is nothing to wait for where nothing is POSTed."""
    with sandbox.serve() as vendor, pytest.raises(UsageError, match="callback_url"):
        vendor.wait_idle()
