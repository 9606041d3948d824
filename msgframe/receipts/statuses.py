"""What a receipt says, in one spelling: the vendor's, SMPP's short and long names, Spanish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.frames import STATUS

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Each status and how it is spelled, by letters alone: SMPP 3.4 §5.2.28 (short and long names),
#: the vendor's documentation in Spanish, and the words that other gateways write.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "delivered": ("delivrd", "delivered", "entregado", "entregada", "deliveredtohandset"),
    "read": ("read", "seen", "opened", "displayed", "leido", "leído", "leida", "leída", "visto"),
    "expired": ("expired", "caducado", "caducada", "expirado", "expirada", "validityexpired"),
    "undelivered": (
        *("undeliv", "undelivered", "undeliverable", "notdelivered", "deliveryfailed"),
        *("failed", "failure", "noentregado", "noentregada", "fallido", "fallida", "suspendió"),
    ),
    "rejected": ("rejectd", "rejected", "rechazado", "rechazada", "blocked"),
    "deleted": ("deleted", "eliminado", "eliminada", "cancelled", "canceled", "cancelado"),
    "unknown": ("unknown", "desconocido", "desconocida"),
    "enroute": ("enroute", "sent", "buffered", "buffrd", "submitted", "enviado", "enviada"),
    "accepted": ("acceptd", "accepted", "acked", "aceptado", "aceptada"),
    "queued": ("queued", "scheduled", "encola", "programado", "programada"),
    "pending": ("pending", "pendiente"),
}

_STATUS_OF = {word: status for status, words in SPELLINGS.items() for word in words}


def status(raw: str | pl.Expr, /, *, spellings: Mapping[str, str] | None = None) -> pl.Expr:
    """Read a delivery status in whatever spelling, language and case it comes.

    Parameters
    ----------
    raw
        The column as it came; blanks, hyphens and underscores do not count.
    spellings
        Further spellings, each with the status that it means: `{"ABSENT": "undelivered"}`.

    Returns
    -------
    Enum `frames.STATUS`; what no table knows, and what is missing, is "unknown".

    >>> said = ["DELIVRD", "Not-Delivered", "CADUCADO", "en cola", "???", None]
    >>> pl.DataFrame({"said": said}).select(status("said"))["said"].to_list()
    ['delivered', 'undelivered', 'expired', 'queued', 'unknown', 'unknown']
    """
    known = _STATUS_OF | {_letters(word): name for word, name in (spellings or {}).items()}
    return (
        _plain(pl.col(raw) if isinstance(raw, str) else raw)
        .replace_strict(known, default="unknown", return_dtype=pl.String)
        .fill_null("unknown")
        .cast(STATUS)
    )


def is_known(raw: pl.Expr, /, *, spellings: Mapping[str, str] | None = None) -> pl.Expr:
    """Say whether a status stands in the table; null where there is none."""
    return _plain(raw).is_in([*_STATUS_OF, *map(_letters, spellings or {})])


def _plain(raw: pl.Expr) -> pl.Expr:
    return raw.str.to_lowercase().str.replace_all(r"[^\pL]+", "")


def _letters(word: str) -> str:
    return "".join(filter(str.isalpha, word.casefold()))
