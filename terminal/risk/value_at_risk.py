"""Value at risk and expected shortfall at a level, by several methods.

Both are losses: positive, as fractions of equity (negative where even the tail earns). Level 0.99
looks at the worst hundredth. The horizon is in periods; how a method reaches more than one is
stated by `ASSUMPTIONS`, which page and report show.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, ndtr, ndtri, stdtrit

from terminal.backtest.return_metrics import (
    conditional_value_at_risk,
    excess_kurtosis,
    skewness,
    value_at_risk,
)
from terminal.market.panel import FloatArray
from terminal.risk.book import STILL, check_level


class Method(StrEnum):
    """How a tail is estimated."""

    HISTORICAL = "historical"
    FILTERED = "filtered historical"
    NORMAL = "normal"
    STUDENT = "Student t"
    CORNISH_FISHER = "Cornish-Fisher"
    MONTE_CARLO = "Monte Carlo"
    EXTREME_VALUE = "extreme value"


ASSUMPTIONS: dict[Method, str] = {
    Method.HISTORICAL: "Quantile of past returns of today's weights, linear between two; the "
    "shortfall is the mean of the worst ones. Longer horizons: times the root of time around the "
    "mean.",
    Method.FILTERED: "Past returns over their volatility then, times volatility now (Barone-Adesi, "
    "Giannopoulos and Vosper 1999). Longer horizons: drawn step by step, volatility following.",
    Method.NORMAL: "Mean and standard deviation; longer horizons: independent periods added up.",
    Method.STUDENT: "Student's t of unit variance, degrees of freedom by maximum likelihood; "
    "longer horizons: times the root of time around the mean.",
    Method.CORNISH_FISHER: "Normal quantile corrected for skewness and kurtosis; the shortfall is "
    "the mean of the corrected quantiles beyond. Longer horizons: cumulants of independent "
    "periods added up.",
    Method.MONTE_CARLO: "Joint log returns drawn from a normal distribution, units held "
    "throughout the horizon; seeded.",
    Method.EXTREME_VALUE: "Generalised Pareto distribution of the losses beyond the 90 % quantile "
    "(McNeil and Frey 2000). Longer horizons: times the root of time around the mean.",
}


@dataclass(frozen=True)
class Tail:
    """Value at risk and expected shortfall: losses, positive, fractions of equity."""

    var: float
    shortfall: float


@dataclass(frozen=True)
class Moments:
    """Of returns per period: standard deviation with ddof 0, population skewness and kurtosis."""

    mean: float
    deviation: float
    skewness: float
    excess_kurtosis: float

    def over(self, horizon: int) -> Moments:
        """Of the sum of `horizon` independent periods: cumulants add up."""
        root = math.sqrt(horizon)
        return Moments(
            self.mean * horizon,
            self.deviation * root,
            self.skewness / root,
            self.excess_kurtosis / horizon,
        )


def moments(returns: FloatArray) -> Moments:
    """Moments of float64 (T,)."""
    return Moments(
        float(returns.mean()),
        float(returns.std()),
        skewness(returns) or 0.0,
        excess_kurtosis(returns) or 0.0,
    )


def cutoff_of(level: float) -> float:
    """Share beyond the level, free of binary dust: 1 - 0.9 is 0.1, so that n times it counts right.

    Raises
    ------
    InputError : the level is outside 0.5 to 1.
    """
    check_level(level)
    return round(1.0 - level, 12)


def root_time(tail: Tail, mean: float, horizon: int) -> Tail:
    """A tail of one period over more: what it is away from the mean grows with the root of time."""
    if horizon == 1:  # not a bit away from the metric of the same name
        return tail
    root = math.sqrt(horizon)
    return Tail(
        (tail.var + mean) * root - mean * horizon, (tail.shortfall + mean) * root - mean * horizon
    )


def historical(returns: FloatArray, level: float, horizon: int = 1) -> Tail:
    """Empirical tail of float64 (T,); the same numbers as the metrics of a backtest."""
    cutoff = cutoff_of(level)
    var, shortfall = value_at_risk(returns, cutoff), conditional_value_at_risk(returns, cutoff)
    assert var is not None and shortfall is not None  # noqa: S101  returns are not empty
    return root_time(Tail(-var, -shortfall), float(returns.mean()), horizon)


def normal(mean: float, deviation: float, level: float) -> Tail:
    """Of a normal distribution, closed form."""
    cutoff = cutoff_of(level)
    z = -float(ndtri(cutoff))
    return Tail(z * deviation - mean, float(_density(z)) / cutoff * deviation - mean)


def student_t(mean: float, deviation: float, freedom: float, level: float) -> Tail:
    """Of Student's t scaled to `deviation`: McNeil, Frey and Embrechts (2015), example 2.15.

    freedom : above 2; infinite is the normal distribution.
    """
    if math.isinf(freedom):
        return normal(mean, deviation, level)
    cutoff = cutoff_of(level)
    scale = deviation * math.sqrt((freedom - 2.0) / freedom)
    q = -float(stdtrit(freedom, cutoff))
    log = gammaln((freedom + 1.0) / 2.0) - gammaln(freedom / 2.0)
    log -= 0.5 * math.log(freedom * math.pi) + (freedom + 1.0) / 2.0 * math.log1p(q * q / freedom)
    beyond = math.exp(float(log)) / cutoff * (freedom + q * q) / (freedom - 1.0)
    return Tail(q * scale - mean, beyond * scale - mean)


LOW_FREEDOM, HIGH_FREEDOM = 2.1, 100.0


def degrees_of_freedom(returns: FloatArray) -> float:
    """Of the t of the sample's mean and variance, by maximum likelihood; infinite from 100 on."""
    deviation = float(returns.std())
    if deviation < STILL:  # nothing moves: there is no tail to shape
        return math.inf
    squares = ((returns - returns.mean()) / deviation) ** 2

    def loss(inverse: float) -> float:
        v = 1.0 / inverse
        log = gammaln((v + 1.0) / 2.0) - gammaln(v / 2.0) - 0.5 * math.log((v - 2.0) * math.pi)
        return float((v + 1.0) / 2.0 * np.log1p(squares / (v - 2.0)).mean() - log)

    found = minimize_scalar(
        loss, bounds=(1.0 / HIGH_FREEDOM, 1.0 / LOW_FREEDOM), method="bounded",
        options={"xatol": 1e-5},
    )  # fmt: skip
    freedom = 1.0 / float(found.x)
    return math.inf if freedom > 0.99 * HIGH_FREEDOM else freedom


def cornish_fisher(m: Moments, level: float) -> Tail:
    """Modified value at risk: Zangari (1996), as Favre and Galeano (2002).

    The shortfall is the mean of the expansion over the tail, through the moments of a truncated
    normal distribution; where `is_monotone` is false, neither is a quantile of anything.
    """
    cutoff = cutoff_of(level)
    z, s, k = float(ndtri(cutoff)), m.skewness, m.excess_kurtosis
    density, below = float(_density(z)), cutoff
    # integrals of z, z^2 and z^3 times the density, from minus infinity to z
    first, second, third = -density, below - z * density, -density * (z * z + 2.0)
    mean_square, mean_cube = second / below, third / below
    mean = first / below
    quantile = _expansion(z, z * z, z**3, s, k)
    beyond = _expansion(mean, mean_square, mean_cube, s, k)
    return Tail(-m.mean - quantile * m.deviation, -m.mean - beyond * m.deviation)


def is_monotone(m: Moments) -> bool:
    """Whether the expansion is a quantile function: it rises everywhere (Maillard 2012)."""
    s, k = m.skewness, m.excess_kurtosis
    square, linear, constant = k / 8.0 - s * s / 6.0, s / 3.0, 1.0 - k / 8.0 + 5.0 * s * s / 36.0
    if abs(square) < 1e-12:
        return abs(linear) < 1e-12 and constant > 0
    return square > 0 and linear * linear - 4.0 * square * constant <= 0


def of_sample(outcomes: FloatArray, level: float) -> Tail:
    """The empirical tail of simulated outcomes (fractions of equity)."""
    return historical(outcomes, level)


def _expansion(z: float, z2: float, z3: float, s: float, k: float) -> float:
    return (
        z + (z2 - 1.0) * s / 6.0 + (z3 - 3.0 * z) * k / 24.0 - (2.0 * z3 - 5.0 * z) * s * s / 36.0
    )


def _density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def normal_loss_chance(loss: float, mean: float, deviation: float) -> float:
    """Chance that a normal return loses `loss` or more."""
    return float(ndtr((-loss - mean) / deviation))
