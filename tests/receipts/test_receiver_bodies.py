"""A body that is answered 200 is the body that is stored, byte for byte, however it is framed."""

from __future__ import annotations

import itertools
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgframe import receiver
from msgframe.core import databases
from msgframe.receipts import sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b'{"messageId": "a", "status": "DELIVRD"}'

#: What Java's HttpClient and `curl --http2` say to every server that they do not know yet.
H2C = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQ")
WEBSOCKET = (
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bodies") / "callbacks.db"


@pytest.fixture(scope="module")
def inbox(store: Path) -> Iterator[receiver.Inbox]:
    with receiver.serve(store, port=0) as inbox:
        yield inbox


@pytest.fixture(scope="module")
def stored(store: Path, inbox: receiver.Inbox) -> Bodies:
    return Bodies(store)


class Bodies:
    """The bodies that came to a store since the last look."""

    def __init__(self, store: Path) -> None:
        self._engine = databases.open(store)
        self._last = 0

    def new(self) -> list[bytes]:
        rows = sources.stored(self._engine, after=self._last)
        self._last = rows["id"].max() or self._last
        return rows["body"].to_list()


def request(
    path: str, body: bytes, *headers: bytes, chunk: int = 0, method: bytes = b"POST"
) -> bytes:
    """Write a request, in chunks of a size or with its length."""
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)] if chunk else []
    framing = b"Transfer-Encoding: chunked" if chunk else b"Content-Length: %d" % len(body)
    head = b"\r\n".join([b"%b %b HTTP/1.1" % (method, path.encode()), b"Host: x", *headers])
    framed = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in [*pieces, b""])
    return head + b"\r\n" + framing + b"\r\n\r\n" + (framed if chunk else body)


def answers(inbox: receiver.Inbox, *pieces: bytes) -> list[bytes]:
    """Send pieces over one connection, and give the answers' statuses up to its end."""
    with closing(socket.create_connection(("127.0.0.1", inbox.port), timeout=5)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            line.sendall(piece)
        received = b""
        while part := line.recv(65_536):
            received += part
    return [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
@pytest.mark.parametrize("chunk", [0, 7], ids=["length", "chunked"])
@pytest.mark.parametrize("apart", [False, True], ids=["at_once", "body_later"])
def test_an_offer_of_another_protocol_costs_no_body(inbox, stored, offer, chunk: int, apart: bool):
    """A POST that offers an upgrade is a POST like any other."""
    whole = request(inbox.path, BODY, b"Connection: close", *offer, chunk=chunk)
    cut = whole.index(b"\r\n\r\n") + 4 if apart else len(whole)

    assert answers(inbox, whole[:cut], whole[cut:]) == [b"200"]
    assert stored.new() == [BODY]


def test_after_an_offer_the_connection_goes_on(inbox, stored):
    """What is posted next over the same connection is stored, too."""
    with closing(socket.create_connection(("127.0.0.1", inbox.port), timeout=5)) as line:
        for body in (b"one", b"two", b"three"):
            line.sendall(request(inbox.path, body, *H2C))
            assert line.recv(4096).startswith(b"HTTP/1.1 200")

    assert stored.new() == [b"one", b"two", b"three"]


def test_a_tunnel_is_refused(inbox, stored):
    """CONNECT asks for a tunnel, whatever its path."""
    for path in (inbox.path, "sms.example.com:443"):
        (status,) = answers(inbox, request(path, BODY, method=b"CONNECT"))
        assert status.startswith(b"4")

    assert stored.new() == []


def test_a_body_without_an_end_is_refused(inbox, stored):
    """HTTP/1.0 without a length: nobody can say which bytes were meant."""
    head = b"POST %b HTTP/1.0\r\n\r\n" % inbox.path.encode()

    assert answers(inbox, head + BODY)[0] in {b"400", b"411"}
    assert stored.new() == []


@settings(deadline=None, max_examples=60)
@given(
    body=st.binary(max_size=300),
    chunk=st.integers(0, 40),
    offer=st.sampled_from([(), H2C, WEBSOCKET]),
    cuts=st.lists(st.integers(0, 600), max_size=6),
    lost=st.integers(0, 5),
)
def test_what_is_answered_200_is_what_is_stored(inbox, stored, body, chunk, offer, cuts, lost):
    """However it is framed and cut up; and what does not come whole is not answered 200."""
    whole = request(inbox.path, body, b"Connection: close", *offer, chunk=chunk)
    sent = whole[: len(whole) - lost]
    marks = sorted({0, *(cut for cut in cuts if cut < len(sent)), len(sent)})
    with closing(socket.create_connection(("127.0.0.1", inbox.port), timeout=5)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in itertools.pairwise(marks):
            line.sendall(sent[start:end])
        if lost:
            line.shutdown(socket.SHUT_WR)
        answer = line.recv(65_536)

    came_whole = not lost
    assert answer.startswith(b"HTTP/1.1 200") == came_whole
    assert stored.new() == ([body] if came_whole else [])
