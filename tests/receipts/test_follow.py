"""A source that grows is read again; one that does not is left alone."""

from __future__ import annotations

import itertools
import json
import threading
from typing import TYPE_CHECKING

import httpx

from msgframe import receiver
from msgframe.receipts import follow

if TYPE_CHECKING:
    from pathlib import Path


def test_a_running_store_is_followed(tmp_path: Path):
    """Each change of the store gives all of it, once."""
    with receiver.serve(tmp_path / "callbacks.db", port=0) as inbox:
        seen = follow(inbox.store, interval=0.01)
        heights = [next(seen).height]
        for _ in range(3):
            httpx.post(inbox.url, json={"messageId": "a"})
            heights.append(next(seen).height)

    assert heights == [0, 1, 2, 3]


def test_a_growing_export_is_followed(tmp_path: Path):
    """A file that is written to is read again."""
    path = tmp_path / "export.jsonl"
    path.write_text(json.dumps({"messageId": "a"}) + "\n")
    seen = follow(path, interval=0.01)
    first = next(seen)

    def grow() -> None:
        with path.open("a") as file:
            file.write(json.dumps({"messageId": "b"}) + "\n")

    timer = threading.Timer(0.1, grow)
    timer.start()
    second = next(seen)
    timer.join()

    assert [first.height, second.height] == [1, 2]


def test_following_ends_where_it_is_left(tmp_path: Path):
    """It is an ordinary iterator."""
    path = tmp_path / "export.jsonl"
    path.write_text("")

    assert [frame.height for frame in itertools.islice(follow(path, interval=0.01), 1)] == [0]
