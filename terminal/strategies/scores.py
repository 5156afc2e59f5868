"""Scores by which instruments are ranked: the higher, the rather bought.

Each is float64 (n_bars, n_instruments), row t from rows <= t, in an instrument's own bars; NaN
where it has no bar or not enough of them. Signs are those of the anomalies: past winners (Jegadeesh
and Titman 1993), last month's losers (Jegadeesh 1990), low volatility (Ang, Hodrick, Xing and Zhang
2006), prices above their average (Faber 2007).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.strategies.indicators import lag, rate_of_change, sma
from terminal.strategies.signals import BoolArray
from terminal.strategies.volatility import STILL, own_returns, rolling_volatility

LARGEST_Z = 3.0
"""One instrument's score counts for no more standard deviations than this."""


def lookback_param() -> Any:
    """The field `lookback`: where the momentum score begins."""
    return param(
        252,
        title="Momentum look-back",
        low=2,
        high=2000,
        step=1,
        unit="bars",
        help="Momentum is the return from this many bars ago ...",
    )


def skip_param() -> Any:
    """The field `skip`: where the momentum score ends."""
    return param(
        21,
        title="Momentum skip",
        low=0,
        high=500,
        step=1,
        unit="bars",
        help="... to this many bars ago, to leave short-term reversal out.",
    )


def reversal_param() -> Any:
    """The field `reversal`: the window of the reversal score."""
    return param(
        21,
        title="Reversal window",
        low=1,
        high=500,
        step=1,
        unit="bars",
        help="Reversal ranks by the return over these bars, the lowest first.",
    )


def volatility_param() -> Any:
    """The field `volatility`: the window of the low-volatility score."""
    return param(
        60,
        title="Volatility window",
        low=2,
        high=2000,
        step=1,
        unit="bars",
        help="Volatility is the standard deviation of the returns of these bars.",
    )


def trend_param() -> Any:
    """The field `trend`: the window of the trend score."""
    return param(
        200,
        title="Trend window",
        low=2,
        high=2000,
        step=1,
        unit="bars",
        help="Trend is the distance of the close from its moving average of these bars.",
    )


def require_skip(lookback: int, skip: int) -> None:
    """InputError unless momentum ends after it began."""
    if skip >= lookback:
        raise InputError(
            f"Skip is {skip} and look-back {lookback}; skip must be shorter.",
            field="skip",
            remedy="Skip fewer bars or look back further.",
        )


def momentum(close: FloatArray, lookback: int, skip: int) -> FloatArray:
    """Return from `lookback` bars ago to `skip` bars ago."""
    return lag(rate_of_change(close, lookback - skip), skip)


def reversal(close: FloatArray, window: int) -> FloatArray:
    """Return of the last `window` bars, its sign turned."""
    return -rate_of_change(close, window)


def low_volatility(close: FloatArray, window: int) -> FloatArray:
    """Standard deviation of the last `window` returns, its sign turned; NaN where there is none."""
    deviation = rolling_volatility(own_returns(close), window)
    return np.where(deviation > STILL, -deviation, np.nan)


def trend(close: FloatArray, window: int) -> FloatArray:
    """Distance of the close from its moving average of `window` bars, as a share of it."""
    return close / sma(close, window) - 1.0


def cross_z(scores: FloatArray) -> FloatArray:
    """(score - mean) / standard deviation (ddof 0) of the instruments that have one, bar by bar.

    Held within +-`LARGEST_Z`; 0 where all are alike.
    """
    known = np.isfinite(scores)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = np.where(known, scores, 0.0).sum(axis=1, keepdims=True) / count
    apart = np.where(known, scores - mean, 0.0)
    deviation = np.sqrt((apart**2).sum(axis=1, keepdims=True) / count)
    differ = deviation > STILL * np.maximum(np.abs(mean), STILL)
    z = np.where(differ, apart, 0.0) / np.where(differ, deviation, 1.0)
    return np.where(known, np.clip(z, -LARGEST_Z, LARGEST_Z), np.nan)


def order(score: FloatArray, known: BoolArray) -> np.ndarray:
    """Columns from the worst score to the best, of those `known`; of equals, the first comes first.

    Both are one row, (n_instruments,).
    """
    columns = np.flatnonzero(known)
    return columns[np.argsort(score[columns], kind="stable")]
