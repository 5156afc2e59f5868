"""Rotation: hold the strongest few of those above their average, and cash in place of the others.

Relative strength among sectors or asset classes, with a moving average that keeps out of falling
ones: Faber (2007, Journal of Wealth Management 9; 2010, Relative strength strategies for
investing); Moskowitz and Grinblatt (1999, JF 54) for industries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.indicators import sma
from terminal.strategies.schedule import every_param, rebalance_param, rebalance_rows
from terminal.strategies.scores import momentum, order, require_skip
from terminal.strategies.sizing import invested_param, out_of_market
from terminal.strategies.strategy import Strategy


@dataclass(frozen=True)
class RotationParams:
    """How strength is measured, and how many are held."""

    most: int = param(
        3,
        title="Held at most",
        low=1,
        high=100,
        step=1,
        help="The strongest so many are held, each with the same share; a share that nothing "
        "qualifies for stays in cash.",
    )
    lookback: int = param(
        126,
        title="Look-back",
        low=2,
        high=2000,
        step=1,
        unit="bars",
        help="Strength is the return from this many bars ago ...",
    )
    skip: int = param(
        0,
        title="Skip",
        low=0,
        high=500,
        step=1,
        unit="bars",
        help="... to this many bars ago; sectors and asset classes reverse less than stocks.",
    )
    average: int = param(
        200,
        title="Moving average",
        low=0,
        high=2000,
        step=1,
        unit="bars",
        help="Only what closes above its average of these bars is held; 0: no such condition.",
    )
    rebalance: str = rebalance_param()
    every: int = every_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        require_skip(self.lookback, self.skip)


def targets(panel: Panel, params: RotationParams) -> FloatArray:
    """On rebalancing bars: `invested / most` in each of the strongest that are above their average.

    An instrument without enough bars, or without one now, has no opinion (NaN); the others not held
    are 0.
    """
    strength = momentum(panel.close, params.lookback, params.skip)
    known = np.isfinite(strength)
    if params.average:
        known &= panel.close > sma(panel.close, params.average)
    out = out_of_market(panel.close, warmup(params))
    decided = rebalance_rows(panel.ts, params.rebalance, params.every)
    for row in np.flatnonzero(decided):
        strongest = order(strength[row], known[row])[-params.most :]
        out[row, strongest] = params.invested / params.most
    return np.where(decided[:, None], out, np.nan)


def warmup(params: RotationParams) -> int:
    """Bars before both strength and average are known."""
    return max(params.lookback, params.average - 1)


ROTATION = Strategy(
    slug="rotation",
    title="Rotation",
    family="rotation",
    description="Holds the strongest sectors, funds or instruments above their average, else cash.",
    params_type=RotationParams,
    warmup=warmup,
    targets=targets,
)
