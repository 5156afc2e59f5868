"""One bar across all instruments: means, places and what a group has in common.

Arrays are (k, n); a value that is not finite is left out. Instruments are added in their order, so
that one row alone gives the same bits as the row of a whole history.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.features.kernels.compiled import compiled
from terminal.market.panel import FloatArray


@compiled
def group_mean(x: FloatArray, group: npt.NDArray[np.int64], n: int, out: FloatArray) -> None:
    """Mean of the instruments of the same group (0 .. n-1), float64 (k, n_bars)."""
    for t in range(x.shape[1]):
        total, count = np.zeros(n), np.zeros(n)
        for i in range(x.shape[0]):
            if np.isfinite(x[i, t]):
                total[group[i]] += x[i, t]
                count[group[i]] += 1.0
        for i in range(x.shape[0]):
            known = np.isfinite(x[i, t]) and count[group[i]] > 0.0
            out[i, t] = total[group[i]] / count[group[i]] if known else np.nan


@compiled
def group_spread(x: FloatArray, group: npt.NDArray[np.int64], n: int, out: FloatArray) -> None:
    """Population standard deviation within the group."""
    for t in range(x.shape[1]):
        total, count, squares = np.zeros(n), np.zeros(n), np.zeros(n)
        for i in range(x.shape[0]):
            if np.isfinite(x[i, t]):
                total[group[i]] += x[i, t]
                count[group[i]] += 1.0
        for i in range(x.shape[0]):
            if np.isfinite(x[i, t]):
                squares[group[i]] += (x[i, t] - total[group[i]] / count[group[i]]) ** 2
        for i in range(x.shape[0]):
            known = np.isfinite(x[i, t]) and count[group[i]] > 0.0
            out[i, t] = np.sqrt(squares[group[i]] / count[group[i]]) if known else np.nan


@compiled
def place(x: FloatArray, group: npt.NDArray[np.int64], out: FloatArray) -> None:
    """Rank within the group: 0 the smallest, 1 the largest, ties midway; alone 0.5."""
    k = x.shape[0]
    row = np.empty(k)
    for t in range(x.shape[1]):
        for i in range(k):
            row[i] = x[i, t] if np.isfinite(x[i, t]) else np.nan
        for i in range(k):
            mine, value = group[i], row[i]
            below, equal, count = 0, 0, 0
            for j in range(k):  # nothing is smaller than NaN, larger or equal
                same = group[j] == mine
                below += same & (row[j] < value)
                equal += same & (row[j] == value)
                count += same & (row[j] == row[j])
            if np.isnan(value):
                out[i, t] = np.nan
            else:
                out[i, t] = (below + 0.5 * (equal - 1)) / (count - 1) if count > 1 else 0.5
