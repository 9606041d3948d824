"""Receipts: delivery callbacks come in, are read, and join what was sent."""

from __future__ import annotations

from msgframe.receipts.reading import Source, follow, read_callbacks, read_problems
from msgframe.receipts.timezone import Estimate, estimate_zone
from msgframe.receipts.tracking import Tracked, track

__all__ = [
    "Estimate",
    "Source",
    "Tracked",
    "estimate_zone",
    "follow",
    "read_callbacks",
    "read_problems",
    "receiver",
    "track",
]
