"""Small panels that hold what real ones hold: gaps, splits, dividends, still and untraded bars."""

from __future__ import annotations

import numpy as np

from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe


def smooth_panel(
    n: int, k: int = 3, timeframe: Timeframe = Timeframe.MIN_15, seed: int = 1
) -> Panel:
    """Random walks on the grid of New York from 20 November 2023: a half day comes soon."""
    calendar = get_calendar("XNYS")
    ts = calendar.grid("2023-11-20", "2026-06-30", timeframe)[:n]
    generator = np.random.default_rng(seed)
    shape = (len(ts), k)
    close = 100.0 * np.exp(np.cumsum(generator.normal(0, 0.004, shape), axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(generator.normal(0, 0.001, shape))
    high = np.maximum(open_, close) * np.exp(np.abs(generator.normal(0, 0.002, shape)))
    low = np.minimum(open_, close) * np.exp(-np.abs(generator.normal(0, 0.002, shape)))
    return Panel(
        timeframe=timeframe,
        calendar="XNYS",
        symbols=tuple(f"S{i}" for i in range(k)),
        ts=ts,
        close_ts=calendar.bar_close(ts, timeframe),
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=np.floor(generator.lognormal(8, 0.6, shape)),
        split=np.ones(shape),
        dividend=np.zeros(shape),
    )


def rough_panel(
    n: int, k: int = 4, timeframe: Timeframe = Timeframe.MIN_15, seed: int = 2
) -> Panel:
    """The same with gaps, a late listing, a split, a dividend, still prices and no volume."""
    panel = smooth_panel(n, k, timeframe, seed)
    generator = np.random.default_rng(seed + 1)
    n = panel.n_bars
    gone = generator.random((n, k)) < 0.05
    gone[:, 0] = False
    gone[:, 1] = generator.random(n) < 0.4
    gone[: n // 5, 2] = True
    for name in ("open", "high", "low", "close", "volume"):
        getattr(panel, name)[gone] = np.nan
    still = slice(n // 2, n // 2 + 40)
    for name in ("open", "high", "low", "close"):
        getattr(panel, name)[still, 0] = panel.close[n // 2, 0]
    panel.volume[n // 3 : n // 3 + 25, 0] = 0.0
    halved = n * 5 // 8
    panel.split[halved, 0] = 2.0
    for name in ("open", "high", "low", "close"):
        getattr(panel, name)[halved:, 0] /= 2.0
    panel.dividend[n * 9 // 14, 3 % k] = 0.8
    return panel
