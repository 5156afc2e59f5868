"""What a person asks of an optimisation: one frozen value, stored as JSON on the job row.

Weights are shares of equity; returns, volatilities and rates are those of a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from terminal.market.timeframe import Timeframe
from terminal.portfolio.shares import GREEDY

Params = Mapping[str, float | int | str | bool]
FRACTIONS = "fractions"
"""Rule of units: any number of them, not whole ones."""


@dataclass(frozen=True)
class View:
    """An opinion: `long` returns `value` a year, or that much more than `against`.

    confidence : from 0 (nothing changes) to 1 (certain).
    """

    long: str
    value: float
    against: str = ""
    confidence: float = 0.5


@dataclass(frozen=True)
class Bound:
    """Least and most weight of an instrument or a sector; None: no limit."""

    name: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Limits:
    """What weights must keep to.

    Attributes
    ----------
    low, high : of every instrument that `each` does not name.
    net_low, net_high : of the sum of weights. gross : most sum of sizes; None: no limit.
    beta_low, beta_high : to the mean of all instruments; None: no limit.
    turnover : most bought and sold, of equity; None: no limit.
    cost_bps : of what is traded, taken from the expected return over `pays_back` periods.
    l2 : added to every variance of a period, times their mean.
    """

    low: float = 0.0
    high: float = 1.0
    net_low: float = 1.0
    net_high: float = 1.0
    gross: float | None = None
    beta_low: float | None = None
    beta_high: float | None = None
    turnover: float | None = None
    cost_bps: float = 0.0
    pays_back: int = 21
    l2: float = 0.0
    each: tuple[Bound, ...] = ()
    sectors: tuple[Bound, ...] = ()


@dataclass(frozen=True)
class Holding:
    """What is held now: positions of an account, or units and cash of a list; neither: nothing."""

    account: str = ""
    units: tuple[tuple[str, float], ...] = ()
    cash: float = 0.0


@dataclass(frozen=True)
class TradeCosts:
    """What a trade is expected to cost."""

    commission_bps: float = 1.0
    commission_minimum: float = 0.0
    half_spread_bps: float = 2.0
    slippage_bps: float = 2.0


@dataclass(frozen=True)
class OptimiseRequest:
    """An optimisation.

    Attributes
    ----------
    start, end : sessions of the window, inclusive; None: as far as the data goes.
    method, covariance, expected : by name, each with its parameters.
    views : of Black-Litterman. budgets : parts of the risk by instrument, of risk budgets.
    capital : equity to invest where nothing is held, currency.
    rule : of units: "greedy", "nearest" (whole shares) or "fractions".
    risk_free : a year, earned by cash.
    """

    dataset: str
    symbols: tuple[str, ...]
    start: date | None = None
    end: date | None = None
    timeframe: Timeframe = Timeframe.DAY_1
    method: str = "hrp"
    method_params: Params = field(default_factory=dict)
    covariance: str = "ledoit-wolf"
    covariance_params: Params = field(default_factory=dict)
    expected: str = "stein"
    expected_params: Params = field(default_factory=dict)
    views: tuple[View, ...] = ()
    budgets: tuple[tuple[str, float], ...] = ()
    limits: Limits = field(default_factory=Limits)
    held: Holding = field(default_factory=Holding)
    capital: float = 100_000.0
    rule: str = GREEDY
    costs: TradeCosts = field(default_factory=TradeCosts)
    risk_free: float = 0.0
    frontier_points: int = 25
    name: str = ""
