"""What the tests of journal and sender share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import msgframe as mf

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def journal(tmp_path: Path):
    """A journal of the test's own, at `saldo.db`."""
    with mf.Journal(tmp_path / "saldo.db") as journal:
        yield journal
