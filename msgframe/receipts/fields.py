"""From a vendor's words to ours: headers, statuses, numbers, error codes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import polars as pl

from msgframe.errors import ColumnsError, UsageError
from msgframe.frames import STATUS, STATUSES, did_you_mean, quoted
from msgframe.message_central import CALLBACK_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from msgframe.core.vendor import CallbackFields

#: What a receipt may tell, and the headers that tell it in exports of all kinds of gateways, by
#: letters and digits without accents. A vendor's own headers go before these.
HEADERS: dict[str, tuple[str, ...]] = {
    "message_id": ("messageid", "msgid", "smsid", "messageuuid", "id", "idmensaje"),
    "status": ("status", "dlrstatus", "deliverystatus", "stat", "state", "estado"),
    "error_code": ("errorcode", "error", "err", "dlrerror", "networkerror", "codigoerror"),
    "country_code": ("countrycode", "country", "pais"),
    "mobile": ("mobile", "msisdn", "mobilenumber", "number", "phone", "to", "recipient", "numero"),
    "submitted": ("submitdate", "submittedat", "submittime", "submitted", "sentat", "sentdate"),
    "done": ("donedate", "doneat", "donetime", "deliveredat", "deliverytime", "deliverydate"),
    "received": ("receivedat", "received", "arrivedat"),
    "receipt": ("receipt", "dlr", "deliveryreceipt", "shortmessage", "text", "body"),
}

#: Our own frames, written to a file and read again, hold under this name what the vendor wrote.
_RAW_STATUS = "rawstatus"

#: How each status is spelled besides its own name, by letters without accents: SMPP 3.4 §5.2.28,
#: and the words that gateways write in English and Spanish. A vendor's own spellings go before.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "delivered": ("delivrd", "entregado", "entregada", "deliveredtohandset"),
    "read": ("seen", "opened", "displayed", "leido", "leida", "visto"),
    "expired": ("caducado", "caducada", "expirado", "expirada", "validityexpired"),
    "undelivered": (
        *("undeliv", "undeliverable", "notdelivered", "deliveryfailed", "failed", "failure"),
        *("noentregado", "noentregada", "fallido", "fallida"),
    ),
    "rejected": ("rejectd", "rechazado", "rechazada", "blocked"),
    "deleted": ("eliminado", "eliminada", "cancelled", "canceled", "cancelado"),
    "unknown": ("desconocido", "desconocida"),
    "enroute": ("sent", "buffered", "buffrd", "submitted", "enviado", "enviada"),
    "accepted": ("acceptd", "acked", "aceptado", "aceptada"),
    "queued": ("scheduled", "encola", "programado", "programada"),
    "pending": ("pendiente",),
}

#: SMPP 3.4, appendix B: the receipt as a text, with the field that each word fills.
_SMPP = {
    "message_id": r"\bid:\s*(\S+)",
    "status": r"\bstat:\s*(\w+)",
    "error_code": r"\berr:\s*(\w+)",
    "submitted": r"\bsubmit date:\s*(\d{10,14})",
    "done": r"\bdone date:\s*(\d{10,14})",
}


@dataclass(frozen=True, slots=True)
class ReceiptFormat:
    """How the receipts of a source are written: as its vendor does, or as gateways usually do."""

    #: The vendor's own keys, which most posted bodies have.
    keys: tuple[str, ...]
    #: Each field and the headers that tell it, the surest first, by letters and digits alone.
    headers: Mapping[str, tuple[str, ...]]
    #: Each spelling, by letters and digits alone, and the status that it means.
    statuses: Mapping[str, str]
    #: IANA name of the zone of dates that tell none.
    zone: str
    #: The headers that a person named, by field.
    columns: Mapping[str, str]

    @classmethod
    def of(
        cls,
        fields: CallbackFields = CALLBACK_FIELDS,
        *,
        zone: str | None = None,
        columns: Mapping[str, str] | None = None,
        spellings: Mapping[str, str] | None = None,
    ) -> Self:
        """Put together how receipts are written, from the vendor's words and a person's wishes.

        Raises
        ------
        ColumnsError
            `columns` or the vendor names a field that does not exist.
        UsageError
            A spelling means a status that does not exist.
        """
        _require_fields(columns or {}, "columns")
        _require_fields(fields.headers, "fields")
        return cls(
            keys=tuple(dict.fromkeys(key for keys in fields.headers.values() for key in keys)),
            headers=_headers(fields),
            statuses=known_statuses(fields, spellings),
            zone=zone or fields.zone,
            columns=columns or {},
        )

    def field_of(self, header: str) -> str | None:
        """Give the field that a header tells, or None.

        >>> headers = ("messageId", "DLR status", "MSISDN", "brand")
        >>> [ReceiptFormat.of().field_of(header) for header in headers]
        ['message_id', 'status', 'mobile', None]
        """
        plain = _plain(header)
        return next((field for field, names in self.headers.items() if plain in names), None)


def known_statuses(
    fields: CallbackFields = CALLBACK_FIELDS, spellings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give each spelling, by letters and digits alone, and what it means; the last word is yours.

    Raises
    ------
    UsageError
        A spelling means a status that does not exist.
    """
    usual = {word: name for name, words in SPELLINGS.items() for word in (name, *words)}
    vendor = {_plain(word): name for name, words in fields.spellings.items() for word in words}
    known = usual | vendor | {_plain(word): name for word, name in (spellings or {}).items()}
    known.pop("", None)  # marks alone spell nothing
    strange = sorted(set(known.values()) - STATUSES.keys())
    if strange:
        raise UsageError(
            f"spellings mean {quoted(strange)}, which is no status. "
            f"There are {quoted(STATUSES)}.{did_you_mean(strange, STATUSES)}"
        )
    return known


def select_fields(frame: pl.DataFrame, receipt_format: ReceiptFormat) -> pl.DataFrame:
    """Rename a frame's columns to the fields that they tell, as text, and drop the rest.

    Of two headers for one field the surer one counts.

    Raises
    ------
    ColumnsError
        `columns` names a header that is not there.
    """
    chosen = _by_header(frame.columns, receipt_format) | _by_wish(
        frame.columns, receipt_format.columns
    )
    return frame.select(_as_text(frame[header]).alias(field) for field, header in chosen.items())


def complete_fields(frame: pl.DataFrame) -> pl.DataFrame:
    """Give every field a column, fill it from an SMPP text where it is null, and trim it."""
    absent = [pl.lit(None, pl.String).alias(name) for name in HEADERS if name not in frame.columns]
    fields = frame.with_columns(absent)
    if fields["receipt"].null_count() < fields.height:
        fields = fields.with_columns(
            pl.coalesce(field, pl.col("receipt").str.extract(f"(?i){pattern}", 1))
            for field, pattern in _SMPP.items()
        )
    return fields.with_columns(_trimmed(name) for name in HEADERS if _has_text(frame, name))


def status(raw: str | pl.Expr, statuses: Mapping[str, str] | None = None, /) -> pl.Expr:
    """Read a delivery status in whatever spelling, language and case it comes.

    Parameters
    ----------
    raw
        The column as it came; accents, blanks and marks do not count.
    statuses
        What `known_statuses` gave; by default Message Central's words and the usual ones.

    Returns
    -------
    Enum `frames.STATUS`; what no table knows, and what is missing, is "unknown".

    >>> raw = ["DELIVRD", "Not-Delivered", "CADUCADO", "Leído", "en cola", "???", None]
    >>> pl.DataFrame({"raw": raw}).select(status("raw"))["raw"].to_list()
    ['delivered', 'undelivered', 'expired', 'read', 'queued', 'unknown', 'unknown']
    """
    column = pl.col(raw) if isinstance(raw, str) else raw
    return _by_table(column, statuses or known_statuses()).fill_null("unknown")


def by_distinct(column: pl.Series, read: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """Read each different value of a column once; statuses and error codes are few.

    >>> by_distinct(pl.Series(["007", None, "007"]), error_code).to_list()
    ['7', None, '7']
    """
    values = column.drop_nulls().unique()
    meanings = values.to_frame("value").select(read(pl.col("value"))).to_series()
    return column.replace_strict(values, meanings, default=None, return_dtype=meanings.dtype)


def is_known_status(raw: pl.Expr, statuses: Mapping[str, str]) -> pl.Expr:
    """Say whether a status stands in the table; null where there is none."""
    return pl.when(raw.is_not_null()).then(_by_table(raw, statuses).is_not_null())


def _by_table(raw: pl.Expr, statuses: Mapping[str, str]) -> pl.Expr:
    whole = raw.str.normalize("NFKD").str.to_lowercase().str.replace_all(r"[^\pL\pN]+", "")
    words = whole.str.replace_all(r"\pN+", "")
    # A number may be all that a vendor writes ("8"), or stand beside its word ("DELIVRD 000").
    return pl.coalesce(
        spelled.replace_strict(statuses, default=None, return_dtype=STATUS)
        for spelled in (whole, words)
    )


def msisdns(country: pl.Series, mobile: pl.Series) -> pl.Series:
    """Read the recipients of a whole column, as `msisdn` does; joined digits alone are quick.

    >>> msisdns(pl.Series([None], dtype=pl.String), pl.Series(["+919816111111"])).to_list()
    [919816111111]
    """
    quick = mobile.cast(pl.Int64, strict=False)
    digits = quick.null_count() == mobile.null_count() and country.null_count() == len(country)
    if digits and quick.is_between(10**4, 10**15 - 1).all():
        return quick
    both = pl.DataFrame({"country": country, "mobile": mobile})
    return both.select(msisdn(pl.col("country"), pl.col("mobile"))).to_series()


def msisdn(country: pl.Expr, mobile: pl.Expr) -> pl.Expr:
    """Read the recipient: the joined number as the vendor writes it, or country and mobile apart.

    Returns
    -------
    Int64; null where no digits are left, or more than 15.

    >>> frame = pl.DataFrame({"c": [None, "91", None], "m": ["+91 98161-11111", "9816111111", "x"]})
    >>> frame.select(msisdn(pl.col("c"), pl.col("m")))["m"].to_list()
    [919816111111, 919816111111, None]
    """
    digits = mobile.str.replace(r"\.0+$", "").str.replace_all(r"[\s()+.-]", "")
    digits = digits.str.strip_chars_start("0")
    code = country.str.replace(r"\.0+$", "").str.replace_all(r"[^0-9]", "")
    # The shortest joined mobile numbers have 7 digits; a national one may begin like its country.
    joined = digits.str.starts_with(code) & (digits.str.len_bytes() > 10)
    whole = pl.when(code.is_null() | (code == "") | joined).then(digits).otherwise(code + digits)
    return pl.when(whole.str.contains(r"^[0-9]{5,15}$")).then(whole).cast(pl.Int64, strict=False)


def error_code(text: pl.Expr) -> pl.Expr:
    """Write an `errorCode` one way: `0`, `"000"` and `0.0` are all "0"; words stay as they are."""
    whole = text.str.replace(r"^0*([0-9]+?)(?:\.0+)?$", "${1}")
    return pl.when(whole.str.len_bytes() > 0).then(whole)


def _headers(fields: CallbackFields) -> dict[str, tuple[str, ...]]:
    """Give the headers of each field: the vendor's, then the usual ones that it leaves free."""
    vendor = {field: tuple(map(_plain, keys)) for field, keys in fields.headers.items()}
    taken = {key for keys in vendor.values() for key in keys}
    usual = {field: tuple(n for n in names if n not in taken) for field, names in HEADERS.items()}
    first = {"status": (_RAW_STATUS,)}
    return {field: first.get(field, ()) + vendor.get(field, ()) + usual[field] for field in HEADERS}


def _by_header(headers: Iterable[str], receipt_format: ReceiptFormat) -> dict[str, str]:
    spelled = {_plain(header): header for header in headers}
    return {
        field: next(spelled[name] for name in names if name in spelled)
        for field, names in receipt_format.headers.items()
        if not spelled.keys().isdisjoint(names)
    }


def _plain(word: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", word.casefold())))


def _require_fields(names: Iterable[str], argument: str) -> None:
    strange = [field for field in names if field not in HEADERS]
    if strange:
        raise ColumnsError(
            f"{argument} names {quoted(strange)}, which a receipt does not tell. "
            f"There are {quoted(HEADERS)}.{did_you_mean(strange, HEADERS)}"
        )


def _by_wish(headers: Iterable[str], columns: Mapping[str, str]) -> dict[str, str]:
    headers = list(headers)
    missing = [header for header in columns.values() if header not in headers]
    if missing:
        raise ColumnsError(
            f"columns names the header {quoted(missing)}, which is not there. "
            f"There are {quoted(headers)}.{did_you_mean(missing, headers)}"
        )
    return dict(columns)


def _as_text(column: pl.Series) -> pl.Series:
    match column.dtype:
        case pl.Datetime() as dtype if dtype.time_zone is not None:
            return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        case pl.Datetime():
            return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
        case pl.Null:
            return column.cast(pl.String)
        case dtype if dtype.is_nested():
            return column.to_frame("nested").select(pl.lit(None, pl.String)).to_series()
        case _:
            return column.cast(pl.String)


def _has_text(frame: pl.DataFrame, name: str) -> bool:
    return frame.schema.get(name) == pl.String and frame[name].null_count() < frame.height


def _trimmed(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(~text.is_in(["", "null", "NULL"])).then(text)
