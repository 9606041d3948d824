"""Telephone numbers: valid or not, their type and region as expressions, and the repair of a sheet.

Nouns, for columns that are clean: `msisdn`, `is_valid`, `number_type`, `region`, `country_code`.
They answer as libphonenumber does (`metadata_version` says which), by one lookup a column.

Verbs, for columns as people type them: `repair`, which mends what is sure, names each mending, and
gives a reason and a suggestion for the rest; `split`, for cells of several numbers.
"""

from __future__ import annotations

from msgframe.phone.expressions import (
    SENDABLE,
    TYPE,
    country_code,
    is_valid,
    metadata_version,
    msisdn,
    number_type,
    region,
)
from msgframe.phone.multiple import split
from msgframe.phone.repairing import REPAIRS, repair

__all__ = [
    "REPAIRS",
    "SENDABLE",
    "TYPE",
    "country_code",
    "is_valid",
    "metadata_version",
    "msisdn",
    "number_type",
    "region",
    "repair",
    "split",
]
