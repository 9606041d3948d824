"""Messages: what each person reads, what it weighs, and what it costs."""

from __future__ import annotations

from msgframe.messages.dlt import DLT_LIMITS, dlt_check, dlt_template
from msgframe.messages.forecasts import Forecast, Prices, forecast
from msgframe.messages.linter import lint
from msgframe.messages.previews import preview
from msgframe.messages.rendering import render
from msgframe.messages.savings import Advice, advise
from msgframe.messages.segmentation import encoding, segments, units
from msgframe.messages.smart_encoding import smart

__all__ = [
    "DLT_LIMITS",
    "Advice",
    "Forecast",
    "Prices",
    "advise",
    "dlt_check",
    "dlt_template",
    "encoding",
    "forecast",
    "lint",
    "preview",
    "render",
    "segments",
    "smart",
    "units",
]
