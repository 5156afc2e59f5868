"""Lines that follow the price, and how straight its way was."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.declare import Window, Window252, bars, entry
from terminal.features.feature import Bars
from terminal.market.panel import FloatArray
from terminal.params import param

trend = partial(entry, "trend")


@dataclass(frozen=True)
class SupertrendParams:
    """A band of true ranges."""

    window: int = bars(10)
    multiple: float = param(3.0, title="Multiple", low=0.5, high=10, step=0.5, unit="ATR")


def _supertrend(b: Bars, p: SupertrendParams) -> FloatArray:
    found: FloatArray = b.flow.shared(
        ("supertrend", p.window, p.multiple),
        lambda: b.flow.supertrend(m.middle(b), b.close, p.multiple * m.atr(b, p.window)),
    )
    return found


@trend("supertrend-gap", "Distance from SuperTrend", "ATR", "TA-Lib SUPERTREND", SupertrendParams)
def supertrend_gap(b: Bars, p: SupertrendParams) -> FloatArray:
    """Close less the SuperTrend line, in average true ranges: above zero in a rise."""
    return (b.close - _supertrend(b, p)) / m.atr(b, p.window)


@trend("supertrend-side", "Side of SuperTrend", "-1 or 1", "TA-Lib SUPERTREND", SupertrendParams)
def supertrend_side(b: Bars, p: SupertrendParams) -> FloatArray:
    """1 while the line runs under the price, -1 while above."""
    return np.sign(b.close - _supertrend(b, p))


@dataclass(frozen=True)
class ParabolicParams:
    """Wilder's acceleration."""

    step: float = param(0.02, title="Step", low=0.001, high=0.2, step=0.01)
    limit: float = param(0.2, title="Limit", low=0.01, high=1, step=0.05)


@trend("parabolic-gap", "Distance from the parabolic stop", "ATR", "TA-Lib SAR", ParabolicParams)
def parabolic_gap(b: Bars, p: ParabolicParams) -> FloatArray:
    """Close less Wilder's stop and reverse, in average true ranges of 14 bars."""
    return (b.close - b.flow.parabolic(b.high, b.low, p.step, p.limit)) / m.atr(b, 14)


@dataclass(frozen=True)
class IchimokuParams:
    """The three windows of Ichimoku."""

    conversion: int = bars(9, "Conversion")
    base: int = bars(26, "Base")
    span: int = bars(52, "Span")


def _centre(b: Bars, n: int) -> FloatArray:
    return (m.highest(b, n)[0] + m.lowest(b, n)[0]) / 2.0


ICHIMOKU = "Hosoda (1969); every line is of this bar, nothing is shifted forward"


@trend("ichimoku-conversion", "Ichimoku conversion gap", "ATR", ICHIMOKU, IchimokuParams)
def ichimoku_conversion(b: Bars, p: IchimokuParams) -> FloatArray:
    """Close less the conversion line, in average true ranges of 14 bars."""
    return (b.close - _centre(b, p.conversion)) / m.atr(b, 14)


@trend("ichimoku-base", "Ichimoku base gap", "ATR", ICHIMOKU, IchimokuParams)
def ichimoku_base(b: Bars, p: IchimokuParams) -> FloatArray:
    """Close less the base line, in average true ranges of 14 bars."""
    return (b.close - _centre(b, p.base)) / m.atr(b, 14)


@trend("ichimoku-cross", "Ichimoku line spread", "ATR", ICHIMOKU, IchimokuParams)
def ichimoku_cross(b: Bars, p: IchimokuParams) -> FloatArray:
    """Conversion less base line, in average true ranges of 14 bars."""
    return (_centre(b, p.conversion) - _centre(b, p.base)) / m.atr(b, 14)


@trend("ichimoku-cloud", "Distance from the Ichimoku cloud", "ATR", ICHIMOKU, IchimokuParams)
def ichimoku_cloud(b: Bars, p: IchimokuParams) -> FloatArray:
    """Close less the nearer edge of the cloud, 0 inside it, in average true ranges of 14 bars."""
    a = (_centre(b, p.conversion) + _centre(b, p.base)) / 2.0
    edge = np.minimum(
        np.maximum(b.close, np.minimum(a, _centre(b, p.span))), np.maximum(a, _centre(b, p.span))
    )
    return (b.close - edge) / m.atr(b, 14)


@trend("ichimoku-thickness", "Thickness of the cloud", "ATR", ICHIMOKU, IchimokuParams)
def ichimoku_thickness(b: Bars, p: IchimokuParams) -> FloatArray:
    """Span A less span B, in average true ranges of 14 bars."""
    a = (_centre(b, p.conversion) + _centre(b, p.base)) / 2.0
    return (a - _centre(b, p.span)) / m.atr(b, 14)


@trend("vortex", "Vortex spread", "ratio", "Botes and Siepman (2010)", Window)
def vortex(b: Bars, p: Window) -> FloatArray:
    """Upward less downward vortex: sums of |H - L before| and |L - H before| over true ranges."""
    up = np.abs(b.high - b.flow.lag(b.low))
    down = np.abs(b.low - b.flow.lag(b.high))
    return b.flow.mean(up - down, p.window) / b.flow.mean(m.true_range(b), p.window)


@trend("efficiency", "Efficiency ratio", "0 - 1", "Kaufman (1995); TA-Lib ER", Window)
def efficiency(b: Bars, p: Window) -> FloatArray:
    """Net move over the length of the way: 1 is a straight line."""
    path = b.flow.total(np.abs(b.close - m.close_before(b)), p.window)
    return np.minimum(np.abs(b.flow.change(b.close, p.window)) / path, 1.0)


@trend("choppiness", "Choppiness index", "about 0 - 100", "Dreiss", Window)
def choppiness(b: Bars, p: Window) -> FloatArray:
    """100 log(sum of true ranges / range of the window) / log n: high where price goes nowhere."""
    path = b.flow.total(m.true_range(b), p.window)
    reach = m.highest(b, p.window)[0] - m.lowest(b, p.window)[0]
    return 100.0 * np.log(path / reach) / math.log(p.window)


@trend(
    "trend-strength", "Return over its noise", "ratio", "Information ratio of the window", Window252
)
def trend_strength(b: Bars, p: Window252) -> FloatArray:
    """Mean log return over its standard deviation, times the root of the window."""
    mean, variance = m.return_moments(b, p.window)
    return mean / np.sqrt(variance) * math.sqrt(p.window)
