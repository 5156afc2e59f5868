"""Statistical factors: principal components of the returns."""

from __future__ import annotations

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import check_returns, covariance_of
from terminal.risk.factors.model import FactorModel

MOST = 20


def components_beyond_noise(correlation: FloatArray, periods: int) -> int:
    """Eigenvalues above the largest that noise alone would have, at least 1.

    The edge of Marchenko and Pastur (1967), (1 + sqrt(n / T))^2, of a correlation matrix.
    """
    values = np.linalg.eigvalsh(correlation)
    edge = (1.0 + np.sqrt(len(correlation) / periods)) ** 2
    return int(min(max(int((values > edge).sum()), 1), MOST, len(values)))


def principal_factors(
    returns: FloatArray, symbols: tuple[str, ...], count: int | None = None
) -> FactorModel:
    """The first `count` principal components of float64 returns (T, n), signed to be long in sum.

    Specific variances are what is left on the diagonal, so each instrument keeps its own variance.

    Parameters
    ----------
    count : None: those whose eigenvalue exceeds noise.

    Raises
    ------
    InputError : more components than instruments.
    """
    check_returns(returns, symbols)
    covariance = covariance_of(returns)
    if count is None:
        deviation = np.sqrt(np.diag(covariance))
        count = components_beyond_noise(covariance / np.outer(deviation, deviation), len(returns))
    if not 1 <= count <= len(symbols):
        raise InputError(
            f"{count} components of {len(symbols)} instruments are not possible.", field="count"
        )
    values, vectors = np.linalg.eigh(covariance)
    kept, loadings = values[::-1][:count], vectors[:, ::-1][:, :count]
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    common = (loadings**2 * kept).sum(axis=1)
    specific = np.maximum(np.diag(covariance) - common, 0.0)
    return FactorModel(
        "Principal components",
        tuple(f"Component {k}" for k in range(1, count + 1)),
        symbols,
        loadings,
        np.diag(kept),
        specific,
    )
