"""Who may post to the receiver, how much, and for how long."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from msgframe import receiver
from msgframe.errors import SettingsError
from msgframe.receipts.reading import read_callbacks
from msgframe.receipts.receiver import ReceiverLimits
from msgframe.receipts.receiver.app import RequestPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "callbacks.db"


@contextmanager
def spoken(inbox: receiver.Inbox, *pieces: bytes) -> Iterator[socket.socket]:
    """Open a connection and send bytes as they are."""
    with socket.create_connection(("127.0.0.1", inbox.port), timeout=5) as line:
        for piece in pieces:
            line.sendall(piece)
        yield line


def heard(line: socket.socket) -> bytes:
    """Read to the end of the connection."""
    parts = []
    while part := line.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def repeat(line: socket.socket, piece: bytes) -> None:
    """Send the same again and again, ten thousand times."""
    for _ in range(10_000):
        line.sendall(piece)
        time.sleep(0.0001)


def post(inbox: receiver.Inbox, body: bytes, *headers: bytes, path: str = "") -> bytes:
    head = [b"POST %b HTTP/1.1" % (path or inbox.path).encode(), b"Host: x", *headers]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", body])


def test_only_allowed_addresses_may_post(store: Path):
    """An address outside of the list is refused, though it knows the secret."""
    with receiver.serve(store, port=0, allow=["203.0.113.0/24"]) as inbox:
        assert httpx.post(inbox.url, json={}).status_code == 403


@pytest.mark.parametrize(
    ("chain", "status"),
    [
        ("203.0.113.7", 200),
        ("203.0.113.7, 10.0.0.1", 403),
        ("10.0.0.1, 203.0.113.7", 200),
        ("", 403),
    ],
)
def test_behind_a_proxy_its_last_word_counts(chain: str, status: int, store: Path):
    """What the sender itself wrote into X-Forwarded-For is not believed."""
    with receiver.serve(store, port=0, allow=["203.0.113.0/24"]) as inbox:
        answer = httpx.post(inbox.url, json={}, headers={"X-Forwarded-For": chain})

        assert answer.status_code == status


def test_a_forwarded_address_is_believed_of_proxies_only(store: Path):
    """Without a trusted proxy the header is anybody's claim."""
    with receiver.serve(store, port=0, allow=["203.0.113.0/24"], proxies=[]) as inbox:
        answer = httpx.post(inbox.url, json={}, headers={"X-Forwarded-For": "203.0.113.7"})

        assert answer.status_code == 403


def test_an_address_that_is_none_is_refused(store: Path):
    """A mistake in the list is said at the start."""
    with (
        pytest.raises(SettingsError, match=r"203\.0\.113\.7/99"),
        receiver.serve(store, port=0, allow=["203.0.113.7/99"]),
    ):
        pass


def test_a_signature_is_checked(store: Path):
    """Where a key is set, a body without its signature is not kept."""
    body = b'{"messageId": "a"}'
    signed = hmac.new(b"key", body, hashlib.sha256).hexdigest()
    with receiver.serve(store, port=0, key="key") as inbox:
        answers = [
            httpx.post(inbox.url, content=body, headers=headers).status_code
            for headers in ({}, {"X-Signature": "00"}, {"X-Signature": signed})
        ]

    assert answers == [403, 403, 200]
    assert read_callbacks(store).height == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_post_is_taken(method: str, store: Path):
    """Other methods are refused on the secret path too."""
    with receiver.serve(store, port=0) as inbox:
        assert httpx.request(method, inbox.url).status_code == 405


def test_refusals_tell_nothing(store: Path):
    """No refusal names the software, the path or the reason."""
    with receiver.serve(store, port=0) as inbox:
        answer = httpx.post(f"http://127.0.0.1:{inbox.port}/admin", json={})

    assert answer.content == b""
    assert set(answer.headers) == {"date", "content-length", "connection"}


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01 TLS hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_not_http_is_cut_off(garbage: bytes, store: Path):
    """A malformed request ends its connection and nothing else."""
    with receiver.serve(store, port=0) as inbox:
        with spoken(inbox, garbage) as line:
            assert not heard(line).startswith(b"HTTP/1.1 2")

        assert httpx.post(inbox.url, json={}).status_code == 200


def test_a_long_head_is_refused(store: Path):
    """Headers have a limit, though they may go on."""
    head = b"POST / HTTP/1.1\r\n" + b"X-Long: %b\r\n" % (b"a" * 1_000) * 17
    with receiver.serve(store, port=0) as inbox, spoken(inbox, head) as line:
        assert heard(line).startswith(b"HTTP/1.1 431")


def test_a_chunked_body_has_the_same_limit(store: Path):
    """A body without a length is counted as it comes."""
    limits = ReceiverLimits(body_bytes=1_000)
    with receiver.serve(store, port=0, limits=limits) as inbox:
        small = httpx.post(inbox.url, content=iter([b"{}"]))
        large = httpx.post(inbox.url, content=iter([b"x" * 600] * 3))

    assert (small.status_code, large.status_code) == (200, 413)
    assert read_callbacks(store).height == 1


@pytest.mark.parametrize("endless", [b"X-Late: a\r\n", b"0" * 100, b"1;x=y\r\na\r\n"])
def test_what_stands_behind_the_body_has_an_end(endless: bytes, store: Path):
    """Trailers, chunk sizes and their extensions do not fill the memory."""
    limits = ReceiverLimits(body_bytes=1_000, head_bytes=1_000)
    with receiver.serve(store, port=0, limits=limits) as inbox:
        head = b"POST %b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" % inbox.path.encode()
        start = b"0\r\n" if endless.startswith(b"X") else b""
        with spoken(inbox, head + start) as line, pytest.raises(ConnectionError):
            repeat(line, endless)


@pytest.mark.parametrize("start", [b"", b"POST /callbacks/", b"POST / HTTP/1.1\r\nHost"])
def test_a_slow_sender_is_cut_off(start: bytes, store: Path):
    """Who sends a byte now and then does not hold a connection."""
    limits = ReceiverLimits(seconds=0.4)
    with receiver.serve(store, port=0, limits=limits) as inbox, spoken(inbox, start) as line:
        assert heard(line) == b""


def test_a_slow_body_is_cut_off(store: Path):
    """A body that does not come is not waited for."""
    limits = ReceiverLimits(seconds=0.4)
    with (
        receiver.serve(store, port=0, limits=limits) as inbox,
        spoken(inbox, post(inbox, b"{}" * 50)[:-90]) as line,
    ):
        assert heard(line) == b""
    assert read_callbacks(store).is_empty()


def test_too_many_connections_are_closed(store: Path):
    """Past the limit a new connection is closed; those that are open go on."""
    with (
        receiver.serve(store, port=0, limits=ReceiverLimits(connections=2)) as inbox,
        spoken(inbox) as first,
        spoken(inbox),
    ):
        time.sleep(0.1)
        with spoken(inbox) as third, suppress(ConnectionResetError):
            assert third.recv(1) == b""
        first.sendall(post(inbox, b"{}", b"Connection: close"))
        assert heard(first).startswith(b"HTTP/1.1 200")


def test_a_request_sent_ahead_is_not_answered(store: Path):
    """A second request before the first answer gets none, and so counts as not received."""
    with receiver.serve(store, port=0) as inbox:
        both = post(inbox, b'{"messageId": "a"}') + post(inbox, b'{"messageId": "b"}')
        with spoken(inbox, both) as line:
            assert heard(line).count(b"HTTP/1.1 200") == 1
    assert read_callbacks(store)["message_id"].to_list() == ["a"]


def test_garbage_behind_a_request_does_not_cost_its_answer(store: Path):
    """What came whole is stored and answered, whatever follows it."""
    with receiver.serve(store, port=0) as inbox:
        whole = post(inbox, b'{"messageId": "a"}')
        with spoken(inbox, whole + b"\x00 no HTTP\r\n\r\n") as line:
            assert heard(line).startswith(b"HTTP/1.1 200")
    assert read_callbacks(store)["message_id"].to_list() == ["a"]


def test_one_connection_carries_many(store: Path):
    """A connection is kept alive, whatever pieces its bytes come in."""
    with receiver.serve(store, port=0) as inbox, spoken(inbox) as line:
        for n in range(5):
            whole = post(inbox, b'{"messageId": "%d"}' % n)
            line.sendall(whole[:30])
            time.sleep(0.002)
            line.sendall(whole[30:])
            assert line.recv(4096).startswith(b"HTTP/1.1 200")
    assert read_callbacks(store)["message_id"].to_list() == list("01234")


def test_who_asks_first_may_send(store: Path):
    """`Expect: 100-continue` is answered before the body."""
    with receiver.serve(store, port=0) as inbox:
        whole = post(inbox, b"{}", b"Expect: 100-continue", b"Connection: close")
        with spoken(inbox, whole[:-2]) as line:
            assert line.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
            line.sendall(b"{}")
            assert heard(line).startswith(b"HTTP/1.1 200")


def test_the_end_does_not_wait_for_the_slow(store: Path):
    """Stopping is quick though a sender hangs in the middle of its request."""
    with receiver.serve(store, port=0) as inbox, spoken(inbox, post(inbox, b"{}")[:-1]):
        time.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 4


def test_the_page_shows_numbers_masked(store: Path):
    """A person at this machine sees what came, without anybody's number."""
    record: dict[str, Any] = {"messageId": "a", "status": "DELIVRD", "mobile": "919816111111"}
    with receiver.serve(store, port=0) as inbox:
        httpx.post(inbox.url, json=record | {"status": "<b>odd</b>"})
        httpx.post(inbox.url, json=record)
        page = httpx.get(f"http://127.0.0.1:{inbox.port}/").text

    assert "1 delivered" in page
    assert "9198•••••111" in page
    assert "919816111111" not in page
    assert "<b>odd" not in page
    assert inbox.secret not in page


def test_health_is_for_machines(store: Path):
    """A monitor reads the same numbers as JSON."""
    with receiver.serve(store, port=0) as inbox:
        httpx.post(inbox.url, json={"messageId": "a", "status": "EXPIRED"})
        health = httpx.get(f"http://127.0.0.1:{inbox.port}/health").json()

    assert (health["stored"], health["stored_since_start"], health["failed_since_start"]) == (
        1,
        1,
        0,
    )
    assert health["statuses"] == {"expired": 1}


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-For": "203.0.113.7"}, {"Via": "1.1 proxy"}, {"Host": "evil.example"}]
)
def test_the_page_is_not_for_the_world(headers: dict[str, str], store: Path):
    """Through a proxy, or under a foreign name (DNS rebinding), there is no page."""
    with receiver.serve(store, port=0) as inbox:
        answer = httpx.get(f"http://127.0.0.1:{inbox.port}/", headers=headers)

    assert answer.status_code == 404


def test_deeply_nested_bodies_do_no_harm(store: Path):
    """Brackets without end are kept, and reading them is no more than a problem."""
    with receiver.serve(store, port=0) as inbox:
        for body in (b"[" * 60_000, b'{"a":' * 12_000, json.dumps([{"messageId": "x"}]).encode()):
            assert httpx.post(inbox.url, content=body).status_code == 200

    assert read_callbacks(store)["message_id"].to_list() == [None, None, "x"]


@pytest.mark.parametrize("name", ["body_bytes", "head_bytes", "seconds", "connections"])
def test_a_limit_that_lets_nothing_in_is_refused(name: str):
    """A limit of nothing is a mistake, and the answer names a value that works."""
    with pytest.raises(SettingsError, match=f"{name}=0"):
        ReceiverLimits(**{name: 0})


def test_both_families_on_one_socket_know_an_address():
    """An address of the old family, seen through the new one, is the same."""
    policy = RequestPolicy.of(b"/", allow=["203.0.113.7"])

    assert policy.allowed("::ffff:203.0.113.7")
    assert not policy.allowed("::ffff:203.0.113.8")
    assert not policy.allowed("not an address")
