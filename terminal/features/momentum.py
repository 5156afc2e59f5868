"""How fast the price moves, and where it stands in its own recent range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.declare import (
    NoParams,
    Window,
    Window1,
    Window5,
    Window10,
    Window20,
    bars,
    entry,
)
from terminal.features.feature import Bars
from terminal.market.panel import FloatArray

momentum = partial(entry, "momentum")


@momentum("log-return", "Log return", "log return", "ln(C[t] / C[t-n])", Window1)
def log_return(b: Bars, p: Window1) -> FloatArray:
    """Log return over the window."""
    return b.flow.change(m.log_close(b), p.window)


@momentum("roc", "Rate of change", "%", "TA-Lib ROC", Window10)
def roc(b: Bars, p: Window10) -> FloatArray:
    """Change of the close over the window, in percent."""
    return (b.close / b.flow.lag(b.close, p.window) - 1.0) * 100.0


@momentum("momentum-atr", "Momentum", "ATR", "TA-Lib MOM, ATR", Window10)
def momentum_atr(b: Bars, p: Window10) -> FloatArray:
    """Change of the close over the window, in average true ranges of 14 bars."""
    return b.flow.change(b.close, p.window) / m.atr(b, 14)


@dataclass(frozen=True)
class SkipParams:
    """A long window that leaves out its end."""

    window: int = bars(252)
    skip: int = bars(21, "Left out", low=1)


@momentum(
    "skip-momentum",
    "Momentum without the last bars",
    "log return",
    "Jegadeesh and Titman (1993)",
    SkipParams,
)
def skip_momentum(b: Bars, p: SkipParams) -> FloatArray:
    """Log return over the window up to some bars ago (12-1 months on daily bars)."""
    log = m.log_close(b)
    return b.flow.lag(log, p.skip) - b.flow.lag(log, p.window + p.skip)


@momentum("rsi", "Relative strength index", "0 - 100", "TA-Lib RSI", Window)
def rsi(b: Bars, p: Window) -> FloatArray:
    """Share of rises in the movement of the close; unknown where the price has not moved."""
    return m.rsi(b, p.window)


@momentum("rsi-cross", "RSI crosses its middle", "-1, 0 or 1", "TA-Lib RSI", Window)
def rsi_cross(b: Bars, p: Window) -> FloatArray:
    """1 on the bar where RSI crosses over 50, -1 where under, else 0."""
    side = np.sign(m.rsi(b, p.window) - 50.0)
    return np.sign(side - b.flow.lag(side))


@momentum("stoch-fast", "Fast stochastic", "0 - 100", "TA-Lib STOCHF", Window)
def stoch_fast(b: Bars, p: Window) -> FloatArray:
    """Where the close stands between the lowest low and the highest high of the window."""
    return m.stochastic(b, p.window)


@dataclass(frozen=True)
class StochParams:
    """Stochastic oscillator."""

    window: int = bars(14)
    smooth: int = bars(3, "Smoothing", low=1)


def _slow(b: Bars, p: StochParams) -> FloatArray:
    found: FloatArray = b.flow.shared(
        ("slow stochastic", p.window, p.smooth),
        lambda: b.flow.mean(m.stochastic(b, p.window), p.smooth),
    )
    return found


@momentum("stoch-k", "Slow stochastic %K", "0 - 100", "TA-Lib STOCH", StochParams)
def stoch_k(b: Bars, p: StochParams) -> FloatArray:
    """Mean of the fast stochastic."""
    return _slow(b, p)


@momentum("stoch-d", "Slow stochastic %D", "0 - 100", "TA-Lib STOCH", StochParams)
def stoch_d(b: Bars, p: StochParams) -> FloatArray:
    """Mean of %K."""
    return b.flow.mean(_slow(b, p), p.smooth)


@momentum("stoch-cross", "%K less %D", "-100 - 100", "TA-Lib STOCH", StochParams)
def stoch_cross(b: Bars, p: StochParams) -> FloatArray:
    """Slow %K less %D: its sign changes where the lines cross."""
    slow = _slow(b, p)
    return slow - b.flow.mean(slow, p.smooth)


@momentum("stoch-rsi", "Stochastic of RSI", "0 - 100", "TA-Lib STOCHRSI", Window)
def stoch_rsi(b: Bars, p: Window) -> FloatArray:
    """Where RSI stands in its own range of the window."""
    value = m.rsi(b, p.window)
    low, high = b.flow.lowest(value, p.window)[0], b.flow.highest(value, p.window)[0]
    return 100.0 * (value - low) / (high - low)


@momentum("williams-r", "Williams %R", "-100 - 0", "TA-Lib WILLR", Window)
def williams_r(b: Bars, p: Window) -> FloatArray:
    """How far the close is below the highest high, in percent of the range."""
    return m.stochastic(b, p.window) - 100.0


@momentum("cci", "Commodity channel index", "mean deviations / 0.015", "TA-Lib CCI", Window20)
def cci(b: Bars, p: Window20) -> FloatArray:
    """Typical price less its mean, over 0.015 mean absolute deviations."""
    price = m.typical(b)
    gap = price - b.flow.mean(price, p.window)
    return gap / (0.015 * b.flow.deviation(price, p.window))


@momentum("cmo", "Chande momentum oscillator", "-100 - 100", "TA-Lib CMO", Window)
def cmo(b: Bars, p: Window) -> FloatArray:
    """Rises less falls over both, in percent, Wilder-smoothed as TA-Lib has it."""
    return 2.0 * m.rsi(b, p.window) - 100.0


@dataclass(frozen=True)
class UltimateParams:
    """Three windows."""

    short: int = bars(7, "Short")
    middle: int = bars(14, "Middle")
    long: int = bars(28, "Long")


@momentum("ultimate", "Ultimate oscillator", "0 - 100", "TA-Lib ULTOSC", UltimateParams)
def ultimate(b: Bars, p: UltimateParams) -> FloatArray:
    """Buying pressure over true range in three windows, weighted 4 : 2 : 1."""
    pressure = b.close - np.minimum(b.low, m.close_before(b))
    span = m.true_range(b)
    short, middle, long = (
        b.flow.mean(pressure, n) / b.flow.mean(span, n) for n in (p.short, p.middle, p.long)
    )
    return 100.0 * (4.0 * short + 2.0 * middle + long) / 7.0


@dataclass(frozen=True)
class TsiParams:
    """Double smoothing."""

    long: int = bars(25, "Long")
    short: int = bars(13, "Short")


@momentum("tsi", "True strength index", "-100 - 100", "Blau (1991)", TsiParams)
def tsi(b: Bars, p: TsiParams) -> FloatArray:
    """Doubly smoothed change over the doubly smoothed size of change, in percent."""
    change = b.close - m.close_before(b)
    signed = b.flow.ema(b.flow.ema(change, p.long), p.short)
    size = b.flow.ema(b.flow.ema(np.abs(change), p.long), p.short)
    return 100.0 * signed / size


@momentum("trix", "TRIX", "% per bar", "TA-Lib TRIX", Window)
def trix(b: Bars, p: Window) -> FloatArray:
    """Change of the triple exponential average over one bar, in percent."""
    thrice = b.flow.ema(b.flow.ema(m.ema(b, p.window), p.window), p.window)
    return (thrice / b.flow.lag(thrice) - 1.0) * 100.0


@momentum("kst", "Know sure thing", "%", "Pring (1992), daily windows")
def kst(b: Bars, p: NoParams) -> FloatArray:
    """Weighted sum of four smoothed rates of change (10, 15, 20, 30 bars)."""
    smoothed = [
        b.flow.mean((b.close / b.flow.lag(b.close, window) - 1.0) * 100.0, smooth)
        for window, smooth in ((10, 10), (15, 10), (20, 10), (30, 15))
    ]
    return smoothed[0] + 2.0 * smoothed[1] + 3.0 * smoothed[2] + 4.0 * smoothed[3]


@momentum("awesome", "Awesome oscillator", "ATR", "TA-Lib AO, ATR")
def awesome(b: Bars, p: NoParams) -> FloatArray:
    """Mean middle price of 5 bars less that of 34, in average true ranges of 14 bars."""
    return (b.flow.mean(m.middle(b), 5) - b.flow.mean(m.middle(b), 34)) / m.atr(b, 14)


@momentum("balance-of-power", "Balance of power", "-1 - 1", "TA-Lib BOP", Window)
def balance_of_power(b: Bars, p: Window) -> FloatArray:
    """Mean of (C - O) / (H - L): who won the bars of the window."""
    return b.flow.mean((b.close - b.open) / (b.high - b.low), p.window)


@momentum("elder-bull", "Elder Ray, bull power", "ATR", "Elder (1993); TA-Lib ERI", Window)
def elder_bull(b: Bars, p: Window) -> FloatArray:
    """High less the exponential average, in average true ranges of 14 bars."""
    return (b.high - m.ema(b, p.window)) / m.atr(b, 14)


@momentum("elder-bear", "Elder Ray, bear power", "ATR", "Elder (1993); TA-Lib ERI", Window)
def elder_bear(b: Bars, p: Window) -> FloatArray:
    """Low less the exponential average, in average true ranges of 14 bars."""
    return (b.low - m.ema(b, p.window)) / m.atr(b, 14)


@momentum(
    "fisher", "Fisher transform", "dimensionless", "Ehlers (2002), smoothing 0.67 / 0.5", Window10
)
def fisher(b: Bars, p: Window10) -> FloatArray:
    """The place of the middle price in its range, made nearly normal."""
    price = m.middle(b)
    low, high = b.flow.lowest(price, p.window)[0], b.flow.highest(price, p.window)[0]
    place = b.flow.ema(2.0 * (price - low) / (high - low) - 1.0, 1, 0.33)
    bounded = np.minimum(np.maximum(place, -0.999), 0.999)
    return b.flow.ema(np.log((1.0 + bounded) / (1.0 - bounded)), 1, 0.5)


@momentum("streak", "Rises or falls in a row", "bars", "Connors (2012)")
def streak(b: Bars, p: NoParams) -> FloatArray:
    """3 after three higher closes in a row, -2 after two lower ones."""
    return b.flow.streak(b.close - m.close_before(b))


@momentum("qstick", "Qstick", "ATR", "Chande (1994); TA-Lib QSTICK", Window10)
def qstick(b: Bars, p: Window10) -> FloatArray:
    """Mean of close less open, in average true ranges of 14 bars."""
    return b.flow.mean(b.close - b.open, p.window) / m.atr(b, 14)


@momentum("intraday-momentum", "Intraday momentum index", "0 - 100", "Chande; TA-Lib IMI", Window)
def intraday_momentum(b: Bars, p: Window) -> FloatArray:
    """Share of rising bodies in all bodies of the window."""
    body = b.close - b.open
    return (
        100.0 * b.flow.mean(np.maximum(body, 0.0), p.window) / b.flow.mean(np.abs(body), p.window)
    )


@momentum("acceleration", "Acceleration", "ATR", "Second difference of closes", Window5)
def acceleration(b: Bars, p: Window5) -> FloatArray:
    """Change over the window less the change over the window before, in average true ranges."""
    change = b.flow.change(b.close, p.window)
    return b.flow.change(change, p.window) / m.atr(b, 14)


def divergence(b: Bars, price: FloatArray, value: FloatArray, n: int) -> FloatArray:
    """Place of the indicator in its range of n bars less that of the price in its own, -1 to 1."""
    low, high = b.flow.lowest(price, n)[0], b.flow.highest(price, n)[0]
    own_low, own_high = b.flow.lowest(value, n)[0], b.flow.highest(value, n)[0]
    return (value - own_low) / (own_high - own_low) - (price - low) / (high - low)


@dataclass(frozen=True)
class DivergenceParams:
    """An indicator and the window it is compared over."""

    window: int = bars(14)
    over: int = bars(50, "Compared over")


DIVERGENCE = "Place in the range of the window: indicator less price"


@momentum("rsi-divergence", "Divergence of RSI", "-1 - 1", DIVERGENCE, DivergenceParams)
def rsi_divergence(b: Bars, p: DivergenceParams) -> FloatArray:
    """Below 0 where the price is higher in its range than RSI is: a weakening rise."""
    return divergence(b, b.close, m.rsi(b, p.window), p.over)


@momentum("macd-divergence", "Divergence of MACD", "-1 - 1", DIVERGENCE, Window20)
def macd_divergence(b: Bars, p: Window20) -> FloatArray:
    """Below 0 where the price is higher in its range than the MACD histogram is."""
    return divergence(b, b.close, m.macd(b, 12, 26, 9)[2], p.window)
