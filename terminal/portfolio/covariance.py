"""Covariances from a history of returns: sample, exponentially weighted, shrunk.

Each estimator takes returns (n_periods, n) and gives float64 (n, n) per period, in the rows' own
time: none looks beyond the last row. Shrinkage and OAS divide by n_periods, as published; the
sample by n_periods - 1. `COVARIANCES` names all of them, those of `denoising` as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.portfolio.checks import checked_returns
from terminal.portfolio.denoising import (
    DenoisedParams,
    FactorParams,
    denoised_covariance,
    factor_covariance,
)

IDENTITY, SINGLE_FACTOR, CONSTANT_CORRELATION = (
    "equal variances",
    "single factor",
    "constant correlation",
)


@dataclass(frozen=True)
class SampleParams:
    """Nothing to choose."""


@dataclass(frozen=True)
class EwmaParams:
    """How fast the past is forgotten."""

    half_life: float = param(
        63.0,
        title="Half-life",
        low=1.0,
        high=2000.0,
        step=1.0,
        unit="periods",
        help="A period this long ago counts half as much as the last.",
    )
    centred: bool = param(
        True,
        title="Around the mean",
        help="Deviations from the weighted mean; no: from zero, as RiskMetrics has it.",
    )


@dataclass(frozen=True)
class ShrunkParams:
    """What the sample is drawn towards."""

    target: str = param(
        IDENTITY,
        title="Target",
        choices=(IDENTITY, SINGLE_FACTOR, CONSTANT_CORRELATION),
        help="Uncorrelated with one variance, driven by the mean of all, or with one correlation.",
    )


def sample_covariance(returns: FloatArray, _params: SampleParams | None = None) -> FloatArray:
    """The sample covariance, divided by n_periods - 1."""
    values = checked_returns(returns)
    return np.atleast_2d(np.cov(values, rowvar=False))


def decaying_weights(count: int, half_life: float) -> FloatArray:
    """(count,) weights that add up to 1, the last the largest."""
    weights = 0.5 ** (np.arange(count - 1, -1, -1) / half_life)
    return np.asarray(weights / weights.sum())


def ewma_covariance(returns: FloatArray, params: EwmaParams) -> FloatArray:
    """Exponentially weighted covariance, its weights adding up to 1."""
    values = checked_returns(returns)
    weights = decaying_weights(len(values), params.half_life)
    apart = values - weights @ values if params.centred else values
    return np.asarray((apart * weights[:, None]).T @ apart)


def ledoit_wolf(returns: FloatArray, params: ShrunkParams) -> FloatArray:
    """The sample drawn towards a target by the share that loses least on average."""
    return shrunk(returns, params.target)[0]


def shrunk(returns: FloatArray, target: str) -> tuple[FloatArray, float]:
    """(covariance, shrinkage 0 to 1).

    Equal variances: Ledoit and Wolf (2004), A well-conditioned estimator. Single factor: Ledoit and
    Wolf (2003), Improved estimation of the covariance matrix of stock returns. Constant
    correlation: Ledoit and Wolf (2004), Honey, I shrunk the sample covariance matrix.
    """
    values = checked_returns(returns)
    count = len(values)
    x = values - values.mean(axis=0)
    sample = x.T @ x / count
    squares = x**2
    # Sum of the variances of sqrt(count) * s_ij; of each entry where the target needs them.
    pi = squares.T @ squares / count - sample**2
    prior, rho = _TARGETS[target](x, sample, pi)
    distance = float(((sample - prior) ** 2).sum())
    share = 0.0
    if distance > 0:
        share = min(1.0, max(0.0, (float(pi.sum()) - rho) / distance / count))
    return share * prior + (1.0 - share) * sample, share


def _equal_variances(
    _x: FloatArray, sample: FloatArray, _pi: FloatArray
) -> tuple[FloatArray, float]:
    return np.eye(len(sample)) * np.trace(sample) / len(sample), 0.0


def _single_factor(x: FloatArray, sample: FloatArray, pi: FloatArray) -> tuple[FloatArray, float]:
    count = len(x)
    market = x.mean(axis=1)
    beta = x.T @ market / count
    variance = float(market @ market) / count
    prior = np.outer(beta, beta) / variance
    np.fill_diagonal(prior, np.diag(sample))
    z = x * market[:, None]
    one = (x**2).T @ z / count - beta[:, None] * sample
    two = z.T @ z / count - variance * sample
    off = ~np.eye(len(sample), dtype=bool)
    first = float((one * beta[None, :])[off].sum()) / variance
    second = float((two * np.outer(beta, beta))[off].sum()) / variance**2
    return prior, float(np.trace(pi)) + 2.0 * first - second


def _constant_correlation(
    x: FloatArray, sample: FloatArray, pi: FloatArray
) -> tuple[FloatArray, float]:
    n, count = len(sample), len(x)
    deviation = np.sqrt(np.diag(sample))
    if (deviation <= 0).any():
        raise InputError("An instrument does not move; it has no correlation.", field="returns")
    mean = ((sample / np.outer(deviation, deviation)).sum() - n) / max(n * (n - 1), 1)
    prior = mean * np.outer(deviation, deviation)
    np.fill_diagonal(prior, np.diag(sample))
    theta = (x**3).T @ x / count - np.diag(sample)[:, None] * sample
    np.fill_diagonal(theta, 0.0)
    return prior, float(np.trace(pi)) + mean * float(
        (np.outer(1.0 / deviation, deviation) * theta).sum()
    )


_TARGETS: dict[str, Callable[..., tuple[FloatArray, float]]] = {
    IDENTITY: _equal_variances,
    SINGLE_FACTOR: _single_factor,
    CONSTANT_CORRELATION: _constant_correlation,
}


def oracle_shrinkage(returns: FloatArray) -> tuple[FloatArray, float]:
    """(covariance, shrinkage) of the oracle approximating shrinkage (Chen et al. 2010, eq. 23)."""
    values = checked_returns(returns)
    count, n = values.shape
    x = values - values.mean(axis=0)
    sample = x.T @ x / count
    mean = float(np.trace(sample)) / n
    mean_square = float((sample**2).mean())
    below = (count + 1.0) * (mean_square - mean**2 / n)
    share = 1.0 if below <= 0 else min((mean_square + mean**2) / below, 1.0)
    return share * mean * np.eye(n) + (1.0 - share) * sample, share


def oas(returns: FloatArray, _params: SampleParams | None = None) -> FloatArray:
    """The sample drawn towards equal variances, by the oracle approximating shrinkage."""
    return oracle_shrinkage(returns)[0]


@dataclass(frozen=True)
class CovarianceEstimator:
    """`estimate(returns, params)` -> (n, n), and how a form shows it."""

    title: str
    params_type: type[Any]
    estimate: Callable[[FloatArray, Any], FloatArray]


COVARIANCES: dict[str, CovarianceEstimator] = {
    "sample": CovarianceEstimator("Sample", SampleParams, sample_covariance),
    "ewma": CovarianceEstimator("Exponentially weighted", EwmaParams, ewma_covariance),
    "ledoit-wolf": CovarianceEstimator("Ledoit-Wolf shrinkage", ShrunkParams, ledoit_wolf),
    "oas": CovarianceEstimator("Oracle approximating shrinkage", SampleParams, oas),
    "denoised": CovarianceEstimator("Denoised", DenoisedParams, denoised_covariance),
    "factor": CovarianceEstimator("Principal factors", FactorParams, factor_covariance),
}


def estimate_covariance(returns: FloatArray, name: str, params: Any = None) -> FloatArray:
    """The covariance called `name`; InputError names those there are."""
    if name not in COVARIANCES:
        raise InputError(
            f"There is no covariance {name!r}; known: {', '.join(COVARIANCES)}.",
            field="covariance",
            remedy="Choose one of those.",
        )
    found = COVARIANCES[name]
    return found.estimate(returns, found.params_type() if params is None else params)
