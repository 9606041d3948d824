"""`merge`: what a person mended in the workbook of rejects, taken back cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import polars as pl
import polars.selectors as cs

from msgframe.core.masking import mask_numbers
from msgframe.core.views import html_panels, one_line
from msgframe.errors import ColumnsError, DataError, InvariantError, UsageError
from msgframe.frames import REJECTS_COLUMNS, quoted
from msgframe.recipients.checking import check, typed_sheet
from msgframe.recipients.headers import OURS
from msgframe.recipients.models import Recipient
from msgframe.recipients.results import cell_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandera.polars as pa

    from msgframe.recipients.results import Checked
    from msgframe.spreadsheets import Reading

Missing: TypeAlias = Literal["error", "keep", "drop"]

#: What became of a change: taken over, or left out and why.
DONE = pl.Enum(["taken", "row dropped", "left out: new row", "left out: new column"])

_CHANGES: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.UInt32,
    "column": pl.String,
    "cell": pl.String,
    "before": pl.String,
    "after": pl.String,
    "done": DONE,
}


#: Where a row stands in the original, while the two sheets are laid on each other.
_KEY = "msgframe key"


class Merged(NamedTuple):
    """The outcome of `merge`."""

    #: The original sheet with the mended cells in it, and nothing else changed. With the letters of
    #: a reading it is `dataclasses.replace(reading, sheet=merged.sheet)`.
    sheet: pl.DataFrame
    #: A row a change: where, what was there, what is there now, and what was done about it.
    changes: pl.DataFrame
    #: What `check` says of the sheet now.
    checked: Checked

    def __repr__(self) -> str:
        return one_line("Merged", sheet=self.sheet, changes=self.changes)

    def _repr_html_(self) -> str:
        number = pl.col("column") == self.checked.match.mobile
        hidden = self.changes.with_columns(
            pl.when(number).then(mask_numbers(name)).otherwise(name).alias(name)
            for name in ("before", "after")
        )
        return html_panels("Merged", changes=hidden) + self.checked._repr_html_()


def merge(
    original: pl.DataFrame | Reading,
    mended: pl.DataFrame | Reading,
    /,
    model: type[pa.DataFrameModel] | pa.DataFrameSchema = Recipient,
    *,
    missing: Missing = "error",
    letters: Mapping[str, str] | None = None,
    **settings: Any,
) -> Merged:
    """Take the cells that a person changed back into the original sheet, and check it again.

    Parameters
    ----------
    original
        The sheet as it was checked, read again from its file.
    mended
        The rows of the mended workbook: `read("rejected.xlsx", sheet="Rows")`. Rows find
        their place by the column that `rejects` put beside them, also where the person sorted;
        without that column, by their row numbers.
    model
        As in `check`.
    missing
        What to do where rows of the original are not in the mended sheet: "error", "keep" them as
        they were, or "drop" them as deleted on purpose.
    letters
        Excel's letters of the original's columns, as in `check`.
    settings
        All further arguments of `check`, such as `country=` or `recipe=`.

    Returns
    -------
    `sheet`: the original, changed in the listed cells only; this is proved before it is given.
    `changes`: `row`, `column`, `cell`, `before`, `after`, `done`.
    `checked`: the outcome of `check` on that sheet.

    Raises
    ------
    ColumnsError
        Where the mended sheet lacks a column of the original.
    DataError
        Where rows are missing or stand twice.

    >>> original = pl.DataFrame({"Mobile": ["9816111111", "98161"]})
    >>> mended = original.with_columns(Mobile=pl.Series(["9816111111", "9816111112"]))
    >>> sheet, changes, checked = merge(original, mended, country="91")
    >>> changes.rows()
    [(3, 'Mobile', 'A3', '98161', '9816111112', 'taken')]
    >>> checked
    Checked(accepted=2 rows, rejected=0 rows, problems=0 rows)
    """
    typed = typed_sheet(original, letters, verb="merge")
    before = typed.text
    before = before.with_columns(_row_key(before, "row").alias(_KEY))
    own = [name for name in before.columns if name not in {*OURS, _KEY}]
    after = typed_sheet(mended, verb="merge", rejects_columns=True).text
    _refuse_lost_columns(after, own)
    after = after.with_columns(_row_key(after, REJECTS_COLUMNS[0]).alias(_KEY))
    known = pl.col(_KEY).is_in(before[_KEY].implode()).fill_null(value=False)
    new, after = after.filter(~known), after.filter(known)
    _refuse_twice(after[_KEY])
    gone = before.join(after, on=_KEY, how="anti", maintain_order="left")
    kept, dropped = _without(before, gone, missing)
    sheet, taken = _taken(kept, after, own, typed.letters)
    changes = pl.concat([taken, dropped, _not_merged(new, after, own)])
    return Merged(
        sheet,
        changes.sort("row", nulls_last=True, maintain_order=True),
        check(sheet, model, letters=typed.letters, **settings),
    )


def _row_key(sheet: pl.DataFrame, row: str) -> pl.Expr:
    """Give where a row stands in the original, as text: its number, and its sheet where several."""
    number = pl.col(row if row in sheet.columns else "row").cast(pl.String).str.strip_suffix(".0")
    return pl.format("{}!{}", "sheet", number) if "sheet" in sheet.columns else number


def _refuse_lost_columns(after: pl.DataFrame, own: list[str]) -> None:
    lost = [name for name in own if name not in after.columns]
    if lost:
        raise ColumnsError(
            f"merge() misses {quoted(lost)} in the mended sheet; it has {quoted(after.columns)}. "
            "Give the sheet with the rows: mf.read('rejected.xlsx', sheet='Rows')."
        )


def _refuse_twice(places: pl.Series) -> None:
    twice = places.filter(places.is_duplicated()).unique(maintain_order=True)
    if twice.len():
        raise DataError(
            f"merge() found {twice.len():,} rows of the original more than once in the mended "
            f"sheet: {quoted(twice)}. Which of them counts is not to be guessed: leave one each."
        )


def _without(
    before: pl.DataFrame, gone: pl.DataFrame, missing: Missing
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decide about the rows that the mended sheet has no more."""
    match missing:
        case "keep":
            return before, _changes(gone.clear(), "row dropped")
        case "drop":
            return before.join(gone, on=_KEY, how="anti"), _changes(gone, "row dropped")
        case "error" if gone.is_empty():
            return before, _changes(gone, "row dropped")
        case "error":
            raise DataError(
                f"merge() misses {gone.height:,} rows of the original in the mended sheet: "
                f"{quoted(gone[_KEY], most=8)}. If they are hidden by a filter, read it with "
                "hidden='keep'; if they were deleted on purpose, say missing='drop'; to leave them "
                "as they were, missing='keep'."
            )
        case other:
            raise UsageError(f"merge(missing={other!r}): there are 'error', 'keep', 'drop'.")


def _taken(
    before: pl.DataFrame, after: pl.DataFrame, own: list[str], letters: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put the changed cells into the original, and prove that nothing else is different."""
    now = before.select(_KEY).join(after, on=_KEY, how="left", maintain_order="left")
    in_both = now[_KEY].is_in(after[_KEY].implode())
    changed = {name: in_both & _differs(before[name], now[name]) for name in own}
    sheet = before.with_columns(
        now[name].zip_with(changed[name], before[name]).alias(name) for name in own
    )
    cell = cell_name(several="sheet" in before.columns)
    taken = pl.concat(
        before.select(cs.by_name("row", "sheet", require_all=False), before=name)
        .with_columns(column=pl.lit(name), after=now[name])
        .with_columns(letter=pl.lit(letters.get(name), dtype=pl.String))
        .filter(changed[name])
        .with_columns(cell=cell, done=pl.lit("taken", dtype=DONE))
        .select(*_CHANGES)
        for name in own
    )
    different = sum(int((~sheet[name].eq_missing(before[name])).sum()) for name in own)
    if different != taken.height or not sheet["row"].equals(before["row"]):
        raise InvariantError(
            f"merge() changed {different:,} cells and lists {taken.height:,}: nothing was given."
        )
    return sheet.drop(_KEY), taken


def _differs(before: pl.Series, after: pl.Series) -> pl.Series:
    """Tell which cells changed; a blank is a blank, and Excel writes line ends its own way."""
    then, now = (cells.fill_null("").str.replace_all("\r\n", "\n") for cells in (before, after))
    return then != now


def _not_merged(new: pl.DataFrame, after: pl.DataFrame, own: list[str]) -> pl.DataFrame:
    """List the rows and columns that the person added: a merge takes changed cells only."""
    known = {*own, *OURS, *REJECTS_COLUMNS, _KEY}
    columns = pl.DataFrame({"column": [name for name in after.columns if name not in known]})
    rows = _changes(new.filter(pl.any_horizontal(pl.col(own).is_not_null())), "left out: new row")
    return pl.concat([rows, _changes(columns, "left out: new column")])


def _changes(rows: pl.DataFrame, done: str) -> pl.DataFrame:
    """List what became of whole rows or columns."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in _CHANGES.items()
        if name != "done"
    ).with_columns(done=pl.lit(done, dtype=DONE))
