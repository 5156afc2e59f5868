"""An instrument beside the others: market, sector, and its place among all.

The market is the equal-weight mean of the log returns of all instruments that have a bar. Sectors
come with the call; without them all instruments are one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.across_bars import AcrossBars
from terminal.features.declare import Window1, Window5, Window20, Window63, bars, entry
from terminal.features.feature import Scope
from terminal.market.panel import FloatArray

cross = partial(entry, "cross-asset", scope=Scope.PANEL)


def market_return(b: AcrossBars) -> FloatArray:
    """Equal-weight mean log return of the bar, the same for all with a bar."""
    found: FloatArray = b.flow.shared(
        "market return", lambda: b.flow.group_mean(m.log_return(b), b.market)
    )
    return found


def market_moments(b: AcrossBars, n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Covariance with the market, own variance, market variance over n bars."""
    found: tuple[FloatArray, FloatArray, FloatArray] = b.flow.shared(
        ("market moments", n),
        lambda: b.flow.comoments(m.log_return(b), market_return(b), n),
    )
    return found


def residual(b: AcrossBars, n: int) -> FloatArray:
    """Log return less beta times the market's, beta of the n bars up to this one."""

    def make() -> FloatArray:
        covariance, _, variance = market_moments(b, n)
        return m.log_return(b) - covariance / variance * market_return(b)

    found: FloatArray = b.flow.shared(("residual", n), make)
    return found


@cross("market", "Market return", "log return", "Equal-weight mean", Window1)
def market(b: AcrossBars, p: Window1) -> FloatArray:
    """Log return of the equal-weight market over the window."""
    return b.flow.total(market_return(b), p.window)


@cross("beta", "Rolling beta", "ratio", "Sharpe (1964); TA-Lib BETA on returns", Window63)
def beta(b: AcrossBars, p: Window63) -> FloatArray:
    """Covariance with the market over the variance of the market."""
    covariance, _, variance = market_moments(b, p.window)
    return covariance / variance


@cross("market-correlation", "Rolling correlation", "-1 - 1", "TA-Lib CORREL on returns", Window63)
def market_correlation(b: AcrossBars, p: Window63) -> FloatArray:
    """Correlation of log returns with the market's."""
    covariance, own, variance = market_moments(b, p.window)
    return covariance / np.sqrt(own * variance)


@cross(
    "residual-return",
    "Factor-neutral return",
    "log return",
    "Residual of the market model",
    Window63,
)
def residual_return(b: AcrossBars, p: Window63) -> FloatArray:
    """Log return less beta times the market's."""
    return residual(b, p.window)


@dataclass(frozen=True)
class ResidualParams:
    """How beta is found, and over what residuals are added."""

    beta: int = bars(63, "Beta window")
    window: int = bars(20)


@cross(
    "residual-momentum",
    "Factor-neutral momentum",
    "ratio",
    "Blitz, Huij and Martens (2011)",
    ResidualParams,
)
def residual_momentum(b: AcrossBars, p: ResidualParams) -> FloatArray:
    """Mean residual over its standard deviation, times the root of the window."""
    mean, variance = b.flow.moments(residual(b, p.beta), p.window)
    return mean / np.sqrt(variance) * math.sqrt(p.window)


@cross(
    "residual-volatility",
    "Idiosyncratic volatility",
    "log return per bar",
    "Ang, Hodrick, Xing and Zhang (2006), one factor",
    Window63,
)
def residual_volatility(b: AcrossBars, p: Window63) -> FloatArray:
    """Standard deviation of returns that the market does not explain."""
    covariance, own, variance = market_moments(b, p.window)
    return np.sqrt(np.maximum(own - covariance**2 / variance, 0.0))


@cross("relative-return", "Return over the market's", "log return", "Relative strength", Window20)
def relative_return(b: AcrossBars, p: Window20) -> FloatArray:
    """Log return over the window less the mean of all instruments."""
    own = b.flow.change(m.log_close(b), p.window)
    return own - b.flow.group_mean(own, b.market)


@cross("sector-relative", "Return over the sector's", "log return", "Relative strength", Window20)
def sector_relative(b: AcrossBars, p: Window20) -> FloatArray:
    """Log return over the window less the mean of the instrument's sector."""
    own = b.flow.change(m.log_close(b), p.window)
    return own - b.flow.group_mean(own, b.sector)


@cross("sector-return", "Return of the sector", "log return", "Equal-weight mean", Window20)
def sector_return(b: AcrossBars, p: Window20) -> FloatArray:
    """Mean log return of the sector over the window less that of the market."""
    own = b.flow.change(m.log_close(b), p.window)
    return b.flow.group_mean(own, b.sector) - b.flow.group_mean(own, b.market)


@cross("rank-return", "Rank of return", "0 - 1", "Jegadeesh (1990)", Window5)
def rank_return(b: AcrossBars, p: Window5) -> FloatArray:
    """Place among all instruments by log return over the window."""
    return b.flow.place(b.flow.change(m.log_close(b), p.window), b.market)


@cross("rank-momentum", "Rank of momentum", "0 - 1", "Jegadeesh and Titman (1993)", Window63)
def rank_momentum(b: AcrossBars, p: Window63) -> FloatArray:
    """Place among all instruments by log return over its volatility."""
    mean, variance = m.return_moments(b, p.window)
    return b.flow.place(mean / np.sqrt(variance), b.market)


@cross("rank-sector", "Rank within the sector", "0 - 1", "Jegadeesh (1990)", Window20)
def rank_sector(b: AcrossBars, p: Window20) -> FloatArray:
    """Place within the sector by log return over the window."""
    return b.flow.place(b.flow.change(m.log_close(b), p.window), b.sector)


@cross(
    "rank-volatility",
    "Rank of volatility",
    "0 - 1",
    "Ang, Hodrick, Xing and Zhang (2006)",
    Window20,
)
def rank_volatility(b: AcrossBars, p: Window20) -> FloatArray:
    """Place among all instruments by standard deviation of log returns."""
    return b.flow.place(m.return_moments(b, p.window)[1], b.market)


@cross("rank-volume", "Rank of relative volume", "0 - 1", "Volume over its mean", Window20)
def rank_volume(b: AcrossBars, p: Window20) -> FloatArray:
    """Place among all instruments by volume over its own mean."""
    return b.flow.place(b.volume / b.flow.mean(b.volume, p.window), b.market)


@cross("breadth", "Breadth", "0 - 1", "Share of instruments above their mean", Window20)
def breadth(b: AcrossBars, p: Window20) -> FloatArray:
    """Share of instruments whose close is above the mean of their window."""
    side = np.sign(b.close - m.sma(b, p.window))
    return (b.flow.group_mean(side, b.market) + 1.0) / 2.0


@cross("dispersion", "Dispersion of returns", "log return", "Cross-sectional deviation", Window1)
def dispersion(b: AcrossBars, p: Window1) -> FloatArray:
    """Standard deviation across instruments of log returns over the window."""
    return b.flow.group_spread(b.flow.change(m.log_close(b), p.window), b.market)
