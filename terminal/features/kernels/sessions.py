"""What has happened so far in the session, and in the one before."""

from __future__ import annotations

import numpy as np

from terminal.features.kernels.compiled import compiled
from terminal.market.panel import FloatArray


@compiled
def session_sum(x: FloatArray, day: FloatArray, state: FloatArray, out: FloatArray) -> None:
    """Sum of x since the session began, this bar included. State: started, day, sum."""
    for i in range(x.shape[0]):
        started, today, total = state[i, 0], state[i, 1], state[i, 2]
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            if started == 0.0 or day[i, t] != today:
                started, today, total = 1.0, day[i, t], 0.0
            total += new
            out[i, t] = total
        state[i, 0], state[i, 1], state[i, 2] = started, today, total


@compiled
def session_range(
    first: FloatArray,
    high: FloatArray,
    low: FloatArray,
    last: FloatArray,
    day: FloatArray,
    state: FloatArray,
    now: FloatArray,
    before: FloatArray,
) -> None:
    """Open, high, low of the session so far, and high, low, close of the session before.

    `now` and `before` are float64 (3, k, n). State: sessions seen, day, open, high, low, close,
    and high, low, close of the one before.
    """
    for i in range(last.shape[0]):
        seen, today = state[i, 0], state[i, 1]
        o, h, l, c = state[i, 2], state[i, 3], state[i, 4], state[i, 5]  # noqa: E741
        ph, pl, pc = state[i, 6], state[i, 7], state[i, 8]
        for t in range(last.shape[1]):
            now[:, i, t] = np.nan
            before[:, i, t] = np.nan
            if not np.isfinite(last[i, t]):
                continue
            if seen == 0.0 or day[i, t] != today:
                ph, pl, pc = h, l, c
                seen += 1.0
                today = day[i, t]
                o, h, l = first[i, t], high[i, t], low[i, t]  # noqa: E741
            h, l, c = max(h, high[i, t]), min(l, low[i, t]), last[i, t]  # noqa: E741
            now[0, i, t], now[1, i, t], now[2, i, t] = o, h, l
            if seen > 1.0:
                before[0, i, t], before[1, i, t], before[2, i, t] = ph, pl, pc
        state[i, 0], state[i, 1], state[i, 2], state[i, 3] = seen, today, o, h
        state[i, 4], state[i, 5], state[i, 6], state[i, 7], state[i, 8] = l, c, ph, pl, pc
