"""What each position adds to a tail: Euler contributions, which add up to the whole.

Value at risk, shortfall and volatility are homogeneous of degree one in the weights, so w_i times
the derivative after w_i are parts of the whole (Tasche 1999). Component = weight times marginal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import STILL
from terminal.risk.value_at_risk import cutoff_of


@dataclass(frozen=True)
class Components:
    """Of value at risk and of shortfall; losses are positive.

    Attributes
    ----------
    var, shortfall : float64 (n,), parts of the totals, adding up to them.
    marginal_var, marginal_shortfall : float64 (n,), change of the total a unit of weight.
    """

    var: FloatArray
    shortfall: FloatArray
    marginal_var: FloatArray
    marginal_shortfall: FloatArray


def volatility_components(weights: FloatArray, covariance: FloatArray) -> FloatArray:
    """Parts of the standard deviation: w_i (Σw)_i / σ, float64 (n,).

    Raises
    ------
    InputError : the book has no variance (a perfect hedge).
    """
    moved = covariance @ weights
    deviation = float(np.sqrt(max(float(weights @ moved), 0.0)))
    if deviation < STILL:
        raise InputError(
            "the book has no variance: its positions cancel.",
            field="weights",
            remedy="A perfect hedge has no parts to show.",
        )
    return np.asarray(weights * moved / deviation)


def normal_components(
    weights: FloatArray, mean: FloatArray, covariance: FloatArray, level: float, horizon: int = 1
) -> Components:
    """Of the normal tail (Garman 1996)."""
    cutoff = cutoff_of(level)
    z = -float(ndtri(cutoff))
    beyond = float(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)) / cutoff
    moved = covariance @ weights
    own = volatility_components(weights, covariance)
    slope = moved / own.sum() * np.sqrt(horizon)
    var, shortfall = z * slope - mean * horizon, beyond * slope - mean * horizon
    return Components(weights * var, weights * shortfall, var, shortfall)


def scenario_components(weights: FloatArray, scenarios: FloatArray, level: float) -> Components:
    """Of the empirical tail, from what each position did in the scenarios that make it up.

    The value at risk rests on the one or two scenarios the quantile lies between and is noisy part
    by part; the shortfall averages over the whole tail and is the one to act on.

    Parameters
    ----------
    scenarios : float64 (S, n), returns of the instruments, past or simulated.
    """
    cutoff = cutoff_of(level)
    outcomes = scenarios @ weights
    place = (len(outcomes) - 1) * cutoff
    below = int(place)
    above = min(below + 1, len(outcomes) - 1)
    order = np.argpartition(outcomes, (below, above))
    share = place - below
    at = (1.0 - share) * scenarios[order[below]] + share * scenarios[order[above]]
    worst = scenarios[order[: below + 1]].mean(axis=0)
    return Components(-weights * at, -weights * worst, -at, -worst)


def cornish_fisher_components(weights: FloatArray, returns: FloatArray, level: float) -> Components:
    """Of the modified value at risk (Boudt, Peterson and Croux 2008), by its derivatives.

    The derivatives of the third and fourth moment come from the returns directly, without the
    n x n x n arrays of co-moments. The shortfall's parts are those of the expansion's mean over the
    tail.
    """
    cutoff = cutoff_of(level)
    z = float(ndtri(cutoff))
    density = float(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi))
    mean_z = (-density / cutoff, 1.0 - z * density / cutoff, -density * (z * z + 2.0) / cutoff)
    means = returns.mean(axis=0)
    centred = returns - means
    p = centred @ weights
    n = len(p)
    m2, m3, m4 = (float(np.mean(p**k)) for k in (2, 3, 4))
    if m2 < STILL**2:
        raise InputError("the book has no variance: its positions cancel.", field="weights")
    d2, d3, d4 = (k * (p ** (k - 1) @ centred) / n for k in (2, 3, 4))
    deviation = np.sqrt(m2)
    skew, kurt = m3 / m2**1.5, m4 / m2**2 - 3.0
    d_deviation = d2 / (2.0 * deviation)
    d_skew = d3 / m2**1.5 - 1.5 * m3 / m2**2.5 * d2
    d_kurt = d4 / m2**2 - 2.0 * m4 / m2**3 * d2

    def marginal(z1: float, z2: float, z3: float) -> FloatArray:
        of_skew = (z2 - 1.0) / 6.0 - (2.0 * z3 - 5.0 * z1) * skew / 18.0
        of_kurt = (z3 - 3.0 * z1) / 24.0
        quantile = z1 + (z2 - 1.0) * skew / 6.0 + of_kurt * kurt
        quantile -= (2.0 * z3 - 5.0 * z1) * skew**2 / 36.0
        moved = of_skew * d_skew + of_kurt * d_kurt
        return np.asarray(-means - quantile * d_deviation - deviation * moved)

    var, shortfall = marginal(z, z * z, z**3), marginal(*mean_z)
    return Components(weights * var, weights * shortfall, var, shortfall)


def incremental_var(weights: FloatArray, returns: FloatArray, level: float) -> FloatArray:
    """Historical value at risk now, less that without each position (its weight to cash): (n,).

    Unlike components it does not add up: it answers what selling a whole position would change.
    """
    cutoff = cutoff_of(level)
    whole = returns @ weights
    without = whole - (returns * weights).T
    return np.asarray(tails(whole[None, :], cutoff)[0][0] - tails(without, cutoff)[0])


def tails(rows: FloatArray, cutoff: float) -> tuple[FloatArray, FloatArray]:
    """Historical value at risk and shortfall of each row of float64 (m, T), losses positive.

    The same numbers as `value_at_risk` and `conditional_value_at_risk` of the metrics, of many
    series with one partial sort.
    """
    n = rows.shape[1]
    place = (n - 1) * cutoff
    below = int(place)
    above = min(below + 1, n - 1)
    part = np.partition(rows, (below, above), axis=1)
    share = place - below
    quantile = part[:, below] + (part[:, above] - part[:, below]) * share
    return -quantile, -part[:, : below + 1].mean(axis=1)
