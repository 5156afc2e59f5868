"""Returns of a portfolio that money came into and went out of.

Time-weighted: what a unit earned that stayed all the time; no flow moves it. Money-weighted: the
rate at which all flows and the end balance; the timing of flows counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray

YEAR = 365.0
STEEPEST = 12.0
"""Logarithm of the highest and lowest yearly growth that is looked for."""


def linked(returns: FloatArray) -> float:
    """Product of (1 + r), less 1: time-weighted where each r is of a period without flows."""
    return float(np.prod(1.0 + returns) - 1.0)


def modified_dietz(begin: float, end: float, flows: Sequence[tuple[float, float]]) -> float | None:
    """Gain over average capital (Dietz 1966, flows weighted by the time they were there).

    Parameters
    ----------
    flows : (amount, share of the period that it was there, 0 to 1); amounts in are above 0.

    Returns
    -------
    None where the average capital is not above 0.

    Raises
    ------
    InputError : a share outside 0 to 1.
    """
    for amount, share in flows:
        if not 0.0 <= share <= 1.0:
            raise InputError(f"the share of the flow {amount} is {share}; 0 to 1 is allowed.")
    average = begin + sum(amount * share for amount, share in flows)
    if average <= 0.0:
        return None
    return (end - begin - sum(amount for amount, _ in flows)) / average


def money_weighted(flows: Sequence[tuple[date, float]], end: date, worth: float) -> float | None:
    """Yearly rate at which flows grow to `worth` (internal rate of return, 365 days a year).

    Of several such rates the one nearest to 0. None where there is none.

    Parameters
    ----------
    flows : (day, amount), in above 0; what stood there at the beginning is the first of them.
    """
    years = np.array([(end - day).days / YEAR for day, _ in flows])
    amounts = np.array([amount for _, amount in flows])
    kept = amounts != 0.0
    years, amounts = years[kept], amounts[kept]
    if not years.size or years.max() <= 0.0:
        return None

    def gap(growth: float) -> float:
        return float(amounts @ np.exp(np.clip(growth * years, -700.0, 700.0))) - worth

    grid = np.concatenate([-np.geomspace(STEEPEST, 1e-3, 120), [0.0],
                           np.geomspace(1e-3, STEEPEST, 120)])  # fmt: skip
    gaps = np.array([gap(point) for point in grid])
    exact = np.flatnonzero(gaps == 0.0)
    roots = [float(grid[k]) for k in exact]
    for k in np.flatnonzero(gaps[:-1] * gaps[1:] < 0.0).tolist():
        roots.append(_bisect(gap, float(grid[k]), float(grid[k + 1])))
    return float(np.expm1(min(roots, key=abs))) if roots else None


def _bisect(gap: Callable[[float], float], low: float, high: float) -> float:
    rising = gap(high) > 0.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if (gap(middle) > 0.0) == rising:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def contributions(profit: FloatArray, base: FloatArray, returns: FloatArray) -> FloatArray:
    """What each part added to the linked return: float64 (n,), which add up to it exactly.

    A day's part is profit / base, times what a unit invested at the beginning had become before
    it: the parts are those of that unit.

    Parameters
    ----------
    profit : (T, n). base, returns : (T,), with profit.sum(axis=1) = base * returns.
    """
    sound = base > 0.0
    grown = np.concatenate([[1.0], np.cumprod(1.0 + returns)[:-1]])
    weight = np.where(sound, grown / np.where(sound, base, 1.0), 0.0)
    return np.asarray(weight @ profit)
