"""Progress: seen where somebody looks, silent elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from msgframe.core import progress

CODE = """
from msgframe.core.progress import bar
with bar('sending', 3) as go:
    go(3, note='3 accepted')
"""


def test_a_pipe_sees_nothing():
    """No escape codes in a log."""
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")


def test_a_terminal_sees_a_bar():
    """Label, count and note, on standard error."""
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", CODE],
        stderr=theirs,
        check=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    seen = os.read(ours, 65536).decode()
    os.close(ours)
    assert "sending" in seen
    assert "3/3" in seen
    assert "3 accepted" in seen


def test_a_notebook_sees_an_element_with_escaped_words():
    """A note cannot become markup."""
    shown = progress._element("sending", 5, 10, "<b>no</b>")
    assert "<progress value='5' max='10'" in shown
    assert "<b>" not in shown
