"""What volume says of the move: flows, participation and volume-weighted prices.

Bars without volume count as bars; what divides by no volume at all is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.declare import NoParams, Window, Window20, bars, entry
from terminal.features.feature import Bars
from terminal.market.panel import FloatArray

volume = partial(entry, "volume")


def close_location(b: Bars) -> FloatArray:
    """((C - L) - (H - C)) / (H - L), -1 to 1; 0 where the bar has no range."""

    def make() -> FloatArray:
        span = b.high - b.low
        return np.where(span > 0.0, (2.0 * b.close - b.high - b.low) / span, 0.0 * span)

    found: FloatArray = b.flow.shared("close location", make)
    return found


def mean_volume(b: Bars, n: int) -> FloatArray:
    """Mean volume of n bars."""
    return volume_moments(b, n)[0]


def volume_moments(b: Bars, n: int) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of volume over n bars."""
    found: tuple[FloatArray, FloatArray] = b.flow.shared(
        ("volume moments", n), lambda: b.flow.moments(b.volume, n)
    )
    return found


@volume("volume-ratio", "Relative volume", "ratio", "TA-Lib RVOL", Window20)
def volume_ratio(b: Bars, p: Window20) -> FloatArray:
    """Volume over its mean, this bar included."""
    return b.volume / mean_volume(b, p.window)


@volume("volume-zscore", "Volume z-score", "standard deviations", "Rolling z-score", Window20)
def volume_zscore(b: Bars, p: Window20) -> FloatArray:
    """Volume less its mean over its standard deviation."""
    mean, variance = volume_moments(b, p.window)
    return (b.volume - mean) / np.sqrt(variance)


@dataclass(frozen=True)
class VolumePair:
    """Two averages of volume."""

    fast: int = bars(12, "Fast")
    slow: int = bars(26, "Slow")


@volume("volume-trend", "Percentage volume oscillator", "%", "TA-Lib PVO", VolumePair)
def volume_trend(b: Bars, p: VolumePair) -> FloatArray:
    """Fast less slow exponential average of volume, in percent of the slow one."""
    slow = b.flow.ema(b.volume, p.slow)
    return 100.0 * (b.flow.ema(b.volume, p.fast) - slow) / slow


@volume("on-balance", "On-balance flow", "-1 - 1", "Granville (1963); TA-Lib OBV", Window20)
def on_balance(b: Bars, p: Window20) -> FloatArray:
    """Volume of rises less that of falls over all volume of the window."""
    signed = np.sign(b.close - m.close_before(b)) * b.volume
    return b.flow.mean(signed, p.window) / mean_volume(b, p.window)


@volume("money-flow", "Chaikin money flow", "-1 - 1", "Chaikin; TA-Lib CMF", Window20)
def money_flow(b: Bars, p: Window20) -> FloatArray:
    """Volume by where bars closed in their range, over all volume of the window."""
    flow = b.flow.mean(close_location(b) * b.volume, p.window)
    return flow / mean_volume(b, p.window)


@dataclass(frozen=True)
class OscillatorParams:
    """Two spans."""

    fast: int = bars(3, "Fast")
    slow: int = bars(10, "Slow")


@volume(
    "chaikin-oscillator", "Chaikin oscillator", "mean volumes", "TA-Lib ADOSC", OscillatorParams
)
def chaikin_oscillator(b: Bars, p: OscillatorParams) -> FloatArray:
    """Fast less slow average of accumulation, over the mean volume of 20 bars."""
    return chaikin_lines(b, p.fast, p.slow) / mean_volume(b, 20)


def chaikin_lines(b: Bars, fast: int, slow: int) -> FloatArray:
    """Fast less slow exponential average of the accumulation line, in volume (TA-Lib ADOSC)."""
    line = b.flow.session_sum(close_location(b) * b.volume, 0.0 * b.close)
    quick = b.flow.ema(line, 1, 2.0 / (fast + 1.0))
    return quick - b.flow.ema(line, 1, 2.0 / (slow + 1.0))


@volume("money-flow-index", "Money flow index", "0 - 100", "TA-Lib MFI", Window)
def money_flow_index(b: Bars, p: Window) -> FloatArray:
    """Share of traded value on rising typical prices."""
    price = m.typical(b)
    change = price - b.flow.lag(price)
    value = price * b.volume
    up = b.flow.mean(np.where(change > 0.0, value, 0.0 * change * value), p.window)
    down = b.flow.mean(np.where(change < 0.0, value, 0.0 * change * value), p.window)
    return 100.0 * up / (up + down)


@volume("force-index", "Force index", "ATR x mean volume", "Elder (1993); TA-Lib EFI", Window)
def force_index(b: Bars, p: Window) -> FloatArray:
    """Exponential average of change times volume, in true ranges and mean volumes."""
    force = b.flow.ema((b.close - m.close_before(b)) * b.volume, p.window)
    return force / (m.atr(b, 14) * mean_volume(b, 20))


@volume("ease-of-movement", "Ease of movement", "dimensionless", "Arms (1996)", Window)
def ease_of_movement(b: Bars, p: Window) -> FloatArray:
    """Mean move of the middle price times range over relative volume, both in true ranges."""
    move = b.flow.change(m.middle(b)) * (b.high - b.low) / m.atr(b, 14) ** 2
    return b.flow.mean(move / (b.volume / mean_volume(b, 20)), p.window)


@volume("price-volume-trend", "Price-volume trend", "log return", "TA-Lib PVT", Window20)
def price_volume_trend(b: Bars, p: Window20) -> FloatArray:
    """Volume-weighted mean log return of the window."""
    return b.flow.mean(m.log_return(b) * b.volume, p.window) / mean_volume(b, p.window)


@volume(
    "price-volume-correlation",
    "Correlation of move and volume",
    "-1 - 1",
    "TA-Lib CORREL",
    Window20,
)
def price_volume_correlation(b: Bars, p: Window20) -> FloatArray:
    """Correlation of log returns and volume over the window."""
    covariance, own, other = b.flow.comoments(m.log_return(b), b.volume, p.window)
    return covariance / np.sqrt(own * other)


@volume(
    "size-volume-correlation", "Correlation of size and volume", "-1 - 1", "TA-Lib CORREL", Window20
)
def size_volume_correlation(b: Bars, p: Window20) -> FloatArray:
    """Correlation of the size of log returns and volume over the window."""
    covariance, own, other = b.flow.comoments(np.abs(m.log_return(b)), b.volume, p.window)
    return covariance / np.sqrt(own * other)


@volume("vwma-gap", "Distance from volume-weighted average", "ratio", "TA-Lib VWMA", Window20)
def vwma_gap(b: Bars, p: Window20) -> FloatArray:
    """Close over the volume-weighted mean of closes, less 1."""
    weighted = b.flow.mean(m.dollar_volume(b), p.window) / mean_volume(b, p.window)
    return b.close / weighted - 1.0


@volume("vwap-gap", "Distance from the session's VWAP", "ATR", "VWAP of typical prices")
def vwap_gap(b: Bars, p: NoParams) -> FloatArray:
    """Close less the volume-weighted typical price since the open, in true ranges of 14 bars."""
    value = b.flow.session_sum(m.typical(b) * b.volume, b.day)
    return (b.close - value / b.flow.session_sum(b.volume, b.day)) / m.atr(b, 14)


@volume(
    "volume-divergence",
    "Divergence of on-balance flow",
    "-1 - 1",
    "Place in the range of the window: flow less price",
    Window20,
)
def volume_divergence(b: Bars, p: Window20) -> FloatArray:
    """Below 0 where the price is higher in its range than the flow of volume is."""
    signed = np.sign(b.close - m.close_before(b)) * b.volume
    line = b.flow.session_sum(signed, 0.0 * b.close)
    low, high = b.flow.lowest(line, p.window)[0], b.flow.highest(line, p.window)[0]
    price_low = b.flow.lowest(b.close, p.window)[0]
    price_high = b.flow.highest(b.close, p.window)[0]
    return (line - low) / (high - low) - (b.close - price_low) / (price_high - price_low)
