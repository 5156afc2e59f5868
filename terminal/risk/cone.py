"""The value at risk of longer and longer horizons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray
from terminal.risk.conditional_volatility import Volatility
from terminal.risk.simulation import filtered_paths
from terminal.risk.value_at_risk import historical, of_sample

PERIODS = 20


@dataclass(frozen=True)
class ConePoint:
    """After `horizon` periods: quantiles of the return, of filtered simulation, losses negative.

    Attributes
    ----------
    low, middle, high : the 1 - level, one half and level quantiles of simulated returns.
    shortfall : mean beyond `low`. scaled : the historical value at risk by the root of time,
        as a return.
    """

    horizon: int
    low: float
    middle: float
    high: float
    shortfall: float
    scaled: float


def cone(
    returns: FloatArray,
    volatility: Volatility,
    level: float,
    *,
    periods: int = PERIODS,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[ConePoint, ...]:
    """Horizons of 0 ... `periods`, all from the same simulated paths."""
    surprises = (returns - volatility.recursion.mean) / volatility.path
    paths = filtered_paths(surprises, volatility, periods, draws=draws, seed=seed)
    points = [ConePoint(0, 0.0, 0.0, 0.0, 0.0, 0.0)]
    for horizon in range(1, periods + 1):
        outcomes = paths[:, horizon - 1]
        tail = of_sample(outcomes, level)
        middle, high = np.quantile(outcomes, (0.5, level))
        points.append(
            ConePoint(
                horizon,
                -tail.var,
                float(middle),
                float(high),
                -tail.shortfall,
                -historical(returns, level, horizon).var,
            )
        )
    return tuple(points)
