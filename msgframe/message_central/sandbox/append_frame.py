"""Rows that are written one by one and read as a frame."""

from __future__ import annotations

from threading import Lock
from typing import Any, TypeAlias

import polars as pl

#: The columns of a table, with their dtypes.
Columns: TypeAlias = dict[str, "pl.DataType | type[pl.DataType]"]


#: A frame of more pieces is slow to read; joining them copies it.
_MOST_CHUNKS = 256


class Ledger:
    """A table that only grows, safe to write in one thread and to read in another.

    >>> ledger = Ledger({"n": pl.Int64, "name": pl.String})
    >>> ledger.extend(n=[1, 2], name="Ana")
    >>> ledger.frame().rows()
    [(1, 'Ana'), (2, 'Ana')]
    """

    def __init__(self, columns: Columns) -> None:
        self._lock = Lock()
        self._written = pl.DataFrame(schema=columns)
        self._new: dict[str, list[Any]] = {name: [] for name in columns}

    def extend(self, **columns: Any) -> None:
        """Add rows: a list is a column of them, a single value stands in each, silence is null."""
        rows = next((len(c) for c in columns.values() if isinstance(c, list)), 1)
        with self._lock:
            for name, column in self._new.items():
                value = columns.get(name)
                column.extend(value if isinstance(value, list) else [value] * rows)

    def frame(self) -> pl.DataFrame:
        """Give all rows so far."""
        with self._lock:
            if any(self._new.values()):
                new = pl.DataFrame(self._new, schema=self._written.schema)
                self._written = self._written.vstack(new)
                if self._written.n_chunks() > _MOST_CHUNKS:
                    self._written = self._written.rechunk()
                self._new = {name: [] for name in self._new}
            return self._written

    def __len__(self) -> int:
        with self._lock:
            return self._written.height + len(next(iter(self._new.values())))
