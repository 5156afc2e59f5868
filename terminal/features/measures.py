"""What many features are built on, computed once for all of them.

`b` is the bars of one instrument or of all of them; results have the shape of its arrays.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from terminal.features.flow import Flow
from terminal.market.panel import FloatArray


class View(Protocol):
    """Bars of one instrument (n,), of all of them (k, n), or the newest of each (k,)."""

    @property
    def open(self) -> FloatArray: ...
    @property
    def high(self) -> FloatArray: ...
    @property
    def low(self) -> FloatArray: ...
    @property
    def close(self) -> FloatArray: ...
    @property
    def volume(self) -> FloatArray: ...
    @property
    def flow(self) -> Flow: ...


Triple = tuple[FloatArray, FloatArray, FloatArray]


def close_before(b: View) -> FloatArray:
    """Close of the bar before."""
    found: FloatArray = b.flow.shared("close before", lambda: b.flow.lag(b.close))
    return found


def log_close(b: View) -> FloatArray:
    """Natural logarithm of the close."""
    found: FloatArray = b.flow.shared("log close", lambda: np.log(b.close))
    return found


def log_return(b: View) -> FloatArray:
    """ln(C[t] / C[t-1])."""
    found: FloatArray = b.flow.shared("log return", lambda: np.log(b.close / close_before(b)))
    return found


def true_range(b: View) -> FloatArray:
    """Wilder's true range; unknown on the first bar (TA-Lib TRANGE)."""

    def make() -> FloatArray:
        before = close_before(b)
        return np.maximum(b.high, before) - np.minimum(b.low, before)

    found: FloatArray = b.flow.shared("true range", make)
    return found


def atr(b: View, n: int) -> FloatArray:
    """Average true range, Wilder's (TA-Lib ATR)."""
    found: FloatArray = b.flow.shared(("atr", n), lambda: b.flow.wilder(true_range(b), n))
    return found


def middle(b: View) -> FloatArray:
    """(H + L) / 2."""
    found: FloatArray = b.flow.shared("middle", lambda: (b.high + b.low) / 2.0)
    return found


def typical(b: View) -> FloatArray:
    """(H + L + C) / 3."""
    found: FloatArray = b.flow.shared("typical", lambda: (b.high + b.low + b.close) / 3.0)
    return found


def sma(b: View, n: int) -> FloatArray:
    """Mean of the last n closes."""
    return close_moments(b, n)[0]


def close_moments(b: View, n: int) -> tuple[FloatArray, FloatArray]:
    """Mean and population variance of the last n closes."""
    found: tuple[FloatArray, FloatArray] = b.flow.shared(
        ("close moments", n), lambda: b.flow.moments(b.close, n)
    )
    return found


def return_moments(b: View, n: int) -> tuple[FloatArray, FloatArray]:
    """Mean and population variance of the last n log returns."""
    found: tuple[FloatArray, FloatArray] = b.flow.shared(
        ("return moments", n), lambda: b.flow.moments(log_return(b), n)
    )
    return found


def ema(b: View, n: int) -> FloatArray:
    """Exponential average of closes (TA-Lib EMA)."""
    found: FloatArray = b.flow.shared(("ema", n), lambda: b.flow.ema(b.close, n))
    return found


def highest(b: View, n: int) -> tuple[FloatArray, FloatArray]:
    """Highest high of n bars and how many bars ago."""
    found: tuple[FloatArray, FloatArray] = b.flow.shared(
        ("highest", n), lambda: b.flow.highest(b.high, n)
    )
    return found


def lowest(b: View, n: int) -> tuple[FloatArray, FloatArray]:
    """Lowest low of n bars and how many bars ago."""
    found: tuple[FloatArray, FloatArray] = b.flow.shared(
        ("lowest", n), lambda: b.flow.lowest(b.low, n)
    )
    return found


def macd(b: View, fast: int, slow: int, signal: int) -> Triple:
    """MACD line, signal line and histogram in price; averages are seeded as TA-Lib seeds them."""

    def make() -> Triple:
        # both averages begin on the same bar
        later = b.close + 0.0 * b.flow.lag(b.close, slow - fast)
        line = b.flow.ema(later, fast) - ema(b, slow)
        smooth = b.flow.ema(line, signal)
        return line, smooth, line - smooth

    found: Triple = b.flow.shared(("macd", fast, slow, signal), make)
    return found


def rsi(b: View, n: int) -> FloatArray:
    """Relative strength index of closes (TA-Lib RSI)."""

    def make() -> FloatArray:
        change = b.close - close_before(b)
        up = b.flow.wilder(np.maximum(change, 0.0), n)
        down = b.flow.wilder(np.maximum(-change, 0.0), n)
        return 100.0 * up / (up + down)

    found: FloatArray = b.flow.shared(("rsi", n), make)
    return found


def linear_weights(n: int) -> FloatArray:
    """Weights of a linearly weighted average, newest first; they sum to 1."""
    weights = np.arange(n, 0, -1, dtype=np.float64)
    return np.asarray(weights / weights.sum())


def slope_weights(n: int) -> FloatArray:
    """Weights whose sum with x[t], x[t-1], ... is the least-squares slope per bar."""
    at = np.arange(n - 1, -1, -1, dtype=np.float64)
    centred = at - at.mean()
    return np.asarray(centred / (centred**2).sum())


def stochastic(b: View, n: int) -> FloatArray:
    """100 (C - lowest) / (highest - lowest) over n bars (TA-Lib STOCHF)."""

    def make() -> FloatArray:
        low = lowest(b, n)[0]
        return 100.0 * (b.close - low) / (highest(b, n)[0] - low)

    found: FloatArray = b.flow.shared(("stochastic", n), make)
    return found


def dollar_volume(b: View) -> FloatArray:
    """Close times volume."""
    found: FloatArray = b.flow.shared("dollar volume", lambda: b.close * b.volume)
    return found
