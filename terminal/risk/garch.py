"""GARCH(1,1) and EGARCH(1,1,1) around a constant mean, by maximum likelihood.

Bollerslev (1986) and Nelson (1991), normal likelihood. The variance before the first return is the
exponentially weighted mean (0.94) of the first 75 squares. Returns are scaled to percent for the
search, and parameters are given in that scale, as tables print them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import STILL, check_series
from terminal.risk.conditional_volatility import Recursion, Volatility

LEAST = 250
BACKCAST, BACKCAST_DECAY = 75, 0.94
PERCENT = 100.0
IMPOSSIBLE = 1e12
GARCH = ("mu", "omega", "alpha[1]", "beta[1]")
EGARCH = ("mu", "omega", "alpha[1]", "gamma[1]", "beta[1]")


@dataclass(frozen=True)
class GarchFit:
    """A fitted model.

    Attributes
    ----------
    parameters : by the names of the literature, of returns in percent.
    log_likelihood : of returns in percent.
    volatility : in fractions; only GARCH has a recursion to simulate, that of EGARCH repeats its
        next variance.
    forecast : variances of the next periods, fractions squared; of EGARCH the next one only.
    """

    parameters: dict[str, float]
    log_likelihood: float
    volatility: Volatility
    forecast: tuple[float, ...]


def fit_garch(
    returns: FloatArray, model: Literal["garch", "egarch"] = "garch", periods: int = 5
) -> GarchFit:
    """Fit float64 (T,) returns, fractions.

    Raises
    ------
    InputError : fewer than 250 returns, returns that do not move, or no best fit.
    """
    check_series(returns, "returns")
    if len(returns) < LEAST:
        raise InputError(
            f"there are {len(returns)} returns; a GARCH model needs {LEAST}.",
            field="returns",
            remedy="Use exponential weights or load a longer history.",
        )
    if float(np.std(returns)) < STILL:
        raise InputError("the returns do not move: they have no volatility.", field="returns")
    from scipy.optimize import minimize

    from terminal.risk import garch_kernels as kernels

    x = np.ascontiguousarray(returns * PERCENT)
    centred = x - x.mean()
    weight = BACKCAST_DECAY ** np.arange(min(BACKCAST, len(x)))
    before = float(weight @ centred[: len(weight)] ** 2 / weight.sum())
    before = max(before, 1e-12)
    out = np.empty(len(x) + 1)
    mean, variance = float(x.mean()), float(x.var())
    if model == "garch":
        names: tuple[str, ...] = GARCH
        begin = [mean, 0.05 * variance, 0.08, 0.87]
        deviance = _garch(x, before, out, kernels.garch)
    else:
        names = EGARCH
        begin = [mean, 0.05 * math.log(variance), 0.15, -0.05, 0.95]
        deviance = _egarch(x, math.log(before), out, kernels.egarch)
    point = np.array(begin)
    for _ in range(3):  # a restart frees a simplex that has folded
        found = minimize(
            deviance, point, method="Nelder-Mead",
            options={"maxiter": 3000, "xatol": 1e-6, "fatol": 1e-8},
        )  # fmt: skip
        point = np.asarray(found.x, dtype=np.float64)
    if not found.success or found.fun >= IMPOSSIBLE:
        raise InputError(
            f"the {model.upper()} model finds no best fit to these returns.",
            field="returns",
            remedy="Use exponential weights or another window.",
        )
    likelihood = -deviance(point)
    path = np.sqrt(out) / PERCENT
    return _fit(dict(zip(names, point.tolist(), strict=True)), likelihood, path, periods)


def _garch(
    x: FloatArray, before: float, out: FloatArray, kernel: Callable[..., float]
) -> Callable[[FloatArray], float]:
    def deviance(point: FloatArray) -> float:
        mu, omega, alpha, beta = point.tolist()
        if omega <= 0.0 or alpha < 0.0 or beta < 0.0 or alpha + beta >= 1.0:
            return IMPOSSIBLE
        return float(kernel(x, mu, omega, alpha, beta, before, out))

    return deviance


def _egarch(
    x: FloatArray, before: float, out: FloatArray, kernel: Callable[..., float]
) -> Callable[[FloatArray], float]:
    def deviance(point: FloatArray) -> float:
        mu, omega, alpha, gamma, beta = point.tolist()
        if abs(beta) >= 1.0:
            return IMPOSSIBLE
        value = float(kernel(x, mu, omega, alpha, gamma, beta, before, out))
        return value if math.isfinite(value) else IMPOSSIBLE

    return deviance


def _fit(
    parameters: dict[str, float], likelihood: float, path: FloatArray, periods: int
) -> GarchFit:
    following, mean = float(path[-1]), parameters["mu"] / PERCENT
    if "gamma[1]" in parameters:
        rule = Recursion(0.0, 0.0, 1.0, mean)
        ahead: tuple[float, ...] = (following**2,)
    else:
        alpha, beta = parameters["alpha[1]"], parameters["beta[1]"]
        rule = Recursion(parameters["omega"] / PERCENT**2, alpha, beta, mean)
        variances = [following**2]
        for _ in range(periods - 1):
            variances.append(rule.omega + (alpha + beta) * variances[-1])
        ahead = tuple(variances)
    return GarchFit(parameters, likelihood, Volatility(path[:-1], following, rule), ahead)
