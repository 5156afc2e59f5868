"""Moving averages of all columns of a panel in one pass, compiled.

The additions are those of TA-Lib in its order, so that a simple average is TA-Lib's to the last
bit; a column with gaps is averaged without them, as everywhere in `indicators`. Imported when it is
first used: the web process lists strategies and computes none.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from terminal.market.panel import FloatArray

FEW = 8
"""Columns below which it is faster to go down each of them than along the rows."""

FLOATS = types.Array(types.float64, 2, "C", readonly=True)

compiled = numba.njit(
    types.Array(types.float64, 2, "C")(FLOATS, types.int64),
    cache=True,
    nogil=True,
    error_model="numpy",
)


@compiled
def simple_average(values: FloatArray, window: int) -> FloatArray:
    """Mean of the last `window` finite values of each column, float64 (n_bars, n_instruments).

    NaN before there are as many, and in the rows of missing values.
    """
    n_bars, n = values.shape
    out = np.full((n_bars, n), np.nan)
    flat, result = values.ravel(), out.ravel()
    total = np.zeros(n)
    if n < FEW:
        total[:] = np.nan  # each column is gone down by itself
    else:
        for t in range(min(window - 1, n_bars)):
            row = flat[t * n : (t + 1) * n]
            for j in range(n):
                total[j] += row[j]
        for t in range(window - 1, n_bars):
            newest = flat[t * n : (t + 1) * n]
            oldest = flat[(t - window + 1) * n : (t - window + 2) * n]
            into = result[t * n : (t + 1) * n]
            for j in range(n):
                sum_of_all = total[j] + newest[j]
                into[j] = sum_of_all / window
                total[j] = sum_of_all - oldest[j]
    rows = np.empty(n_bars, dtype=np.int64)
    for j in range(n):
        if np.isfinite(total[j]):
            continue
        # a value that is not finite stays in the sum for good: here the column without it
        known = 0
        sum_of = 0.0
        for t in range(n_bars):
            out[t, j] = np.nan
            if not np.isfinite(values[t, j]):
                continue
            rows[known] = t
            known += 1
            sum_of += values[t, j]
            if known >= window:
                out[t, j] = sum_of / window
                sum_of -= values[rows[known - window], j]
    return out


@compiled
def exponential_average(values: FloatArray, window: int) -> FloatArray:
    """Exponential average of each column's finite values, alpha = 2 / (window + 1).

    It starts from the mean of the first `window`; NaN before, and in the rows of missing values.
    """
    n_bars, n = values.shape
    out = np.full((n_bars, n), np.nan)
    alpha = 2.0 / (window + 1)
    flat, result = values.ravel(), out.ravel()
    average = np.zeros(n)
    if n < FEW or n_bars < window or window < 2:
        average[:] = np.nan
    else:
        for t in range(window):
            row = flat[t * n : (t + 1) * n]
            for j in range(n):
                average[j] += row[j]
        for j in range(n):
            average[j] /= window
            out[window - 1, j] = average[j]
        for t in range(window, n_bars):
            row, into = flat[t * n : (t + 1) * n], result[t * n : (t + 1) * n]
            for j in range(n):
                average[j] = (row[j] - average[j]) * alpha + average[j]
                into[j] = average[j]
    for j in range(n):
        if np.isfinite(average[j]):
            continue
        known = 0
        last = 0.0
        for t in range(n_bars):
            out[t, j] = np.nan
            value = values[t, j]
            if not np.isfinite(value):
                continue
            known += 1
            if window < 2:
                last = value
            elif known <= window:
                last += value
                if known == window:
                    last /= window
            else:
                last = (value - last) * alpha + last
            if known >= window:
                out[t, j] = last
    return out
