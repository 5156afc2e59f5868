"""Small inputs made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe


def daily_panel(
    close: list[float] | np.ndarray,
    split: dict[int, float] | None = None,
    dividend: dict[int, float] | None = None,
    start: str = "2003-02-13",
) -> Panel:
    """One stock's daily bars from a session on; events by row number."""
    values = np.asarray(close, dtype=np.float64)[:, None]
    calendar = get_calendar("XNYS")
    days = calendar.sessions_in(start, "2027-01-01")[: len(values)]
    splits, dividends = np.ones_like(values), np.zeros_like(values)
    for row, value in (split or {}).items():
        splits[row] = value
    for row, value in (dividend or {}).items():
        dividends[row] = value
    return Panel(
        timeframe=Timeframe.DAY_1,
        calendar="XNYS",
        symbols=("TEST",),
        ts=calendar.open_of(days),
        close_ts=calendar.close_of(days),
        open=values.copy(),
        high=values.copy(),
        low=values.copy(),
        close=values,
        volume=np.full_like(values, 1000.0),
        split=splits,
        dividend=dividends,
    )


def bars_frame(ts: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """Coherent random bars at these UTC times."""
    generator = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.01, len(ts))))
    open_ = close * np.exp(generator.normal(0, 0.003, len(ts)))
    return pd.DataFrame(
        {
            "open": open_,
            "high": np.maximum(open_, close) * 1.001,
            "low": np.minimum(open_, close) * 0.999,
            "close": close,
            "volume": generator.integers(1, 10_000, len(ts)).astype(float),
        },
        index=pd.DatetimeIndex(ts, tz="UTC", name="ts"),
    )
