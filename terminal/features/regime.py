"""States of the market and volatility, fitted again as time passes, on the past only.

A model is fitted on the returns up to a bar and used from that bar on, until the next fit. Fits are
made every `refit` bars counted from the first return, so a longer history changes no earlier value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.declare import bars, entry
from terminal.features.feature import Bars
from terminal.features.kernels import markov
from terminal.market.panel import FloatArray

regime = partial(
    entry,
    "regime",
    heavy=True,
    flows=False,
    warmup=lambda p: p.first,
    memory=lambda _: None,
)
STEPS = 30  # of expectation and maximisation at each fit; each begins where the last one ended


@dataclass(frozen=True)
class FitParams:
    """When a model is fitted.

    The first fit needs `first` returns; later ones use the last `longest` at most.
    """

    first: int = bars(500, "First fit", low=100, high=20_000)
    refit: int = bars(250, "Fitted again every", low=10, high=20_000)
    longest: int = bars(5000, "At most the last", low=100, high=100_000)


@dataclass(frozen=True)
class NormalStates:
    """States in the order of their variances: start (m,), move (m, m), mean (m,), variance (m,)."""

    start: FloatArray
    move: FloatArray
    mean: FloatArray
    variance: FloatArray


def first_guess(x: FloatArray, states: int) -> NormalStates:
    """Sticky states that differ in variance: from a half of the variance of x to its double."""
    spread = np.geomspace(0.4, 2.5, states)
    move = np.full((states, states), 0.05 / max(states - 1, 1))
    np.fill_diagonal(move, 0.95)
    return NormalStates(
        start=np.full(states, 1.0 / states),
        move=move,
        mean=np.full(states, x.mean()),
        variance=max(float(x.var()), 1e-12) * spread,
    )


def fit_states(x: FloatArray, guess: NormalStates, steps: int = STEPS) -> NormalStates:
    """Maximum likelihood from a guess; float64 x (n,)."""
    start, move = guess.start.copy(), guess.move.copy()
    mean, variance = guess.mean.copy(), guess.variance.copy()
    floor = max(float(x.var()) * 1e-3, 1e-14)
    for _ in range(steps):
        markov.refine(x, start, move, mean, variance, floor)
    order = np.argsort(variance, kind="stable")
    return NormalStates(start[order], move[np.ix_(order, order)], mean[order], variance[order])


def filtered(x: FloatArray, states: NormalStates) -> FloatArray:
    """P(state | past and present), float64 (n, m)."""
    out, scale = np.empty((len(x), len(states.start))), np.empty(len(x))
    markov.forward(x, states.start, states.move, states.mean, states.variance, out, scale)
    return out


def _windows(n: int, p: FitParams) -> list[tuple[int, int, int]]:
    """(first, fitted up to, used up to) of every fit, by places in the returns."""
    return [
        (max(0, stop - p.longest), stop, min(stop + p.refit, n))
        for stop in range(p.first, n + 1, p.refit)
    ]


def _through_time(
    b: Bars, p: FitParams, model: Callable[[FloatArray, int], FloatArray]
) -> FloatArray:
    """Values from models fitted through time: `model(x, fitted)` fits x[:fitted], values all of x.

    The value at the bar of the last return fitted is the first from that fit.
    """
    returns = m.log_return(b)
    known = np.nonzero(np.isfinite(returns))[0]
    x = returns[known]
    out = np.full(len(returns), np.nan)
    for begin, stop, until in _windows(len(x), p):
        values = model(x[begin:until], stop - begin)
        out[known[stop - 1 : until]] = values[stop - begin - 1 :]
    return out


def _states(b: Bars, p: FitParams, states: int) -> Callable[[FloatArray, int], FloatArray]:
    kept: list[NormalStates] = []

    def model(x: FloatArray, fitted: int) -> FloatArray:
        past = np.ascontiguousarray(x[:fitted])
        guess = kept[-1] if kept else first_guess(past, states)
        kept.append(fit_states(past, guess))
        return filtered(np.ascontiguousarray(x), kept[-1])

    return model


HMM = "Hamilton (1989), filtered; fitted as Rabiner (1989)"


@regime("turbulence", "Probability of turbulence", "0 - 1", HMM, FitParams)
def turbulence(b: Bars, p: FitParams) -> FloatArray:
    """Filtered probability of the more volatile of two normal states of log returns."""
    model = _states(b, p, 2)
    return _through_time(b, p, lambda x, fitted: model(x, fitted)[:, 1])


@regime("crisis", "Probability of crisis", "0 - 1", HMM, FitParams)
def crisis(b: Bars, p: FitParams) -> FloatArray:
    """Filtered probability of the most volatile of three normal states of log returns."""
    model = _states(b, p, 3)
    return _through_time(b, p, lambda x, fitted: model(x, fitted)[:, 2])


@regime("calm", "Probability of calm", "0 - 1", HMM, FitParams)
def calm(b: Bars, p: FitParams) -> FloatArray:
    """Filtered probability of the least volatile of three normal states of log returns."""
    model = _states(b, p, 3)
    return _through_time(b, p, lambda x, fitted: model(x, fitted)[:, 0])


def fit_garch(x: FloatArray, guess: tuple[float, float]) -> tuple[float, float]:
    """alpha and beta of GARCH(1,1) around the variance of x, by maximum likelihood."""
    from scipy.optimize import minimize

    variance = max(float(np.mean(x**2)), 1e-16)
    out = np.empty_like(x)

    def deviance(point: FloatArray) -> float:
        alpha, beta = point
        if alpha < 0.0 or beta < 0.0 or alpha + beta >= 0.9999:
            return 1e10
        omega = variance * (1.0 - alpha - beta)
        return float(markov.garch_variance(x, omega, alpha, beta, variance, out))

    found = minimize(
        deviance, np.array(guess), method="Nelder-Mead", options={"maxiter": 200, "xatol": 1e-4}
    )
    return float(found.x[0]), float(found.x[1])


@regime(
    "garch",
    "GARCH volatility",
    "log return per bar",
    "Bollerslev (1986); variance targeting, Engle and Mezrich (1996)",
    FitParams,
)
def garch(b: Bars, p: FitParams) -> FloatArray:
    """Standard deviation of the next log return by GARCH(1,1)."""
    kept = [(0.08, 0.9)]

    def model(x: FloatArray, fitted: int) -> FloatArray:
        past = np.ascontiguousarray(x[:fitted])
        alpha, beta = fit_garch(past, kept[-1])
        kept.append((alpha, beta))
        variance = max(float(np.mean(past**2)), 1e-16)
        omega = variance * (1.0 - alpha - beta)
        out = np.empty(len(x))
        markov.garch_variance(np.ascontiguousarray(x), omega, alpha, beta, variance, out)
        return np.sqrt(omega + alpha * x**2 + beta * out)

    return _through_time(b, p, model)
