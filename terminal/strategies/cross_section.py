"""Cross-sectional momentum: own the relative winners, rebalanced weekly.

Jegadeesh and Titman (1993): rank by the return over a look-back that skips the most recent bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.indicators import lag, rate_of_change
from terminal.strategies.schedule import first_of_week
from terminal.strategies.strategy import Strategy


@dataclass(frozen=True)
class MomentumParams:
    """Look-back, skip and how many winners."""

    lookback: int = param(
        252,
        title="Look-back",
        low=5,
        high=2000,
        step=1,
        unit="bars",
        help="The return is measured from this many bars ago ...",
    )
    skip: int = param(
        21,
        title="Skip",
        low=0,
        high=500,
        step=1,
        unit="bars",
        help="... to this many bars ago, to leave short-term reversal out.",
    )
    share: float = param(
        0.25,
        title="Share held",
        low=0.05,
        high=0.5,
        step=0.05,
        help="Fraction of the universe bought; as many are sold short when allowed.",
    )
    invested: float = param(
        1.0,
        title="Invested share",
        low=0.05,
        high=1.0,
        step=0.05,
        help="Share of equity put to work on each side; both together are held to 1.",
    )

    def __post_init__(self) -> None:
        if self.skip >= self.lookback:
            raise InputError(
                f"Skip is {self.skip} and look-back {self.lookback}; skip must be shorter.",
                field="skip",
                remedy="Skip fewer bars or look back further.",
            )


def targets(panel: Panel, params: MomentumParams) -> FloatArray:
    """On the first bar of each week: equal weights in the top share, minus those in the bottom.

    Bars between have no opinion (NaN), so each week's weights are traded afresh.
    """
    past = lag(rate_of_change(panel.close, params.lookback - params.skip), params.skip)
    past = np.where(np.isfinite(panel.close), past, np.nan)
    out = np.full(panel.close.shape, np.nan)
    for row in np.flatnonzero(first_of_week(panel.ts)):
        known = np.flatnonzero(np.isfinite(past[row]))
        if known.size >= 2:
            out[row] = params.invested * _weights(past[row], known, params.share)
    return out


def _weights(past: FloatArray, known: np.ndarray, share: float) -> FloatArray:
    count = max(1, int(known.size * share + 1e-9))
    order = known[np.argsort(past[known], kind="stable")]
    weights = np.zeros(past.size)
    weights[order[-count:]] = 1.0 / count
    losers = order[: min(count, known.size - count)]
    weights[losers] -= 1.0 / count
    return weights


MOMENTUM = Strategy(
    slug="momentum",
    title="Cross-sectional momentum",
    family="momentum",
    description="Each week buys the instruments with the highest past return, equally weighted.",
    params_type=MomentumParams,
    warmup=lambda params: params.lookback,
    targets=targets,
)
