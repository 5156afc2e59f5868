"""Expected returns per period, from a history that ends now.

Historical means say little: their error is volatility / sqrt(n_periods). The others draw them
towards something steadier: recent periods, the market, their own mean, what the market holds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.portfolio.black_litterman import (
    TAU,
    Views,
    equilibrium,
    posterior,
    views_from_scores,
)
from terminal.portfolio.checks import checked_returns, checked_vector, require_invertible
from terminal.portfolio.covariance import SampleParams, decaying_weights, sample_covariance

JAMES_STEIN, BAYES_STEIN = "James-Stein", "Bayes-Stein"


@dataclass(frozen=True)
class History:
    """What an estimate of expected returns may use.

    Attributes
    ----------
    returns : (n_periods, n), the last row the newest.
    covariance : (n, n); None: the sample's.
    market : (n,) weights of the market; None: equal.
    views, scores : opinions; a model's scores (n,) become views, NaN: none.
    risk_free : per period.
    """

    returns: FloatArray
    covariance: FloatArray | None = None
    market: FloatArray | None = None
    views: Views | None = None
    scores: FloatArray | None = None
    risk_free: float = 0.0

    @functools.cached_property
    def checked(self) -> FloatArray:
        return checked_returns(self.returns)

    @functools.cached_property
    def sigma(self) -> FloatArray:
        return sample_covariance(self.checked) if self.covariance is None else self.covariance

    @functools.cached_property
    def market_weights(self) -> FloatArray:
        n = self.checked.shape[1]
        if self.market is None:
            return np.full(n, 1.0 / n)
        given = checked_vector(self.market, n, "The market weight")
        if abs(float(given.sum())) < 1e-12:
            raise InputError("The market weights add up to zero.", field="market")
        return np.asarray(given / given.sum())


@dataclass(frozen=True)
class EwmaMeanParams:
    """How fast the past is forgotten."""

    half_life: float = param(
        126.0,
        title="Half-life of returns",
        low=1.0,
        high=5000.0,
        step=1.0,
        unit="periods",
        help="A return this long ago counts half as much as the last.",
    )


@dataclass(frozen=True)
class SteinParams:
    """Which shrinkage."""

    kind: str = param(
        JAMES_STEIN,
        title="Shrinkage",
        choices=(JAMES_STEIN, BAYES_STEIN),
        help="James-Stein weighs by the eigenvalues of the covariance, Bayes-Stein (Jorion 1986) "
        "by its inverse, which it needs.",
    )


@dataclass(frozen=True)
class EquilibriumParams:
    """The market's aversion to risk, and the weight of views."""

    aversion: float = param(
        2.5,
        title="Market's risk aversion",
        low=0.1,
        high=20.0,
        step=0.1,
        help="Return above the risk-free rate that the market asks for one unit of variance.",
    )
    tau: float = param(
        TAU,
        title="Uncertainty of the equilibrium",
        low=0.001,
        high=1.0,
        step=0.005,
        help="The covariance of the equilibrium returns is this times that of returns.",
    )
    skill: float = param(
        0.05,
        title="Skill of scores",
        low=0.0,
        high=1.0,
        step=0.01,
        help="Correlation of a model's scores with what follows; its views are this times the "
        "volatility times the score.",
    )
    confidence: float = param(
        0.5,
        title="Confidence in scores",
        low=0.0,
        high=1.0,
        step=0.05,
        help="0: the scores change nothing; 1: they are believed.",
    )


def historical(history: History, _params: SampleParams) -> FloatArray:
    """Arithmetic mean of the returns."""
    return np.asarray(history.checked.mean(axis=0))


def ewma_mean(history: History, params: EwmaMeanParams) -> FloatArray:
    """Exponentially weighted mean of the returns."""
    return decaying_weights(len(history.checked), params.half_life) @ history.checked


def capm(history: History, _params: SampleParams) -> FloatArray:
    """Risk-free rate + beta * (mean of the market - risk-free rate)."""
    market = history.checked @ history.market_weights
    apart = market - market.mean()
    variance = float(apart @ apart)
    if variance <= 0:
        raise InputError("The market does not move; there is no beta on it.", field="market")
    beta = (history.checked - history.checked.mean(axis=0)).T @ apart / variance
    return np.asarray(history.risk_free + beta * (market.mean() - history.risk_free))


def stein(history: History, params: SteinParams) -> FloatArray:
    """Means drawn towards their own mean (Stein 1956; Jorion 1986), by a share held within 0 to 1.

    James-Stein: (sum of eigenvalues - 2 * the largest) / (n_periods * squared distance).
    """
    values = history.checked
    count, n = values.shape
    means = values.mean(axis=0)
    apart = means - means.mean()
    if params.kind == BAYES_STEIN:
        require_invertible(history.sigma)
        distance = float(apart @ np.linalg.solve(history.sigma, apart))
        share = (n + 2.0) / (count * distance + n + 2.0)
    else:
        eigenvalues = np.linalg.eigvalsh(history.sigma)
        squared = float(apart @ apart)
        spare = float(eigenvalues.sum() - 2.0 * eigenvalues[-1])
        share = spare / squared / count if squared > 0 else 1.0
    share = min(1.0, max(0.0, share))
    return np.asarray(means - share * apart)


def black_litterman(history: History, params: EquilibriumParams) -> FloatArray:
    """Equilibrium returns with the views of `history`, or those of its scores, where it has some.

    What comes out is above the risk-free rate; that rate is added.
    """
    n = history.checked.shape[1]
    prior = equilibrium(history.sigma, history.market_weights, params.aversion)
    views = history.views
    if views is None and history.scores is not None:
        scores = np.asarray(history.scores, dtype=np.float64)
        if scores.shape != (n,):
            raise InputError(f"scores have shape {scores.shape}; ({n},) is needed.", field="scores")
        views = views_from_scores(scores, prior, history.sigma, params.skill, params.confidence)
    if views is None:
        return prior + history.risk_free
    return posterior(history.sigma, prior, views, params.tau).mu + history.risk_free


@dataclass(frozen=True)
class MeanEstimator:
    """`estimate(history, params)` -> (n,), and how a form shows it."""

    title: str
    params_type: type[Any]
    estimate: Callable[[History, Any], FloatArray]


EXPECTED_RETURNS: dict[str, MeanEstimator] = {
    "historical": MeanEstimator("Historical mean", SampleParams, historical),
    "ewma": MeanEstimator("Exponentially weighted mean", EwmaMeanParams, ewma_mean),
    "capm": MeanEstimator("Capital asset pricing model", SampleParams, capm),
    "stein": MeanEstimator("Shrunk mean", SteinParams, stein),
    "black-litterman": MeanEstimator("Black-Litterman", EquilibriumParams, black_litterman),
}


def estimate_returns(history: History, name: str, params: Any = None) -> FloatArray:
    """The expected returns called `name`; InputError names those there are."""
    if name not in EXPECTED_RETURNS:
        raise InputError(
            f"There are no expected returns {name!r}; known: {', '.join(EXPECTED_RETURNS)}.",
            field="expected",
            remedy="Choose one of those.",
        )
    found = EXPECTED_RETURNS[name]
    return found.estimate(history, found.params_type() if params is None else params)
