"""Factor portfolio: instruments by several price-based scores at once.

Each score is turned into standard deviations across the universe and the weighted sum ranks the
instruments (Asness, Moskowitz and Pedersen 2013, JF 68, combine value and momentum so).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies import scores
from terminal.strategies.schedule import every_param, rebalance_param, rebalance_rows
from terminal.strategies.sizing import invested_param, out_of_market
from terminal.strategies.strategy import Strategy

LONG_ONLY, LONG_AND_SHORT = "long only", "long and short"
EQUAL, INVERSE_VOLATILITY = "equal", "inverse volatility"


def _factor_param(default: float, name: str) -> Any:
    return param(
        default,
        title=f"Weight of {name}",
        low=-5,
        high=5,
        step=0.25,
        help=f"Of the {name} score in the sum; 0 leaves it out, below zero turns it round.",
    )


@dataclass(frozen=True)
class FactorParams:
    """The weight of each factor, the portfolio made of the sum, and the factors' windows."""

    of_momentum: float = _factor_param(1.0, "momentum")
    of_low_volatility: float = _factor_param(1.0, "low volatility")
    of_reversal: float = _factor_param(0.0, "reversal")
    of_trend: float = _factor_param(1.0, "trend")
    share: float = param(
        0.25,
        title="Share held",
        low=0.02,
        high=0.5,
        step=0.01,
        help="Fraction of the universe bought, the highest sums first; with shorts, as many of the "
        "lowest are sold.",
    )
    sides: str = param(
        LONG_ONLY,
        title="Sides",
        choices=(LONG_ONLY, LONG_AND_SHORT),
        help="Long and short: half of the invested share on each side; needs short selling.",
    )
    weighting: str = param(
        EQUAL,
        title="Weights",
        choices=(EQUAL, INVERSE_VOLATILITY),
        help="Within a side: equal, or the calmer an instrument the more of it.",
    )
    lookback: int = scores.lookback_param()
    skip: int = scores.skip_param()
    volatility: int = scores.volatility_param()
    reversal: int = scores.reversal_param()
    trend: int = scores.trend_param()
    rebalance: str = rebalance_param()
    every: int = every_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        scores.require_skip(self.lookback, self.skip)
        if not any((self.of_momentum, self.of_low_volatility, self.of_reversal, self.of_trend)):
            raise InputError(
                "Every factor has the weight 0; there is nothing to rank by.",
                field="of_momentum",
                remedy="Give at least one factor a weight.",
            )


def targets(panel: Panel, params: FactorParams) -> FloatArray:
    """On rebalancing bars: the share with the highest sums, minus that with the lowest if asked.

    An instrument takes part once each factor with a weight is known of it, and its volatility where
    that decides weights. Without enough bars, or without one now, it has no opinion (NaN). Fewer
    than two in the ranking: none is held.
    """
    total = combined(panel.close, params)
    size = np.ones(total.shape)
    if params.weighting == INVERSE_VOLATILITY:
        size = -1.0 / scores.low_volatility(panel.close, params.volatility)
    known = np.isfinite(total) & np.isfinite(size)
    side = params.invested * (0.5 if params.sides == LONG_AND_SHORT else 1.0)
    out = out_of_market(panel.close, warmup(params))
    decided = rebalance_rows(panel.ts, params.rebalance, params.every)
    for row in np.flatnonzero(decided):
        ranked = scores.order(total[row], known[row])
        if ranked.size < 2:
            continue
        count = max(1, int(ranked.size * params.share + 1e-9))
        best, worst = ranked[-count:], ranked[:count]
        out[row, best] = side * size[row, best] / size[row, best].sum()
        if params.sides == LONG_AND_SHORT:
            out[row, worst] = -side * size[row, worst] / size[row, worst].sum()
    return np.where(decided[:, None], out, np.nan)


def combined(close: FloatArray, params: FactorParams) -> FloatArray:
    """Sum of weight times z-score of the factors that have a weight; NaN where one is unknown."""
    total = np.where(np.isfinite(close), 0.0, np.nan)
    if params.of_momentum:
        raw = scores.momentum(close, params.lookback, params.skip)
        total = total + params.of_momentum * scores.cross_z(raw)
    if params.of_low_volatility:
        raw = scores.low_volatility(close, params.volatility)
        total = total + params.of_low_volatility * scores.cross_z(raw)
    if params.of_reversal:
        raw = scores.reversal(close, params.reversal)
        total = total + params.of_reversal * scores.cross_z(raw)
    if params.of_trend:
        raw = scores.trend(close, params.trend)
        total = total + params.of_trend * scores.cross_z(raw)
    return total


def warmup(params: FactorParams) -> int:
    """Bars before the slowest factor with a weight is known."""
    needed = [0]
    if params.of_momentum:
        needed.append(params.lookback)
    if params.of_low_volatility or params.weighting == INVERSE_VOLATILITY:
        needed.append(params.volatility)
    if params.of_reversal:
        needed.append(params.reversal)
    if params.of_trend:
        needed.append(params.trend - 1)
    return max(needed)


FACTOR_PORTFOLIO = Strategy(
    slug="factor-portfolio",
    title="Factor portfolio",
    family="factors",
    description="Holds what ranks highest by momentum, low volatility, reversal and trend at once.",
    params_type=FactorParams,
    warmup=warmup,
    targets=targets,
)
