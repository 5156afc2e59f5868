"""Run every kernel of features once, so that the compiler keeps what it made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.live import LiveFeatures
from terminal.features.pipeline import compute
from terminal.features.presets import PRESETS
from terminal.features.regime import filtered, first_guess, fit_garch, fit_states
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe


def warm_up() -> None:
    """Every feature that is not fitted, on a few bars of two instruments and one live bar."""
    normalised = tuple(
        FeatureChoice("streak", normaliser=name, window=5) for name in ("zscore", "minmax", "rank")
    )
    coarse = (FeatureChoice("streak", timeframe=Timeframe.HOUR_1),)
    panel = _panel(80)
    gap = replace(panel, close=np.where(np.arange(80)[:, None] == 40, np.nan, panel.close))
    for bars in (panel, gap):
        live = LiveFeatures(
            bars.truncated(79), FeatureSet(PRESETS["full"].choices + normalised + coarse)
        )
        live.next(bars.rows(slice(79, 80)))
    compute(panel, PRESETS["core"])
    returns = np.diff(np.log(panel.close[:, 0]))
    filtered(returns, fit_states(returns, first_guess(returns, 2), 1))
    fit_garch(returns, (0.08, 0.9))


def _panel(n: int) -> Panel:
    calendar = get_calendar("XNYS")
    ts = calendar.grid("2024-01-02", "2024-01-31", Timeframe.MIN_15)[:n]
    close = 100.0 + np.cumsum(np.sin(np.arange(2 * n)).reshape(n, 2), axis=0)
    return Panel(
        timeframe=Timeframe.MIN_15,
        calendar="XNYS",
        symbols=("A", "B"),
        ts=ts,
        close_ts=calendar.bar_close(ts, Timeframe.MIN_15),
        open=close - 0.1,
        high=close + 0.5,
        low=close - 0.5,
        close=close,
        volume=np.full((n, 2), 1000.0),
        split=np.ones((n, 2)),
        dividend=np.zeros((n, 2)),
    )
