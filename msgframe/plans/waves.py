"""When each message goes: waves, one after the other."""

from __future__ import annotations

import polars as pl

from msgframe.frames import MOMENT
from msgframe.plans.keys import turn


def waves(drafts: pl.DataFrame) -> pl.DataFrame:
    """Give `wave` and `not_before` of each message; the wave is null where it is held.

    The k-th message to one number goes in the k-th wave, so that its receipts are told apart.
    """
    goes = pl.col("held").is_null()
    return drafts.select(wave=pl.when(goes).then(turn(drafts)), not_before=pl.lit(None, MOMENT))
