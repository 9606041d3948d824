"""What a campaign costs before it leaves, and what would make it cheaper.

`forecast` counts segments and money; `advise` ranks what could be saved, with the rows of each.
"""

from __future__ import annotations

from msgframe.messages.costs.forecasts import Forecast, forecast
from msgframe.messages.costs.prices import Prices
from msgframe.messages.costs.savings import Advice, advise

__all__ = ["Advice", "Forecast", "Prices", "advise", "forecast"]
