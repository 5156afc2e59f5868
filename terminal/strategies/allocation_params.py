"""What a person chooses of the allocation strategy: method, estimates, limits, schedule."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.errors import InputError
from terminal.params import param
from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.rebalancing import ABSOLUTE, NONE, RELATIVE, TO_EDGE, TO_TARGET
from terminal.portfolio.risk_measures import CDAR, CVAR, EVAR, SEMI, ULCER
from terminal.strategies.schedule import every_param, rebalance_param
from terminal.strategies.sizing import invested_param

LONG, BOTH, NEUTRAL = "long only", "long and short", "market-neutral"
LEAST_CVAR = "minimum-cvar"
TAILS = {
    LEAST_CVAR: CVAR,
    "minimum-evar": EVAR,
    "minimum-cdar": CDAR,
    "minimum-ulcer": ULCER,
    "minimum-semi-deviation": SEMI,
}
SECTOR_BUDGETS, TO_VOLATILITY = "sector-risk-budgets", "target-volatility"
OF_FORM = (
    "hrp",
    "herc",
    "nco",
    "equal-risk",
    "inverse-volatility",
    "equal-weight",
    "minimum-variance",
    "maximum-diversification",
    *TAILS,
    "maximum-sharpe",
    "maximum-utility",
    TO_VOLATILITY,
    SECTOR_BUDGETS,
)
EXPECTING = frozenset({"maximum-sharpe", "maximum-utility", TO_VOLATILITY})
LONG_METHODS = frozenset(
    {"equal-risk", SECTOR_BUDGETS, "hrp", "herc", "nco", "inverse-volatility", "equal-weight"}
)
"""Their own weights are all long."""


@dataclass(frozen=True)
class AllocationParams:
    """Method, estimates, limits, and when it trades."""

    method: str = param(
        "hrp",
        title="Method",
        choices=OF_FORM,
        help="hrp, herc and nco follow a tree of what moves together; equal-risk gives each the "
        "same part of the variance, sector-risk-budgets each sector; maximum-sharpe, "
        "maximum-utility and target-volatility need expected returns, the others do without.",
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
    sector_most: float = param(
        1.0,
        title="Most of one sector",
        low=0.01,
        high=1.0,
        step=0.05,
        help="Share of the invested part, net of what is short; more where the sectors that take "
        "part need it. 1 is no limit.",
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
    cost: float = param(
        0.0,
        title="Cost in the objective",
        low=0.0,
        high=500.0,
        step=1.0,
        unit="bps",
        help="Of what is traded, taken from the expected return; methods that optimise then trade "
        "less. What fills really cost is set below.",
    )
    pays_back: int = param(
        21,
        title="Cost is earned in",
        low=1,
        high=1000,
        step=1,
        unit="bars",
        help="Bars over which that cost is spread: about those until the next rebalancing.",
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
    volatility: float = param(
        0.15,
        title="Volatility allowed",
        low=0.01,
        high=2.0,
        step=0.01,
        help="Of target-volatility, a year of 252 bars. Where even the least is higher, what is "
        "held stays.",
    )
    tail: float = param(
        0.05,
        title="Tail",
        low=0.01,
        high=0.5,
        step=0.01,
        help="Of minimum-cvar, -evar and -cdar: the share of bars that are called the worst.",
    )
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if TAILS.get(self.method) in (CVAR, EVAR, CDAR) and self.tail * self.lookback < 1.0:
            raise InputError(
                f"A tail of {self.tail:g} of {self.lookback} bars is less than one bar.",
                field="tail",
                remedy="Look back further or take a larger tail.",
            )
        if self.sides == NEUTRAL and self.method not in EXPECTING:
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
