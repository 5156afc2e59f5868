"""What a person asks of a backtest: one frozen value, stored as JSON on the job row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from terminal.market.timeframe import Timeframe


@dataclass(frozen=True)
class CostRequest:
    """Cost assumptions of a run; a basis point is 1/10,000 of notional."""

    commission_per_share: float = 0.0  # currency per unit
    commission_bps: float = 1.0
    commission_minimum: float = 0.0  # currency per fill
    slippage_bps: float = 2.0  # paid against the reference price, on both sides


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
    fractional: bool = False  # False: whole units only
    long_only: bool = True  # True: negative targets become zero
    benchmark: str = "equal_weight"  # "equal_weight", "none", a symbol, or "dataset:SYMBOL"
    risk_free_rate: float = 0.0  # annual, simple, as a fraction
    name: str = ""
