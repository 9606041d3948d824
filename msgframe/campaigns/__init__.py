"""Campaigns: the fewest safe requests, written down before they leave and after."""

from __future__ import annotations

from msgframe.campaigns.canary import (
    CanaryVerdict,
    evaluate_canary,
    plan_test_send,
    when_delivered,
)
from msgframe.campaigns.journal import Journal
from msgframe.campaigns.planning import fingerprint, plan, plan_summary
from msgframe.campaigns.sending import send, settle

__all__ = [
    "CanaryVerdict",
    "Journal",
    "evaluate_canary",
    "fingerprint",
    "plan",
    "plan_summary",
    "plan_test_send",
    "quiet_hours",
    "send",
    "settle",
    "when_delivered",
]
