"""What may go into one request: the careful defaults, each a setting, and the bytes of a URL."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import polars as pl

from msgframe.core.vendor import RequestSizes
from msgframe.errors import SettingsError
from msgframe.message_central.settings import parameters_of

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How much one request, and one message, may hold.

    The vendor documents none of these numbers, so each is careful and each can be set.

    >>> RequestLimits(list_numbers=100).list_numbers
    100
    """

    #: Bytes of a request's whole URL, as encoded. Servers commonly refuse past 8,192.
    url_bytes: int = 8_000
    #: Bytes of the URL up to its `?`; the default leaves room for a proxy's longer name.
    url_head: int = 100
    #: Numbers in one list. A dropped connection leaves all of them in doubt at once.
    list_numbers: int = 250
    #: Rows in one uploaded file.
    file_rows: int = 50_000
    #: Own texts of one template go by file from one more than this; up to it each goes single,
    #: because a single message has an id of its own, and its receipt is matched by that.
    handful: int = 5
    #: Segments of one message; longer ones are held. Ten hold 1,530 septets of GSM-7.
    segments: int = 10
    #: Whether a row with an empty value may go by file. Nobody documents what the vendor writes
    #: for an empty cell: nothing, "null", or the placeholder itself.
    empty_cells: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), int(field.name != "handful")
            if not isinstance(value, int) or (value < least and field.name != "empty_cells"):
                raise SettingsError(
                    f"RequestLimits({field.name}={value!r}): it must be a whole number, {least} or "
                    f"more. The default is {field.default}."
                )


#: RFC 3986, section 2.3: what no encoder touches. Every other byte becomes three.
UNRESERVED = r"[A-Za-z0-9_.~-]+"

#: What comes before the numbers in every mode; a single's two names are the longer spelling.
_NAMES = "&message=&countryCode=&mobileNumber="


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


def url_capacity(settings: Mapping[str, object], limits: RequestLimits) -> int:
    """Give the bytes of a URL that are left for a text and numbers, after all other parameters."""
    head = urlencode(parameters_of(settings), quote_via=quote)
    return limits.url_bytes - limits.url_head - len(f"type=SMS&{head}{_NAMES}")


#: In a list a number is `91 9816111111, `, with at most 15 digits (E.164).
URL_SIZES = RequestSizes(
    text=encoded_bytes,
    most_per_byte=3,
    number=pl.col("country_code").str.len_bytes() + pl.col("mobile").str.len_bytes() + len("%20"),
    longest_number=15 + len("%20"),
    separator=len("%2C%20"),
    container="URL",
)
