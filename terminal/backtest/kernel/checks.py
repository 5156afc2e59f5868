"""One pass over a panel's arrays: refused prices, rows with events, last bars, gross limits.

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
def take_prices(
    open_: FloatArray,
    high: FloatArray,
    low: FloatArray,
    close: FloatArray,
    split: FloatArray,
    dividend: FloatArray,
    out: FloatArray,  # (>= 2, n_bars, n_instruments): opens and closes as the loops take them
    rows: npt.NDArray[np.bool_],
) -> bool:
    """What `first_refused` asks of six arrays, rows with events, and two tables, in one pass.

    False: something is refused, and what was written is of no use. Arrays of a panel's size do not
    fit the processor's cache, so that each pass over one of them costs as much as all these checks.
    """
    n_bars, n = close.shape
    for t in range(n_bars):
        wrong = apart = False
        for j in range(n):  # stores nothing and has no way out: done four at a time
            o, h, l, c = open_[t, j], high[t, j], low[t, j], close[t, j]  # noqa: E741
            s, d = split[t, j], dividend[t, j]
            wrong |= o <= 0.0 or o == np.inf or h <= 0.0 or h == np.inf
            wrong |= l <= 0.0 or l == np.inf or c <= 0.0 or c == np.inf
            wrong |= not (s > 0.0) or s == np.inf or not (d >= 0.0) or d == np.inf
            apart |= s != 1.0 or d != 0.0
        if wrong:
            return False
        rows[t] |= apart
        for j in range(n):
            o, c = open_[t, j], close[t, j]
            price = o if o == o else c
            out[0, t, j] = price if c == c else c
        for j in range(n):
            out[1, t, j] = close[t, j]
    return True


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
def fits(targets: FloatArray, long_only: bool, leverage: float) -> bool:
    """Whether `fit_targets` would leave all of them as they are."""
    n_bars, n = targets.shape
    most = leverage * (1.0 + 1e-9)
    for t in range(0, n_bars, 4):  # four sums side by side: one alone waits for each addition
        rows = (t, min(t + 1, n_bars - 1), min(t + 2, n_bars - 1), min(t + 3, n_bars - 1))
        first = second = third = fourth = 0.0
        short = False
        for j in range(n):
            a, b, c, d = (
                targets[rows[0], j], targets[rows[1], j], targets[rows[2], j], targets[rows[3], j]
            )  # fmt: skip
            short |= a < 0.0 or b < 0.0 or c < 0.0 or d < 0.0
            first += abs(a) if a == a else 0.0
            second += abs(b) if b == b else 0.0
            third += abs(c) if c == c else 0.0
            fourth += abs(d) if d == d else 0.0
        if (short and long_only) or max(first, second, third, fourth) > most:
            return False
    return True


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
