"""What a person asks of a backtest: one frozen value, stored as JSON on the job row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from terminal.market.timeframe import Timeframe

Overlays = Mapping[str, Mapping[str, float | int | str | bool]]
"""Parameters of the overlays of a run by slug; see `terminal.strategies.overlays`."""


@dataclass(frozen=True)
class CostRequest:
    """Cost assumptions of a run; see `terminal.backtest.costs.Costs`. A basis point is 1/10,000."""

    commission_per_share: float = 0.0  # currency per unit
    commission_bps: float = 1.0
    commission_minimum: float = 0.0  # currency per fill
    commission_tiers: tuple[tuple[float, float], ...] = ()  # (units a month from, per unit)
    sell_fee_bps: float = 0.0
    sell_fee_per_share: float = 0.0
    sell_fee_maximum: float = 0.0  # currency per fill; 0: no limit
    spread_model: str = "fixed"  # "fixed", "corwin-schultz" or "roll"
    half_spread_bps: float = 0.0
    slippage_bps: float = 2.0  # paid against the reference price, on both sides
    slippage_volatility: float = 0.0  # times the standard deviation of a session's return
    slippage_volume_bps: float = 0.0  # times the order's share of a session's volume
    impact_root: float = 0.0
    impact_permanent: float = 0.0
    impact_temporary: float = 0.0
    shares_outstanding_days: float = 250.0
    open_close_multiplier: float = 1.0
    borrow_bps: float = 0.0  # a year


@dataclass(frozen=True)
class ExitRequest:
    """Exits laid over the strategy; see `terminal.backtest.account.ExitRules`. 0: off."""

    stop_loss: float = 0.0  # fractions of the price
    take_profit: float = 0.0
    trailing_stop: float = 0.0
    stop_atr: float = 0.0  # multiples of the average true range
    trailing_atr: float = 0.0
    longest: int = 0  # bars
    atr_bars: int = 14


@dataclass(frozen=True)
class BacktestRequest:
    """Everything that determines a run, besides code and data version."""

    strategy: str  # slug in terminal.strategies.registry
    params: Mapping[str, float | int | str | bool]
    dataset: str  # slug
    symbols: tuple[str, ...]
    timeframe: Timeframe = Timeframe.DAY_1
    start: date | None = None  # first session; None: the data's first
    end: date | None = None  # last session, inclusive; None: the data's last
    capital: float = 100_000.0  # starting cash, in the data set's currency
    costs: CostRequest = field(default_factory=CostRequest)
    exits: ExitRequest = field(default_factory=ExitRequest)
    overlays: Overlays = field(default_factory=dict)  # parameters by slug; {}: none
    lot: float = 1.0  # units orders are rounded to; 0: fractions are allowed
    long_only: bool = True  # True: negative targets become zero
    leverage: float = 1.0  # gross exposure / equity allowed
    maintenance: float = 0.0  # equity / gross exposure that forces a cut; 0: never
    participation: float = 0.0  # share of a bar's volume an order may take; 0: no limit
    cash_rate: float = 0.0  # annual, simple, as a fraction
    debit_rate: float = 0.0
    benchmark: str = "equal_weight"  # "equal_weight", "none", a symbol, or "dataset:SYMBOL"
    risk_free_rate: float = 0.0  # annual, simple, as a fraction
    name: str = ""
    also: tuple[str, ...] = ()  # instruments of other data sets, each "slug:SYMBOL"
