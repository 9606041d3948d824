"""Progress that fits its place: a bar in a terminal or a notebook, silence in a pipe or a log."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console


@contextmanager
def bar(label: str, total: int, *, show: bool | None = None) -> Iterator[Callable[..., None]]:
    """Show a bar of `total` steps while the block runs, and give the function that advances it.

    Parameters
    ----------
    label
        What is being done, in a word or two.
    total
        How many steps there are.
    show
        Whether to draw; by default only in a terminal (on standard error) and in a notebook.

    Yields
    ------
    `advance(steps=1, note="")`: move on, and say something at the end of the line.

    >>> with bar("sending", 3, show=False) as advance:
    ...     advance(2, note="2 accepted")
    """
    from rich.console import Console

    console = Console(stderr=not _in_notebook())
    visible = show if show is not None else (console.is_terminal or console.is_jupyter)
    if not visible:
        yield lambda steps=1, note="": None  # noqa: ARG005  (the shape of the real one)
        return
    with _progress(console) as progress:
        task = progress.add_task(label, total=total, note="")
        yield lambda steps=1, note="": progress.update(task, advance=steps, note=note)


def _progress(console: Console):  # type: ignore[no-untyped-def]
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=False,
    )


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"
