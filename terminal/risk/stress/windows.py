"""Named falls of the market by date, the same that a tear sheet shows, and the crash of 1987.

Windows run from the last high to the low of the S&P 500; see `attribution.crises`.
"""

from __future__ import annotations

from datetime import date

from terminal.backtest.attribution.crises import CRISES

WINDOWS: tuple[tuple[str, date, date], ...] = (
    ("Crash of 1987", date(1987, 8, 25), date(1987, 12, 4)),
    *CRISES,
)
