"""Windows of the last n known values, kept in a ring inside the state.

Running moments are updated by what comes and what goes (Welford's form, no difference of large
sums), and computed anew every `FRESH` windows, counted from the first bar, so that rounding does
not pile up. A window of equal values has a variance of exactly zero.
"""

from __future__ import annotations

import numpy as np

from terminal.features.kernels.compiled import compiled
from terminal.market.panel import FloatArray

FRESH = 16


@compiled
def lag(x: FloatArray, live: FloatArray, state: FloatArray, n: int, out: FloatArray) -> None:
    """The value n bars ago, where `live` (1 or 0) says which rows are bars; NaN values count.

    State: count, position, n values.
    """
    for i in range(x.shape[0]):
        count, at = state[i, 0], int(state[i, 1])
        for t in range(x.shape[1]):
            out[i, t] = np.nan
            if live[i, t] == 0.0:
                continue
            if count >= n:
                out[i, t] = state[i, 2 + at]
            else:
                count += 1.0
            state[i, 2 + at] = x[i, t]
            at += 1
            if at == n:
                at = 0
        state[i, 0], state[i, 1] = count, at


@compiled
def moments(
    x: FloatArray, state: FloatArray, n: int, mean_out: FloatArray, variance_out: FloatArray
) -> None:
    """Mean and population variance (divided by n) of the last n values.

    State: count, position, mean, sum of squared deviations, equal values in a row, age, last
    value, n values.
    """
    for i in range(x.shape[0]):
        count, at = state[i, 0], int(state[i, 1])
        mean, squares, equal = state[i, 2], state[i, 3], state[i, 4]
        age, last = state[i, 5], state[i, 6]
        for t in range(x.shape[1]):
            new = x[i, t]
            mean_out[i, t] = np.nan
            variance_out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            equal = equal + 1.0 if count > 0.0 and new == last else 1.0
            last = new
            old = state[i, 7 + at]
            state[i, 7 + at] = new
            at += 1
            if at == n:
                at = 0
            if count < n:
                count += 1.0
                step = new - mean
                mean += step / count
                squares += step * (new - mean)
            else:
                step = new - old
                before = mean
                mean += step / n
                squares += step * ((new - mean) + (old - before))
                age += 1.0
                if age == FRESH * n:
                    age = 0.0
                    mean = 0.0
                    for j in range(n):
                        mean += state[i, 7 + j]
                    mean /= n
                    squares = 0.0
                    for j in range(n):
                        squares += (state[i, 7 + j] - mean) ** 2
            if equal >= count:
                mean, squares = new, 0.0
            if squares < 0.0:
                squares = 0.0
            if count == n:
                mean_out[i, t] = mean
                variance_out[i, t] = squares / n
        state[i, 0], state[i, 1], state[i, 2], state[i, 3] = count, at, mean, squares
        state[i, 4], state[i, 5], state[i, 6] = equal, age, last


@compiled
def comoments(
    x: FloatArray,
    y: FloatArray,
    state: FloatArray,
    n: int,
    covariance: FloatArray,
    variance_x: FloatArray,
    variance_y: FloatArray,
) -> None:
    """Population covariance and variances of the last n pairs both known.

    State: count, position, age, means, sums (xx, yy, xy), n values of x, n of y.
    """
    for i in range(x.shape[0]):
        count, at, age = state[i, 0], int(state[i, 1]), state[i, 2]
        mx, my, sxx, syy, sxy = state[i, 3], state[i, 4], state[i, 5], state[i, 6], state[i, 7]
        for t in range(x.shape[1]):
            a, b = x[i, t], y[i, t]
            covariance[i, t] = np.nan
            variance_x[i, t] = np.nan
            variance_y[i, t] = np.nan
            if not (np.isfinite(a) and np.isfinite(b)):
                continue
            a0, b0 = state[i, 8 + at], state[i, 8 + n + at]
            state[i, 8 + at], state[i, 8 + n + at] = a, b
            at += 1
            if at == n:
                at = 0
            if count < n:
                count += 1.0
                da, db = a - mx, b - my
                mx += da / count
                my += db / count
                sxx += da * (a - mx)
                syy += db * (b - my)
                sxy += da * (b - my)
            else:
                ox, oy = mx, my
                mx += (a - a0) / n
                my += (b - b0) / n
                sxx += (a - a0) * ((a - mx) + (a0 - ox))
                syy += (b - b0) * ((b - my) + (b0 - oy))
                sxy += (a - mx) * (b - oy) - (a0 - mx) * (b0 - oy)
                age += 1.0
                if age == FRESH * n:
                    age = 0.0
                    mx, my, sxx, syy, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
                    for j in range(n):
                        mx += state[i, 8 + j]
                        my += state[i, 8 + n + j]
                    mx /= n
                    my /= n
                    for j in range(n):
                        da, db = state[i, 8 + j] - mx, state[i, 8 + n + j] - my
                        sxx += da * da
                        syy += db * db
                        sxy += da * db
            if count == n:
                covariance[i, t] = sxy / n
                variance_x[i, t] = max(sxx, 0.0) / n
                variance_y[i, t] = max(syy, 0.0) / n
        state[i, 0], state[i, 1], state[i, 2], state[i, 3] = count, at, age, mx
        state[i, 4], state[i, 5], state[i, 6], state[i, 7] = my, sxx, syy, sxy


@compiled
def shape(x: FloatArray, state: FloatArray, n: int, skew: FloatArray, kurtosis: FloatArray) -> None:
    """Skewness and excess kurtosis (population moments) of the last n values near zero.

    Made for returns: sums of powers about zero. State: count, position, age, four sums, n values.
    """
    for i in range(x.shape[0]):
        count, at, age = state[i, 0], int(state[i, 1]), state[i, 2]
        s1, s2, s3, s4 = state[i, 3], state[i, 4], state[i, 5], state[i, 6]
        for t in range(x.shape[1]):
            new = x[i, t]
            skew[i, t] = np.nan
            kurtosis[i, t] = np.nan
            if not np.isfinite(new):
                continue
            old = state[i, 7 + at] if count >= n else 0.0
            state[i, 7 + at] = new
            at += 1
            if at == n:
                at = 0
            new2, old2 = new * new, old * old
            s1 += new - old
            s2 += new2 - old2
            s3 += new2 * new - old2 * old
            s4 += new2 * new2 - old2 * old2
            if count < n:
                count += 1.0
            else:
                age += 1.0
                if age == FRESH * n:
                    age = 0.0
                    s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0
                    for j in range(n):
                        value = state[i, 7 + j]
                        s1 += value
                        s2 += value * value
                        s3 += value * value * value
                        s4 += value * value * (value * value)
            if count == n:
                m = s1 / n
                m2 = s2 / n - m * m
                if m2 > 1e-10 * (s2 / n) and m2 > 0.0:
                    m3 = s3 / n - 3.0 * m * (s2 / n) + 2.0 * m * m * m
                    m4 = s4 / n - 4.0 * m * (s3 / n) + 6.0 * m * m * (s2 / n) - 3.0 * m * m * m * m
                    skew[i, t] = m3 / (m2 * np.sqrt(m2))
                    kurtosis[i, t] = m4 / (m2 * m2) - 3.0
        state[i, 0], state[i, 1], state[i, 2], state[i, 3] = count, at, age, s1
        state[i, 4], state[i, 5], state[i, 6] = s2, s3, s4


@compiled
def highest(x: FloatArray, state: FloatArray, n: int, value: FloatArray, age: FloatArray) -> None:
    """The largest of the last n values, and how many values ago it was (the newest of equals).

    State: count, position, largest, its age, n values.
    """
    for i in range(x.shape[0]):
        count, at, top, old = state[i, 0], int(state[i, 1]), state[i, 2], state[i, 3]
        for t in range(x.shape[1]):
            new = x[i, t]
            value[i, t] = np.nan
            age[i, t] = np.nan
            if not np.isfinite(new):
                continue
            state[i, 4 + at] = new
            if count < n:
                count += 1.0
            old += 1.0
            if count == 1.0 or new >= top:
                top, old = new, 0.0
            elif old >= n:
                top, old = new, 0.0
                j = at
                for back in range(1, n):
                    j = j - 1 if j > 0 else n - 1
                    if state[i, 4 + j] > top:
                        top, old = state[i, 4 + j], float(back)
            at += 1
            if at == n:
                at = 0
            if count == n:
                value[i, t] = top
                age[i, t] = old
        state[i, 0], state[i, 1], state[i, 2], state[i, 3] = count, at, top, old


@compiled
def rank(x: FloatArray, state: FloatArray, n: int, out: FloatArray) -> None:
    """Where the newest of the last n values stands: 0 the smallest, 1 the largest, ties midway.

    State: count, position, n values.
    """
    for i in range(x.shape[0]):
        count, at = state[i, 0], int(state[i, 1])
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            state[i, 2 + at] = new
            at += 1
            if at == n:
                at = 0
            if count < n:
                count += 1.0
            if count == n:
                below, equal = 0, 0
                for j in range(n):
                    below += state[i, 2 + j] < new
                    equal += state[i, 2 + j] == new
                out[i, t] = (below + 0.5 * (equal - 1)) / (n - 1)
        state[i, 0], state[i, 1] = count, at


@compiled
def deviation(x: FloatArray, state: FloatArray, n: int, out: FloatArray) -> None:
    """Mean absolute deviation of the last n values from their mean (as in CCI).

    State: count, position, n values.
    """
    for i in range(x.shape[0]):
        count, at = state[i, 0], int(state[i, 1])
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            state[i, 2 + at] = new
            at += 1
            if at == n:
                at = 0
            if count < n:
                count += 1.0
            if count == n:
                mean = 0.0
                for j in range(n):
                    mean += state[i, 2 + j]
                mean /= n
                total = 0.0
                for j in range(n):
                    total += abs(state[i, 2 + j] - mean)
                out[i, t] = total / n
        state[i, 0], state[i, 1] = count, at


@compiled
def weighted(x: FloatArray, state: FloatArray, weights: FloatArray, out: FloatArray) -> None:
    """Sum of weights[j] x[t-j] over the last len(weights) known values, added in that order.

    State: count, position, the values twice over, so that a window is always contiguous.
    """
    n = len(weights)
    for i in range(x.shape[0]):
        count, at = state[i, 0], int(state[i, 1])
        for t in range(x.shape[1]):
            new = x[i, t]
            out[i, t] = np.nan
            if not np.isfinite(new):
                continue
            at = at - 1 if at > 0 else n - 1
            state[i, 2 + at] = new
            state[i, 2 + at + n] = new
            if count < n:
                count += 1.0
            if count == n:
                total = 0.0
                for j in range(n):
                    total += weights[j] * state[i, 2 + at + j]
                out[i, t] = total
        state[i, 0], state[i, 1] = count, at


@compiled
def weighted_history(
    x: FloatArray, state: FloatArray, weights: FloatArray, out: FloatArray
) -> None:
    """The same for one instrument's values (m,) that are all known; sets the state (s,) after them.

    Every sum is added in the same order, so the bits are the same; neighbouring sums are added side
    by side, so it is several times as fast.
    """
    n, m = len(weights), len(x)
    out[: min(n - 1, m)] = np.nan
    for start in range(n - 1, m, 1024):
        stop = min(start + 1024, m)
        for t in range(start, stop):
            out[t] = 0.0
        j = 0
        while j + 7 < n:
            a, b, c, d = weights[j], weights[j + 1], weights[j + 2], weights[j + 3]
            e, f, g, h = weights[j + 4], weights[j + 5], weights[j + 6], weights[j + 7]
            block = x[start - j - 7 : stop - j]
            into = out[start:stop]
            for t in range(len(into)):
                total = into[t] + a * block[t + 7]
                total += b * block[t + 6]
                total += c * block[t + 5]
                total += d * block[t + 4]
                total += e * block[t + 3]
                total += f * block[t + 2]
                total += g * block[t + 1]
                into[t] = total + h * block[t]
            j += 8
        while j < n:
            for t in range(start, stop):
                out[t] += weights[j] * x[t - j]
            j += 1
    state[0], state[1] = min(n, m), 0.0
    for j in range(min(n, m)):
        state[2 + j] = x[m - 1 - j]
        state[2 + n + j] = x[m - 1 - j]
