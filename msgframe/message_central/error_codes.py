"""What an `errorCode` may mean. The vendor publishes one meaning: 0 is no error.

All the rest is custom: GSM's MAP errors (3GPP TS 29.002), the list that most SMPP gateways copy,
and the codes of India's DLT scrubbing, which operators there share. Where two customs disagree on a
code (1 is an unknown subscriber to one, an absent one to another), its family is "unknown", and the
words name both. `source` says whose custom it is; a person's own table goes before this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Whether sending again can help: never, later, not against the rules, not with this text.
FAMILY = pl.Enum(["none", "permanent", "temporary", "policy", "content", "unknown"])

#: When the table was last compared with its sources.
AS_OF = "2026-11"

#: Code, family, plain words, source.
CODES: tuple[tuple[str, str, str, str], ...] = (
    ("0", "none", "no error", "vendor"),
    ("1", "unknown", "unknown subscriber (MAP), or absent subscriber (some gateways)", "MAP, SMPP"),
    ("5", "unknown", "unidentified subscriber (MAP), or no answer of the exchange", "MAP, SMPP"),
    ("6", "temporary", "absent subscriber: phone off or out of reach", "MAP"),
    ("9", "permanent", "illegal subscriber: refused by the network", "MAP, SMPP"),
    ("11", "permanent", "text messages are not part of the contract", "MAP, SMPP"),
    ("12", "permanent", "illegal equipment: the phone is barred", "MAP, SMPP"),
    ("13", "unknown", "call barred (MAP), or illegal subscriber (some gateways)", "MAP, SMPP"),
    ("21", "unknown", "facility not supported (MAP), or texts unsupported (SMPP)", "MAP, SMPP"),
    ("27", "temporary", "absent subscriber: phone off or out of reach", "MAP"),
    ("31", "temporary", "the phone is busy with another message", "MAP, SMPP"),
    ("32", "temporary", "the phone did not take the message", "MAP, SMPP"),
    ("33", "temporary", "too many messages wait for this phone", "MAP"),
    ("34", "temporary", "failure in the network", "MAP, SMPP"),
    ("40", "unknown", "the phone's memory is full (SMPP), or a network failure (MAP)", "MAP, SMPP"),
    ("60", "temporary", "absent subscriber", "SMPP"),
    ("61", "temporary", "the phone is switched off", "SMPP"),
    ("62", "temporary", "no coverage, or an empty battery", "SMPP"),
    ("256", "temporary", "the phone's memory is full", "MAP"),
    ("257", "temporary", "protocol error of the phone", "MAP"),
    ("500", "temporary", "failure of the provider", "MAP"),
    ("502", "temporary", "no response from the network", "MAP"),
    ("2049", "policy", "the sender is on a blocking list", "MAP"),
    ("2050", "policy", "the recipient is on a blocking list", "MAP"),
    ("4103", "policy", "too many messages at once: flood filter", "MAP"),
    ("4104", "policy", "too many messages at once: flood filter", "MAP"),
    ("620", "policy", "the header (sender id) is not registered", "DLT"),
    ("630", "content", "no registered template has this id", "DLT"),
    ("631", "content", "the template is inactive", "DLT"),
    ("632", "content", "the template is on a blocking list", "DLT"),
    ("633", "content", "the text does not match its template", "DLT"),
    ("634", "content", "the template is not registered for this header", "DLT"),
    ("635", "content", "a variable is too long", "DLT"),
    ("637", "content", "the template id is malformed", "DLT"),
    ("650", "policy", "the recipient asked not to be disturbed (DND)", "DLT"),
    ("651", "policy", "promotional message outside of the hours", "DLT"),
    ("660", "policy", "no consent of the recipient", "DLT"),
    ("670", "temporary", "failure of the scrubbing", "DLT"),
)

#: A person's own table: code to family, or to family and words.
ErrorCodeOverrides: TypeAlias = "Mapping[str, str | tuple[str, str]]"

_UNKNOWN = "no table knows this code; ask the vendor"


def family(
    code: str | pl.Expr = "error_code", /, *, overrides: ErrorCodeOverrides | None = None
) -> pl.Expr:
    """Say of what kind an error is.

    Returns
    -------
    Enum `FAMILY`: "none", "permanent", "temporary", "policy", "content", "unknown"; null where
    there is no code.

    >>> frame = pl.DataFrame({"error_code": ["0", "651", "1", "77", None]})
    >>> frame.select(family())["error_code"].to_list()
    ['none', 'policy', 'unknown', 'unknown', None]
    >>> frame.select(family(overrides={"77": "permanent"}))["error_code"].to_list()[3]
    'permanent'
    """
    return _looked_up(code, 0, "unknown", overrides).cast(FAMILY)


def words(
    code: str | pl.Expr = "error_code", /, *, overrides: ErrorCodeOverrides | None = None
) -> pl.Expr:
    """Say in plain words what an error usually means; null where there is no code.

    >>> pl.DataFrame({"error_code": ["633", "77"]}).select(words())["error_code"].to_list()
    ['the text does not match its template', 'no table knows this code; ask the vendor']
    """
    return _looked_up(code, 1, _UNKNOWN, overrides)


def table(overrides: ErrorCodeOverrides | None = None) -> pl.DataFrame:
    """Give the whole table: `error_code`, `family`, `words`, `source`, a person's own rows last.

    >>> table({"77": ("permanent", "number out of service")}).tail(1).row(0)
    ('77', 'permanent', 'number out of service', 'own')
    """
    own = {code: (*_pair(said), "own") for code, said in (overrides or {}).items()}
    rows = {code: rest for code, *rest in CODES if code not in own} | own
    names = ["error_code", "family", "words", "source"]
    told = pl.DataFrame([(code, *rest) for code, rest in rows.items()], names, orient="row")
    return told.with_columns(pl.col("family").cast(FAMILY))


def _looked_up(
    code: str | pl.Expr, place: int, default: str, overrides: ErrorCodeOverrides | None
) -> pl.Expr:
    said = {code: rest[place] for code, *rest in CODES}
    said |= {code: _pair(own)[place] for code, own in (overrides or {}).items()}
    column = pl.col(code) if isinstance(code, str) else code
    known = column.replace_strict(said, default=default, return_dtype=pl.String)
    return pl.when(column.is_not_null()).then(known).name.keep()


def _pair(said: str | tuple[str, str]) -> tuple[str, str]:
    return (said, _UNKNOWN) if isinstance(said, str) else said
