"""Averages that remember everything: exponential, Wilder's, Kaufman's; and trailing stops.

Seeds are TA-Lib's (unstable period 0): an average of n begins as the plain mean of its first n.
"""

from __future__ import annotations

import numpy as np

from terminal.features.kernels.compiled import compiled
from terminal.market.panel import FloatArray


@compiled
def ema(x: FloatArray, state: FloatArray, n: int, alpha: float, out: FloatArray) -> None:
    """out[t] = out[t-1] + alpha (x[t] - out[t-1]), begun with the mean of n values.

    State: count, value. alpha 2 / (n + 1) is EMA, 1 / n Wilder's average.
    """
    for i in range(x.shape[0]):
        count, value = state[i, 0], state[i, 1]
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            if count < n:
                value += new
                count += 1.0
                if count == n:
                    value /= n
                    out[i, t] = value
            else:
                value = (new - value) * alpha + value
                out[i, t] = value
        state[i, 0], state[i, 1] = count, value


@compiled
def decay_sum(x: FloatArray, state: FloatArray, n: int, out: FloatArray) -> None:
    """Wilder's running total: out[t] = out[t-1] - out[t-1] / n + x[t] (TA-Lib PLUS_DM).

    It begins as the sum of n - 1 values, and the first result is one step later. State: count,
    value.
    """
    for i in range(x.shape[0]):
        count, value = state[i, 0], state[i, 1]
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            count += 1.0
            if count < n:
                value += new
            else:
                value = value - value / n + new
                out[i, t] = value
        state[i, 0], state[i, 1] = count, value


@compiled
def adaptive(x: FloatArray, weight: FloatArray, state: FloatArray, out: FloatArray) -> None:
    """out[t] = out[t-1] + weight[t] (x[t] - out[t-1]); begun at the value before the first weight.

    Kaufman's average (TA-Lib KAMA). State: started, value.
    """
    for i in range(x.shape[0]):
        started, value = state[i, 0], state[i, 1]
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            if started > 0.0 and np.isfinite(weight[i, t]):
                value = (new - value) * weight[i, t] + value
                started = 2.0
                out[i, t] = value
            elif started < 2.0:
                value, started = new, 1.0
        state[i, 0], state[i, 1] = started, value


@compiled
def streak(x: FloatArray, state: FloatArray, out: FloatArray) -> None:
    """Bars in a row of one sign: 3 after three rises, -2 after two falls. State: count."""
    for i in range(x.shape[0]):
        count = state[i, 0]
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            if new > 0.0:
                count = count + 1.0 if count > 0.0 else 1.0
            elif new < 0.0:
                count = count - 1.0 if count < 0.0 else -1.0
            else:
                count = 0.0
            out[i, t] = count
        state[i, 0] = count


@compiled
def since(x: FloatArray, state: FloatArray, cap: float, out: FloatArray) -> None:
    """Bars since x was last not zero, at most `cap`; NaN before the first. State: seen, bars."""
    for i in range(x.shape[0]):
        seen, bars = state[i, 0], state[i, 1]
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            if new != 0.0:
                seen, bars = 1.0, 0.0
            elif bars < cap:
                bars += 1.0
            if seen > 0.0:
                out[i, t] = bars
        state[i, 0], state[i, 1] = seen, bars


@compiled
def supertrend(
    middle: FloatArray, close: FloatArray, width: FloatArray, state: FloatArray, out: FloatArray
) -> None:
    """The stop line: under the price in a rise, above it in a fall. The first bar is a rise.

    Bands middle ± width only tighten while the close before was inside them. State: started,
    upper, lower, close before, rising.
    """
    for i in range(close.shape[0]):
        started, upper, lower = state[i, 0], state[i, 1], state[i, 2]
        before, rising = state[i, 3], state[i, 4]
        for t in range(close.shape[1]):
            out[i, t] = np.nan
            if not (np.isfinite(width[i, t]) and np.isfinite(close[i, t])):
                continue
            top, bottom = middle[i, t] + width[i, t], middle[i, t] - width[i, t]
            if started > 0.0:
                if not (top < upper or before > upper):
                    top = upper
                if not (bottom > lower or before < lower):
                    bottom = lower
                if rising > 0.0:
                    rising = 0.0 if close[i, t] < bottom else 1.0
                else:
                    rising = 1.0 if close[i, t] > top else 0.0
            else:
                rising = 1.0
            started, upper, lower, before = 1.0, top, bottom, close[i, t]
            out[i, t] = lower if rising > 0.0 else upper
        state[i, 0], state[i, 1], state[i, 2] = started, upper, lower
        state[i, 3], state[i, 4] = before, rising


@compiled
def parabolic(
    high: FloatArray,
    low: FloatArray,
    state: FloatArray,
    step: float,
    limit: float,
    out: FloatArray,
) -> None:
    """Wilder's parabolic stop and reverse as TA-Lib SAR has it.

    State: bars seen, long, stop, extreme, acceleration, high and low of the bar before.
    """
    for i in range(high.shape[0]):
        seen, rising, stop, extreme, speed, up, down = state[i, :7]
        for t in range(high.shape[1]):
            top, bottom = high[i, t], low[i, t]
            out[i, t] = np.nan
            if not (np.isfinite(top) and np.isfinite(bottom)):
                continue
            if seen == 0.0:
                seen, up, down = 1.0, top, bottom
                continue
            if seen == 1.0:
                seen = 2.0
                fall, rise = down - bottom, top - up
                rising = 0.0 if fall > 0.0 and fall > rise else 1.0
                stop = down if rising > 0.0 else up
                extreme = top if rising > 0.0 else bottom
                speed = step
                up, down = top, bottom
            if rising > 0.0:
                if bottom <= stop:
                    rising = 0.0
                    stop = max(extreme, up, top)
                    out[i, t] = stop
                    speed, extreme = step, bottom
                    stop = max(stop + speed * (extreme - stop), up, top)
                else:
                    out[i, t] = stop
                    if top > extreme:
                        extreme = top
                        speed = min(speed + step, limit)
                    stop = min(stop + speed * (extreme - stop), down, bottom)
            elif top >= stop:
                rising = 1.0
                stop = min(extreme, down, bottom)
                out[i, t] = stop
                speed, extreme = step, top
                stop = min(stop + speed * (extreme - stop), down, bottom)
            else:
                out[i, t] = stop
                if bottom < extreme:
                    extreme = bottom
                    speed = min(speed + step, limit)
                stop = max(stop + speed * (extreme - stop), up, top)
            up, down = top, bottom
        state[i, 0], state[i, 1], state[i, 2], state[i, 3] = seen, rising, stop, extreme
        state[i, 4], state[i, 5], state[i, 6] = speed, up, down
