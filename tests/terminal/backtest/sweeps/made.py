"""Random daily panels on real sessions of the exchange: one bar, one session."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import random_panel

CALENDAR = get_calendar("XNYS")
OPEN = np.timedelta64(14 * 60 + 30, "m")


def daily(seed: int, n_bars: int, n_instruments: int = 3, **more: bool) -> Panel:
    """`random_panel` from 2019 on, without gaps, whose bars are the exchange's sessions."""
    bars = random_panel(seed, n_bars, n_instruments, **{"ragged": False, **more})
    sessions = CALENDAR.sessions_in(date(2019, 1, 1), date(2023, 12, 31))[:n_bars]
    ts = np.array(sessions, dtype="datetime64[D]").astype("datetime64[ns]") + OPEN
    return replace(bars, ts=ts, close_ts=ts + np.timedelta64(390, "m"))
