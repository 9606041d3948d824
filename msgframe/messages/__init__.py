"""Messages: what each person reads, what it weighs, and what it costs."""

from __future__ import annotations

from msgframe.messages.costs import Advice, Forecast, Prices, advise, forecast
from msgframe.messages.linting import DLT_LIMITS, dlt_check, dlt_template, lint
from msgframe.messages.previews import preview
from msgframe.messages.rendering import render
from msgframe.messages.texts import encoding, segments, units

__all__ = [
    "DLT_LIMITS",
    "Advice",
    "Forecast",
    "Prices",
    "advise",
    "costs",
    "dlt_check",
    "dlt_template",
    "encoding",
    "forecast",
    "grammar",
    "lint",
    "linting",
    "preview",
    "render",
    "segments",
    "texts",
    "units",
]
