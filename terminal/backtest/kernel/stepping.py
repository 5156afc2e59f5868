"""One bar of an account with an order book, and the loop over a list of orders known beforehand.

The same step serves strategies that are asked after every bar.
"""

from __future__ import annotations

import numpy as np

from terminal.backtest.kernel.account import (
    begin_bar,
    close_all,
    close_ended,
    corporate_actions,
    keep_curve,
    margin_call,
    mark,
)
from terminal.backtest.kernel.compiled import compiled
from terminal.backtest.kernel.exits import watch
from terminal.backtest.kernel.fills import room_for
from terminal.backtest.kernel.layout import (
    CANCELLED,
    CURVE,
    EQUITY,
    MONTH_UNITS,
    N_FILLS,
    N_SEEN,
    N_WORKING,
    ORDER_BAR,
    ORDER_CHILDREN,
    ORDER_STATUS,
    UNITS,
    WORKING,
)
from terminal.backtest.kernel.order_list import RowArray, RowTable, admit, split_orders
from terminal.backtest.kernel.orders import at_close, at_open, limits_within, stops_within
from terminal.backtest.kernel.targets import BoolArray, IntArray, new_state, trade
from terminal.market.panel import FloatArray


@compiled
def most_fills(t: int, n_orders: int, n: int, orders: FloatArray, working: RowArray,
               book: FloatArray) -> int:  # fmt: skip
    """Fills that bar t can make at most."""
    count = 6 * n
    for k in range(int(book[N_WORKING])):
        count += 2 * (1 + int(orders[working[k], ORDER_CHILDREN]))
    row = int(book[N_SEEN])
    while row < n_orders and orders[row, ORDER_BAR] < t:
        count += 2 * (1 + int(orders[row, ORDER_CHILDREN]))
        row += 1
    return count


@compiled
def step(
    t: int,
    n_orders: int,
    alive: bool,
    prices: FloatArray,
    split: FloatArray,
    dividend: FloatArray,
    has_action: BoolArray,
    ends: BoolArray,
    month_starts: BoolArray,
    session_starts: BoolArray,  # (n_bars, 1) or (n_bars, n): a bar begins a session here ...
    session_ends: BoolArray,  # ... and one ends it
    began: RowTable,
    years: FloatArray,
    rates: FloatArray,
    tiers: FloatArray,
    exits: FloatArray,
    liquidity: FloatArray,
    atr: FloatArray,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> tuple[bool, bool]:
    """Bar t from its open to its close; (whether trading goes on, whether margin was called).

    `fills` has room for `most_fills`.
    """
    begin_bar(t, years[t], rates, prices, state, book)
    if month_starts[t]:
        book[MONTH_UNITS] = 0.0
    if alive:
        admit(t, n_orders, orders, working, state, book)
    if has_action[t]:
        split_orders(t, split, rates, orders, working, book)
        corporate_actions(t, split, dividend, prices, rates, state, book, fills)
    if ends[t]:
        close_ended(t, rates, tiers, state, book, fills)
    trade(t, rates, tiers, prices, liquidity, state, book, fills)
    if book[N_WORKING] > 0.0:
        at_open(t, session_starts, rates, tiers, prices, liquidity, atr, orders, working, state,
                book, fills)  # fmt: skip
        stops_within(t, 0, began, rates, tiers, prices, liquidity, atr, orders, working, state,
                     book, fills)  # fmt: skip
        there = int(book[N_WORKING])
        limits_within(t, began, rates, tiers, prices, liquidity, orders, working, state, book,
                      fills)  # fmt: skip
        # children that woke with a limit may be stopped in the same bar
        stops_within(t, there, began, rates, tiers, prices, liquidity, atr, orders, working, state,
                     book, fills)  # fmt: skip
    if exits.any():
        watch(t, exits, atr, prices, rates, tiers, liquidity, state, book, fills)
    if book[N_WORKING] > 0.0:
        at_close(t, session_ends, began, rates, tiers, prices, liquidity, orders, working, state,
                 book, fills)  # fmt: skip
    mark(t, prices, state, book)
    called = False
    if alive and book[EQUITY] <= 0.0:
        alive = False
        close_all(t, state, book, fills)
        for k in range(int(book[N_WORKING])):
            if orders[working[k], ORDER_STATUS] == WORKING:
                orders[working[k], ORDER_STATUS] = CANCELLED
        book[N_WORKING] = 0.0
    elif alive:
        called = margin_call(rates, state, book)
    return alive, called


@compiled
def run_orders(
    prices: FloatArray,
    split: FloatArray,
    dividend: FloatArray,
    has_action: BoolArray,
    ends: BoolArray,
    month_starts: BoolArray,
    session_starts: BoolArray,  # (n_bars, 1) or (n_bars, n): a bar begins a session here ...
    session_ends: BoolArray,  # ... and one ends it
    began: RowTable,
    years: FloatArray,
    orders: FloatArray,  # (n_orders, N_ORDER), by bar; what became of them is written into it
    last_bar: IntArray,
    capital: float,
    rates: FloatArray,
    tiers: FloatArray,
    exits: FloatArray,
    liquidity: FloatArray,
    atr: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, int, int]:
    """(curve, positions, fills, bankrupt_bar, margin_calls) as `targets.run_targets`."""
    n_bars, n = split.shape
    curve = np.zeros((n_bars, len(CURVE)))
    positions = np.zeros((n_bars, n))
    state, book, fills = new_state(last_bar, capital)
    working = np.zeros(len(orders), dtype=np.int64)
    alive = True
    bankrupt_bar, margin_calls = -1, 0
    for t in range(n_bars):
        fills = room_for(most_fills(t, len(orders), n, orders, working, book), book, fills)
        goes_on, called = step(
            t, len(orders), alive, prices, split, dividend, has_action, ends, month_starts,
            session_starts, session_ends, began, years, rates, tiers, exits, liquidity, atr, orders,
            working, state, book, fills,
        )  # fmt: skip
        if alive and not goes_on:
            bankrupt_bar = t
        alive = goes_on
        margin_calls += called
        keep_curve(t, book, curve)
        positions[t] = state[UNITS]
    return curve, positions, fills[: int(book[N_FILLS])], bankrupt_bar, margin_calls
