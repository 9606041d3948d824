"""Excel's names of cells: a column has letters, counted A, B, …, Z, AA."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl


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


def remember_letters(sheet: pl.DataFrame, letters: dict[str, str]) -> pl.DataFrame:
    """Note on a sheet which of Excel's letters each of its headers has, and give it back.

    The note is an attribute of this very frame: a frame made from it has none, and `letters_of`
    then counts the columns, which is right unless hidden or blank columns were left out.
    """
    sheet._msgframe_letters = letters  # type: ignore[attr-defined]  # noqa: SLF001
    return sheet


def letters_of(sheet: pl.DataFrame) -> dict[str, str]:
    """Give Excel's letter of each column of a sheet that `read` made; `row` has none.

    >>> import polars as pl
    >>> letters_of(pl.DataFrame({"row": [2], "Country": ["91"], "Mobile": ["9816111111"]}))
    {'Country': 'A', 'Mobile': 'B'}
    """
    noted: dict[str, str] | None = getattr(sheet, "_msgframe_letters", None)
    if noted is not None:
        return noted
    return letters_by_position(sheet.columns)
