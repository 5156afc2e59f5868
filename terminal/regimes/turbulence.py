"""Turbulence: how unusual a session's returns are together (Kritzman and Li 2010).

d_t = (y_t - mu)' S^-1 (y_t - mu) / n with mean and covariance of sessions before t, so that 1 is
usual. The covariance is shrunk (Ledoit and Wolf 2004): its inverse is used.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.regimes.indicator import Indicator, named
from terminal.risk.book import check_returns

WINDOW, REFIT, SMOOTH = 504, 21, 5
HIGH = 0.8
SEEN = 252


def turbulence_index(
    returns: FloatArray, symbols: tuple[str, ...], window: int = WINDOW, refit: int = REFIT
) -> FloatArray:
    """float64 (T,), NaN for the first `window` rows.

    Mean and covariance are those of the `window` rows before the last refit, every `refit` rows
    counted from the first row.

    Raises
    ------
    InputError : returns that are not numbers, or a window of less than 60 rows.
    """
    if window < 60:
        raise InputError(f"a window of {window} rows is below 60.", field="window")
    check_returns(returns, symbols, least=1)
    from sklearn.covariance import ledoit_wolf

    out = np.full(len(returns), np.nan)
    for start in range(window, len(returns), refit):
        past = returns[start - window : start]
        covariance = ledoit_wolf(past)[0]
        apart = returns[start : start + refit] - past.mean(axis=0)
        solved = np.linalg.solve(covariance, apart.T)
        out[start : start + refit] = (apart.T * solved).sum(axis=0) / len(symbols)
    return out


def turbulence(returns: FloatArray, symbols: tuple[str, ...], window: int = WINDOW) -> Indicator:
    """Turbulent where the mean of five sessions exceeds 80 % of its past."""
    value = pd.Series(turbulence_index(returns, symbols, window)).rolling(SMOOTH).mean()
    high = value.expanding(SEEN).quantile(HIGH).to_numpy()
    smooth = value.to_numpy()
    known = np.where(np.isfinite(high), smooth, np.nan)
    with np.errstate(invalid="ignore"):
        states = named([smooth > high], ["turbulent"], "quiet", known)
    return Indicator(
        "turbulence",
        "Turbulence",
        "ratio",
        states,
        np.asarray(smooth),
        f"Mean distance of {SMOOTH} sessions from the usual; turbulent above {HIGH:.0%} of its "
        "past",
    )
