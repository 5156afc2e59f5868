"""How much instruments move: returns, volatility and beta of panels, row t from rows <= t.

A return belongs to the bar it ends in and is measured from the instrument's own bar before, so that
a missing bar leaves no hole in a window; windows count an instrument's own bars.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe
from terminal.strategies.indicators import per_column, rate_of_change

SESSION_YEARS = 2010, 2019
"""Years whose sessions are counted for the number of sessions in a year."""
STILL = 1e-10  # a smaller standard deviation of returns is rounding: the price does not move


def bars_per_year(panel: Panel) -> float:
    """Bars in a year of the panel's exchange: 252 daily at XNYS, 365 on a market always open.

    The exchange's calendar is asked, never the panel's rows, so that no later bar has a say.
    """
    if panel.timeframe is Timeframe.MONTH_1:
        return 12.0
    if panel.timeframe is Timeframe.WEEK_1:
        return 52.0
    calendar = get_calendar(panel.calendar)
    first, last = SESSION_YEARS
    sessions = calendar.sessions_in(date(first, 1, 1), date(last, 12, 31))
    per_session = 1.0
    if panel.timeframe.intraday:
        length = np.median(calendar.close_of(sessions) - calendar.open_of(sessions))
        per_session = float(np.ceil(length / panel.timeframe.delta))
    return float(round(len(sessions) / (last - first + 1))) * per_session


def own_returns(close: FloatArray) -> FloatArray:
    """close / the instrument's close before - 1."""
    return rate_of_change(close, 1)


def market_return(returns: FloatArray) -> FloatArray:
    """(n_bars,): mean return of the instruments that have one, the equal-weighted universe."""
    known = np.isfinite(returns)
    count = known.sum(axis=1)
    total = np.where(known, returns, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def rolling_volatility(returns: FloatArray, window: int) -> FloatArray:
    """Standard deviation (ddof 1) of the last `window` returns, per bar."""
    return per_column(returns, lambda x: pd.Series(x).rolling(window).std(ddof=1).to_numpy())


def ewma_volatility(returns: FloatArray, centre: float) -> FloatArray:
    """Exponentially weighted standard deviation around the exponentially weighted mean, per bar.

    Moskowitz, Ooi and Pedersen (2012), eq. (1): weights (1 - d) d^i with d / (1 - d) = `centre`,
    the centre of mass in bars; they are made to add up to 1 over the bars there are.
    """
    return per_column(
        returns, lambda x: np.sqrt(pd.Series(x).ewm(com=centre).var(bias=True).to_numpy())
    )


def rolling_beta(returns: FloatArray, market: FloatArray, window: int) -> FloatArray:
    """Slope of an instrument's returns on the market's over its last `window` returns.

    Parameters
    ----------
    market : float64 (n_bars,); known wherever an instrument has a return.

    NaN before a full window and where the market did not move in it.
    """
    out = np.full(returns.shape, np.nan)
    for column in range(returns.shape[1]):
        known = np.flatnonzero(np.isfinite(returns[:, column]))
        if known.size >= window:
            own, of_market = pd.Series(returns[known, column]), pd.Series(market[known])
            variance = of_market.rolling(window).var(ddof=1).to_numpy()
            together = own.rolling(window).cov(of_market, ddof=1).to_numpy()
            moved = variance > STILL**2
            out[known, column] = np.where(moved, together, np.nan) / np.where(moved, variance, 1.0)
    return out
