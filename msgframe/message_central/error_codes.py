"""What an `errorCode` may mean. The vendor publishes one meaning: 0 is no error.

All the rest is custom: GSM's MAP errors (3GPP TS 29.002), the list that most SMPP gateways copy,
and the codes of India's DLT scrubbing, which operators there share. Where two customs disagree on a
code (1 is an unknown subscriber to one, an absent one to another), its family is "unknown", and the
words name both. `source` says whose custom it is; a person's own table goes before this one. The
words stand in `core/locales`, by code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from msgframe.core.translation import section

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Whether sending again can help: never, later, not against the rules, not with this text.
FAMILY = pl.Enum(["none", "permanent", "temporary", "policy", "content", "unknown"])

#: Family and source, and their codes.
_GROUPS = {
    ("none", "vendor"): "0",
    ("unknown", "MAP, SMPP"): "1 5 13 21 40",
    ("temporary", "MAP"): "6 27 33 256 257 500 502",
    ("permanent", "MAP, SMPP"): "9 11 12",
    ("temporary", "MAP, SMPP"): "31 32 34",
    ("temporary", "SMPP"): "60 61 62",
    ("policy", "MAP"): "2049 2050 4103 4104",
    ("policy", "DLT"): "620 650 651 660",
    ("content", "DLT"): "630 631 632 633 634 635 637",
    ("temporary", "DLT"): "670",
}

#: Code, family, source, in the order of the codes of each custom.
CODES = sorted(
    ((code, *group) for group, codes in _GROUPS.items() for code in codes.split()),
    key=lambda row: (row[2] == "DLT", int(row[0])),
)

#: A person's own table: code to family, or to family and words.
ErrorCodeOverrides: TypeAlias = "Mapping[str, str | tuple[str, str]]"


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
    families = {code: family for code, family, _ in CODES}
    families |= {c: own if isinstance(own, str) else own[0] for c, own in (overrides or {}).items()}
    return _lookup(code, families, "unknown").cast(FAMILY)


def words(
    code: str | pl.Expr = "error_code",
    /,
    *,
    overrides: ErrorCodeOverrides | None = None,
    language: str = "en",
) -> pl.Expr:
    """Say in plain words what an error usually means; null where there is no code.

    >>> pl.DataFrame({"error_code": ["633", "77"]}).select(words())["error_code"].to_list()
    ['the text does not match its template', 'no table knows this code; ask the vendor']
    """
    sentences = section("error_code", language)
    unlisted = sentences.pop("unlisted")
    for own_code, own in (overrides or {}).items():
        sentences[own_code] = unlisted if isinstance(own, str) else own[1]
    return _lookup(code, sentences, unlisted)


def table(overrides: ErrorCodeOverrides | None = None, *, language: str = "en") -> pl.DataFrame:
    """Give the whole table: `error_code`, `family`, `words`, `source`, a person's own rows last.

    >>> table({"77": ("permanent", "number out of service")}).tail(1).row(0)
    ('77', 'permanent', 'number out of service', 'own')
    """
    own = overrides or {}
    sources = {code: source for code, _, source in CODES if code not in own} | dict.fromkeys(
        own, "own"
    )
    return pl.DataFrame({"error_code": list(sources)}).select(
        "error_code",
        family("error_code", overrides=own).alias("family"),
        words("error_code", overrides=own, language=language).alias("words"),
        pl.Series("source", list(sources.values()), pl.String),
    )


def _lookup(code: str | pl.Expr, values: Mapping[str, str], default: str) -> pl.Expr:
    column = pl.col(code) if isinstance(code, str) else code
    known = column.replace_strict(values, default=default, return_dtype=pl.String)
    return pl.when(column.is_not_null()).then(known).name.keep()
