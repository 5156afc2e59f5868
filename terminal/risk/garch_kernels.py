"""Recursions of conditional variance, compiled; results are those of the Python functions."""

from __future__ import annotations

import numpy as np

from terminal.features.kernels.compiled import compiled
from terminal.market.panel import FloatArray

LOG_TWO_PI = 1.8378770664093453
MEAN_SIZE = 0.7978845608028654  # of a standard normal value: sqrt(2 / pi)


@compiled
def garch(
    x: FloatArray,
    mu: float,
    omega: float,
    alpha: float,
    beta: float,
    before: float,
    out: FloatArray,
) -> float:
    """out (n + 1,) holds the variance of each x given its past, and of the next; minus the log
    likelihood of float64 x (n,)."""
    total, square, variance = 0.0, before, before
    for t in range(len(x)):
        variance = omega + alpha * square + beta * variance
        square = (x[t] - mu) ** 2
        out[t] = variance
        total += 0.5 * (LOG_TWO_PI + np.log(variance) + square / variance)
    out[len(x)] = omega + alpha * square + beta * variance
    return total


@compiled
def egarch(
    x: FloatArray,
    mu: float,
    omega: float,
    alpha: float,
    gamma: float,
    beta: float,
    before: float,
    out: FloatArray,
) -> float:
    """As `garch`, of the log variance; `before` is a log too. Before the first return no surprise
    is known."""
    total, surprise, log = 0.0, 0.0, before
    for t in range(len(x)):
        log = omega + surprise + beta * log
        if log > 300.0 or log < -300.0:
            return np.inf
        variance = np.exp(log)
        z = (x[t] - mu) / np.sqrt(variance)
        surprise = alpha * (abs(z) - MEAN_SIZE) + gamma * z
        out[t] = variance
        total += 0.5 * (LOG_TWO_PI + log + z * z)
    out[len(x)] = np.exp(omega + surprise + beta * log)
    return total


def warm_up() -> None:
    """Compile both, or load them from the cache, before somebody waits for them."""
    x, out = np.array([1.0, -1.0]), np.empty(3)
    garch(x, 0.0, 0.1, 0.1, 0.8, 1.0, out)
    egarch(x, 0.0, 0.0, 0.1, 0.0, 0.9, 0.0, out)
