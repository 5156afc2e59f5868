"""Exposures of instruments to styles as they were known at each date.

Row t uses returns up to and including row t, so it explains row t + 1. Each style is winsorised at
three deviations around the median and scaled to mean 0 (weighted by size) and deviation 1 in every
cross-section, as Barra's models do (Menchero, Orr and Wang 2011).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.market.panel import FloatArray

MONTH, YEAR = 21, 252
VOLATILITY = 60
WIDE = 3.0


def momentum(returns: FloatArray) -> FloatArray:
    """Log return of the last year without its last month (Jegadeesh and Titman 1993): (T, n)."""
    logs = np.cumsum(np.log1p(np.maximum(returns, -0.999999)), axis=0)
    out = np.full(returns.shape, np.nan)
    before = np.vstack([np.zeros((1, returns.shape[1])), logs])
    ends = before[YEAR - MONTH : len(before) - MONTH]
    out[YEAR - 1 :] = ends[: len(out) - YEAR + 1] - before[: len(out) - YEAR + 1]
    return out


def volatility(returns: FloatArray) -> FloatArray:
    """Log of the standard deviation of the last 60 returns: (T, n)."""
    deviation = _rolling_variance(returns, VOLATILITY)
    return np.asarray(0.5 * np.log(np.maximum(deviation, 1e-16)))


def beta(returns: FloatArray, market: FloatArray) -> FloatArray:
    """Covariance with the market over the last year / its variance: (T, n)."""
    both = _rolling_mean(returns * market[:, None], YEAR)
    covariance = both - _rolling_mean(returns, YEAR) * _rolling_mean(market[:, None], YEAR)
    variance = _rolling_variance(market[:, None], YEAR)
    return np.asarray(covariance / np.maximum(variance, 1e-16))


def size(returns: FloatArray, capital: FloatArray) -> FloatArray:
    """Log of market capitalisation at each row, from that of the last row and the returns: (T, n).

    What the returns after row t added is taken off again, so row t is the capitalisation there with
    the number of shares of the last row: issues and buy-backs in between are not seen.

    Parameters
    ----------
    capital : float64 (n,), at the last row.
    """
    since = np.cumsum(np.log1p(np.maximum(returns, -0.999999)), axis=0)
    return np.asarray(np.log(capital) - (since[-1] - since))


def standardised(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Scores by row of float64 (T, n); `weights` (T, n) or (n,) centre them."""
    middle = np.median(values, axis=1, keepdims=True)
    wide = WIDE * 1.4826 * np.median(np.abs(values - middle), axis=1, keepdims=True)
    wide = np.where(wide > 0, wide, np.inf)
    cut = np.clip(values, middle - wide, middle + wide)
    share = np.broadcast_to(weights, values.shape)
    centre = (cut * share).sum(axis=1, keepdims=True) / share.sum(axis=1, keepdims=True)
    spread = cut.std(axis=1, keepdims=True)
    return np.asarray(np.where(spread > 1e-12, (cut - centre) / np.maximum(spread, 1e-12), 0.0))


def _rolling_mean(values: FloatArray, window: int) -> FloatArray:
    return np.asarray(pd.DataFrame(values).rolling(window).mean().to_numpy())


def _rolling_variance(values: FloatArray, window: int) -> FloatArray:
    return np.asarray(pd.DataFrame(values).rolling(window).var(ddof=0).to_numpy())
