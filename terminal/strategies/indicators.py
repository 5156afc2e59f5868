"""Indicators on panels: float64 (n_bars, n_instruments) in and out, row t from rows <= t.

An instrument's missing bars (NaN) are left out of its window: "20 bars" are the last 20 it traded
in, and the row of a missing bar is NaN. Before a full window the value is NaN. Formulas are
TA-Lib's; each column is handed to it without its gaps, because TA-Lib lets one NaN spoil the rest.
The two averages, which sweeps make by the hundred, are those of `averages`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import talib

from terminal.market.panel import FloatArray, Panel
from terminal.strategies.shared import shared

ROUNDING = 1e-12


def per_column(values: FloatArray, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Apply `function` to each column's finite values and put the results back in their rows."""
    out = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        known = np.flatnonzero(np.isfinite(values[:, column]))
        if known.size:
            out[known, column] = function(np.ascontiguousarray(values[known, column]))
    return out


def per_columns(
    inputs: Sequence[FloatArray],
    outputs: int,
    function: Callable[..., Sequence[FloatArray]],
    shortest: int,
) -> list[FloatArray]:
    """As `per_column` with several arrays in and out; a row counts where every input is finite.

    Columns with fewer than `shortest` such rows stay NaN.
    """
    out = [np.full(inputs[0].shape, np.nan) for _ in range(outputs)]
    every = np.logical_and.reduce([np.isfinite(values) for values in inputs])
    for column in range(every.shape[1]):
        known = np.flatnonzero(every[:, column])
        if known.size >= shortest:
            found = function(*(np.ascontiguousarray(v[known, column]) for v in inputs))
            for target, values in zip(out, found, strict=True):
                target[known, column] = values
    return out


@shared
def sma(values: FloatArray, window: int) -> FloatArray:
    """Simple moving average of the last `window` values."""
    from terminal.strategies.averages import simple_average

    found: FloatArray = simple_average(np.ascontiguousarray(values, dtype=np.float64), window)
    return found


@shared
def ema(values: FloatArray, window: int) -> FloatArray:
    """Exponential moving average, alpha = 2 / (window + 1), started from the first SMA."""
    from terminal.strategies.averages import exponential_average

    found: FloatArray = exponential_average(np.ascontiguousarray(values, dtype=np.float64), window)
    return found


@shared
def rsi(values: FloatArray, window: int) -> FloatArray:
    """Relative strength index, 0..100, Wilder's smoothing (Wilder 1978).

    NaN until the first movement: TA-Lib calls an unchanging price 0, which would read as oversold.
    """

    def index(x: FloatArray) -> FloatArray:
        moved = np.maximum.accumulate(x) > np.minimum.accumulate(x)
        return np.where(moved, talib.RSI(x, window), np.nan)

    return per_column(values, index)


@shared
def highest_before(values: FloatArray, window: int) -> FloatArray:
    """Maximum of the `window` values before the current one."""
    return per_column(values, lambda x: _lag(talib.MAX(x, window)))


@shared
def lowest_before(values: FloatArray, window: int) -> FloatArray:
    """Minimum of the `window` values before the current one."""
    return per_column(values, lambda x: _lag(talib.MIN(x, window)))


def macd(values: FloatArray, fast: int, slow: int, signal: int) -> tuple[FloatArray, FloatArray]:
    """(MACD line, signal line): fast EMA - slow EMA, and its EMA (Appel 2005).

    Both are NaN until the signal line has its first value, `slow + signal - 2` bars in.
    """
    line, average = per_columns(
        (values,), 2, lambda x: talib.MACD(x, fast, slow, signal)[:2], slow + signal - 1
    )
    return line, average


def price_range(panel: Panel) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(high, low, close); where a bar has a close only, its high and low are the close."""
    high = np.where(np.isfinite(panel.high), panel.high, panel.close)
    low = np.where(np.isfinite(panel.low), panel.low, panel.close)
    return high, low, panel.close


def directional_movement(
    high: FloatArray, low: FloatArray, close: FloatArray, window: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(ADX, +DI, -DI), 0..100, Wilder's smoothing (Wilder 1978).

    A bar counts where high, low and close are known. ADX begins after `2 * window - 1` bars.
    """

    def movement(h: FloatArray, lo: FloatArray, c: FloatArray) -> tuple[FloatArray, ...]:
        return tuple(f(h, lo, c, window) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI))

    index, plus, minus = per_columns((high, low, close), 3, movement, 2 * window)
    return index, plus, minus


def average_true_range(
    high: FloatArray, low: FloatArray, close: FloatArray, window: int
) -> FloatArray:
    """Average true range, Wilder's smoothing (Wilder 1978), in units of the price."""
    (found,) = per_columns(
        (high, low, close), 1, lambda h, lo, c: (talib.ATR(h, lo, c, window),), window + 1
    )
    return found


@shared
def z_score(values: FloatArray, window: int) -> FloatArray:
    """(value - mean) / standard deviation (ddof 1) of the last `window` values; NaN if constant."""

    def score(x: FloatArray) -> FloatArray:
        # pandas updates mean and variance without the cancellation of sums of squares
        rolling = pd.Series(x).rolling(window)
        mean, deviation = rolling.mean().to_numpy(), rolling.std(ddof=1).to_numpy()
        known = deviation > ROUNDING * np.abs(mean)
        return np.where(known, x - mean, np.nan) / np.where(known, deviation, 1.0)

    return per_column(values, score)


@shared
def rate_of_change(values: FloatArray, window: int) -> FloatArray:
    """value / value `window` bars earlier - 1."""

    def change(x: FloatArray) -> FloatArray:
        out = np.full(x.shape, np.nan)
        out[window:] = x[window:] / x[:-window] - 1.0
        return out

    return per_column(values, change)


def lag(values: FloatArray, bars: int) -> FloatArray:
    """The value `bars` bars earlier."""
    return values if bars == 0 else per_column(values, lambda x: _lag(x, bars))


def _lag(x: FloatArray, bars: int = 1) -> FloatArray:
    out = np.full(x.shape, np.nan)
    out[bars:] = x[:-bars]
    return out
