"""Histories of returns for tests: driven by common factors, the same for the same seed."""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray


def history(n: int = 6, periods: int = 300, seed: int = 1, factors: int = 2) -> FloatArray:
    """(periods, n) daily returns, correlated, unequally volatile, with means of 0.0002 to 0.001."""
    generator = np.random.default_rng(seed)
    loadings = generator.normal(0.6, 0.5, (factors, n))
    common = generator.normal(0, 0.008, (periods, factors)) @ loadings
    own = generator.normal(0, 1, (periods, n)) * generator.uniform(0.005, 0.02, n)
    moves = common + own
    means = np.linspace(0.0002, 0.001, n)
    return np.asarray(moves - moves.mean(axis=0) + means)


def covariance(n: int = 6, seed: int = 1) -> FloatArray:
    """The sample covariance of such a history."""
    return np.cov(history(n, 300, seed), rowvar=False)
