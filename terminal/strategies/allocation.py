"""Allocation: weights by mean, variance, tail risk or trees, estimated anew at each rebalancing.

What the methods are and where they come from is in `terminal.portfolio`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.portfolio.constraints import FREE, Constraints, Limit, market_neutral
from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.mean_variance import AversionParams, TargetVolatilityParams
from terminal.portfolio.optimise import EXPECTED, METHODS
from terminal.portfolio.rebalancing import Bands
from terminal.portfolio.risk_budgets import BudgetParams
from terminal.portfolio.rolling import Columns, Recipe, Schedule, rolling_weights
from terminal.portfolio.tail_risk import TailRiskParams
from terminal.strategies.allocation_params import (
    BOTH,
    LONG,
    NEUTRAL,
    SECTOR_BUDGETS,
    TAILS,
    TO_VOLATILITY,
    AllocationParams,
)
from terminal.strategies.schedule import rebalance_rows
from terminal.strategies.strategy import Strategy
from terminal.strategies.volatility import own_returns

Names = npt.NDArray[np.str_]
NO_NAMES: Names = np.array([], dtype=np.str_)
BARS_IN_YEAR = 252.0


def targets(panel: Panel, params: AllocationParams) -> FloatArray:
    """On rebalancing bars: the method's weights of the instruments that have the look-back.

    Between them, and where the method has no answer (no instrument is expected to earn anything, a
    covariance that is singular), there is no opinion (NaN) and what is held stays.

    Raises
    ------
    InputError : the limits contradict each other, or no sector is known where one is asked for.
    """
    sectors = np.array(panel.sectors, dtype=np.str_)
    if not sectors.size and (params.method == SECTOR_BUDGETS or params.sector_most < 1.0):
        raise InputError(
            "The data set names no sectors.",
            field="method" if params.method == SECTOR_BUDGETS else "sector_most",
            remedy="Choose another method, and 1 as the most of one sector.",
        )
    decided = rebalance_rows(panel.ts, params.rebalance, params.every)
    decided[: warmup(params)] = False
    schedule = Schedule(params.lookback, params.purge, Bands(params.band, params.width, params.to))
    return rolling_weights(
        own_returns(panel.close), decided, recipe(params, sectors), schedule
    ).weights


def recipe(params: AllocationParams, sectors: Names = NO_NAMES) -> Recipe:
    """The portfolio room's recipe for these parameters; `sectors` of the instruments."""
    method = params.method
    own: object = None
    if method in TAILS:
        method, own = "tail-risk", TailRiskParams(measure=TAILS[method], tail=params.tail)
    elif method == "maximum-utility":
        own = AversionParams(params.risk_aversion)
    elif method == TO_VOLATILITY:
        own = TargetVolatilityParams(params.volatility / float(np.sqrt(BARS_IN_YEAR)))
    elif method == SECTOR_BUDGETS:
        method, own = "risk-budgets", partial(sector_budgets, sectors=sectors)
    return Recipe(
        method=method,
        method_params=own,
        covariance=params.covariance,
        expected=params.expected,
        constraints=partial(limits, params=params, sectors=sectors),
    )


def sector_budgets(columns: Columns, sectors: Names) -> BudgetParams:
    """The same part of the variance for each sector, shared equally by its instruments."""
    _, own, size = np.unique(sectors[columns], return_inverse=True, return_counts=True)
    return BudgetParams(tuple((1.0 / (len(size) * size[own])).tolist()))


def limits(
    window: FloatArray, columns: Columns, params: AllocationParams, sectors: Names = NO_NAMES
) -> Constraints:
    """The constraints of the instruments `columns`, whose returns (n_rows, n) are in `window`."""
    n = window.shape[1]
    share = params.invested
    # A hair more than equal shares, so that rounding does not make them impossible.
    most = share * min(1.0, max(params.most, (1.0 + 1e-9) / n))
    costs = params.cost * 1e-4 / params.pays_back
    shorts = params.sides != LONG
    of_each = sectors[columns] if sectors.size else NO_NAMES
    inside = sector_rows(of_each, params.sector_most, most / share, share, shorts)
    if params.sides == NEUTRAL:
        market = window.mean(axis=1)
        apart = market - market.mean()
        betas = window.T @ apart / max(float(apart @ apart), 1e-300)
        found = market_neutral(betas, gross=params.gross, most=most)
        found = replace(found, turnover=_limit(params, params.gross), limits=found.limits + inside)
    elif params.sides == BOTH:
        found = Constraints(-most, most, (share, share), params.gross, inside)
        found = replace(found, turnover=_limit(params, params.gross))
    else:
        found = Constraints(0.0, most, (share, share), None, inside, _limit(params, share))
    return replace(found, costs=costs)


def sector_rows(
    sectors: Names, asked: float, most: float, share: float, shorts: bool
) -> tuple[Limit, ...]:
    """A limit for each sector; none where `asked` is 1.

    Where sectors of few instruments of at most `most` could not hold the rest, all may hold the
    least that lets them.
    """
    if asked >= 1.0 or not sectors.size:
        return ()
    names, size = np.unique(sectors, return_counts=True)
    room = np.sort(size * most)
    below = np.concatenate([[0.0], np.cumsum(room)[:-1]])
    levels = (1.0 - below) / np.arange(len(room), 0, -1)
    needed = float(levels[np.flatnonzero(levels <= room)[0]]) * (1.0 + 1e-9)
    high = share * min(1.0, max(asked, needed))
    return tuple(
        Limit(f"sector {name}", (sectors == name).astype(float), -high if shorts else -FREE, high)
        for name in names.tolist()
    )


def _limit(params: AllocationParams, size: float) -> float | None:
    """None where no trade between weights of this size could exceed it: a smaller program."""
    return None if params.turnover >= min(10.0, 2.0 * size) else params.turnover


def words(params: AllocationParams) -> str:
    """What is done, in a sentence."""
    if params.method in TAILS:
        name, title = "tail-risk", f"Least {TAILS[params.method]}"
    elif params.method == SECTOR_BUDGETS:
        name, title = "risk-budgets", "Equal risk of each sector"
    else:
        name = params.method
        title = METHODS[name].title
    said = f"{title}, {COVARIANCES[params.covariance].title.lower()} covariance"
    if EXPECTED in METHODS[name].needs:
        said += f", expected returns by {EXPECTED_RETURNS[params.expected].title.lower()}"
    return f"{said}, {params.sides}"


def warmup(params: AllocationParams) -> int:
    """Bars before the first estimate: the look-back's returns, and those left out."""
    return params.lookback + params.purge


ALLOCATION: Strategy = Strategy(
    slug="allocation",
    title="Portfolio allocation",
    family="allocation",
    description="Holds the weights an optimiser gives, estimated anew at each rebalancing.",
    params_type=AllocationParams,
    warmup=warmup,
    targets=targets,
    words=words,
    costly=True,
)
