"""The headline measures of many resampled series at once, one series a row.

The formulas are those of `return_metrics`, row by row; a test holds the two equal. What is None
there is NaN here.
"""

from __future__ import annotations

import math

import numpy as np

from terminal.backtest.return_metrics import SAME_HIGH, TINY
from terminal.market.panel import FloatArray

HEADLINE = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
)


def headline_metrics(
    returns: FloatArray, periods: float, risk_free_rate: float = 0.0
) -> dict[str, FloatArray]:
    """Every measure of `HEADLINE` for each row: key -> (rows,).

    Parameters
    ----------
    returns : float64 (rows, n), simple returns, `periods` of which make a year.
    risk_free_rate : annual and simple; Sharpe and Sortino are of the returns above it.
    """
    n = returns.shape[1]
    deviation = returns.std(axis=1, ddof=1) if n > 1 else np.full(len(returns), np.nan)
    excess = returns - risk_free_rate / periods if risk_free_rate else returns
    mean = excess.mean(axis=1)
    below = np.minimum(excess, 0.0)
    downside = np.sqrt(np.einsum("ij,ij->i", below, below) / n * periods)
    if n < 2:
        downside = np.full(len(returns), np.nan)
    growth, deepest = _growth_and_deepest(returns)
    annual = _cagr(growth, periods / n)
    return {
        "total_return": growth - 1.0,
        "cagr": annual,
        "volatility": deviation * math.sqrt(periods),
        "sharpe": _ratio(mean, deviation) * math.sqrt(periods),
        "sortino": _ratio(mean * periods, downside),
        "calmar": _ratio(annual, -deepest),
        "max_drawdown": deepest,
    }


def _growth_and_deepest(returns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """End wealth of a 1, and the deepest fall below the highest wealth so far (<= 0)."""
    value = returns + 1.0
    np.cumprod(value, axis=1, out=value)
    growth = value[:, -1].copy()
    high = np.maximum.accumulate(value, axis=1)
    np.maximum(high, 1.0, out=high)  # the starting 1 is a high too
    value /= high
    deepest = value.min(axis=1) - 1.0
    return growth, np.where(deepest > -SAME_HIGH, 0.0, deepest)


def _cagr(growth: FloatArray, exponent: float) -> FloatArray:
    with np.errstate(over="ignore"):
        annual = np.power(np.maximum(growth, 0.0), exponent) - 1.0
    return np.where(np.isfinite(annual), annual, np.nan)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(below) < TINY, np.nan, above / below)
