"""Libraries of an extra: where one is missing, a sentence says which extra to install."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgframe.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def needs_extra(extra: str, /, *, who: str) -> Iterator[None]:
    """Import in this block what an extra brings.

    Raises
    ------
    SettingsError
        A library is missing; msgframe's own modules are never meant by that.

    >>> with needs_extra("server", who="The receiver"):
    ...     import a_library_that_is_not_there
    Traceback (most recent call last):
    msgframe.errors.SettingsError: The receiver needs the extra: pip install "msgframe[server]".
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("msgframe"):
            raise
        raise SettingsError(f'{who} needs the extra: pip install "msgframe[{extra}]".') from missing
