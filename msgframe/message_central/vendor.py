"""What `plan` must know of Message Central: its modes, settings and limits, as one value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgframe.message_central.file_safety import unsafe_in_file
from msgframe.message_central.limits import URL_SIZES, RequestLimits, url_capacity
from msgframe.message_central.settings import check_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from msgframe.core.vendor import Mode, RequestSizes


class MessageCentral:
    """Message Central, as `plan` knows it: text and numbers travel in the URL."""

    modes: ClassVar[tuple[Mode, ...]] = ("single", "list", "file")
    limits = RequestLimits()
    sizes: ClassVar[RequestSizes] = URL_SIZES

    def check_settings(self, **settings: object) -> dict[str, str | None]:
        """Give the settings of a campaign by their columns in a plan."""
        return check_settings(settings, verb="plan")

    def capacity(self, settings: Mapping[str, object], limits: RequestLimits) -> int:
        """Give the bytes of a URL that text and numbers may take."""
        return url_capacity(settings, limits)

    def unsafe_in_file(
        self, rows: pl.DataFrame, limits: RequestLimits, *, capacity: int
    ) -> pl.Series:
        """Say which rows the vendor's own renderer, or a workbook, could change."""
        return unsafe_in_file(rows, limits, capacity=capacity)

    def __repr__(self) -> str:
        return "MESSAGE_CENTRAL"


#: The vendor that a plan is made for unless it says another one.
MESSAGE_CENTRAL = MessageCentral()
