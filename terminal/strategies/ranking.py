"""Long-short ranking: long the best part of the universe, short the worst, neutral by choice.

Quantile portfolios after Jegadeesh and Titman (1993, JF 48); neutral in beta by the sizes of the
two sides, as Frazzini and Pedersen (2014, JFE 111) balance theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies import scores
from terminal.strategies.schedule import every_param, rebalance_param, rebalance_rows
from terminal.strategies.scores import order
from terminal.strategies.sizing import invested_param, out_of_market
from terminal.strategies.strategy import Strategy
from terminal.strategies.volatility import market_return, own_returns, rolling_beta

MOMENTUM, REVERSAL, LOW_VOLATILITY = "momentum", "short-term reversal", "low volatility"
DOLLAR, BETA = "dollar-neutral", "beta-neutral"


@dataclass(frozen=True)
class RankingParams:
    """What is ranked, into how many groups, and what the two sides are to cancel."""

    signal: str = param(
        MOMENTUM,
        title="Ranked by",
        choices=(MOMENTUM, REVERSAL, LOW_VOLATILITY),
        help="Momentum buys past winners, short-term reversal the latest losers, low volatility "
        "the calmest instruments. Each has its own window below.",
    )
    groups: int = param(
        5,
        title="Groups",
        low=2,
        high=20,
        step=1,
        help="The ranking is cut into this many groups, 5 for quintiles: the best is bought and "
        "the worst sold short, equally weighted.",
    )
    neutral: str = param(
        DOLLAR,
        title="Neutral in",
        choices=(DOLLAR, BETA),
        help="Dollar-neutral: as much long as short. Beta-neutral: as much market exposure long as "
        "short; nothing is held where a side's beta is not above zero.",
    )
    lookback: int = scores.lookback_param()
    skip: int = scores.skip_param()
    reversal: int = scores.reversal_param()
    volatility: int = scores.volatility_param()
    beta: int = param(
        126,
        title="Beta window",
        low=10,
        high=2000,
        step=1,
        unit="bars",
        help="Beta-neutral: returns of these bars are regressed on the equally weighted "
        "universe's.",
    )
    rebalance: str = rebalance_param()
    every: int = every_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        scores.require_skip(self.lookback, self.skip)


def targets(panel: Panel, params: RankingParams) -> FloatArray:
    """On rebalancing bars: equal weights in the best group, minus equal weights in the worst.

    Long and short together make up the invested share. An instrument takes part once it has its
    score (and its beta, where that counts); before its warm-up, or without a bar, it has no opinion
    (NaN), after it but without a score it is not held. Fewer than two in the ranking: none is.
    """
    score = _score(panel.close, params)
    betas = np.ones(panel.close.shape)
    if params.neutral == BETA:
        returns = own_returns(panel.close)
        betas = rolling_beta(returns, market_return(returns), params.beta)
    known = np.isfinite(score) & np.isfinite(betas)
    out = out_of_market(panel.close, warmup(params))
    decided = rebalance_rows(panel.ts, params.rebalance, params.every)
    for row in np.flatnonzero(decided):
        ranked = order(score[row], known[row])
        if ranked.size >= 2:
            count = max(1, ranked.size // params.groups)
            best, worst = ranked[-count:], ranked[:count]
            long, short = sides(betas[row, best].mean(), betas[row, worst].mean())
            out[row, best] = params.invested * long / count
            out[row, worst] = -params.invested * short / count
    return np.where(decided[:, None], out, np.nan)


def sides(beta_long: float, beta_short: float) -> tuple[float, float]:
    """Shares of long and short, adding up to 1, whose market exposures cancel.

    Both are zero where a beta is not above zero: no sizes would cancel.
    """
    if not (beta_long > 0.0 and beta_short > 0.0):
        return 0.0, 0.0
    both = beta_long + beta_short
    return beta_short / both, beta_long / both


def warmup(params: RankingParams) -> int:
    """Bars before the first score, and the first beta where that counts."""
    of_signal = {
        MOMENTUM: params.lookback,
        REVERSAL: params.reversal,
        LOW_VOLATILITY: params.volatility,
    }[params.signal]
    return max(of_signal, params.beta) if params.neutral == BETA else of_signal


def _score(close: FloatArray, params: RankingParams) -> FloatArray:
    if params.signal == MOMENTUM:
        return scores.momentum(close, params.lookback, params.skip)
    if params.signal == REVERSAL:
        return scores.reversal(close, params.reversal)
    return scores.low_volatility(close, params.volatility)


LONG_SHORT = Strategy(
    slug="long-short",
    title="Long-short ranking",
    family="cross-section",
    description="Buys the best-ranked part of the universe and sells the worst; needs short "
    "selling.",
    params_type=RankingParams,
    warmup=warmup,
    targets=targets,
)
