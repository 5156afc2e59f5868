"""Where the price stands against its averages, its direction, and lines fitted to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.errors import InputError
from terminal.features import measures as m
from terminal.features.declare import Window, Window5, Window20, Window50, bars, entry
from terminal.features.feature import Bars
from terminal.market.panel import FloatArray

trend = partial(entry, "trend")


@dataclass(frozen=True)
class Pair:
    """A fast and a slow average."""

    fast: int = bars(20, "Fast")
    slow: int = bars(50, "Slow")

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise InputError(
                f"Fast is {self.fast} bars and slow {self.slow}: fast must be shorter.",
                field="fast",
                remedy="Make fast shorter than slow.",
            )


@dataclass(frozen=True)
class MacdParams(Pair):
    """Averages of MACD."""

    fast: int = bars(12, "Fast")
    slow: int = bars(26, "Slow")
    signal: int = bars(9, "Signal")


@trend("sma-gap", "Distance from simple average", "ratio", "TA-Lib SMA", Window20)
def sma_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over the mean of the last closes, less 1."""
    return b.close / m.sma(b, p.window) - 1.0


@trend("ema-gap", "Distance from exponential average", "ratio", "TA-Lib EMA", Window20)
def ema_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over its exponential average, less 1."""
    return b.close / m.ema(b, p.window) - 1.0


@trend("wma-gap", "Distance from weighted average", "ratio", "TA-Lib WMA", Window20)
def wma_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over its linearly weighted average, less 1."""
    return b.close / b.flow.weighted(b.close, m.linear_weights(p.window)) - 1.0


@trend("dema-gap", "Distance from double exponential average", "ratio", "TA-Lib DEMA", Window20)
def dema_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over 2 EMA - EMA(EMA), less 1."""
    once = m.ema(b, p.window)
    return b.close / (2.0 * once - b.flow.ema(once, p.window)) - 1.0


@trend("tema-gap", "Distance from triple exponential average", "ratio", "TA-Lib TEMA", Window20)
def tema_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA)), less 1."""
    once = m.ema(b, p.window)
    twice = b.flow.ema(once, p.window)
    return b.close / (3.0 * (once - twice) + b.flow.ema(twice, p.window)) - 1.0


@trend("trima-gap", "Distance from triangular average", "ratio", "TA-Lib TRIMA", Window20)
def trima_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over the average of averages, less 1."""
    first = (p.window + 1) // 2
    return b.close / b.flow.mean(b.flow.mean(b.close, first), p.window + 1 - first) - 1.0


@trend("kama-gap", "Distance from Kaufman's average", "ratio", "TA-Lib KAMA", Window)
def kama_gap(b: Bars, p: Window) -> FloatArray:
    """Close over Kaufman's adaptive average, less 1: fast in a straight move, slow in noise."""
    straight = np.abs(b.flow.change(b.close, p.window))
    path = b.flow.total(np.abs(b.close - m.close_before(b)), p.window)
    efficiency = np.where(path > straight, straight / path, 1.0 + 0.0 * path)
    weight = (efficiency * (2.0 / 3.0 - 2.0 / 31.0) + 2.0 / 31.0) ** 2
    return b.close / b.flow.adaptive(b.close, weight) - 1.0


@trend("t3-gap", "Distance from Tillson's T3", "ratio", "TA-Lib T3", Window5)
def t3_gap(b: Bars, p: Window5) -> FloatArray:
    """Close over Tillson's T3 average (volume factor 0.7), less 1."""
    averages = [m.ema(b, p.window)]
    for _ in range(5):
        averages.append(b.flow.ema(averages[-1], p.window))
    v = 0.7
    t3 = (
        -(v**3) * averages[5]
        + 3.0 * (v**2 + v**3) * averages[4]
        - (6.0 * v**2 + 3.0 * (v + v**3)) * averages[3]
        + (1.0 + 3.0 * v + v**3 + 3.0 * v**2) * averages[2]
    )
    return b.close / t3 - 1.0


@trend("hma-gap", "Distance from Hull's average", "ratio", "TA-Lib HMA", Window20)
def hma_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over Hull's average WMA(2 WMA(n/2) - WMA(n), sqrt n), less 1."""
    half = b.flow.weighted(b.close, m.linear_weights(p.window // 2))
    whole = b.flow.weighted(b.close, m.linear_weights(p.window))
    return (
        b.close / b.flow.weighted(2.0 * half - whole, m.linear_weights(int(math.sqrt(p.window))))
        - 1.0
    )


@trend("sma-spread", "Spread of two simple averages", "ATR", "TA-Lib SMA, ATR", Pair)
def sma_spread(b: Bars, p: Pair) -> FloatArray:
    """Fast less slow simple average, in average true ranges of 14 bars."""
    return (m.sma(b, p.fast) - m.sma(b, p.slow)) / m.atr(b, 14)


@trend("ema-spread", "Spread of two exponential averages", "ATR", "TA-Lib EMA, ATR", Pair)
def ema_spread(b: Bars, p: Pair) -> FloatArray:
    """Fast less slow exponential average, in average true ranges of 14 bars."""
    return (m.ema(b, p.fast) - m.ema(b, p.slow)) / m.atr(b, 14)


@trend("sma-cross", "Crossover of simple averages", "-1, 0 or 1", "TA-Lib SMA", Pair)
def sma_cross(b: Bars, p: Pair) -> FloatArray:
    """1 on the bar where the fast average crosses over the slow one, -1 where under, else 0."""
    side = np.sign(m.sma(b, p.fast) - m.sma(b, p.slow))
    return np.sign(side - b.flow.lag(side))


@trend("sma-cross-age", "Bars since the crossover", "bars, capped", "TA-Lib SMA", Pair)
def sma_cross_age(b: Bars, p: Pair) -> FloatArray:
    """Bars since the fast average crossed the slow one, at most 500, over 500."""
    side = np.sign(m.sma(b, p.fast) - m.sma(b, p.slow))
    return b.flow.since(side - b.flow.lag(side), 500) / 500.0


@trend("sma-slope", "Slope of the simple average", "ATR per bar", "TA-Lib SMA, ATR", Window50)
def sma_slope(b: Bars, p: Window50) -> FloatArray:
    """Change of the average over one bar, in average true ranges of 14 bars."""
    return b.flow.change(m.sma(b, p.window)) / m.atr(b, 14)


@trend("macd", "MACD line", "% of price", "TA-Lib MACD", MacdParams)
def macd(b: Bars, p: MacdParams) -> FloatArray:
    """Fast less slow exponential average, in percent of the close."""
    return 100.0 * m.macd(b, p.fast, p.slow, p.signal)[0] / b.close


@trend("macd-signal", "MACD signal line", "% of price", "TA-Lib MACD", MacdParams)
def macd_signal(b: Bars, p: MacdParams) -> FloatArray:
    """Exponential average of the MACD line, in percent of the close."""
    return 100.0 * m.macd(b, p.fast, p.slow, p.signal)[1] / b.close


@trend("macd-histogram", "MACD histogram", "% of price", "TA-Lib MACD", MacdParams)
def macd_histogram(b: Bars, p: MacdParams) -> FloatArray:
    """MACD less its signal line, in percent of the close."""
    return 100.0 * m.macd(b, p.fast, p.slow, p.signal)[2] / b.close


def _directional(b: Bars, n: int) -> tuple[FloatArray, FloatArray]:
    """+DI and -DI, 0 to 100 (TA-Lib PLUS_DI, MINUS_DI)."""

    def make() -> tuple[FloatArray, FloatArray]:
        up, down = b.flow.change(b.high), -b.flow.change(b.low)
        plus = np.where((up > down) & (up > 0.0), up, 0.0 * up)
        minus = np.where((down > up) & (down > 0.0), down, 0.0 * down)
        span = b.flow.decay_sum(m.true_range(b), n)
        return (
            100.0 * b.flow.decay_sum(plus, n) / span,
            100.0 * b.flow.decay_sum(minus, n) / span,
        )

    found: tuple[FloatArray, FloatArray] = b.flow.shared(("directional", n), make)
    return found


def _dx(b: Bars, n: int) -> FloatArray:
    plus, minus = _directional(b, n)
    return 100.0 * np.abs(plus - minus) / (plus + minus)


def _adx(b: Bars, n: int) -> FloatArray:
    found: FloatArray = b.flow.shared(("adx", n), lambda: b.flow.wilder(_dx(b, n), n))
    return found


@trend("plus-di", "Plus directional indicator", "0 - 100", "TA-Lib PLUS_DI", Window)
def plus_di(b: Bars, p: Window) -> FloatArray:
    """Share of upward movement in the true range."""
    return _directional(b, p.window)[0]


@trend("minus-di", "Minus directional indicator", "0 - 100", "TA-Lib MINUS_DI", Window)
def minus_di(b: Bars, p: Window) -> FloatArray:
    """Share of downward movement in the true range."""
    return _directional(b, p.window)[1]


@trend("di-spread", "Directional spread", "-100 - 100", "TA-Lib PLUS_DI, MINUS_DI", Window)
def di_spread(b: Bars, p: Window) -> FloatArray:
    """Plus less minus directional indicator."""
    plus, minus = _directional(b, p.window)
    return plus - minus


@trend("adx", "Average directional index", "0 - 100", "TA-Lib ADX", Window)
def adx(b: Bars, p: Window) -> FloatArray:
    """How strong the trend is, whichever way it goes."""
    return _adx(b, p.window)


@trend("adxr", "Average directional index rating", "0 - 100", "TA-Lib ADXR", Window)
def adxr(b: Bars, p: Window) -> FloatArray:
    """Mean of the index now and a window before."""
    now = _adx(b, p.window)
    return (now + b.flow.lag(now, p.window - 1)) / 2.0


@trend("aroon-up", "Aroon up", "0 - 100", "TA-Lib AROON", Window)
def aroon_up(b: Bars, p: Window) -> FloatArray:
    """100 when the highest high is this bar's, 0 when it is a window old."""
    return 100.0 * (p.window - m.highest(b, p.window + 1)[1]) / p.window


@trend("aroon-down", "Aroon down", "0 - 100", "TA-Lib AROON", Window)
def aroon_down(b: Bars, p: Window) -> FloatArray:
    """100 when the lowest low is this bar's, 0 when it is a window old."""
    return 100.0 * (p.window - m.lowest(b, p.window + 1)[1]) / p.window


@trend("aroon-oscillator", "Aroon oscillator", "-100 - 100", "TA-Lib AROONOSC", Window)
def aroon_oscillator(b: Bars, p: Window) -> FloatArray:
    """Aroon up less Aroon down."""
    up, down = m.highest(b, p.window + 1)[1], m.lowest(b, p.window + 1)[1]
    return 100.0 * (down - up) / p.window


@trend(
    "regression-slope",
    "Slope of a fitted line",
    "log price per bar",
    "TA-Lib LINEARREG_SLOPE",
    Window20,
)
def regression_slope(b: Bars, p: Window20) -> FloatArray:
    """Least-squares slope of log closes over the window."""
    return _slope(b, p.window)


def _slope(b: Bars, n: int) -> FloatArray:
    found: FloatArray = b.flow.shared(
        ("slope", n), lambda: b.flow.weighted(m.log_close(b), m.slope_weights(n))
    )
    return found


def _log_moments(b: Bars, n: int) -> tuple[FloatArray, FloatArray]:
    found: tuple[FloatArray, FloatArray] = b.flow.shared(
        ("log moments", n), lambda: b.flow.moments(m.log_close(b), n)
    )
    return found


@trend("regression-fit", "Fit of a line", "0 - 1", "Least squares, R squared", Window20)
def regression_fit(b: Bars, p: Window20) -> FloatArray:
    """Share of the variance of log closes that a straight line explains."""
    variance = _log_moments(b, p.window)[1]
    return np.minimum(_slope(b, p.window) ** 2 * ((p.window**2 - 1) / 12.0) / variance, 1.0)


@trend("regression-gap", "Distance from a fitted line", "log price", "TA-Lib LINEARREG", Window20)
def regression_gap(b: Bars, p: Window20) -> FloatArray:
    """Log close less the end of the line fitted to the window."""
    mean = _log_moments(b, p.window)[0]
    return m.log_close(b) - mean - _slope(b, p.window) * ((p.window - 1) / 2.0)
