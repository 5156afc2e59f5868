"""Covariances from few common movements: random-matrix denoising, detoning, principal factors.

Eigenvalues of a correlation that chance alone explains lie below (1 + sqrt(n / n_periods))^2 times
the variance of what is random (Marchenko and Pastur 1967; Laloux et al. 1999). That variance is the
median eigenvalue over the median that chance would give, which few large ones do not move (Gavish
and Donoho 2014). Denoising replaces the eigenvalues below by their mean; detoning takes out the
movement of the whole market (Lopez de Prado 2020, Machine learning for asset managers, 2.5, 2.6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.portfolio.checks import checked_covariance, checked_returns, correlation_of


@dataclass(frozen=True)
class DenoisedParams:
    """Whether the market's movement goes as well."""

    detone: bool = param(
        False,
        title="Without the market",
        help="Takes the largest common movement out: for trees and groups; such a covariance is "
        "singular, and methods that need it invertible refuse it.",
    )


@dataclass(frozen=True)
class FactorParams:
    """How many factors."""

    factors: int = param(
        0,
        title="Factors",
        low=0,
        high=50,
        step=1,
        help="Largest principal components of the correlation; 0 takes those that chance alone "
        "would not explain, at least one.",
    )


def random_edge(eigenvalues: FloatArray, ratio: float) -> float:
    """The largest eigenvalue that chance explains.

    Parameters
    ----------
    eigenvalues : of a correlation, any order.
    ratio : instruments / periods.
    """
    ordered = np.sort(eigenvalues)
    variance = float(ordered.mean())
    # With fewer periods than instruments the rest are zero, and the others those of the transpose.
    count = len(ordered) if ratio <= 1.0 else int(len(ordered) / ratio)
    if count > 1:
        scale, shape = (1.0, ratio) if ratio <= 1.0 else (ratio, 1.0 / ratio)
        median = float(np.median(ordered[-count:]))
        variance = min(variance, median / (scale * random_median(shape)))
    return variance * (1.0 + float(np.sqrt(ratio))) ** 2


def random_median(ratio: float) -> float:
    """The median eigenvalue of a correlation of independent series; ratio at most 1."""
    low, high = (1.0 - np.sqrt(ratio)) ** 2, (1.0 + np.sqrt(ratio)) ** 2
    # x = middle - half cos(angle) takes the square roots at both ends out of the density.
    angle = np.linspace(0.0, np.pi, 2001)
    x = (high + low) / 2.0 - (high - low) / 2.0 * np.cos(angle)
    density = np.sin(angle) ** 2 / np.maximum(x, 1e-300)
    density[[0, -1]] = 0.0
    mass = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0)])
    return float(np.interp(0.5 * mass[-1], mass, x))


def denoised_covariance(returns: FloatArray, params: DenoisedParams) -> FloatArray:
    """The sample covariance with the eigenvalues of chance replaced by their mean.

    Variances are the sample's.
    """
    values = checked_returns(returns)
    covariance = checked_covariance(np.atleast_2d(np.cov(values, rowvar=False)))
    eigenvalues, vectors = np.linalg.eigh(correlation_of(covariance))
    random = eigenvalues <= random_edge(eigenvalues, values.shape[1] / values.shape[0])
    if random.any():
        eigenvalues = np.where(random, eigenvalues[random].mean(), eigenvalues)
    if params.detone:
        if len(eigenvalues) < 2:
            raise InputError(
                "Without the market one instrument has no movement left.", field="detone"
            )
        eigenvalues[-1] = 0.0
    return _scaled((vectors * eigenvalues) @ vectors.T, covariance)


def factor_covariance(returns: FloatArray, params: FactorParams) -> FloatArray:
    """B B' + D on the correlation: the largest components, and what is left on the diagonal."""
    values = checked_returns(returns)
    covariance = checked_covariance(np.atleast_2d(np.cov(values, rowvar=False)))
    eigenvalues, vectors = np.linalg.eigh(correlation_of(covariance))
    count = params.factors
    if count == 0:
        edge = random_edge(eigenvalues, values.shape[1] / values.shape[0])
        count = max(1, int((eigenvalues > edge).sum()))
    count = min(count, len(eigenvalues))
    common = (vectors[:, -count:] * eigenvalues[-count:]) @ vectors[:, -count:].T
    own = np.maximum(1.0 - np.diag(common), 0.0)
    return _scaled(common + np.diag(own), covariance)


def _scaled(correlation: FloatArray, covariance: FloatArray) -> FloatArray:
    """A correlation up to scale, with the variances of `covariance`."""
    size = np.sqrt(np.diag(covariance) / np.diag(correlation))
    return np.asarray(correlation * np.outer(size, size))
