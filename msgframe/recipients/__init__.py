"""Check: from a sheet as typed to recipients that exist, and rows that say why they cannot be sent.

`check` finds the number and the country among the headers, mends every number that can be mended
for sure, holds each row against a pandera model, and parts the rows in two; no row is lost.
"""

from __future__ import annotations

from msgframe.recipients.checking import check
from msgframe.recipients.headers import Match
from msgframe.recipients.merging import Merged, merge
from msgframe.recipients.models import Recipient, rule
from msgframe.recipients.recipes import Recipe
from msgframe.recipients.results import Checked, count_problems

__all__ = [
    "Checked",
    "Match",
    "Merged",
    "Recipe",
    "Recipient",
    "check",
    "count_problems",
    "merge",
    "rule",
]
