"""Markov switching by maximum likelihood: states that differ in mean, or in mean and variance.

Hamilton (1989), with the steady state before the first value. For a look back at a whole series,
as published tables show them; what trades uses the filtered states of `hidden`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import check_series


@dataclass(frozen=True)
class Switching:
    """States by rising mean: move (2, 2) from row to column, mean (2,), variance (2,)."""

    move: FloatArray
    mean: FloatArray
    variance: FloatArray
    log_likelihood: float


def fit_switching(x: FloatArray, *, common_variance: bool = True) -> Switching:
    """Two states of float64 (T,).

    Raises
    ------
    InputError : fewer than 30 values, none that differ, or no best fit.
    """
    check_series(x, "the series")
    if len(x) < 30 or float(np.std(x)) <= 0.0:
        raise InputError(
            "switching states need 30 values that differ.", field="x", remedy="Load more."
        )
    from scipy.optimize import minimize

    from terminal.features.kernels import markov

    out, scale = np.empty((len(x), 2)), np.empty(len(x))
    centre, spread = float(x.mean()), float(x.std())
    data = np.ascontiguousarray((x - centre) / spread)

    def parts(point: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        stay = 1.0 / (1.0 + np.exp(-np.clip(point[:2], -12.0, 12.0)))
        move = np.array([[stay[0], 1.0 - stay[0]], [1.0 - stay[1], stay[1]]])
        logs = np.repeat(point[4:], 2) if common_variance else point[4:]
        return move, np.ascontiguousarray(point[2:4]), np.exp(np.clip(logs, -20.0, 5.0))

    def deviance(point: FloatArray) -> float:
        move, mean, variance = parts(point)
        leave = 2.0 - move[0, 0] - move[1, 1]
        start = np.array([1.0 - move[1, 1], 1.0 - move[0, 0]]) / leave
        markov.forward(data, start, move, mean, variance, out, scale)
        return float(-np.log(scale).sum())

    begin = [
        3.0,
        3.0,
        *np.quantile(data, (0.25, 0.75)),
        *([-0.7] if common_variance else [-0.7] * 2),
    ]
    found = minimize(deviance, np.array(begin), method="BFGS", options={"gtol": 1e-6})
    move, mean, variance = parts(found.x)
    if not np.isfinite(found.fun):
        raise InputError("switching states find no best fit to this series.", field="x")
    order = np.argsort(mean)
    return Switching(
        move[np.ix_(order, order)],
        mean[order] * spread + centre,
        variance[order] * spread**2,
        -float(found.fun) - len(x) * float(np.log(spread)),
    )
