"""What features measure beyond the shared indicators: channels, bands, volume, calendar.

float64 (n_bars, n_instruments) in and out, row t from rows <= t; windows count an instrument's own
bars, and the row of a missing bar is NaN.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import talib

from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.indicators import per_column, price_range, rate_of_change, sma
from terminal.strategies.volatility import bars_per_year, own_returns, rolling_volatility

ROUNDING = 1e-12
PERCENT = 100.0


def highest(values: FloatArray, window: int) -> FloatArray:
    """Maximum of the last `window` values, the current one among them."""
    return per_column(values, lambda x: talib.MAX(x, window) if window > 1 else x)


def lowest(values: FloatArray, window: int) -> FloatArray:
    """Minimum of the last `window` values, the current one among them."""
    return per_column(values, lambda x: talib.MIN(x, window) if window > 1 else x)


def bands(
    close: FloatArray, window: int, deviations: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(lower, middle, upper): mean -/+ population standard deviations (Bollinger 2002)."""
    middle = sma(close, window)
    deviation = per_column(close, lambda x: pd.Series(x).rolling(window).std(ddof=0).to_numpy())
    return middle - deviations * deviation, middle, middle + deviations * deviation


def band_position(close: FloatArray, window: int, deviations: float) -> FloatArray:
    """%b: 0 at the lower band, 1 at the upper; NaN where the bands have no width."""
    lower, middle, upper = bands(close, window, deviations)
    width = upper - lower
    known = width > ROUNDING * np.abs(middle)
    return np.where(known, close - lower, np.nan) / np.where(known, width, 1.0)


def change_in_percent(close: FloatArray, window: int) -> FloatArray:
    """Rate of change over `window` bars, in percent."""
    return PERCENT * rate_of_change(close, window)


def realised_volatility(panel: Panel, window: int) -> FloatArray:
    """Standard deviation of the last `window` returns, in percent a year."""
    yearly = np.sqrt(bars_per_year(panel))
    return np.asarray(PERCENT * yearly * rolling_volatility(own_returns(panel.close), window))


def range_of(panel: Panel, name: str) -> FloatArray:
    """`high` or `low`; the close where a bar has nothing else."""
    high, low, _ = price_range(panel)
    return high if name == "high" else low


def volume_of(panel: Panel) -> FloatArray:
    """Volume where an instrument has a bar."""
    return np.where(np.isfinite(panel.close), panel.volume, np.nan)


def day_of_week(panel: Panel) -> FloatArray:
    """1 for Monday to 7 for Sunday, of the bar's session at its exchange."""
    days = get_calendar(panel.calendar).session_of(panel.ts).astype("datetime64[D]")
    weekday = (days.astype(np.int64) + 3) % 7 + 1  # 1970-01-01 was a Thursday
    return _on_bars(panel, weekday.astype(np.float64))


def minutes_since_open(panel: Panel) -> FloatArray:
    """From the session's open to the bar's close, when the decision is made; intraday bars only."""
    if not panel.timeframe.intraday:
        return np.full(panel.close.shape, np.nan)
    calendar = get_calendar(panel.calendar)
    opens = calendar.open_of(calendar.session_of(panel.ts))
    passed = (panel.close_ts - opens) / np.timedelta64(1, "m")
    return _on_bars(panel, np.asarray(passed, dtype=np.float64))


def _on_bars(panel: Panel, values: FloatArray) -> FloatArray:
    """A value per row, shown where an instrument has a bar."""
    return np.where(np.isfinite(panel.close), values[:, None], np.nan)
