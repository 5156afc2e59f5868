"""Losses beyond a high threshold: the generalised Pareto distribution (McNeil and Frey 2000)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.value_at_risk import Tail, cutoff_of, root_time

THRESHOLD = 0.9
LEAST_BEYOND = 20


@dataclass(frozen=True)
class Pareto:
    """Shape xi and scale beta of losses beyond a threshold, and the fit's log likelihood."""

    xi: float
    beta: float
    log_likelihood: float


def fit_pareto(excess: FloatArray) -> Pareto:
    """Maximum likelihood from float64 (n,) excesses above 0.

    Raises
    ------
    InputError : fewer than 20 excesses, or one below 0.
    """
    if len(excess) < LEAST_BEYOND or excess.min() < 0:
        raise InputError(
            f"{len(excess)} losses lie beyond the threshold; {LEAST_BEYOND} are needed.",
            field="returns",
            remedy="Load a longer history or lower the threshold.",
        )
    from scipy.stats import genpareto

    scale = float(excess.mean())  # at ease at 1: losses of a day are hundredths
    xi, _, beta = genpareto.fit(excess / scale, floc=0)
    likelihood = float(genpareto.logpdf(excess, xi, 0, beta * scale).sum())
    return Pareto(float(xi), float(beta) * scale, likelihood)


@dataclass(frozen=True)
class Beyond:
    """The tail beyond a threshold: where it starts, the share of returns in it, and its shape."""

    start: float
    share: float
    fit: Pareto
    mean: float
    threshold: float


def beyond_threshold(returns: FloatArray, threshold: float = THRESHOLD) -> Beyond:
    """Fit the losses of float64 (T,) beyond their `threshold` quantile.

    Raises
    ------
    InputError : too few losses are beyond it.
    """
    losses = -returns
    start = float(np.quantile(losses, threshold))
    excess = losses[losses > start] - start
    share = len(excess) / len(losses)
    return Beyond(start, share, fit_pareto(excess), float(returns.mean()), threshold)


def extreme_value(beyond: Beyond, level: float, horizon: int = 1) -> Tail:
    """McNeil, Frey and Embrechts (2015), eq. 5.18 and 5.19.

    Raises
    ------
    InputError : the level is not beyond the threshold, or the tail is so heavy (xi of 1 or more)
        that it has no mean.
    """
    cutoff, fit = cutoff_of(level), beyond.fit
    if level <= beyond.threshold:
        raise InputError(
            f"level {level} is not beyond the threshold {beyond.threshold}.", field="level"
        )
    if fit.xi >= 1.0:
        raise InputError("the tail is too heavy to have a mean.", field="returns")
    ratio = cutoff / beyond.share
    grown = -np.log(ratio) if abs(fit.xi) < 1e-9 else (ratio**-fit.xi - 1.0) / fit.xi
    var = beyond.start + fit.beta * float(grown)
    shortfall = (var + fit.beta - fit.xi * beyond.start) / (1.0 - fit.xi)
    return root_time(Tail(var, shortfall), beyond.mean, horizon)
