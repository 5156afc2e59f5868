"""One pass over a panel's array each: refused prices, rows with events, last bars, gross limits.

NumPy would make several temporary arrays of a panel's size for each of these.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.backtest.kernel.compiled import compiled
from terminal.market.panel import FloatArray


@compiled
def first_refused(values: FloatArray, zero: bool, missing: bool) -> int:
    """Flat index of the first value that is infinite, negative or, unless allowed, zero or NaN.

    -1 where there is none.
    """
    n_bars, n = values.shape
    for t in range(n_bars):
        wrong = False
        for j in range(n):  # without a way out, so that it is done four at a time
            value = values[t, j]
            wrong |= not (value > 0.0) or value == np.inf
        if wrong:
            for j in range(n):
                value = values[t, j]
                good = (value > 0.0 or (zero and value == 0.0)) and value < np.inf
                if not good and not (missing and value != value):
                    return int(t * n + j)
    return -1


@compiled
def rows_apart(values: FloatArray, usual: float, rows: npt.NDArray[np.bool_]) -> None:
    """Mark the rows that hold a value other than the usual one."""
    n_bars, n = values.shape
    for t in range(n_bars):
        apart = False
        for j in range(n):
            apart |= values[t, j] != usual
        rows[t] |= apart


@compiled
def last_rows(values: FloatArray) -> npt.NDArray[np.int64]:
    """Row of the last number of each column; -1 when it has none."""
    n_bars, n = values.shape
    out = np.full(n, -1, dtype=np.int64)
    for j in range(n):
        for t in range(n_bars - 1, -1, -1):
            if values[t, j] == values[t, j]:
                out[j] = t
                break
    return out


@compiled
def fit_targets(targets: FloatArray, long_only: bool, leverage: float) -> bool:
    """Without shorts where those are not allowed, each row at most `leverage` gross; in place.

    Weights that add up to the limit but for rounding stay as they are. False: one is infinite.
    """
    n_bars, n = targets.shape
    for t in range(n_bars):
        gross = 0.0
        for j in range(n):
            target = targets[t, j]
            if target < 0.0 and long_only:
                target = targets[t, j] = 0.0
            if target == target:
                gross += abs(target)
        if gross == np.inf:
            return False
        if gross > leverage * (1.0 + 1e-9):
            for j in range(n):
                targets[t, j] *= leverage / gross
    return True
