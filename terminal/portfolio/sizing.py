"""How large a position is: by what it may lose, by volatility, by Kelly, by what is held already.

Sizes are shares of equity. Each rule takes a `multiplier`, which a regime or a person's doubt makes
smaller (or larger): it scales the risk that is taken, before any cap.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import checked_covariance, checked_vector
from terminal.portfolio.constraints import Constraints
from terminal.portfolio.mean_variance import AversionParams
from terminal.portfolio.optimise import optimise
from terminal.portfolio.problem import Problem


def regime_multiplier(regime: str, multipliers: Mapping[str, float]) -> float:
    """The multiplier of `regime`; InputError when it has none or one below zero."""
    if regime not in multipliers:
        raise InputError(
            f"There is no multiplier for the regime {regime!r}; given: "
            f"{', '.join(multipliers) or 'none'}.",
            field="multipliers",
        )
    return _from_zero("The multiplier", multipliers[regime])


def fixed_fraction(
    risk: float, stop_distance: FloatArray | float, *, most: float = 1.0, multiplier: float = 1.0
) -> FloatArray:
    """Size at which the stop costs `risk` of the equity.

    Parameters
    ----------
    risk : share of equity lost at the stop.
    stop_distance : |entry - stop| / entry of each position, above zero.
    most : of one position.
    """
    distance = np.asarray(stop_distance, dtype=np.float64)
    if not (np.isfinite(distance).all() and (distance > 0).all()):
        raise InputError("The distance to the stop must be above zero.", field="stop_distance")
    wanted = _from_zero("The risk", risk) * _from_zero("The multiplier", multiplier) / distance
    return np.asarray(np.minimum(wanted, most), dtype=np.float64)


def volatility_target(
    weights: FloatArray,
    covariance: FloatArray,
    target: float,
    *,
    most: float = 1.0,
    multiplier: float = 1.0,
) -> FloatArray:
    """`weights` scaled as a whole to the volatility `target`, their correlations counted.

    Parameters
    ----------
    target : of the period of the covariance.
    most : of the sum of absolute weights.
    """
    sigma = checked_covariance(covariance)
    w = checked_vector(weights, len(sigma), "The weight")
    volatility = float(np.sqrt(max(float(w @ sigma @ w), 0.0)))
    gross = float(np.abs(w).sum())
    if volatility <= 0 or gross <= 0:
        return np.zeros(len(w))
    wanted = _from_zero("The target", target) * _from_zero("The multiplier", multiplier)
    return np.asarray(w * min(wanted / volatility, most / gross))


def kelly_bet(probability: float, odds: float) -> float:
    """Share of the money to bet: p - (1 - p) / b (Kelly 1956); 0 where the bet is not worth it.

    Parameters
    ----------
    odds : b, what is won for each unit bet.
    """
    if not 0.0 <= probability <= 1.0:
        raise InputError(
            f"The probability is {probability:g}; allowed: 0 to 1.", field="probability"
        )
    if not odds > 0:
        raise InputError(f"The odds are {odds:g}; they must be above zero.", field="odds")
    return max(0.0, probability - (1.0 - probability) / odds)


def kelly(
    mean: float,
    variance: float,
    *,
    fraction: float = 0.5,
    most: float = 1.0,
    multiplier: float = 1.0,
) -> float:
    """fraction * mean / variance, within +-most: the growth-optimal share (Thorp 2006).

    Parameters
    ----------
    mean : expected return above the risk-free rate, of the period of the variance.
    fraction : of full Kelly; half of it has three quarters of the growth.
    """
    if not variance > 0:
        raise InputError(f"The variance is {variance:g}; it must be above zero.", field="variance")
    share = _from_zero("The fraction", fraction) * _from_zero("The multiplier", multiplier)
    return float(np.clip(share * mean / variance, -most, most))


def kelly_weights(
    mean: FloatArray,
    covariance: FloatArray,
    *,
    fraction: float = 0.5,
    most: float = 1.0,
    gross: float = 1.0,
    long_only: bool = True,
    multiplier: float = 1.0,
    symbols: tuple[str, ...] = (),
) -> FloatArray:
    """Most mean'w - w'Sw / (2 * fraction) with |w| <= most and a sum of |w| of at most `gross`.

    Without a binding limit that is fraction * S^-1 mean; with one, the rest is chosen anew rather
    than cut off.

    Raises
    ------
    InputError : the covariance is singular, a size is below zero.
    """
    share = _from_zero("The fraction", fraction) * _from_zero("The multiplier", multiplier)
    if share <= 0:
        return np.zeros(len(covariance))
    limits = Constraints(
        low=0.0 if long_only else -most, high=most, net=(-np.inf, np.inf), gross=gross
    )
    problem = Problem(covariance, mean, symbols=symbols, constraints=limits)
    return optimise(problem, "maximum-utility", AversionParams(1.0 / share)).weights


def room_beside(
    held: FloatArray, covariance: FloatArray, column: int, target: float, *, side: float = 1.0
) -> float:
    """The largest further size of one instrument at which the whole stays within `target`.

    Counts how it moves with what is held: a position that hedges finds more room than one that
    repeats. 0 where adding any of it already exceeds the volatility `target`.

    Parameters
    ----------
    side : 1 long, -1 short; the size has its sign.
    """
    sigma = checked_covariance(covariance)
    w = checked_vector(held, len(sigma), "The weight")
    # a x^2 + 2 b x + c <= 0 with x >= 0 in the direction of the side.
    a = float(sigma[column, column])
    b = float(side * (sigma @ w)[column])
    c = float(w @ sigma @ w) - _from_zero("The target", target) ** 2
    inside = b * b - a * c
    if inside <= 0:
        return 0.0
    return float(side * max(0.0, (-b + np.sqrt(inside)) / a))


def correlation_scaled(sizes: FloatArray, correlation: FloatArray) -> FloatArray:
    """Sizes made smaller by how alike the positions are.

    The sum of the risks is divided by what it would be if all were independent: each size is
    multiplied with sqrt(sum of squares / s' R s), never above 1.

    Parameters
    ----------
    sizes : of risk, not of money: size times volatility where volatilities differ.
    """
    s = checked_vector(sizes, len(correlation), "The size")
    together = float(s @ correlation @ s)
    alone = float(s @ s)
    if together <= alone or together <= 0:
        return s
    return np.asarray(s * np.sqrt(alone / together))


def _from_zero(name: str, value: float) -> float:
    if not (np.isfinite(value) and value >= 0):
        raise InputError(f"{name} is {value:g}; it must be zero or more.", field=name.split()[-1])
    return float(value)
