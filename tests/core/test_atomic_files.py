"""Files: complete or absent."""

from __future__ import annotations

import pytest

from msgframe.core.atomic_files import atomic_write


def test_a_file_appears_when_it_is_complete(tmp_path):
    """Nobody sees half of it, and nothing is left beside it."""
    path = tmp_path / "plan.csv"
    with atomic_write(path) as beside:
        beside.write_text("a,b\n")
        assert not path.exists()
    assert path.read_text() == "a,b\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_older_file(tmp_path):
    """What was there before is there after, and no rest of the attempt."""
    path = tmp_path / "plan.csv"
    path.write_text("older")
    with pytest.raises(OSError, match="full"):
        _write_half(path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def _write_half(path):
    with atomic_write(path) as beside:
        beside.write_text("half")
        raise OSError("disk full")
