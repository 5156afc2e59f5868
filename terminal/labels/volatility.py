"""How much an instrument moves, known at the close of t: the unit that barriers are set in.

The exponentially weighted standard deviation of López de Prado (2018), snippet 3.1, as pandas
computes `ewm(span).std()`: weights (1 - α)^i with α = 2 / (span + 1), corrected for bias.
"""

from __future__ import annotations

from itertools import pairwise

import numba
import numpy as np

from terminal.labels.labels import IntArray
from terminal.labels.own_bars import OwnBars
from terminal.market.panel import FloatArray, TimeArray


def ewm_std_python(
    values: FloatArray, start: IntArray, span: float, least: int, out: FloatArray
) -> None:
    """Weighted deviation of each stretch start[j] .. start[j + 1]; NaN values are skipped.

    `least` values must be known before the first result. Writes into `out`, float64 like `values`.
    """
    keep = 1.0 - 2.0 / (span + 1.0)
    for j in range(len(start) - 1):
        mean, variance = 0.0, 0.0
        total, squares, old, count = 0.0, 0.0, 0.0, 0
        for k in range(start[j], start[j + 1]):
            value = values[k]
            out[k] = np.nan
            if count > 0:  # pandas lets weights fade over missing values too
                total *= keep
                squares *= keep * keep
                old *= keep
            if value == value:
                if count == 0:
                    mean = value
                else:
                    before = mean
                    mean = (old * before + value) / (old + 1.0)
                    variance = (old * (variance + (before - mean) ** 2) + (value - mean) ** 2) / (
                        old + 1.0
                    )
                total += 1.0
                squares += 1.0
                old += 1.0
                count += 1
            if count >= max(least, 2):
                out[k] = np.sqrt(variance * total * total / (total * total - squares))


ewm_std = numba.njit(cache=True, nogil=True, error_model="numpy")(ewm_std_python)


def bar_volatility(bars: OwnBars, span: int, least: int = 2) -> FloatArray:
    """Volatility of one-bar simple returns, float64 (n,), per bar; NaN before `least` returns."""
    return _of_returns(bars, _since(bars.close, bars.start, None), span, least)


def daily_volatility(bars: OwnBars, span: int, least: int = 2) -> FloatArray:
    """Volatility of one-day returns, float64 (n,), sampled at every bar (snippet 3.1).

    The return is that since the last bar that opened more than 24 hours before.
    """
    return _of_returns(bars, _since(bars.close, bars.start, bars.panel.ts[bars.row]), span, least)


def _since(close: FloatArray, start: IntArray, ts: TimeArray | None) -> FloatArray:
    """Simple returns since the bar before, or with times since more than a day before."""
    returns = np.full(len(close), np.nan)
    for begin, stop in pairwise(start):
        own = close[begin:stop]
        if ts is None:
            returns[begin + 1 : stop] = own[1:] / own[:-1] - 1.0
        else:
            times = ts[begin:stop]
            before = np.searchsorted(times, times - np.timedelta64(1, "D")) - 1
            known = before >= 0
            returns[begin:stop][known] = own[known] / own[before[known]] - 1.0
    return returns


def _of_returns(bars: OwnBars, returns: FloatArray, span: int, least: int) -> FloatArray:
    out = np.empty(len(returns))
    ewm_std(returns, bars.start, float(span), least, out)
    return out
