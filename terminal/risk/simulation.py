"""Tails by simulation: returns filtered by their volatility, and joint draws of all instruments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.conditional_volatility import Volatility
from terminal.risk.value_at_risk import Tail, historical, of_sample

MOST_LOGS = 50.0
"""Bounds of a drawn log return: beyond, only the number overflows."""


def filtered_historical(
    returns: FloatArray,
    volatility: Volatility,
    level: float,
    horizon: int = 1,
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> Tail:
    """Past surprises at today's volatility: Barone-Adesi, Giannopoulos and Vosper (1999).

    Over one period nothing is drawn: the tail is the empirical one of the rescaled returns.
    """
    rule = volatility.recursion
    surprises = (returns - rule.mean) / volatility.path
    if horizon == 1:
        return historical(rule.mean + surprises * volatility.following, level)
    paths = filtered_paths(surprises, volatility, horizon, draws=draws, seed=seed)
    return of_sample(paths[:, -1], level)


def filtered_paths(
    surprises: FloatArray, volatility: Volatility, horizon: int, *, draws: int, seed: int
) -> FloatArray:
    """Compounded returns of `draws` paths after 1 ... horizon periods: float64 (draws, horizon)."""
    rule, rng = volatility.recursion, np.random.default_rng(seed)
    variance = np.full(draws, volatility.following**2)
    wealth, out = np.ones(draws), np.empty((draws, horizon))
    for step in range(horizon):
        moved = rng.choice(surprises, draws) * np.sqrt(variance)
        wealth *= np.maximum(1.0 + rule.mean + moved, 0.0)
        variance = rule.omega + rule.alpha * moved**2 + rule.beta * variance
        out[:, step] = wealth - 1.0
    return out


@dataclass(frozen=True)
class JointDraws:
    """Draws of all instruments that any horizon can be reached with.

    Attributes
    ----------
    steps : float64 (draws, n), log returns of one period around their drift.
    drift : float64 (n,), of one period.
    """

    steps: FloatArray
    drift: FloatArray

    def outcomes(self, horizon: int) -> FloatArray:
        """Simple returns of every instrument over the horizon: float64 (draws, n)."""
        out = self.steps * np.sqrt(horizon)
        out += self.drift * horizon
        return np.asarray(np.expm1(np.clip(out, -MOST_LOGS, MOST_LOGS, out=out), out=out))


def joint_draws(
    mean: FloatArray,
    covariance: FloatArray,
    *,
    draws: int = 10_000,
    seed: int = 0,
    freedom: float | None = None,
) -> JointDraws:
    """Draw from simple returns' mean (n,) and covariance (n, n) per period.

    Log returns are jointly normal with the moments that give the simple returns their mean and
    covariance in one period; `freedom` above 2 makes them Student's t of the same covariance, with
    one mixing variable for all (tails come together). Draws come in opposite pairs.

    Raises
    ------
    InputError : fewer than two draws, or degrees of freedom of 2 or less.
    """
    if draws < 2:
        raise InputError(f"{draws} draws are too few.", field="draws")
    if freedom is not None and freedom <= 2.0:
        raise InputError(f"{freedom} degrees of freedom have no variance.", field="freedom")
    growth = 1.0 + mean
    logs = np.log1p(covariance / np.outer(growth, growth))
    values, vectors = np.linalg.eigh(logs)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rng, half = np.random.default_rng(seed), -(-draws // 2)
    steps = rng.standard_normal((half, len(mean))) @ root.T
    if freedom is not None:
        steps *= np.sqrt((freedom - 2.0) / rng.chisquare(freedom, half))[:, None]
    both = np.concatenate([steps, -steps])[:draws]
    return JointDraws(both, np.log(growth) - 0.5 * np.diag(logs))


def monte_carlo(
    weights: FloatArray,
    mean: FloatArray,
    covariance: FloatArray,
    level: float,
    horizon: int = 1,
    *,
    draws: int = 10_000,
    seed: int = 0,
    freedom: float | None = None,
) -> Tail:
    """The tail of what a book of units, kept over the horizon, would have earned."""
    made = joint_draws(mean, covariance, draws=draws, seed=seed, freedom=freedom)
    return of_sample(made.outcomes(horizon) @ weights, level)
