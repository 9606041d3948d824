"""Campaigns: the fewest safe requests, written down before they leave and after."""

from __future__ import annotations

from msgframe.campaigns.journal import Journal
from msgframe.campaigns.planning import Limits, Verdict, fingerprint, judge, plan, rehearse, summary
from msgframe.campaigns.sending import send, settle, when_delivered

__all__ = [
    "Journal",
    "Limits",
    "Verdict",
    "fingerprint",
    "judge",
    "plan",
    "planning",
    "quiet_hours",
    "rehearse",
    "send",
    "settle",
    "summary",
    "when_delivered",
]
