"""Excel's names of cells: a column has letters, counted A, B, …, Z, AA."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def column_letter(index: int) -> str:
    """Give Excel's letters of a column, counted from 0.

    >>> [column_letter(index) for index in (0, 25, 26, 16383)]
    ['A', 'Z', 'AA', 'XFD']
    """
    letters = ""
    index += 1
    while index:
        index, last = divmod(index - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters


def column_index(letters: str) -> int:
    """Give the number of a column, from 0, by Excel's letters.

    >>> column_index("A"), column_index("XFD")
    (0, 16383)
    """
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def letters_by_position(columns: Iterable[str]) -> dict[str, str]:
    """Give each column the letters that it has where a sheet holds these columns and no others.

    `row` and `sheet`, which `read` adds, have none.

    >>> letters_by_position(["row", "Country", "Mobile"])
    {'Country': 'A', 'Mobile': 'B'}
    """
    own = [name for name in columns if name not in {"row", "sheet"}]
    return {name: column_letter(index) for index, name in enumerate(own)}
