"""Costs and information in trading, estimated from bars.

Prices differ between instruments, so spreads are relative to the price and impacts are per mean
traded value.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from scipy.special import ndtr

from terminal.features import measures as m
from terminal.features.declare import Window20, Window50, entry
from terminal.features.feature import Bars
from terminal.market.panel import FloatArray

micro = partial(entry, "microstructure")


@micro("roll-spread", "Roll spread", "ratio to price", "Roll (1984); AFML 19.3.1", Window20)
def roll_spread(b: Bars, p: Window20) -> FloatArray:
    """2 sqrt(-cov of a price change with the one before) over the close; 0 where cov is above 0."""
    return 2.0 * np.sqrt(np.maximum(-serial_covariance(b, p.window), 0.0)) / b.close


def serial_covariance(b: Bars, n: int) -> FloatArray:
    """Covariance (n - 1) of price changes with the changes before them."""

    def make() -> FloatArray:
        change = b.close - m.close_before(b)
        return b.flow.comoments(change, b.flow.lag(change), n)[0] * (n / (n - 1.0))

    found: FloatArray = b.flow.shared(("serial covariance", n), make)
    return found


def corwin_schultz_parts(b: Bars, n: int) -> tuple[FloatArray, FloatArray]:
    """Beta (mean over n) and gamma of Corwin and Schultz (2012), eq. 7 and 11."""

    def make() -> tuple[FloatArray, FloatArray]:
        squared = np.log(b.high / b.low) ** 2
        beta = b.flow.mean(squared + b.flow.lag(squared), n)
        high = np.maximum(b.high, b.flow.lag(b.high))
        low = np.minimum(b.low, b.flow.lag(b.low))
        return beta, np.log(high / low) ** 2

    found: tuple[FloatArray, FloatArray] = b.flow.shared(("corwin schultz", n), make)
    return found


@micro(
    "corwin-schultz",
    "Corwin-Schultz spread",
    "ratio to price",
    "Corwin and Schultz (2012); AFML snippet 19.1",
    Window20,
)
def corwin_schultz(b: Bars, p: Window20) -> FloatArray:
    """Spread from ranges of single and of two bars together; estimates below 0 are 0."""
    beta, gamma = corwin_schultz_parts(b, p.window)
    k = 3.0 - 2.0 * math.sqrt(2.0)
    alpha = np.maximum((math.sqrt(2.0) - 1.0) / k * np.sqrt(beta) - np.sqrt(gamma / k), 0.0)
    grown = np.exp(alpha)
    return 2.0 * (grown - 1.0) / (1.0 + grown)


@micro(
    "beckers-parkinson",
    "Becker-Parkinson volatility",
    "log return per bar",
    "AFML snippet 19.2",
    Window20,
)
def beckers_parkinson(b: Bars, p: Window20) -> FloatArray:
    """Volatility that the Corwin-Schultz ranges leave once the spread is taken out."""
    beta, gamma = corwin_schultz_parts(b, p.window)
    k2 = math.sqrt(8.0 / math.pi)
    k = 3.0 - 2.0 * math.sqrt(2.0)
    sigma = (math.sqrt(0.5) - 1.0) * np.sqrt(beta) / (k2 * k) + np.sqrt(gamma / (k2**2 * k))
    return np.maximum(sigma, 0.0)


@micro("amihud", "Amihud illiquidity", "ratio to its own mean", "Amihud (2002), eq. 1", Window20)
def amihud(b: Bars, p: Window20) -> FloatArray:
    """Mean |return| per traded value, times the mean traded value of the window."""
    value = m.dollar_volume(b)
    each = np.abs(m.log_return(b)) / value
    return b.flow.mean(each, p.window) * b.flow.mean(value, p.window)


@micro(
    "kyle-lambda",
    "Kyle's lambda",
    "log return per mean volume",
    "Kyle (1985); AFML 19.4.1, by regression",
    Window50,
)
def kyle_lambda(b: Bars, p: Window50) -> FloatArray:
    """Slope of returns on signed volume over the window, for one mean volume bought."""
    signed = tick_rule(b) * b.volume
    covariance, _, variance = b.flow.comoments(m.log_return(b), signed, p.window)
    return covariance / variance * b.flow.mean(b.volume, p.window)


def tick_rule(b: Bars) -> FloatArray:
    """Sign of the change of the close."""
    return np.sign(b.close - m.close_before(b))


@micro(
    "hasbrouck-lambda",
    "Hasbrouck's lambda",
    "log return per root of mean value",
    "Hasbrouck (2009); AFML 19.4.3, by regression",
    Window50,
)
def hasbrouck_lambda(b: Bars, p: Window50) -> FloatArray:
    """Slope of returns on the signed root of traded value, for one mean root."""
    root = np.sqrt(m.dollar_volume(b))
    covariance, _, variance = b.flow.comoments(m.log_return(b), tick_rule(b) * root, p.window)
    return covariance / variance * b.flow.mean(root, p.window)


def buy_share(b: Bars, n: int) -> FloatArray:
    """Share of volume bought, by bulk classification over n bars (Easley et al. 2012, eq. 2)."""

    def make() -> FloatArray:
        change = b.close - m.close_before(b)
        share: FloatArray = ndtr(change / b.flow.std(change, n, ddof=1))
        return share

    found: FloatArray = b.flow.shared(("buy share", n), make)
    return found


@micro(
    "buy-imbalance",
    "Bulk volume imbalance",
    "-1 - 1",
    "Easley, Lopez de Prado and O'Hara (2012), eq. 2",
    Window20,
)
def buy_imbalance(b: Bars, p: Window20) -> FloatArray:
    """Share bought less share sold, the bar's change in standard deviations through the normal."""
    return 2.0 * buy_share(b, p.window) - 1.0


@micro(
    "vpin", "VPIN", "0 - 1", "Easley, Lopez de Prado and O'Hara (2012), eq. 6, on bars", Window50
)
def vpin(b: Bars, p: Window50) -> FloatArray:
    """Sum of |bought - sold| over the volume of the window, bars in place of volume buckets."""
    unequal = np.abs(2.0 * buy_share(b, p.window) - 1.0) * b.volume
    return b.flow.mean(unequal, p.window) / b.flow.mean(b.volume + 0.0 * unequal, p.window)


@micro(
    "zero-returns",
    "Share of unchanged closes",
    "0 - 1",
    "Lesmond, Ogden and Trzcinka (1999)",
    Window50,
)
def zero_returns(b: Bars, p: Window50) -> FloatArray:
    """Share of bars that closed where the bar before did: costs above what news is worth."""
    return 1.0 - b.flow.mean(np.abs(tick_rule(b)), p.window)


@micro("turnover-shock", "Traded value shock", "log ratio", "ln(value / mean value)", Window50)
def turnover_shock(b: Bars, p: Window50) -> FloatArray:
    """Log of the traded value over its mean."""
    value = m.dollar_volume(b)
    return np.log(value / b.flow.mean(value, p.window))


@micro("night-share", "Share of gaps in the path", "0 - 1", "Gaps over gaps and bodies", Window20)
def night_share(b: Bars, p: Window20) -> FloatArray:
    """How much of the way is made between bars."""
    jump = np.abs(np.log(b.open / m.close_before(b)))
    walk = np.abs(np.log(b.close / b.open)) + 0.0 * jump
    return b.flow.mean(jump, p.window) / b.flow.mean(jump + walk, p.window)
