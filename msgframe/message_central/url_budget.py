"""How long a request's URL becomes: the bytes that percent-encoding makes of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgframe.message_central.limits import Limits

#: RFC 3986, section 2.3: what no encoder touches. Every other byte becomes three.
UNRESERVED = r"[A-Za-z0-9_.~-]+"

#: What comes before the numbers in every mode; a single's two names are the longer spelling.
_NAMES = "&message=&countryCode=&mobileNumber="

#: A calling code and a number hold at most 15 digits (E.164), with a blank between them.
_NUMBER_BYTES = 15 + len("%20")

#: A list's entries are parted by a comma and a blank.
_COMMA_BYTES = len("%2C%20")


def encoded_bytes(text: pl.Expr) -> pl.Expr:
    """Count the bytes of a text in a URL, percent-encoded as UTF-8. UInt32, null where null.

    The count is an upper bound that holds for every encoder: one may write a blank as `+`, or
    leave a comma as it is, and is then shorter.

    >>> frame = pl.DataFrame({"text": ["Hola", "5 €", "👍", None]})
    >>> frame.select(encoded_bytes(pl.col("text")))["text"].to_list()
    [4, 13, 12, None]
    """
    # Dropping whole runs at once is faster than counting the letters of each.
    return text.str.len_bytes() + 2 * text.str.replace_all(UNRESERVED, "").str.len_bytes()


def entry_bytes() -> pl.Expr:
    """Count the bytes of a row's number in a list: `91 9816111111, `, encoded."""
    digits = pl.col("country_code").str.len_bytes() + pl.col("mobile").str.len_bytes()
    return digits + len("%20") + _COMMA_BYTES


def room(settings: Mapping[str, str | None], limits: Limits) -> int:
    """Give the bytes of a URL that are left for a text and numbers, after all other parameters."""
    head = urlencode({k: v for k, v in settings.items() if v is not None}, quote_via=quote)
    return limits.url_bytes - limits.url_head - len(f"type=SMS&{head}{_NAMES}")


def room_for_text(room: int) -> int:
    """Give the bytes that a text may have beside one number."""
    return room - _NUMBER_BYTES
