"""Simulate a list of orders known beforehand, on the panel's raw prices.

The law is in docs/engine.md, "Orders"; `events` asks a strategy after every bar instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from terminal.backtest.account import NO_EXITS, Account, ExitRules
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import Outcome, Simulation, simulation_of
from terminal.backtest.inputs import Market, prepare, ranges_before
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.stepping import run_orders
from terminal.backtest.order_rows import order_frame, order_rows
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.timeframe import Timeframe
from terminal.strategies.orders import Order, require_orders

TRAIL_BARS = 14
"""Bars of the average true range of trailing stops; where exits have one, it is theirs."""


def simulate_orders(
    panel: Panel,
    orders: Sequence[Order],
    account: Account,
    costs: Costs = FREE,
    exits: ExitRules = NO_EXITS,
    sessions: TimeArray | None = None,
) -> tuple[Simulation, pd.DataFrame]:
    """Trade a list of orders; (what happened, what became of each order).

    Orders of one bar are served as they stand in the list, those that reduce positions first.

    Returns
    -------
    Simulation, and a frame with a row each order, children after their parent: bar, symbol, kind,
    quantity, limit, stop, filled (signed units), status (`order_rows.STATUSES`), parent (row of
    it, -1 none).

    Raises
    ------
    InputError : an order cannot be (named by its place in the list), or the panel cannot be traded.
    """
    rows, found, asked = run_rows(panel, orders, account, costs, exits, sessions)
    return simulation_of(panel, account, found), order_frame(panel.symbols, rows, asked, found[2])


def warm_up() -> None:
    """Compile the loop, or load it from the cache."""
    one = np.ones((2, 1))
    day = np.array(["2024-01-02", "2024-01-03"], dtype="datetime64[ns]")
    tiny = Panel(Timeframe.DAY_1, "XNYS", ("A",), day, day, one, one, one, one, one, one, 0.0 * one)
    simulate_orders(tiny, [Order(0, "A", 1.0)], Account())


def run_rows(
    panel: Panel,
    orders: Sequence[Order],
    account: Account,
    costs: Costs = FREE,
    exits: ExitRules = NO_EXITS,
    sessions: TimeArray | None = None,
) -> tuple[FloatArray, Outcome, FloatArray]:
    """(the kernel's rows of orders afterwards, its outcome, units asked for)."""
    require_orders(orders, panel.symbols)
    in_order = sorted(orders, key=lambda order: order.bar)
    rows = order_rows(in_order, panel.symbols, account)
    market = prepare(panel, account, costs, exits, sessions, orders=True)
    atr = order_ranges(market, rows, panel)
    asked = rows[:, layout.ORDER_LEFT].copy()
    found: Outcome = run_orders(
        market.prices,
        market.split,
        market.dividend,
        market.has_action,
        market.ends,
        market.month_starts,
        market.session_starts,
        market.session_ends,
        market.began,
        market.years,
        rows,
        market.last_bar,
        float(account.capital),
        market.rates,
        market.tiers,
        market.exits,
        market.liquidity,
        atr,
    )
    return rows, found, asked


def order_ranges(market: Market, rows: FloatArray, panel: Panel) -> FloatArray:
    """The average true range, where an exit or a trailing stop measures with it."""
    by_range = (rows[:, layout.ORDER_TYPE] == layout.TRAILING) & (
        rows[:, layout.ORDER_TRAIL_UNIT] == layout.BY_ATR
    )
    if market.atr.shape == panel.close.shape or not by_range.any():
        return market.atr
    return ranges_before(panel, TRAIL_BARS)
