"""How much to bet on what a model says: López de Prado (2018), chapter 10.

Sizes are shares of a full position, from -1 (short) to 1 (long). Row t uses bets made at rows <= t.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.models.samples import IntArray


def size_from_probability(
    probability: FloatArray, side: FloatArray | float = 1.0, n_classes: int = 2
) -> FloatArray:
    """Size of a bet on a side whose probability is known (section 10.3, snippet 10.1).

        z = (p - 1/k) / sqrt(p (1 - p)),    m = side · (2 Φ(z) - 1)

    Parameters
    ----------
    probability : (n,), 0..1, of the side that is bet on. side : (n,) or one number, -1, 0 or 1.
    n_classes : k, how many outcomes there are.
    """
    p = np.asarray(probability, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise InputError("A probability is below 0 or above 1.", field="probability")
    with np.errstate(divide="ignore"):  # certain: z is infinite, the bet is whole
        z = (p - 1.0 / n_classes) / np.sqrt(p * (1.0 - p))
    return np.asarray(side * (2.0 * ndtr(z) - 1.0))


def size_of_answers(classes: FloatArray, answers: FloatArray) -> FloatArray:
    """Sizes from a classifier's answers (n, n_classes): a bet on its likeliest class.

    The side is the sign of the class (-1, 0, 1); where all classes are 0 or more, as in 0 and 1,
    the lowest is the other side of the highest.
    """
    sides = np.sign(classes) if classes.min() < 0 else np.sign(classes - classes.mean())
    chosen = np.argmax(answers, axis=1)
    probability = np.clip(answers[np.arange(len(answers)), chosen], 0.0, 1.0)
    return size_from_probability(probability, sides[chosen], len(classes))


def meta_size(side: FloatArray, probability: FloatArray) -> FloatArray:
    """Sizes of bets whose side is given and whose success a meta-model judges; never reversed.

    Parameters
    ----------
    side : (n,), -1 or 1, of the first model. probability : (n,), calibrated, that it is right.
    """
    return np.asarray(side * np.maximum(size_from_probability(probability), 0.0))


def average_active(bar: IntArray, end: IntArray, size: FloatArray, n_bars: int) -> FloatArray:
    """Mean size of the bets open at each row, 0 where there are none (section 10.4, snippet 10.2).

    Parameters
    ----------
    bar, end : int64 (n,): a bet counts at rows bar <= t < end. size : (n,).

    Returns
    -------
    float64 (n_bars,).
    """
    total, count = np.zeros(n_bars + 1), np.zeros(n_bars + 1)
    until = np.minimum(end, n_bars)
    np.add.at(total, bar, size)
    np.add.at(total, until, -size)
    np.add.at(count, bar, 1.0)
    np.add.at(count, until, -1.0)
    open_bets = np.cumsum(count)[:-1]
    found = np.cumsum(total)[:-1] / np.maximum(open_bets, 1.0)
    return np.where(open_bets > 0, found, 0.0)


def discretise(size: FloatArray, step: float) -> FloatArray:
    """Sizes rounded to multiples of a step, within -1..1 (section 10.5, snippet 10.3).

    Small changes of a size would otherwise each cost a trade.
    """
    if not 0 < step <= 1:
        raise InputError(
            f"The step of bet sizes is {step:g}; allowed: above 0, at most 1.", field="step"
        )
    return np.clip(np.round(np.asarray(size) / step) * step, -1.0, 1.0)


def sigmoid_width(divergence: float, size: float) -> float:
    """ω of the sigmoid at which a divergence gets a size (section 10.6, snippet 10.4)."""
    _check_divergence(divergence, size)
    return divergence**2 * (size**-2 - 1.0)


def sigmoid_size(width: float, divergence: FloatArray) -> FloatArray:
    """m = x / sqrt(ω + x²), x the forecast minus the price (section 10.6)."""
    x = np.asarray(divergence, dtype=np.float64)
    return np.asarray(x / np.sqrt(width + x * x))


def power_width(divergence: float, size: float) -> float:
    """ω of the power function at which a divergence of 0..1 gets a size (exercise 10.4)."""
    _check_divergence(divergence, size)
    if divergence >= 1:
        raise InputError("A divergence of the power function is below 1.", field="divergence")
    return math.log(size) / math.log(divergence)


def power_size(width: float, divergence: FloatArray) -> FloatArray:
    """m = sgn(x) |x|^ω for x in -1..1 (exercise 10.4)."""
    x = np.asarray(divergence, dtype=np.float64)
    if np.any(np.abs(x) > 1):
        raise InputError("A divergence of the power function lies in -1..1.", field="divergence")
    return np.asarray(np.sign(x) * np.abs(x) ** width)


def limit_price(target: int, position: int, forecast: float, width: float, largest: int) -> float:
    """Break-even limit price of an order from `position` to `target` units (snippet 10.4).

    The mean, over the units traded, of the price at which the sigmoid asks for the position each
    leads to. The snippet does so for long positions; here short ones have their sign. `largest` is
    the number of units of a full position, more than either.
    """
    if target == position:
        raise InputError("Target and position are the same: there is no order.", field="target")
    if largest <= max(abs(target), abs(position)):
        raise InputError("A full position must exceed target and position.", field="largest")
    step = 1 if target > position else -1
    held = range(position + step, target + step, step)
    each = [forecast - _divergence_of(width, units / largest) for units in held]
    return math.fsum(each) / len(each)


def _divergence_of(width: float, size: float) -> float:
    return size * math.sqrt(width / (1.0 - size * size))


def _check_divergence(divergence: float, size: float) -> None:
    if divergence <= 0 or not 0 < size < 1:
        raise InputError(
            f"A divergence of {divergence:g} cannot have the size {size:g}; allowed: a divergence "
            "above 0 and a size between 0 and 1.",
            field="size",
        )
