"""What was answered with 200 is in the store, and nothing else gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from msgframe import receiver
from msgframe.errors import SettingsError
from msgframe.receipts.reading import read_callbacks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "callbacks.db"


@pytest.fixture
def inbox(store: Path) -> Iterator[receiver.Inbox]:
    with receiver.serve(store, port=0) as inbox:
        yield inbox


def test_what_is_answered_is_stored(inbox: receiver.Inbox, store: Path):
    """A callback that was answered 200 can be read while the receiver runs."""
    answer = httpx.post(inbox.url, json={"messageId": "a", "status": "DELIVRD"})

    assert answer.status_code == 200
    assert read_callbacks(store)["message_id"].to_list() == ["a"]
    assert read_callbacks(store)["received_at"].null_count() == 0


def test_a_body_that_is_no_json_is_kept(inbox: receiver.Inbox, store: Path):
    """Whatever comes is kept as it came, and counts as a record."""
    assert httpx.post(inbox.url, content=b"\xff\x00 what").status_code == 200

    assert read_callbacks(store).height == 1


def test_another_path_tells_nothing(inbox: receiver.Inbox, store: Path):
    """Without the secret there is nothing here."""
    answer = httpx.post(f"http://127.0.0.1:{inbox.port}/callbacks/guess", json={})

    assert (answer.status_code, answer.content) == (404, b"")
    assert read_callbacks(store).is_empty()


def test_a_large_body_is_refused(inbox: receiver.Inbox, store: Path):
    """A body past the limit is refused and not kept."""
    assert httpx.post(inbox.url, content=b"x" * 100_000).status_code == 413
    assert read_callbacks(store).is_empty()


def test_the_secret_stays(store: Path):
    """The address registered with the vendor is the same after a restart."""
    with receiver.serve(store, port=0) as first:
        path = first.path
    with receiver.serve(store, port=0) as second:
        assert second.path == path


def test_a_taken_port_is_said(inbox: receiver.Inbox, tmp_path: Path):
    """Two receivers do not share a port, which would split the callbacks in silence."""
    with (
        pytest.raises(SettingsError, match=str(inbox.port)),
        receiver.serve(tmp_path / "other.db", port=inbox.port),
    ):
        pass
