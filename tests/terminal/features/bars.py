"""Bars of one instrument typed by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from terminal.features.feature import Bars
from terminal.market.calendars import get_calendar
from terminal.market.timeframe import Timeframe


def make_bars(
    close: Sequence[float] | np.ndarray,
    *,
    open: Sequence[float] | np.ndarray | None = None,
    high: Sequence[float] | np.ndarray | None = None,
    low: Sequence[float] | np.ndarray | None = None,
    volume: Sequence[float] | np.ndarray | None = None,
    timeframe: Timeframe = Timeframe.DAY_1,
    start: str = "2020-01-02",
) -> Bars:
    """Bars on the grid of New York; what is not given equals the close, volume is 1."""
    calendar = get_calendar("XNYS")
    n = len(close)
    ts = calendar.grid(start, "2026-06-30", timeframe)[:n]
    last = np.asarray(close, dtype=float)

    def given(values: Sequence[float] | np.ndarray | None, else_: np.ndarray) -> np.ndarray:
        return else_.copy() if values is None else np.asarray(values, dtype=float)

    return Bars(
        ts=ts,
        close_ts=calendar.bar_close(ts, timeframe),
        open=given(open, last),
        high=given(high, last),
        low=given(low, last),
        close=last,
        volume=given(volume, np.ones(n)),
        session=calendar.session_of(ts),
        timeframe=timeframe,
        calendar="XNYS",
    )
