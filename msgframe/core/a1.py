"""Excel's names of cells: a column has letters, counted A, B, …, Z, AA."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def column_letter(index: int) -> str:
    """Give Excel's letters of a column, counted from 0.

    >>> [column_letter(index) for index in (0, 25, 26, 16383)]
    ['A', 'Z', 'AA', 'XFD']
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


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
    own = [name for name in sheet.columns if name not in {"row", "sheet"}]
    return {name: column_letter(index) for index, name in enumerate(own)}
