"""Allocation: weights by mean, variance, tail risk or trees, estimated anew at each rebalancing.

What the methods are and where they come from is in `terminal.portfolio`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.portfolio.constraints import Constraints, market_neutral
from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.mean_variance import AversionParams
from terminal.portfolio.optimise import EXPECTED, METHODS
from terminal.portfolio.rebalancing import ABSOLUTE, NONE, RELATIVE, TO_EDGE, TO_TARGET, Bands
from terminal.portfolio.rolling import Recipe, Schedule, rolling_weights
from terminal.portfolio.tail_risk import TailRiskParams
from terminal.strategies.schedule import every_param, rebalance_param, rebalance_rows
from terminal.strategies.sizing import invested_param
from terminal.strategies.strategy import Strategy
from terminal.strategies.volatility import own_returns

LONG, BOTH, NEUTRAL = "long only", "long and short", "market-neutral"
LEAST_CVAR = "minimum-cvar"
OF_FORM = (
    "hrp",
    "herc",
    "nco",
    "equal-risk",
    "inverse-volatility",
    "equal-weight",
    "minimum-variance",
    "maximum-diversification",
    LEAST_CVAR,
    "maximum-sharpe",
    "maximum-utility",
)
LONG_METHODS = frozenset({"equal-risk", "hrp", "herc", "nco", "inverse-volatility", "equal-weight"})
"""Their own weights are all long."""


@dataclass(frozen=True)
class AllocationParams:
    """Method, estimates, limits, and when it trades."""

    method: str = param(
        "hrp",
        title="Method",
        choices=OF_FORM,
        help="hrp, herc and nco follow a tree of what moves together; equal-risk gives each the "
        "same part of the variance; maximum-sharpe and maximum-utility need expected returns, the "
        "others do without.",
    )
    covariance: str = param(
        "ledoit-wolf",
        title="Covariance",
        choices=tuple(COVARIANCES),
        help="How it is estimated from the look-back's returns; shrunk, denoised and factor ones "
        "can be used with few bars.",
    )
    expected: str = param(
        "stein",
        title="Expected returns",
        choices=tuple(EXPECTED_RETURNS),
        help="How they are estimated, for the methods that need them.",
    )
    lookback: int = param(
        252,
        title="Look-back",
        low=10,
        high=5000,
        step=1,
        unit="bars",
        help="Returns of these bars are what every estimate is made of.",
    )
    purge: int = param(
        0,
        title="Left out before a decision",
        low=0,
        high=500,
        step=1,
        unit="bars",
        help="The latest bars are not used in the estimates.",
    )
    rebalance: str = rebalance_param()
    every: int = every_param()
    sides: str = param(
        LONG,
        title="Sides",
        choices=(LONG, BOTH, NEUTRAL),
        help="Long and short sum to the invested share with sizes of at most Gross; market-neutral "
        "has as much short as long and no beta to the mean of all, for methods with expected "
        "returns.",
    )
    most: float = param(
        0.25,
        title="Most of one instrument",
        low=0.01,
        high=1.0,
        step=0.01,
        help="Share of the invested part; where fewer instruments take part than that needs, "
        "equal shares.",
    )
    gross: float = param(
        1.5,
        title="Gross",
        low=0.1,
        high=5.0,
        step=0.1,
        help="Sum of the sizes of both sides, where both are allowed; the account's leverage "
        "limits it further.",
    )
    turnover: float = param(
        10.0,
        title="Most turnover",
        low=0.01,
        high=10.0,
        step=0.05,
        help="Bought and sold at one rebalancing, as a share of equity; 10 is no limit.",
    )
    band: str = param(
        NONE,
        title="Drift band",
        choices=(NONE, ABSOLUTE, RELATIVE),
        help="Nothing is traded while every weight is this near to its target.",
    )
    width: float = param(
        0.02,
        title="Band width",
        low=0.001,
        high=1.0,
        step=0.005,
        help="Each side of the target: of equity (absolute) or of the target (relative).",
    )
    to: str = param(
        TO_TARGET,
        title="Trade",
        choices=(TO_TARGET, TO_EDGE),
        help="How far, once a weight has left its band.",
    )
    risk_aversion: float = param(
        2.0,
        title="Risk aversion",
        low=0.01,
        high=1000.0,
        step=0.5,
        help="Of maximum-utility: one unit of variance is worth half of this in expected return.",
    )
    tail: float = param(
        0.05,
        title="Tail",
        low=0.01,
        high=0.5,
        step=0.01,
        help="Of minimum-cvar: the share of bars that are called the worst.",
    )
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if self.method == LEAST_CVAR and self.tail * self.lookback < 1.0:
            raise InputError(
                f"A tail of {self.tail:g} of {self.lookback} bars is less than one bar.",
                field="tail",
                remedy="Look back further or take a larger tail.",
            )
        if self.sides == NEUTRAL and self.method not in ("maximum-sharpe", "maximum-utility"):
            raise InputError(
                f"Market-neutral with {self.method} is holding nothing: without expected returns "
                "there is no reason for either side.",
                field="sides",
                remedy="Choose maximum-sharpe or maximum-utility, or other sides.",
            )
        if self.sides == BOTH and self.method in LONG_METHODS:
            raise InputError(
                f"{self.method} is long only by itself.",
                field="sides",
                remedy="Choose long only, or a method that can be short.",
            )
        if self.sides == BOTH and self.gross < self.invested:
            raise InputError(
                f"Gross is {self.gross:g} and the invested share {self.invested:g}; gross cannot "
                "be less.",
                field="gross",
                remedy="Raise gross or invest less.",
            )


def targets(panel: Panel, params: AllocationParams) -> FloatArray:
    """On rebalancing bars: the method's weights of the instruments that have the look-back.

    Between them, and where the method has no answer (no instrument is expected to earn anything, a
    covariance that is singular), there is no opinion (NaN) and what is held stays.

    Raises
    ------
    InputError : the limits contradict each other.
    """
    decided = rebalance_rows(panel.ts, params.rebalance, params.every)
    decided[: warmup(params)] = False
    schedule = Schedule(params.lookback, params.purge, Bands(params.band, params.width, params.to))
    return rolling_weights(own_returns(panel.close), decided, recipe(params), schedule).weights


def recipe(params: AllocationParams) -> Recipe:
    """The portfolio room's recipe for these parameters."""
    method = params.method
    own: TailRiskParams | AversionParams | None = None
    if method == LEAST_CVAR:
        method, own = "tail-risk", TailRiskParams(tail=params.tail)
    elif method == "maximum-utility":
        own = AversionParams(params.risk_aversion)
    return Recipe(
        method=method,
        method_params=own,
        covariance=params.covariance,
        expected=params.expected,
        constraints=partial(limits, params=params),
    )


def limits(window: FloatArray, params: AllocationParams) -> Constraints:
    """The constraints of the instruments whose returns (n_rows, n) are in `window`."""
    n = window.shape[1]
    share = params.invested
    # A hair more than equal shares, so that rounding does not make them impossible.
    most = share * min(1.0, max(params.most, (1.0 + 1e-9) / n))
    if params.sides == NEUTRAL:
        market = window.mean(axis=1)
        apart = market - market.mean()
        betas = window.T @ apart / max(float(apart @ apart), 1e-300)
        found = market_neutral(betas, gross=params.gross, most=most)
        return replace(found, turnover=_limit(params, params.gross))
    if params.sides == BOTH:
        return Constraints(
            -most, most, (share, share), params.gross, turnover=_limit(params, params.gross)
        )
    return Constraints(0.0, most, (share, share), turnover=_limit(params, share))


def _limit(params: AllocationParams, size: float) -> float | None:
    """None where no trade between weights of this size could exceed it: a smaller program."""
    return None if params.turnover >= min(10.0, 2.0 * size) else params.turnover


def words(params: AllocationParams) -> str:
    """What is done, in a sentence."""
    name = "tail-risk" if params.method == LEAST_CVAR else params.method
    said = f"{METHODS[name].title}, {COVARIANCES[params.covariance].title.lower()} covariance"
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
