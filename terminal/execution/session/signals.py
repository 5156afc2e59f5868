"""What a session's strategy wants at the newest bar: the backtest's own functions on the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.backtest.account import Account
from terminal.backtest.engine import checked_targets
from terminal.backtest.request import BacktestRequest
from terminal.backtest.truncation import decide
from terminal.backtest.validate import account_of, strategy_of
from terminal.errors import InputError
from terminal.market.panel import Panel
from terminal.params import validate
from terminal.strategies.strategy import Strategy


@dataclass(frozen=True)
class LiveStrategy:
    """A strategy with its parameters and the account terms its weights are fitted to."""

    strategy: Strategy
    params: Any
    account: Account

    @classmethod
    def of(cls, request: BacktestRequest) -> LiveStrategy:
        """Of the backtest on the same terms.

        Raises
        ------
        InputError : parameters are not allowed, or the strategy places orders of its own.
        """
        strategy = strategy_of(request)
        if strategy.start is not None:
            raise InputError(
                f"{strategy.title} places orders of its own; a session follows target weights.",
                field="strategy",
                remedy="Choose a strategy that names weights.",
            )
        return cls(strategy, validate(strategy.params_type, request.params), account_of(request))

    @property
    def warmup(self) -> int:
        """Bars before the first decision."""
        return self.strategy.warmup(self.params)

    def targets(self, panel: Panel) -> Mapping[str, float]:
        """Share of equity by symbol at the last bar; NaN: no opinion.

        The whole window is decided on, as in a backtest that ends now, and its last row is taken.
        """
        if panel.n_bars <= self.warmup:
            return {symbol: float("nan") for symbol in panel.symbols}
        weights = checked_targets(panel, decide(self.strategy, self.params, panel), self.account)
        return dict(zip(panel.symbols, np.asarray(weights[-1], dtype=float).tolist(), strict=True))
