"""vectorbt made to follow our rules: the same SMA crossover on the 20 built-in stocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE
from terminal.backtest.engine import Simulation, simulate
from terminal.market.builtin import sp500_twenty
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.panels import build_panel
from terminal.strategies.trend import SMA_CROSSOVER, CrossoverParams

FAST, SLOW = 50, 200
CAPITAL = 100_000.0
TOLERANCE = 1e-9  # of the final equity, relative
INVESTED = 0.5  # share put to work in the comparison, so that cash never runs out


def load() -> Panel:
    """The 20 stocks, closes only, 1990-2022."""
    dataset, parts = sp500_twenty()
    frames = {part.symbol: part.bars for part in parts}
    actions = pd.DataFrame(columns=["symbol", "ts", "kind", "value"])
    return build_panel(dataset, frames, actions, dataset.timeframe, get_calendar("XNYS"))


def ours(panel: Panel, params: CrossoverParams) -> tuple[FloatArray, Simulation]:
    """Signals and simulation: fractions allowed, no costs."""
    targets = SMA_CROSSOVER.targets(panel, params)
    done = simulate(panel, targets, Account(capital=CAPITAL, lot=0.0), FREE)
    return targets, done


def theirs(close: pd.DataFrame, invested: float) -> Any:
    """The same with vectorbt's rolling means and its portfolio."""
    fast = close.vbt.rolling_mean(FAST, minp=FAST)
    slow = close.vbt.rolling_mean(SLOW, minp=SLOW)
    apart = (fast - slow).abs() > 1e-12 * slow.abs()
    above = (apart & (fast > slow)).astype(float).where(slow.notna())
    return replay(close, (above * invested / close.shape[1]).to_numpy())


def replay(close: pd.DataFrame, targets: FloatArray) -> Any:
    """Given targets (none below zero) with vectorbt, made to follow our rules: an order where a
    target changes, one bar later, sized with the equity and the close of the bar that decided
    (`val_price`), filled at the next close, one purse for all columns, sales first."""
    nothing = np.full((1, targets.shape[1]), np.nan)
    before = np.vstack([nothing, targets[:-1]])
    changed = np.where(np.isfinite(targets) & (targets != before), targets, np.nan)
    return vbt.Portfolio.from_orders(
        close,
        size=np.vstack([nothing, changed[:-1]]),
        size_type="targetpercent",
        val_price=close.shift(),
        init_cash=CAPITAL,
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        freq="1D",
    )


def compare(mine: Simulation, peer: Any) -> tuple[float, int, int]:
    """Largest relative difference of the two equity curves on any bar; orders of each."""
    equity, value = mine.curve["equity"].to_numpy(), peer.value().to_numpy()
    return float(np.abs(equity / value - 1).max()), len(mine.fills), len(peer.orders.records)
