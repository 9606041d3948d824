"""From the vendor's words to ours: headers in any spelling, numbers, dates with or without zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import ColumnsError, SettingsError
from msgframe.frames import MOMENT, did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What a receipt may tell, and the headers that tell it, by letters and digits alone. The first is
#: the vendor's own; the others stand in exports of other gateways and in SMPP.
HEADERS: dict[str, tuple[str, ...]] = {
    "message_id": ("messageid", "msgid", "smsid", "messageuuid", "id", "idmensaje"),
    "status": ("rawstatus", "status", "dlrstatus", "deliverystatus", "stat", "state", "estado"),
    "error_code": ("errorcode", "error", "err", "dlrerror", "networkerror", "codigoerror"),
    "country_code": ("countrycode", "country", "pais"),
    "mobile": ("mobile", "msisdn", "mobilenumber", "number", "phone", "to", "recipient", "numero"),
    "submitted": ("submitdate", "submittedat", "submittime", "submitted", "sentat", "sentdate"),
    "done": ("donedate", "doneat", "donetime", "deliveredat", "deliverytime", "deliverydate"),
    "received": ("receivedat", "received", "arrivedat"),
    "receipt": ("receipt", "dlr", "deliveryreceipt", "shortmessage", "text", "body"),
}

_FIELD_OF = {header: field for field, headers in HEADERS.items() for header in headers}

#: SMPP 3.4, appendix B: the receipt as a text, with the field that each word fills.
_SMPP = {
    "message_id": r"\bid:\s*(\S+)",
    "status": r"\bstat:\s*(\w+)",
    "error_code": r"\berr:\s*(\w+)",
    "submitted": r"\bsubmit date:\s*(\d{10,14})",
    "done": r"\bdone date:\s*(\d{10,14})",
}

_VENDOR_DATE = "%Y-%m-%d %H:%M:%S"

#: Dates without a zone, after "T" became a blank; a day stands before its month, as in India and
#: Spain. The last two are SMPP's.
_LOCAL_DATES = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%Y%m%d%H%M%S",
    "%y%m%d%H%M%S",
    "%y%m%d%H%M",
)

_OFFSET = r"(:\d\d(?:\.\d+)?)\s*([+-]\d\d):?(\d\d)$"


def field_of(header: str) -> str | None:
    """Give the field that a header tells, or None.

    >>> [field_of(header) for header in ("messageId", "DLR status", "MSISDN", "brand")]
    ['message_id', 'status', 'mobile', None]
    """
    return _FIELD_OF.get(_plain(header))


def named(frame: pl.DataFrame, columns: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Rename a frame's columns to the fields that they tell, as text, and drop the rest.

    Of two headers for one field the one that stands first in `HEADERS` counts.

    Raises
    ------
    ColumnsError
        `columns` names a header that is not there, or a field that does not exist.
    """
    chosen = _by_header(frame.columns) | _by_wish(frame.columns, columns or {})
    return frame.select(_as_text(frame[header]).alias(field) for field, header in chosen.items())


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Give every field a column, fill it from an SMPP text where it is null, and trim it."""
    absent = [pl.lit(None, pl.String).alias(name) for name in HEADERS if name not in frame.columns]
    fields = frame.with_columns(absent)
    if fields["receipt"].null_count() < fields.height:
        fields = fields.with_columns(
            pl.coalesce(field, pl.col("receipt").str.extract(f"(?i){pattern}", 1))
            for field, pattern in _SMPP.items()
        )
    return fields.with_columns(_trimmed(name) for name in HEADERS if _is_told(frame, name))


def moment(text: pl.Series, zone: str) -> pl.Series:
    """Read dates as moments in UTC; one without a zone of its own is a clock time in `zone`.

    Raises
    ------
    SettingsError
        `zone` is no IANA name.

    >>> dates = ["2023-11-02 13:59:18", "2023-11-02T08:29Z", "2311021359", "someday"]
    >>> moment(pl.Series(dates), "Asia/Kolkata").dt.strftime("%d %H:%M:%S").to_list()
    ['02 08:29:18', '02 08:29:00', '02 08:29:00', None]
    """
    if text.dtype == MOMENT:
        return text
    _must_exist(zone)
    found = _in_zone(text.str.to_datetime(_VENDOR_DATE, time_unit="us", strict=False), zone)
    if found.null_count() == text.null_count():
        return found
    plain = text.str.strip_chars().str.replace("T", " ", literal=True)
    return _filled(found.fill_null(_zoned(plain)).fill_null(_epoch(plain)), plain, zone)


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


def _by_header(headers: Iterable[str]) -> dict[str, str]:
    spelled = {_plain(header): header for header in headers}
    return {
        field: next(spelled[name] for name in names if name in spelled)
        for field, names in HEADERS.items()
        if not spelled.keys().isdisjoint(names)
    }


def _plain(header: str) -> str:
    return "".join(filter(str.isalnum, header.casefold()))


def _by_wish(headers: Iterable[str], columns: Mapping[str, str]) -> dict[str, str]:
    headers = list(headers)
    strange = [field for field in columns if field not in HEADERS]
    if strange:
        raise ColumnsError(
            f"columns names {quoted(strange)}, which a receipt does not tell. "
            f"There are {quoted(HEADERS)}.{did_you_mean(strange, HEADERS)}"
        )
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


def _is_told(frame: pl.DataFrame, name: str) -> bool:
    return frame.schema.get(name) == pl.String and frame[name].null_count() < frame.height


def _trimmed(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(~text.is_in(["", "null", "NULL"])).then(text)


def _filled(found: pl.Series, text: pl.Series, zone: str) -> pl.Series:
    """Try one way to write a date after the other, as long as some cannot be read."""
    for way in _LOCAL_DATES:
        if found.null_count() == text.null_count():
            break
        local = text.str.to_datetime(way, time_unit="us", strict=False)
        found = found.fill_null(_in_zone(local, zone))
    return found


def _zoned(text: pl.Series) -> pl.Series:
    whole = text.str.replace(r"^(.{16})Z$", "${1}:00Z").str.replace(r"\s*(?:Z|UTC|GMT)$", "+00:00")
    signed = whole.str.replace(_OFFSET, "${1}${2}:${3}")
    dates = signed.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_unit="us", strict=False)
    return dates.dt.convert_time_zone("UTC")


def _epoch(text: pl.Series) -> pl.Series:
    # Ten digits are seconds since 1970 up to 2036 (16… to 20…); SMPP's YYMMDDhhmm begin with 21….
    seconds = text.str.extract(r"^((?:1[6-9]|20)\d{8})(?:\d{3})?$", 1).cast(pl.Int64)
    thousandths = text.str.extract(r"^(?:1[6-9]|20)\d{8}(\d{3})$", 1).cast(pl.Int64)
    return (seconds * 1_000_000 + thousandths.fill_null(0) * 1_000).cast(MOMENT)


def _in_zone(clock: pl.Series, zone: str) -> pl.Series:
    # Of the hour that comes twice in autumn the first is taken; one that never was is no moment.
    local = clock.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _must_exist(zone: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"zone={zone!r} is no time zone. Write an IANA name, such as 'Asia/Kolkata' or 'UTC'."
        ) from None
