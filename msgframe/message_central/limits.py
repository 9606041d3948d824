"""What may go into one request: the careful defaults, each a setting."""

from __future__ import annotations

from dataclasses import dataclass, fields

from msgframe.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request, and one message, may hold.

    The vendor documents none of these numbers, so each is careful and each can be set.

    >>> Limits(list_numbers=100).list_numbers
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
                    f"Limits({field.name}={value!r}): it must be a whole number, {least} or more. "
                    f"The default is {field.default}."
                )
