"""The zoo: hostile and odd files, each read, or refused in one clear sentence."""

from __future__ import annotations

import runpy
import time
from pathlib import Path

import pytest

from msgframe.errors import SheetError
from msgframe.spreadsheets import read

SCRIPT = Path(__file__).parent / "zoo" / "animals.py"
ANIMALS = runpy.run_path(str(SCRIPT))["animals"]()


@pytest.mark.parametrize("animal", ANIMALS, ids=lambda animal: animal.name)
def test_animal_is_read_or_refused(animal):
    """A file gives its rows, or one short sentence, within ten seconds."""
    begin = time.monotonic()

    if isinstance(animal.outcome, str):
        with pytest.raises(SheetError) as refused:
            read(animal.data)
        message = str(refused.value)
        assert animal.outcome in message
        assert len(message) < 400
        assert "panic" not in message.lower()
    else:
        assert read(animal.data).sheet.rows() == animal.outcome

    assert time.monotonic() - begin < 10


def test_zoo_is_large():
    """The zoo holds at least eighty animals, each under its own name."""
    names = [animal.name for animal in ANIMALS]

    assert len(set(names)) == len(names) >= 80
