"""Orders as small values, and their simulation: a list known beforehand, on the panel's raw prices.

Prices, quantities and distances of an order are in units of the bar it was decided at; splits that
follow change them as they change the position. The law is in docs/engine.md, "Orders".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from terminal.backtest.account import NO_EXITS, Account, ExitRules
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import Outcome, Simulation, simulation_of
from terminal.backtest.inputs import Market, prepare
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.fills import whole
from terminal.backtest.kernel.stepping import run_orders
from terminal.backtest.liquidity import true_range_before
from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.timeframe import Timeframe

NAN = math.nan
NEEDS = {
    "market": (),
    "limit": ("limit",),
    "stop": ("stop",),
    "stop limit": ("limit", "stop"),
    "trailing stop": ("trail",),
    "market on open": (),
    "market on close": (),
}
"""Which prices each type of order has."""
TRAIL_BARS = 14
"""Bars of the average true range of trailing stops; where exits have one, it is theirs."""


@dataclass(frozen=True)
class Order:
    """An order, decided at the close of bar `bar` and at work from the next.

    Attributes
    ----------
    quantity : units, negative to sell; rounded toward zero to the account's lot.
    kind : one of `layout.ORDER_TYPES`.
    limit, stop : prices. trail : distance of a trailing stop from the best price, in `trail_unit`:
        "amount" (currency), "share" (fraction of the best price) or "atr" (average true ranges).
    day : ends with the session it starts to work in; else it works until it is filled or cancelled.
    reduce_only : never opens or adds; cancelled at a close at which there is nothing to reduce.
    children : wake when this order fills, and are one another's alternative: the first that fills
        cancels the others (a bracket). They reduce only, whatever they say.
    group : orders next to each other in the list with the same number >= 0 are alternatives (OCO).
    """

    bar: int
    symbol: str
    quantity: float
    kind: str = "market"
    limit: float = NAN
    stop: float = NAN
    trail: float = NAN
    trail_unit: str = "amount"
    day: bool = False
    reduce_only: bool = False
    children: tuple[Order, ...] = ()
    group: int = -1


def bracket(entry: Order, *, stop_loss: float = NAN, take_profit: float = NAN) -> Order:
    """The entry with a protective stop and a target, each other's alternative; NaN: without."""
    legs = []
    if not math.isnan(stop_loss):
        legs.append(Order(entry.bar, entry.symbol, -entry.quantity, "stop", stop=stop_loss))
    if not math.isnan(take_profit):
        legs.append(Order(entry.bar, entry.symbol, -entry.quantity, "limit", limit=take_profit))
    return replace(entry, children=(*entry.children, *legs))


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
    quantity, limit, stop, filled (signed units), status (`layout.ORDER_STATUSES`), parent (row of
    it, -1 none).

    Raises
    ------
    InputError : an order cannot be (named by its place in the list), or the panel cannot be traded.
    """
    rows, found, asked = run_rows(panel, orders, account, costs, exits, sessions)
    return simulation_of(panel, account, found), order_frame(panel, rows, asked, found[2])


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
    return true_range_before(panel, TRAIL_BARS)


def require_orders(orders: Sequence[Order], symbols: Sequence[str]) -> None:
    """InputError naming the first order that cannot be, by its place in the list from 1."""
    for place, order in enumerate(orders, 1):
        _require(order, None, symbols, place)
        for child in order.children:
            _require(child, order, symbols, place)


def order_rows(orders: Sequence[Order], symbols: Sequence[str], account: Account) -> FloatArray:
    """The kernel's rows of some orders, children after their parent."""
    columns = {name: j for j, name in enumerate(symbols)}
    flat: list[tuple[Order, Order | None, int]] = []  # order, its parent, row of the parent
    for order in orders:
        flat.append((order, None, -1))
        own = len(flat) - 1
        flat += [(child, order, own) for child in order.children]
    rows = np.full((len(flat), layout.N_ORDER), NAN)
    for k, (order, parent, own) in enumerate(flat):
        rows[k] = _row(order, parent, own, columns, account)
    return rows


def order_frame(
    panel: Panel, rows: FloatArray, asked: FloatArray, fills: FloatArray
) -> pd.DataFrame:
    """What became of each order."""
    filled = np.zeros(len(rows))
    of = fills[:, layout.FILL_ORDER].astype(np.int64)
    np.add.at(filled, of[of >= 0], fills[of >= 0, layout.FILL_QUANTITY])
    child = rows[:, layout.ORDER_IS_CHILD] > 0
    parents = np.where(child, np.maximum.accumulate(np.where(child, -1, np.arange(len(rows)))), -1)
    return pd.DataFrame(
        {
            "bar": rows[:, layout.ORDER_BAR].astype(np.int64),
            "symbol": [panel.symbols[int(j)] for j in rows[:, layout.ORDER_COLUMN]],
            "kind": [layout.ORDER_TYPES[int(kind)] for kind in rows[:, layout.ORDER_TYPE]],
            "quantity": asked,
            "limit": rows[:, layout.ORDER_LIMIT],
            "stop": rows[:, layout.ORDER_STOP],
            "filled": filled,
            "status": [layout.ORDER_STATUSES[int(s)] for s in rows[:, layout.ORDER_STATUS]],
            "parent": parents,
        }
    )


def _row(
    order: Order, parent: Order | None, own: int, columns: dict[str, int], account: Account
) -> FloatArray:
    row = np.full(layout.N_ORDER, NAN)
    row[layout.ORDER_BAR] = order.bar if parent is None else parent.bar
    row[layout.ORDER_COLUMN] = columns[order.symbol]
    row[layout.ORDER_LEFT] = whole(float(order.quantity), account.lot)
    row[layout.ORDER_TYPE] = layout.ORDER_TYPES.index(order.kind)
    row[layout.ORDER_LIMIT], row[layout.ORDER_STOP] = order.limit, order.stop
    row[layout.ORDER_TRAIL] = order.trail
    row[layout.ORDER_TRAIL_UNIT] = layout.TRAIL_UNITS.index(order.trail_unit)
    row[layout.ORDER_DAY] = float(order.day)
    # a parent's row is the number of its children's group, apart from those a person gave
    row[layout.ORDER_GROUP] = order.group if parent is None else 1e12 + own
    row[layout.ORDER_CHILDREN] = len(order.children)
    row[layout.ORDER_IS_CHILD] = float(parent is not None)
    row[layout.ORDER_REDUCES] = float(order.reduce_only or parent is not None)
    empty = row[layout.ORDER_LEFT] == 0.0
    row[layout.ORDER_STATUS] = layout.REJECTED if empty else layout.SUBMITTED
    row[layout.ORDER_TRIGGERED] = row[layout.ORDER_WOKEN] = -1.0
    return row


def _require(order: Order, parent: Order | None, symbols: Sequence[str], place: int) -> None:
    """InputError naming what an order lacks."""

    def refuse(what: str, field: str, remedy: str) -> InputError:
        return InputError(what, field=field, row=place, remedy=remedy)

    if order.kind not in NEEDS:
        raise refuse(f"There is no order of kind {order.kind!r}.", "kind",
                     f"Choose one of {', '.join(NEEDS)}.")  # fmt: skip
    if order.symbol not in symbols:
        raise refuse(f"{order.symbol!r} is not in the universe.", "symbol", "Choose one that is.")
    if not math.isfinite(order.quantity) or order.quantity == 0:
        raise refuse(f"The quantity is {order.quantity:g}.", "quantity", "Order some units.")
    if order.bar < 0:
        raise refuse(f"The order is decided at bar {order.bar}.", "bar", "Bars start at 0.")
    for name in ("limit", "stop", "trail"):
        value = getattr(order, name)
        needed = name in NEEDS[order.kind]
        if needed and not (math.isfinite(value) and value > 0):
            raise refuse(f"A {order.kind} order has a {name} above 0, not {value:g}.", name,
                         f"Give the {name}.")  # fmt: skip
        if not needed and not math.isnan(value):
            raise refuse(f"A {order.kind} order has no {name}.", name, "Leave it out.")
    if order.trail_unit not in layout.TRAIL_UNITS:
        raise refuse(f"{order.trail_unit!r} is no unit of a trailing stop.", "trail_unit",
                     f"Choose one of {', '.join(layout.TRAIL_UNITS)}.")  # fmt: skip
    if order.trail_unit == "share" and order.trail >= 1:
        raise refuse(
            "A trailing stop cannot be the whole price away.", "trail", "Give less than 1."
        )
    if parent is None:
        return
    if order.children:
        raise refuse("Children have no children of their own.", "children", "Leave them out.")
    if order.symbol != parent.symbol or order.quantity * parent.quantity > 0:
        raise refuse("A child closes what its parent opens.", "children",
                     "Give it the parent's instrument and the other side.")  # fmt: skip
