"""The dictionary of the street: every column that a verb adds, with its dtype and meaning.

The street's frames are ordinary polars frames; what makes one a *plan* or a *delivery frame* is the
columns written down here, and nowhere else. `columns("plan")` gives a stage as a `polars.Schema`,
`model("plan")` as a pandera schema to validate a frame with, `need(...)` is the guard at each door.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import polars as pl

from msgframe.errors import ColumnsError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandera.polars as pa

#: A verb that decides nothing gives back the kind of frame that it got.
F = TypeVar("F", pl.DataFrame, pl.LazyFrame)

Stage: TypeAlias = Literal[
    "read", "findings", "check", "problems", "render", "plan", "send", "callbacks", "track"
]

#: Moments are UTC, to the microsecond.
MOMENT = pl.Datetime("us", "UTC")

ENCODING = pl.Enum(["GSM-7", "UCS-2"])
MODE = pl.Enum(["single", "list", "file"])
SEVERITY = pl.Enum(["error", "warning"])
STATE = pl.Enum(["accepted", "failed", "unknown", "held"])

#: Of sent rows, those that left, or may have: what the vendor took, and what nobody knows of.
MAY_HAVE_LEFT = pl.col("state").is_in(["accepted", "unknown"])


@dataclass(frozen=True, slots=True)
class Status:
    """What one delivery status says of a message; the words for it are in `core/locales`."""

    #: How sure it is: a receipt of a higher one beats one of a lower, whichever came first.
    finality: int
    #: How bad it is for a message in parts, of which the worst decides.
    severity: int
    #: The colour that charts give it.
    colour: str
    #: Whether no later receipt is waited for.
    final: bool = False
    #: Whether the text is on the handset.
    delivered: bool = False
    #: Whether it never will be, as far as anybody knows.
    lost: bool = False
    #: Whether the same text may be tried once more.
    retryable: bool = False


#: All that is known about a status, once; the order is the order of the enum. The four ways to fail
#: are equally final, and the latest counts. "Delivered" stands above them, since gateways write
#: "expired" when they stop waiting and may still hear of success; "read" (WhatsApp, RCS) proves a
#: delivery. SMPP 3.4 names the states (5.2.28); their finality is what gateways do with them.
STATUSES: dict[str, Status] = {
    "pending": Status(finality=0, severity=4, colour="#c9c9c9"),
    "queued": Status(finality=1, severity=3, colour="#b8c4d6"),
    "accepted": Status(finality=2, severity=2, colour="#8fb8de"),
    "enroute": Status(finality=3, severity=1, colour="#4f86c6"),
    "unknown": Status(finality=4, severity=5, colour="#7d8597"),
    "deleted": Status(5, 6, "#8d6b94", final=True, lost=True),
    "rejected": Status(5, 7, "#a23b3b", final=True, lost=True),
    "expired": Status(5, 8, "#e09f3e", final=True, lost=True, retryable=True),
    "undelivered": Status(5, 9, "#c8553d", final=True, lost=True, retryable=True),
    "delivered": Status(6, 0, "#2f8f6b", final=True, delivered=True),
    "read": Status(7, -1, "#1f6f8b", final=True, delivered=True),
}

STATUS = pl.Enum(list(STATUSES))

#: From the surest proof to the weakest: two by an id, the last by number and time.
MATCHED_BY = pl.Enum(["transaction_id", "verification_id", "msisdn"])


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its dtype, what it holds, and whether a row may lack it."""

    #: The polars dtype, exactly.
    dtype: pl.DataType | type[pl.DataType]
    #: What it holds, with the unit.
    what: str
    #: Whether null is an answer.
    nullable: bool = False


STAGES: dict[Stage, dict[str, Column]] = {
    "read": {
        "row": Column(pl.UInt32, "the row number that a person sees in the file, from 1"),
    },
    "findings": {
        "kind": Column(pl.String, "what was odd, by name: hidden_row, merged_cells, …"),
        "sheet": Column(pl.String, "the sheet, or null for the whole file", nullable=True),
        "cells": Column(pl.String, "where, as Excel names it: B7, C3:C90", nullable=True),
        "count": Column(pl.UInt32, "how many cells, rows or sheets"),
        "what": Column(pl.String, "what was found, in a sentence"),
        "done": Column(pl.String, "what was done about it"),
    },
    "check": {
        "row": Column(pl.UInt32, "the row number that a person sees in the file, from 1"),
        "country_code": Column(pl.String, "calling code, digits only"),
        "mobile": Column(pl.String, "national significant number, digits only, zeros kept"),
        "msisdn": Column(pl.Int64, "calling code and national number joined: the join key"),
    },
    "problems": {
        "row": Column(pl.UInt32, "the row number in the file"),
        "column": Column(pl.String, "the header of the cell", nullable=True),
        "cell": Column(pl.String, "the cell as Excel names it, such as B17", nullable=True),
        "value": Column(pl.String, "what was there", nullable=True),
        "rule": Column(pl.String, "which rule was broken, by name"),
        "severity": Column(SEVERITY, "error: the row is rejected; warning: it is only told"),
        "message": Column(pl.String, "the problem in plain words"),
        "suggestion": Column(pl.String, "a better value, where one is likely", nullable=True),
    },
    "render": {
        "text": Column(pl.String, "the text that the recipient will read"),
        "encoding": Column(ENCODING, "GSM-7, or UCS-2 where one character lies outside of it"),
        "units": Column(pl.UInt16, "length in septets (GSM-7) or 16-bit units (UCS-2)"),
        "segments": Column(pl.UInt8, "how many messages are billed"),
        "template": Column(pl.String, "the template in the vendor's form, ##Var1## … ##VarN##"),
        "variables": Column(pl.List(pl.String), "the values of Var1 … VarN"),
    },
    "plan": {
        "campaign": Column(pl.String, "the campaign's name"),
        "flow_type": Column(pl.String, "SMS, WHATSAPP, RCS or SAUTH"),
        "message_type": Column(pl.String, "TRANSACTION, PROMOTIONAL or OTP"),
        "sender_id": Column(pl.String, "what the recipient sees as sender"),
        "template_id": Column(pl.String, "registered template (India DLT)", nullable=True),
        "entity_id": Column(pl.String, "registered brand (India DLT)", nullable=True),
        "message_key": Column(pl.String, "our key of this message, stable over reruns"),
        "mode": Column(MODE, "how it travels: single, list or file", nullable=True),
        "request": Column(pl.UInt32, "number of its request, from 0; null if held", nullable=True),
        "position": Column(pl.UInt32, "place in its request, from 0; null if held", nullable=True),
        "wave": Column(
            pl.UInt32, "waves go out one after the other, from 0; null if held", nullable=True
        ),
        "not_before": Column(MOMENT, "earliest moment to send, UTC; null is now", nullable=True),
        "held": Column(pl.String, "why it must not be sent; null if it may", nullable=True),
    },
    "send": {
        "state": Column(STATE, "accepted by the vendor, failed, unknown, or held"),
        "request_at": Column(MOMENT, "when its request left, UTC", nullable=True),
        "response_code": Column(pl.Int32, "the vendor's responseCode", nullable=True),
        "verification_id": Column(pl.String, "the vendor's id of the request", nullable=True),
        "transaction_id": Column(pl.String, "the vendor's UUID of the request", nullable=True),
        "error": Column(pl.String, "why it failed, is unknown, or was held", nullable=True),
    },
    "callbacks": {
        "message_id": Column(pl.String, "the vendor's id of the message", nullable=True),
        "msisdn": Column(pl.Int64, "the recipient", nullable=True),
        "status": Column(STATUS, "what the receipt says, in one spelling"),
        "raw_status": Column(pl.String, "what the receipt says, as it came", nullable=True),
        "error_code": Column(pl.String, "the vendor's errorCode, as text", nullable=True),
        "submitted_at": Column(MOMENT, "when the vendor sent it, UTC", nullable=True),
        "done_at": Column(MOMENT, "when it was delivered or given up, UTC", nullable=True),
        "received_at": Column(MOMENT, "when the receipt reached us, UTC", nullable=True),
    },
    "track": {
        "status": Column(STATUS, "what became of it; null if it never left", nullable=True),
        "error_code": Column(pl.String, "the vendor's errorCode", nullable=True),
        "submitted_at": Column(MOMENT, "when the vendor sent it, UTC", nullable=True),
        "done_at": Column(MOMENT, "when it was delivered or given up, UTC", nullable=True),
        "latency": Column(pl.Duration("us"), "from submitted to done", nullable=True),
        "message_id": Column(pl.String, "the vendor's id of the message", nullable=True),
        "receipts": Column(pl.UInt32, "how many receipts came for it"),
        "matched_by": Column(MATCHED_BY, "the proof of the match; null if pending", nullable=True),
        "candidates": Column(pl.UInt32, "how many messages its receipt could have meant"),
        "ambiguous": Column(pl.Boolean, "whether the match is one of several possible"),
    },
}

#: Names that a sheet may not use for columns of its own, since a later verb adds them.
RESERVED = frozenset(
    name for stage in ("check", "render", "plan", "send", "track") for name in STAGES[stage]
)


#: What a workbook of rejected rows has beside the person's own columns, and no check looks at.
REJECTS_COLUMNS = ("Row (msgframe)", "Reasons (msgframe)")


def columns(stage: Stage) -> pl.Schema:
    """Give the columns that a stage adds, in order, as a polars schema.

    >>> columns("read")
    Schema([('row', UInt32)])
    """
    return pl.Schema({name: column.dtype for name, column in STAGES[stage].items()})


def empty(stage: Stage) -> pl.DataFrame:
    """Give a frame of a stage with no row in it."""
    return pl.DataFrame(schema=columns(stage))


def model(stage: Stage) -> pa.DataFrameSchema:
    """Give a stage as a pandera schema; further columns are the person's own and are let through.

    >>> frame = pl.DataFrame({"row": [2, 3]}, schema={"row": pl.UInt32})
    >>> model("read").validate(frame).height
    2
    """
    import pandera.polars as pa

    return pa.DataFrameSchema(
        {n: pa.Column(c.dtype, nullable=c.nullable) for n, c in STAGES[stage].items()},
        name=stage,
    )


def require_columns(frame: pl.DataFrame | pl.LazyFrame, names: Iterable[str], *, verb: str) -> None:
    """Raise unless `frame` has every column of `names`; say what it has and what may be meant.

    Raises
    ------
    ColumnsError
        With the missing names, the columns there are, and the nearest spelling of each.

    >>> require_columns(pl.DataFrame({"Nombre ": ["Ana"]}), ["nombre"], verb="render")
    Traceback (most recent call last):
    msgframe.errors.ColumnsError: render() needs 1 more column: 'nombre'. The frame has 'Nombre '.
    Did you mean 'Nombre '?
    """
    present = frame.collect_schema().names()
    missing = [name for name in names if name not in present]
    if not missing:
        return
    plural = "" if len(missing) == 1 else "s"
    raise ColumnsError(
        f"{verb}() needs {len(missing)} more column{plural}: {quoted(missing)}. "
        f"The frame has {quoted(present) or 'no columns'}.{did_you_mean(missing, present)}"
    )


def forbid_columns(frame: pl.DataFrame | pl.LazyFrame, stage: Stage, *, verb: str) -> None:
    """Raise if `frame` already has a column that `verb` is about to add.

    >>> forbid_columns(pl.DataFrame({"text": ["hola"]}), "render", verb="render")
    Traceback (most recent call last):
    msgframe.errors.ColumnsError: render() adds 'text', which the frame already has. Rename it
    first: frame.rename({'text': 'my_text'}).
    """
    clash = [name for name in frame.collect_schema().names() if name in STAGES[stage]]
    if clash:
        renamed = ", ".join(f"{name!r}: 'my_{name}'" for name in clash)
        raise ColumnsError(
            f"{verb}() adds {quoted(clash)}, which the frame already has. "
            f"Rename it first: frame.rename({{{renamed}}})."
        )


def require_choice(value: object, choices: Iterable[str], *, name: str, verb: str) -> None:
    """Raise unless `value` is one of the choices; say which one may be meant.

    >>> require_choice("lists", ("single", "list"), name="mode", verb="plan")
    Traceback (most recent call last):
    msgframe.errors.SettingsError: plan(mode='lists'): there are 'single', 'list'. Did you mean
    'list'?
    """
    choices = tuple(choices)
    if value not in choices:
        raise SettingsError(
            f"{verb}({name}={value!r}): there are {quoted(choices)}."
            f"{did_you_mean([str(value)], choices)}"
        )


def did_you_mean(missing: Iterable[str], known: Iterable[str]) -> str:
    """Give " Did you mean 'x'?" for the nearest spellings, or nothing.

    >>> did_you_mean(["saldo"], ["Saldo", "row"])
    " Did you mean 'Saldo'?"
    """
    folded = {name.strip().casefold(): name for name in known}
    near = [
        folded[match]
        for name in missing
        for match in get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.7)
    ]
    return f" Did you mean {quoted(near)}?" if near else ""


def quoted(names: Iterable[Any], *, most: int = 12) -> str:
    """Give names in quotes, at most `most` of them.

    >>> quoted(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    names = [repr(name) for name in names]
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def statuses_that_are(fact: Literal["final", "delivered", "lost", "retryable"], /) -> list[str]:
    """Give the statuses of which a fact is true, for `is_in`.

    >>> statuses_that_are("delivered")
    ['delivered', 'read']
    """
    return [name for name, status in STATUSES.items() if getattr(status, fact)]
