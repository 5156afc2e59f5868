"""How much the price moves: bands, ranges and the estimators that use them.

Volatilities are of one bar, in log return; bands are in places and widths that need no price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.declare import (
    NoParams,
    Window,
    Window10,
    Window20,
    Window63,
    Window252,
    bars,
    entry,
)
from terminal.features.feature import Bars
from terminal.market.panel import FloatArray
from terminal.params import param

volatility = partial(entry, "volatility")
LN2 = math.log(2.0)
PER_BAR = "log return per bar"


@volatility("natr", "Normalised average true range", "% of price", "TA-Lib NATR", Window)
def natr(b: Bars, p: Window) -> FloatArray:
    """Average true range in percent of the close."""
    return 100.0 * m.atr(b, p.window) / b.close


@volatility("true-range", "True range", "ATR", "TA-Lib TRANGE, ATR", Window)
def true_range(b: Bars, p: Window) -> FloatArray:
    """True range of the bar over its average: 2 is a bar twice as wide as usual."""
    return m.true_range(b) / m.atr(b, p.window)


@volatility(
    "realised", "Realised volatility", PER_BAR, "Standard deviation of log returns", Window20
)
def realised(b: Bars, p: Window20) -> FloatArray:
    """Standard deviation (n - 1) of log returns over the window."""
    return np.sqrt(m.return_moments(b, p.window)[1] * (p.window / (p.window - 1.0)))


@volatility(
    "ewma-volatility",
    "Exponential volatility",
    PER_BAR,
    "RiskMetrics (1996), eq. 5.3, by span",
    Window63,
)
def ewma_volatility(b: Bars, p: Window63) -> FloatArray:
    """Root of the exponential average of squared log returns."""
    return np.sqrt(b.flow.ema(m.log_return(b) ** 2, p.window))


@volatility(
    "downside", "Downside volatility", PER_BAR, "Sortino and Price (1994), target 0", Window20
)
def downside(b: Bars, p: Window20) -> FloatArray:
    """Root mean square of falls, rises counted as 0."""
    return np.sqrt(b.flow.mean(np.minimum(m.log_return(b), 0.0) ** 2, p.window))


@volatility(
    "semivariance-balance",
    "Up less down variance",
    "-1 - 1",
    "Barndorff-Nielsen, Kinnebrock and Shephard (2010)",
    Window20,
)
def semivariance_balance(b: Bars, p: Window20) -> FloatArray:
    """Variance of rises less that of falls, over both."""
    squared = m.log_return(b) * np.abs(m.log_return(b))
    return b.flow.mean(squared, p.window) / b.flow.mean(np.abs(squared), p.window)


def log_range(b: Bars) -> FloatArray:
    """ln(H / L)."""
    found: FloatArray = b.flow.shared("log range", lambda: np.log(b.high / b.low))
    return found


@volatility("parkinson", "Parkinson volatility", PER_BAR, "Parkinson (1980)", Window20)
def parkinson(b: Bars, p: Window20) -> FloatArray:
    """From the range of each bar: root of mean ln(H / L)^2 / (4 ln 2)."""
    return np.sqrt(b.flow.mean(log_range(b) ** 2, p.window) / (4.0 * LN2))


@volatility("garman-klass", "Garman-Klass volatility", PER_BAR, "Garman and Klass (1980)", Window20)
def garman_klass(b: Bars, p: Window20) -> FloatArray:
    """Root of mean ln(H / L)^2 / 2 - (2 ln 2 - 1) ln(C / O)^2."""
    body = np.log(b.close / b.open)
    each = 0.5 * log_range(b) ** 2 - (2.0 * LN2 - 1.0) * body**2
    return np.sqrt(np.maximum(b.flow.mean(each, p.window), 0.0))


def rogers_satchell_term(b: Bars) -> FloatArray:
    """ln(H / C) ln(H / O) + ln(L / C) ln(L / O)."""

    def make() -> FloatArray:
        up: FloatArray = np.log(b.high / b.close) * np.log(b.high / b.open)
        down: FloatArray = np.log(b.low / b.close) * np.log(b.low / b.open)
        return up + down

    found: FloatArray = b.flow.shared("rogers satchell", make)
    return found


@volatility(
    "rogers-satchell", "Rogers-Satchell volatility", PER_BAR, "Rogers and Satchell (1991)", Window20
)
def rogers_satchell(b: Bars, p: Window20) -> FloatArray:
    """From ranges, right also where the price drifts within the bar."""
    return np.sqrt(np.maximum(b.flow.mean(rogers_satchell_term(b), p.window), 0.0))


@volatility(
    "yang-zhang", "Yang-Zhang volatility", PER_BAR, "Yang and Zhang (2000), eq. 7, 10", Window20
)
def yang_zhang(b: Bars, p: Window20) -> FloatArray:
    """From gaps between bars, bodies and ranges: the least variance of those without drift."""
    n = p.window
    k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0))
    gap = np.log(b.open / m.close_before(b))
    body = np.log(b.close / b.open) + 0.0 * gap
    scale = n / (n - 1.0)
    inside = b.flow.mean(rogers_satchell_term(b) + 0.0 * gap, n)
    total = b.flow.moments(gap, n)[1] * scale + k * b.flow.moments(body, n)[1] * scale
    return np.sqrt(np.maximum(total + (1.0 - k) * inside, 0.0))


@volatility(
    "range-efficiency",
    "Range over close volatility",
    "ratio",
    "Parkinson over close-to-close",
    Window20,
)
def range_efficiency(b: Bars, p: Window20) -> FloatArray:
    """Parkinson over close-to-close volatility: above 1 where moves within bars revert."""
    ranges = b.flow.mean(log_range(b) ** 2, p.window) / (4.0 * LN2)
    return np.sqrt(ranges / m.return_moments(b, p.window)[1])


@dataclass(frozen=True)
class TwoWindows:
    """A short and a long window."""

    short: int = bars(20, "Short")
    long: int = bars(100, "Long")


@volatility(
    "volatility-ratio",
    "Short over long volatility",
    "ratio",
    "Ratio of standard deviations of log returns",
    TwoWindows,
)
def volatility_ratio(b: Bars, p: TwoWindows) -> FloatArray:
    """Above 1 where the price moves more than it used to."""
    return np.sqrt(m.return_moments(b, p.short)[1] / m.return_moments(b, p.long)[1])


@volatility(
    "volatility-rank", "Rank of volatility in time", "0 - 1", "Percentile in the window", Window252
)
def volatility_rank(b: Bars, p: Window252) -> FloatArray:
    """Where the volatility of 20 bars stands among those of the window."""
    return b.flow.rank(m.return_moments(b, 20)[1], p.window)


@volatility(
    "volatility-of-volatility",
    "Volatility of volatility",
    "ratio",
    "Coefficient of variation",
    Window63,
)
def volatility_of_volatility(b: Bars, p: Window63) -> FloatArray:
    """Standard deviation of the volatility of 20 bars over its mean."""
    mean, variance = b.flow.moments(np.sqrt(m.return_moments(b, 20)[1]), p.window)
    return np.sqrt(variance) / mean


@volatility("skewness", "Skewness of returns", "dimensionless", "Population moments", Window63)
def skewness(b: Bars, p: Window63) -> FloatArray:
    """Skewness of log returns over the window."""
    return _shape(b, p.window)[0]


@volatility(
    "kurtosis", "Excess kurtosis of returns", "dimensionless", "Population moments", Window63
)
def kurtosis(b: Bars, p: Window63) -> FloatArray:
    """Excess kurtosis of log returns over the window: 0 is normal."""
    return _shape(b, p.window)[1]


def _shape(b: Bars, n: int) -> tuple[FloatArray, FloatArray]:
    found: tuple[FloatArray, FloatArray] = b.flow.shared(
        ("shape", n), lambda: b.flow.shape(m.log_return(b), n)
    )
    return found


@volatility("jumps", "Share of jumps", "0 - 1", "Barndorff-Nielsen and Shephard (2004)", Window63)
def jumps(b: Bars, p: Window63) -> FloatArray:
    """Share of realised variance that bipower variation does not explain."""
    size = np.abs(m.log_return(b))
    bipower = b.flow.mean(size * b.flow.lag(size), p.window) * (np.pi / 2.0)
    return np.maximum(1.0 - bipower / b.flow.mean(size**2, p.window), 0.0)


@volatility("ulcer", "Ulcer index", "%", "Martin (1987)", Window)
def ulcer(b: Bars, p: Window) -> FloatArray:
    """Root mean square of falls from the highest close of the window, in percent."""
    fall = 100.0 * (b.close / b.flow.highest(b.close, p.window)[0] - 1.0)
    return np.sqrt(b.flow.mean(fall**2, p.window))


@volatility("chaikin-volatility", "Chaikin volatility", "%", "Chaikin; TA-Lib CVI", Window10)
def chaikin_volatility(b: Bars, p: Window10) -> FloatArray:
    """Change over the window of the exponential average of H - L, in percent."""
    average = b.flow.ema(b.high - b.low, p.window)
    return 100.0 * (average / b.flow.lag(average, p.window) - 1.0)


@volatility("mass-index", "Mass index", "sum of ratios", "Dorsey (1992); TA-Lib MASSI")
def mass_index(b: Bars, p: NoParams) -> FloatArray:
    """Sum over 25 bars of EMA(H - L) over its own EMA, both of 9: a bulge before reversals."""
    average = b.flow.ema(b.high - b.low, 9)
    return b.flow.total(average / b.flow.ema(average, 9), 25)


@dataclass(frozen=True)
class BandParams:
    """Bollinger bands."""

    window: int = bars(20)
    multiple: float = param(2.0, title="Multiple", low=0.5, high=5, step=0.5, unit="deviations")


@volatility("bollinger-place", "Place in Bollinger bands", "bands", "TA-Lib BBANDS", BandParams)
def bollinger_place(b: Bars, p: BandParams) -> FloatArray:
    """0 on the lower band, 1 on the upper one (%B)."""
    mean, variance = m.close_moments(b, p.window)
    return (b.close - mean) / (2.0 * p.multiple * np.sqrt(variance)) + 0.5


@volatility(
    "bollinger-width", "Width of Bollinger bands", "ratio to price", "TA-Lib BBANDS", BandParams
)
def bollinger_width(b: Bars, p: BandParams) -> FloatArray:
    """Upper less lower band over the middle one."""
    mean, variance = m.close_moments(b, p.window)
    return 2.0 * p.multiple * np.sqrt(variance) / mean


@dataclass(frozen=True)
class KeltnerParams:
    """Keltner channel."""

    window: int = bars(20)
    atr: int = bars(10, "ATR window")
    multiple: float = param(2.0, title="Multiple", low=0.5, high=5, step=0.5, unit="ATR")


KELTNER = "Chester Keltner as Linda Raschke has it; TA-Lib KC"


@volatility("keltner-place", "Place in the Keltner channel", "channels", KELTNER, KeltnerParams)
def keltner_place(b: Bars, p: KeltnerParams) -> FloatArray:
    """0 on the lower line, 1 on the upper one: EMA plus and minus true ranges."""
    reach = 2.0 * p.multiple * m.atr(b, p.atr)
    return (b.close - m.ema(b, p.window)) / reach + 0.5


@volatility(
    "keltner-width", "Width of the Keltner channel", "ratio to price", KELTNER, KeltnerParams
)
def keltner_width(b: Bars, p: KeltnerParams) -> FloatArray:
    """Upper less lower line over the middle one."""
    return 2.0 * p.multiple * m.atr(b, p.atr) / m.ema(b, p.window)


@volatility(
    "donchian-place",
    "Place in the Donchian channel",
    "0 - 1",
    "Donchian; TA-Lib DONCHIAN",
    Window20,
)
def donchian_place(b: Bars, p: Window20) -> FloatArray:
    """0 at the lowest low of the window, 1 at the highest high; this bar counts."""
    return m.stochastic(b, p.window) / 100.0


@volatility(
    "donchian-width", "Width of the Donchian channel", "ATR", "Donchian; TA-Lib DONCHIAN", Window20
)
def donchian_width(b: Bars, p: Window20) -> FloatArray:
    """Highest high less lowest low, in average true ranges of 14 bars."""
    return (m.highest(b, p.window)[0] - m.lowest(b, p.window)[0]) / m.atr(b, 14)


@dataclass(frozen=True)
class SqueezeParams:
    """Bollinger bands against a Keltner channel."""

    window: int = bars(20)
    deviations: float = param(2.0, title="Deviations", low=0.5, high=5, step=0.5)
    ranges: float = param(1.5, title="True ranges", low=0.5, high=5, step=0.5, unit="ATR")


SQUEEZE = "Carter (2005), TTM squeeze"


def _tightness(b: Bars, p: SqueezeParams) -> FloatArray:
    band = p.deviations * np.sqrt(m.close_moments(b, p.window)[1])
    return band / (p.ranges * m.atr(b, p.window))


@volatility("squeeze", "Squeeze", "ratio", SQUEEZE, SqueezeParams)
def squeeze(b: Bars, p: SqueezeParams) -> FloatArray:
    """Half width of the Bollinger bands over that of the Keltner channel: below 1 is a squeeze."""
    return _tightness(b, p)


@volatility("squeeze-age", "Bars of squeeze", "bars", SQUEEZE, SqueezeParams)
def squeeze_age(b: Bars, p: SqueezeParams) -> FloatArray:
    """Bars in a row with the bands inside the channel; below 0, bars in a row outside."""
    return b.flow.streak(1.0 - _tightness(b, p))


@volatility("squeeze-momentum", "Momentum of the squeeze", "ATR", SQUEEZE, SqueezeParams)
def squeeze_momentum(b: Bars, p: SqueezeParams) -> FloatArray:
    """End of the line fitted to closes less the middle of range and average, in true ranges."""
    middle = (m.highest(b, p.window)[0] + m.lowest(b, p.window)[0]) / 2.0
    gap = b.close - (middle + m.sma(b, p.window)) / 2.0
    slope = b.flow.weighted(gap, m.slope_weights(p.window))
    end = b.flow.mean(gap, p.window) + slope * ((p.window - 1) / 2.0)
    return end / m.atr(b, p.window)
