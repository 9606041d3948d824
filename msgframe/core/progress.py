"""Progress that fits its place: a bar in a terminal or a notebook, silence in a pipe or a log."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Advance: TypeAlias = Callable[..., None]

#: Seconds between two drawings in a notebook, which travel over the network.
_PAUSE = 0.1

_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


def is_quiet() -> bool:
    """Tell whether nothing is to be drawn or printed for a person just now."""
    return _QUIET.get()


@contextmanager
def quiet(on: bool = True) -> Iterator[None]:
    """Draw nothing while the block runs, unless it is asked for by `show`.

    >>> with quiet():
    ...     is_quiet()
    True
    """
    before = _QUIET.set(on)
    try:
        yield
    finally:
        _QUIET.reset(before)


@contextmanager
def bar(label: str, total: int, *, show: bool | None = None) -> Iterator[Advance]:
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
    notebook = _in_notebook()
    if show is None:
        show = (notebook or sys.stderr.isatty()) and not is_quiet()
    if not show:
        yield lambda steps=1, note="": None  # noqa: ARG005  (the shape of the real one)
    elif notebook:
        with _in_page(label, total) as advance:
            yield advance
    else:
        with _in_terminal(label, total) as advance:
            yield advance


@contextmanager
def _in_terminal(label: str, total: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=total, note="")
        yield lambda steps=1, note="": progress.update(task, advance=steps, note=note)


@contextmanager
def _in_page(label: str, total: int) -> Iterator[Advance]:
    """Draw the browser's own progress element, which needs no widget library."""
    from IPython.display import HTML, display

    done, last_note, drawn = 0, "", time.monotonic()

    def drawing() -> HTML:
        return HTML(_element(label, done, total, last_note))  # type: ignore[no-untyped-call]

    handle: Any = display(drawing(), display_id=True)  # type: ignore[no-untyped-call]

    def advance(steps: int = 1, note: str = "") -> None:
        nonlocal done, last_note, drawn
        done, last_note = done + steps, note
        if time.monotonic() - drawn >= _PAUSE:
            drawn = time.monotonic()
            handle.update(drawing())

    try:
        yield advance
    finally:
        handle.update(drawing())


def _element(label: str, done: int, total: int, note: str) -> str:
    return (
        f"<div style='font:13px system-ui,sans-serif'>{escape(label)} "
        f"<progress value='{done}' max='{max(total, 1)}' style='vertical-align:middle'></progress> "
        f"{done:,}/{total:,} <span style='opacity:.7'>{escape(note)}</span></div>"
    )


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"
