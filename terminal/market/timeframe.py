"""Bar lengths, the one list of them."""

from __future__ import annotations

from enum import StrEnum

import numpy as np


class Timeframe(StrEnum):
    """Length of a bar. Intraday ones divide a session; the others are made of whole sessions."""

    MIN_1 = "1min"
    MIN_5 = "5min"
    MIN_15 = "15min"
    MIN_30 = "30min"
    HOUR_1 = "1h"
    DAY_1 = "1d"
    WEEK_1 = "1w"
    MONTH_1 = "1mo"

    @property
    def intraday(self) -> bool:
        """True when several bars make a session."""
        return self in _MINUTES

    @property
    def minutes(self) -> int:
        """Length of an intraday bar in minutes; ValueError for whole-session timeframes."""
        try:
            return _MINUTES[self]
        except KeyError:
            raise ValueError(f"{self.value} is not an intraday timeframe") from None

    @property
    def delta(self) -> np.timedelta64:
        """Length of an intraday bar as a timedelta."""
        return np.timedelta64(self.minutes, "m")

    @property
    def order(self) -> int:
        """Position from finest to coarsest; resampling goes only upwards."""
        return list(Timeframe).index(self)


_MINUTES = {
    Timeframe.MIN_1: 1,
    Timeframe.MIN_5: 5,
    Timeframe.MIN_15: 15,
    Timeframe.MIN_30: 30,
    Timeframe.HOUR_1: 60,
}
