"""What features are made of: averages, windows and sessions, over a history or one bar at a time.

A feature is written once, as arithmetic on arrays and calls of a `Flow`. Over a history the arrays
are the bars of one instrument (n,) or of all of them (k, n). Live, they are the newest bar of all
instruments (k,), and the flow keeps what each call remembers, in the order of the calls. Both run
the same kernels, so both give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from terminal.features.kernels import across, recursive, sessions, windows
from terminal.market.panel import FloatArray

T = TypeVar("T")


class Flow:
    """The operations, and what they remember.

    Attributes
    ----------
    states : float64 (k, s) of each call, in the order of the calls.
    column : True when arrays (k,) are one bar of k instruments, False when (n,) is a history.
    live : which rows are bars, as 1.0 or 0.0, (k, n) or None where all are.
    """

    def __init__(
        self,
        states: list[FloatArray] | None = None,
        *,
        column: bool = False,
        live: FloatArray | None = None,
    ) -> None:
        self.states: list[FloatArray] = [] if states is None else states
        self.column = column
        self.live = live
        self._next = 0
        self._shared: dict[Hashable, Any] = {}

    def begin(self, live: FloatArray | None = None) -> None:
        """Ready for the next bar: calls meet their own states again."""
        self._next = 0
        self._shared.clear()
        self.live = live

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """What several features need is computed once; `key` says all that it depends on."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found

    def lag(self, x: FloatArray, n: int = 1) -> FloatArray:
        """The value n bars ago."""
        array = self._in(x)
        out = np.empty_like(array)
        live = np.ones_like(array) if self.live is None else self.live
        windows.lag(array, live, self._state(array, 2 + n), n, out)
        return out.reshape(x.shape)

    def change(self, x: FloatArray, n: int = 1) -> FloatArray:
        """x[t] - x[t-n]."""
        return x - self.lag(x, n)

    def ema(self, x: FloatArray, n: int, alpha: float | None = None) -> FloatArray:
        """Exponential average of span n (alpha 2 / (n + 1)), begun as the mean of n values."""
        array = self._in(x)
        out = np.empty_like(array)
        weight = 2.0 / (n + 1.0) if alpha is None else alpha
        recursive.ema(array, self._state(array, 2), n, weight, out)
        return out.reshape(x.shape)

    def wilder(self, x: FloatArray, n: int) -> FloatArray:
        """Wilder's average: alpha 1 / n."""
        return self.ema(x, n, 1.0 / n)

    def decay_sum(self, x: FloatArray, n: int) -> FloatArray:
        """Wilder's running total over n bars."""
        array = self._in(x)
        out = np.empty_like(array)
        recursive.decay_sum(array, self._state(array, 2), n, out)
        return out.reshape(x.shape)

    def adaptive(self, x: FloatArray, weight: FloatArray) -> FloatArray:
        """An average that moves by weight[t] of the distance."""
        array = self._in(x)
        out = np.empty_like(array)
        recursive.adaptive(array, self._in(weight), self._state(array, 2), out)
        return out.reshape(x.shape)

    def streak(self, x: FloatArray) -> FloatArray:
        """Bars in a row of one sign, signed."""
        array = self._in(x)
        out = np.empty_like(array)
        recursive.streak(array, self._state(array, 1), out)
        return out.reshape(x.shape)

    def since(self, x: FloatArray, cap: int) -> FloatArray:
        """Bars since x was last not zero, at most `cap`."""
        array = self._in(x)
        out = np.empty_like(array)
        recursive.since(array, self._state(array, 2), float(cap), out)
        return out.reshape(x.shape)

    def supertrend(self, middle: FloatArray, close: FloatArray, width: FloatArray) -> FloatArray:
        """The stop line of SuperTrend."""
        array = self._in(close)
        out = np.empty_like(array)
        state = self._state(array, 5)
        recursive.supertrend(self._in(middle), array, self._in(width), state, out)
        return out.reshape(close.shape)

    def parabolic(self, high: FloatArray, low: FloatArray, step: float, limit: float) -> FloatArray:
        """Wilder's parabolic stop."""
        array = self._in(high)
        out = np.empty_like(array)
        recursive.parabolic(array, self._in(low), self._state(array, 7), step, limit, out)
        return out.reshape(high.shape)

    def moments(self, x: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
        """Mean and population variance of the last n values."""
        array = self._in(x)
        mean, variance = np.empty_like(array), np.empty_like(array)
        windows.moments(array, self._state(array, 7 + n), n, mean, variance)
        return mean.reshape(x.shape), variance.reshape(x.shape)

    def mean(self, x: FloatArray, n: int) -> FloatArray:
        """Mean of the last n values."""
        return self.moments(x, n)[0]

    def total(self, x: FloatArray, n: int) -> FloatArray:
        """Sum of the last n values."""
        return self.moments(x, n)[0] * n

    def std(self, x: FloatArray, n: int, ddof: int = 0) -> FloatArray:
        """Standard deviation of the last n values."""
        deviation: FloatArray = np.sqrt(self.moments(x, n)[1] * (n / (n - ddof)))
        return deviation

    def comoments(
        self, x: FloatArray, y: FloatArray, n: int
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Covariance, variance of x and variance of y over the last n pairs (population)."""
        array = self._in(x)
        cov, vx, vy = np.empty_like(array), np.empty_like(array), np.empty_like(array)
        state = self._state(array, 8 + 2 * n)
        windows.comoments(array, self._in(y), state, n, cov, vx, vy)
        return cov.reshape(x.shape), vx.reshape(x.shape), vy.reshape(x.shape)

    def shape(self, x: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
        """Skewness and excess kurtosis of the last n values."""
        array = self._in(x)
        skew, kurtosis = np.empty_like(array), np.empty_like(array)
        windows.shape(array, self._state(array, 7 + n), n, skew, kurtosis)
        return skew.reshape(x.shape), kurtosis.reshape(x.shape)

    def highest(self, x: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
        """The largest of the last n values and how many values ago it was."""
        array = self._in(x)
        value, age = np.empty_like(array), np.empty_like(array)
        windows.highest(array, self._state(array, 4 + n), n, value, age)
        return value.reshape(x.shape), age.reshape(x.shape)

    def lowest(self, x: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
        """The smallest of the last n values and how many values ago it was."""
        value, age = self.highest(-x, n)
        return -value, age

    def rank(self, x: FloatArray, n: int) -> FloatArray:
        """Where the newest of the last n values stands, 0 to 1."""
        array = self._in(x)
        out = np.empty_like(array)
        windows.rank(array, self._state(array, 2 + n), n, out)
        return out.reshape(x.shape)

    def deviation(self, x: FloatArray, n: int) -> FloatArray:
        """Mean absolute deviation of the last n values."""
        array = self._in(x)
        out = np.empty_like(array)
        windows.deviation(array, self._state(array, 2 + n), n, out)
        return out.reshape(x.shape)

    def weighted(self, x: FloatArray, weights: FloatArray) -> FloatArray:
        """Sum of weights[j] x[t-j]; weights float64, newest first."""
        array = self._in(x)
        out = np.empty_like(array)
        state = self._state(array, 2 + 2 * len(weights))
        begin = -1 if self.column or len(array) > 1 else known_from(array[0])
        if begin < 0:
            windows.weighted(array, state, weights, out)
        else:
            # the values that the state remembers stand before those that come
            count, at = int(state[0, 0]), int(state[0, 1])
            before = state[0, 2 + at : 2 + at + count][::-1]
            whole = np.concatenate([before, array[0, begin:]])
            sums = np.empty_like(whole)
            windows.weighted_history(whole, state[0], weights, sums)
            out[0, :begin] = np.nan
            out[0, begin:] = sums[count:]
        return out.reshape(x.shape)

    def session_sum(self, x: FloatArray, day: FloatArray) -> FloatArray:
        """Sum of x since the session began."""
        array = self._in(x)
        out = np.empty_like(array)
        sessions.session_sum(array, self._in(day), self._state(array, 3), out)
        return out.reshape(x.shape)

    def session_range(
        self,
        first: FloatArray,
        high: FloatArray,
        low: FloatArray,
        last: FloatArray,
        day: FloatArray,
    ) -> tuple[FloatArray, ...]:
        """Open, high and low so far today; high, low and close of the session before."""
        array = self._in(last)
        now, before = np.empty((3, *array.shape)), np.empty((3, *array.shape))
        prices = (self._in(first), self._in(high), self._in(low), array, self._in(day))
        sessions.session_range(*prices, self._state(array, 9), now, before)
        return tuple(row.reshape(last.shape) for row in (*now, *before))

    def group_mean(self, x: FloatArray, group: npt.NDArray[np.int64]) -> FloatArray:
        """Mean across the instruments of the same group; x (k, n)."""
        out = np.empty_like(x)
        across.group_mean(np.ascontiguousarray(x), group, int(group.max()) + 1, out)
        return out

    def group_spread(self, x: FloatArray, group: npt.NDArray[np.int64]) -> FloatArray:
        """Standard deviation across the instruments of the same group; x (k, n)."""
        out = np.empty_like(x)
        across.group_spread(np.ascontiguousarray(x), group, int(group.max()) + 1, out)
        return out

    def place(self, x: FloatArray, group: npt.NDArray[np.int64]) -> FloatArray:
        """Rank across the instruments of the same group, 0 to 1; x (k, n)."""
        out = np.empty_like(x)
        across.place(np.ascontiguousarray(x), group, out)
        return out

    def _in(self, x: FloatArray) -> FloatArray:
        array = np.ascontiguousarray(x, dtype=np.float64)
        if array.ndim == 2:
            return array
        return array.reshape(-1, 1) if self.column else array.reshape(1, -1)

    def _state(self, array: FloatArray, size: int) -> FloatArray:
        if self._next == len(self.states):
            self.states.append(np.zeros((len(array), size)))
        self._next += 1
        return self.states[self._next - 1]


def known_from(x: FloatArray) -> int:
    """Place of the first known value, or -1 where a later one is not known."""
    known = np.isfinite(x)
    if not known.any():
        return -1
    first = int(known.argmax())
    return first if known[first:].all() else -1
