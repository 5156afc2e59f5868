"""What past sessions say about the cost of trading now: spread, volatility, volume, true range.

Every estimate at bar t uses sessions (or bars) that ended before t opened. Prices and volumes are
raw, so everything is carried in units of the first bar and turned into those of bar t.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.backtest.costs import BASIS_POINT, CORWIN_SCHULTZ, FIXED, Costs
from terminal.market.panel import FloatArray, Panel, TimeArray

WINDOW = 20
"""Sessions in an estimate."""
LEAST = 5
"""Sessions before which there is none: the spread is 0, volatility and volume unknown."""
EDGE = np.timedelta64(30, "m")
SESSIONS_IN = {"1w": 5.0, "1mo": 21.0}


def estimate(
    panel: Panel, costs: Costs, sessions: TimeArray, sessions_per_bar: float
) -> FloatArray:
    """The kernel's liquidity array: float64 (4, n_bars, n_instruments); see `kernel.layout`.

    Parameters
    ----------
    sessions : the session each bar belongs to, (n_bars,).
    sessions_per_bar : 1 for bars of a session or less, 5 for weeks, 21 for months.
    """
    units = np.cumprod(panel.split, axis=0, dtype=np.float64)
    numbers = np.unique(sessions, return_inverse=True)[1]
    by_session = _Sessions(panel, units, numbers)
    out = np.zeros((4, *panel.close.shape))
    if costs.spread_model == FIXED:
        out[0] = costs.half_spread_bps * BASIS_POINT
    elif costs.spread_model == CORWIN_SCHULTZ:
        out[0] = 0.5 * by_session.before(corwin_schultz(by_session.high, by_session.low))
    else:
        out[0] = 0.5 * by_session.before(roll(by_session.close))
    out[1] = by_session.before(volatility(by_session.close)) / np.sqrt(sessions_per_bar)
    out[2] = by_session.before(_mean(by_session.volume)) * units / sessions_per_bar
    out[3] = clock(panel, numbers, costs.open_close_multiplier)[:, None]
    return np.nan_to_num(out, nan=0.0, posinf=0.0, neginf=0.0)


class _Sessions:
    """Prices by session in units of the first bar: float64 (n_sessions, n_instruments)."""

    def __init__(self, panel: Panel, units: FloatArray, numbers: np.ndarray) -> None:
        self.numbers = numbers
        high = np.where(np.isfinite(panel.high), panel.high, panel.close) * units
        low = np.where(np.isfinite(panel.low), panel.low, panel.close) * units
        group = pd.Index(numbers)
        self.high = _frame(high).groupby(group).max().to_numpy()
        self.low = _frame(low).groupby(group).min().to_numpy()
        self.close = _frame(panel.close * units).groupby(group).last().to_numpy()
        self.volume = _frame(panel.volume / units).groupby(group).sum(min_count=1).to_numpy()

    def before(self, values: FloatArray) -> FloatArray:
        """For each bar, the newest value of a session before its own."""
        known = _frame(values).ffill().shift(1).to_numpy()
        return np.asarray(known[self.numbers])


def volatility(close: FloatArray) -> FloatArray:
    """Standard deviation of the returns of the last `WINDOW` sessions."""
    returns = _frame(close).ffill().pct_change(fill_method=None)
    return np.asarray(returns.rolling(WINDOW, min_periods=LEAST).std().to_numpy())


def corwin_schultz(high: FloatArray, low: FloatArray) -> FloatArray:
    """Spread as a fraction of the price, mean of `WINDOW` sessions; a negative estimate counts 0.

    Corwin and Schultz (2012), eq. 14 and 18: two sessions' ranges against their common one.
    """
    root = 3.0 - 2.0 * np.sqrt(2.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        single = np.log(high / low) ** 2
        beta = single[1:] + single[:-1]
        both = np.maximum(high[1:], high[:-1]) / np.minimum(low[1:], low[:-1])
        gamma = np.log(both) ** 2
        alpha = (np.sqrt(2.0 * beta) - np.sqrt(beta)) / root - np.sqrt(gamma / root)
        spread = 2.0 * (np.exp(alpha) - 1.0) / (1.0 + np.exp(alpha))
    return _mean(np.vstack([np.full((1, high.shape[1]), np.nan), np.maximum(spread, 0.0)]))


def roll(close: FloatArray) -> FloatArray:
    """Spread as a fraction of the price from the covariance of successive changes.

    Roll (1984): 2 sqrt(-cov); where the covariance is positive there is no estimate and it counts
    as 0.
    """
    returns = _frame(np.diff(np.log(close), axis=0, prepend=np.nan))
    covariance = returns.rolling(WINDOW, min_periods=LEAST).cov(returns.shift(1), pairwise=False)
    return np.asarray(2.0 * np.sqrt(np.maximum(-covariance.to_numpy(), 0.0)))


def clock(panel: Panel, numbers: np.ndarray, multiplier: float) -> FloatArray:
    """The multiplier for bars that touch the first or last half hour of their session.

    A session's close is known from the calendar, not from its bars; here from the first bar's open
    and the length of the session before, so that the newest bar needs none after it.
    """
    out = np.ones(panel.n_bars)
    if multiplier == 1.0 or panel.n_bars == 0:
        return out
    first = np.searchsorted(numbers, np.unique(numbers))
    opens = panel.ts[first][numbers]
    out[panel.ts - opens < EDGE] = multiplier
    last = np.append(first[1:], panel.n_bars) - 1
    length = panel.close_ts[last] - panel.ts[first]
    usual = np.append(length[:1], length[:-1])[numbers]  # of the session before
    usual = np.maximum(usual, np.maximum.accumulate(usual))
    out[(panel.ts - opens) + EDGE >= usual] = multiplier
    whole = (panel.close_ts - panel.ts) >= usual
    out[whole] = 1.0
    return out


def true_range_before(panel: Panel, bars: int) -> FloatArray:
    """Average true range (Wilder 1978) of the bars before each bar, in its units; NaN: unknown."""
    units = np.cumprod(panel.split, axis=0, dtype=np.float64)
    close = _frame(panel.close * units)
    known = close.ffill().shift(1).to_numpy()
    high = np.where(np.isfinite(panel.high), panel.high, panel.close) * units
    low = np.where(np.isfinite(panel.low), panel.low, panel.close) * units
    widest = np.fmax(high, known) - np.fmin(low, known)
    average = _frame(widest).ewm(alpha=1.0 / bars, adjust=False, min_periods=bars).mean()
    return np.asarray(average.where(close.notna()).ffill().shift(1).to_numpy() / units)


def _mean(values: FloatArray) -> FloatArray:
    return np.asarray(_frame(values).rolling(WINDOW, min_periods=LEAST).mean().to_numpy())


def _frame(values: FloatArray) -> pd.DataFrame:
    return pd.DataFrame(values)
