"""Prices made stationary, with as much memory left as may be, and tests of what is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.declare import Window50, Window63, Window252, bars, entry
from terminal.features.feature import Bars
from terminal.features.fractional import ffd_weights
from terminal.market.panel import FloatArray
from terminal.params import param

stationary = partial(entry, "stationary")


@dataclass(frozen=True)
class FfdParams:
    """Fractional differencing of a fixed width."""

    d: float = param(
        0.4,
        title="Order d",
        low=0.05,
        high=1,
        step=0.05,
        help="0 keeps the price, 1 is the return. The smallest d that passes the ADF test on "
        "training data keeps the most memory.",
    )
    threshold: float = param(
        1e-4, title="Smallest weight", low=1e-6, high=1e-2, step=1e-5, help="Ends the window."
    )


@stationary("ffd", "Fractional difference", "log price", "AFML 5.5, snippet 5.3", FfdParams)
def ffd(b: Bars, p: FfdParams) -> FloatArray:
    """Log close differenced d times with a window of fixed width."""
    return b.flow.weighted(m.log_close(b), ffd_weights(p.d, p.threshold))


@stationary("demeaned", "Demeaned log price", "log price", "Less the mean of the window", Window252)
def demeaned(b: Bars, p: Window252) -> FloatArray:
    """Log close less its mean over the window."""
    log = m.log_close(b)
    return log - b.flow.mean(log, p.window)


@stationary(
    "detrended",
    "Detrended log price",
    "residual deviations",
    "Residual of a fitted line over its standard error",
    Window252,
)
def detrended(b: Bars, p: Window252) -> FloatArray:
    """Log close less the line fitted to the window, in standard deviations from that line."""
    log, n = m.log_close(b), p.window
    mean, variance = b.flow.moments(log, n)
    slope = b.flow.weighted(log, m.slope_weights(n))
    rest = np.maximum(variance - slope**2 * ((n**2 - 1.0) / 12.0), 0.0)
    return (log - mean - slope * ((n - 1.0) / 2.0)) / np.sqrt(rest)


@stationary(
    "price-zscore", "Z-score of log price", "standard deviations", "Rolling z-score", Window63
)
def price_zscore(b: Bars, p: Window63) -> FloatArray:
    """Log close less its mean over its standard deviation."""
    log = m.log_close(b)
    mean, variance = b.flow.moments(log, p.window)
    return (log - mean) / np.sqrt(variance)


@stationary(
    "return-zscore", "Z-score of return", "standard deviations", "Rolling z-score", Window63
)
def return_zscore(b: Bars, p: Window63) -> FloatArray:
    """Log return less its mean over its standard deviation."""
    mean, variance = m.return_moments(b, p.window)
    return (m.log_return(b) - mean) / np.sqrt(variance)


@dataclass(frozen=True)
class AutocorrelationParams:
    """A window and a lag."""

    window: int = bars(63)
    lag: int = bars(1, "Lag", low=1, high=100)


@stationary(
    "autocorrelation",
    "Autocorrelation of returns",
    "-1 - 1",
    "Box and Jenkins (1970), rolling",
    AutocorrelationParams,
)
def autocorrelation(b: Bars, p: AutocorrelationParams) -> FloatArray:
    """Correlation of log returns with those a lag before, over the window."""
    returns = m.log_return(b)
    covariance, own, before = b.flow.comoments(returns, b.flow.lag(returns, p.lag), p.window)
    return covariance / np.sqrt(own * before)


@dataclass(frozen=True)
class VarianceRatioParams:
    """A window and an aggregation."""

    window: int = bars(126)
    steps: int = bars(5, "Bars added up", high=100)


@stationary(
    "variance-ratio", "Variance ratio", "ratio", "Lo and MacKinlay (1988)", VarianceRatioParams
)
def variance_ratio(b: Bars, p: VarianceRatioParams) -> FloatArray:
    """Variance of longer returns over that of single ones times their length: 1 is a random walk,
    above it trends, below it reverts."""
    longer = b.flow.moments(b.flow.change(m.log_close(b), p.steps), p.window)[1]
    return longer / (p.steps * m.return_moments(b, p.window)[1])


@stationary(
    "half-life", "Speed of reversion", "per bar", "Ornstein-Uhlenbeck by regression", Window252
)
def half_life(b: Bars, p: Window252) -> FloatArray:
    """Minus the slope of changes on the log price before: ln 2 over it is the half-life."""
    before = b.flow.lag(m.log_close(b))
    covariance, _, variance = b.flow.comoments(m.log_return(b), before, p.window)
    return -covariance / variance


@stationary(
    "root-distance",
    "Dickey-Fuller statistic",
    "t statistic",
    "Dickey and Fuller (1979), no lags, rolling",
    Window252,
)
def root_distance(b: Bars, p: Window252) -> FloatArray:
    """t statistic of that slope: below about -2.9 the window looks stationary."""
    before = b.flow.lag(m.log_close(b))
    covariance, own, variance = b.flow.comoments(m.log_return(b), before, p.window)
    slope = covariance / variance
    error = np.maximum(own - slope * covariance, 0.0) / ((p.window - 2.0) * variance)
    return slope / np.sqrt(error)


@stationary("return-rank", "Rank of return in time", "0 - 1", "Percentile in the window", Window50)
def return_rank(b: Bars, p: Window50) -> FloatArray:
    """Where the log return stands among those of the window."""
    return b.flow.rank(m.log_return(b), p.window)
