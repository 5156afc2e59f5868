"""A hidden Markov model of m normal states: fitting by expectation and maximisation, filtering.

Baum, Petrie, Soules and Weiss (1970); scaled as Rabiner (1989), eq. 91-92, 109. Filtered
probabilities use the past only; the smoothed ones of the fit never leave it.
"""

from __future__ import annotations

import numpy as np

from terminal.features.kernels.compiled import compiled
from terminal.market.panel import FloatArray


@compiled
def forward(
    x: FloatArray,
    start: FloatArray,
    move: FloatArray,
    mean: FloatArray,
    variance: FloatArray,
    out: FloatArray,
    scale: FloatArray,
) -> None:
    """out[t, s] = P(state s at t | x[0 .. t]); scale[t] is the density of x[t] given the past."""
    n, m = len(x), len(start)
    for t in range(n):
        # relative to the nearest state, so that an outlier does not make all densities zero
        nearest = np.inf
        for s in range(m):
            nearest = min(nearest, (x[t] - mean[s]) ** 2 / variance[s])
        total = 0.0
        for s in range(m):
            before = start[s]
            if t > 0:
                before = 0.0
                for r in range(m):
                    before += out[t - 1, r] * move[r, s]
            distance = (x[t] - mean[s]) ** 2 / variance[s] - nearest
            value = before * np.exp(-0.5 * distance) / np.sqrt(variance[s])
            out[t, s] = value
            total += value
        for s in range(m):
            out[t, s] /= total
        scale[t] = total * np.exp(-0.5 * nearest) / np.sqrt(2.0 * np.pi)


@compiled
def refine(
    x: FloatArray,
    start: FloatArray,
    move: FloatArray,
    mean: FloatArray,
    variance: FloatArray,
    floor: float,
) -> None:
    """One step of expectation and maximisation; parameters are changed in place.

    `floor` keeps variances from vanishing.
    """
    n, m = len(x), len(start)
    alpha, scale = np.empty((n, m)), np.empty(n)
    forward(x, start, move, mean, variance, alpha, scale)
    beta, gamma = np.ones(m), np.empty((n, m))
    pairs = np.zeros((m, m))
    gamma[n - 1] = alpha[n - 1]
    step = np.empty(m)
    for t in range(n - 2, -1, -1):
        nearest = np.inf
        for s in range(m):
            nearest = min(nearest, (x[t + 1] - mean[s]) ** 2 / variance[s])
        for s in range(m):
            distance = (x[t + 1] - mean[s]) ** 2 / variance[s] - nearest
            step[s] = np.exp(-0.5 * distance) / np.sqrt(variance[s]) * beta[s]
        total = 0.0
        for r in range(m):
            for s in range(m):
                total += alpha[t, r] * move[r, s] * step[s]
        for r in range(m):
            ahead = 0.0
            for s in range(m):
                share = alpha[t, r] * move[r, s] * step[s] / total
                pairs[r, s] += share
                ahead += move[r, s] * step[s]
            gamma[t, r] = alpha[t, r] * ahead / total
            beta[r] = ahead
        largest = beta.max()
        for s in range(m):
            beta[s] /= largest
    for s in range(m):
        start[s] = gamma[0, s]
        weight, first = 0.0, 0.0
        for t in range(n):
            weight += gamma[t, s]
            first += gamma[t, s] * x[t]
        mean[s] = first / weight
        second = 0.0
        for t in range(n):
            second += gamma[t, s] * (x[t] - mean[s]) ** 2
        variance[s] = max(second / weight, floor)
        left = 0.0
        for r in range(m):
            left += pairs[s, r]
        for r in range(m):
            move[s, r] = (pairs[s, r] + 1e-6) / (left + m * 1e-6)


@compiled
def garch_variance(
    x: FloatArray, omega: float, alpha: float, beta: float, begin: float, out: FloatArray
) -> float:
    """Variance of each x[t] given the past (Bollerslev 1986); returns half the deviance per value.

    out[t] = omega + alpha x[t-1]^2 + beta out[t-1], out[0] = begin.
    """
    total = 0.0
    for t in range(len(x)):
        out[t] = begin if t == 0 else omega + alpha * x[t - 1] ** 2 + beta * out[t - 1]
        total += 0.5 * (np.log(out[t]) + x[t] ** 2 / out[t])
    return total / len(x)
