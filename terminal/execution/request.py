"""What a person asks of a live session: one frozen value, stored as JSON on the job row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from terminal.backtest.request import BacktestRequest, CostRequest, Overlays
from terminal.market.timeframe import Timeframe


@dataclass(frozen=True)
class LiveSessionRequest:
    """A session on an account.

    Attributes
    ----------
    account_id : the account whose lease it takes.
    symbols : what it trades, or follows prices of where no strategy is chosen.
    strategy, params, overlays : as of a backtest; "" for a desk: typed orders only.
    dataset : stored bars before the first live one, so that a strategy need not wait for its
        warm-up; "" for none.
    start : first session of that history; None: all there is.
    timeframe : the schedule: one decision at each close.
    share : of the account's equity that the strategy trades, above 0 to 1.
    lot, long_only, leverage : as of a backtest.
    costs : what a fill is expected to cost, and what the shadow twin is charged.
    flatten : close every position as soon as the account is held.
    """

    account_id: str
    symbols: tuple[str, ...]
    strategy: str = ""
    params: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    overlays: Overlays = field(default_factory=dict)
    dataset: str = ""
    start: date | None = None
    timeframe: Timeframe = Timeframe.MIN_15
    share: float = 1.0
    lot: float = 1.0
    long_only: bool = True
    leverage: float = 1.0
    costs: CostRequest = field(default_factory=CostRequest)
    name: str = ""
    flatten: bool = False

    def as_backtest(self, capital: float) -> BacktestRequest:
        """The backtest of the same strategy on the same terms, for its rules and its twin."""
        return BacktestRequest(
            strategy=self.strategy,
            params=self.params,
            dataset=self.dataset,
            symbols=self.symbols,
            timeframe=self.timeframe,
            start=self.start,
            capital=capital,
            costs=self.costs,
            overlays=self.overlays,
            lot=self.lot,
            long_only=self.long_only,
            leverage=self.leverage,
            benchmark="none",
        )
