"""Orders in the market, bar by bar; the law is in docs/engine.md, "Orders".

At the open: what fills there. Within the bar: stops, then limits, because nobody knows the path and
the worse one is taken. At the close: what asked for it. Trailing stops follow the bars before.
"""

from __future__ import annotations

import numpy as np

from terminal.backtest.kernel.account import allowed, buying_power
from terminal.backtest.kernel.compiled import compiled
from terminal.backtest.kernel.fills import affordable, settle
from terminal.backtest.kernel.layout import (
    AT_CLOSE,
    AT_OPEN,
    BY_ORDER,
    CANCELLED,
    CLOSE,
    EXPIRED,
    FILLED,
    HIGH,
    LIMIT,
    LONG_ONLY,
    LOW,
    MARKET,
    N_WORKING,
    OPEN,
    ORDER_BAR,
    ORDER_CHILDREN,
    ORDER_COLUMN,
    ORDER_FROM,
    ORDER_LEFT,
    ORDER_LIMIT,
    ORDER_REDUCES,
    ORDER_STATUS,
    ORDER_STOP,
    ORDER_TRIGGERED,
    ORDER_TYPE,
    ORDER_WOKEN,
    REJECTED,
    STOP,
    STOP_LIMIT,
    SUBMITTED,
    TRAILING,
    UNITS,
    WORKING,
)
from terminal.backtest.kernel.order_list import (
    BoolArray,
    RowArray,
    RowTable,
    amid,
    first_of,
    keep_working,
    level_of,
    of,
    one_of_group,
    wake,
)
from terminal.market.panel import FloatArray


@compiled
def execute(
    t: int,
    row: int,
    reference: float,
    passive: bool,
    bound: float,
    at: int,  # row of prices at which buying power is measured
    inside: bool,  # within the bar, so that children wake in its midst
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Fill what volume and buying power leave of an order.

    What volume leaves over waits; what buying power leaves over is done with.
    """
    j = int(orders[row, ORDER_COLUMN])
    units, wanted = state[UNITS, j], orders[row, ORDER_LEFT]
    if orders[row, ORDER_REDUCES] > 0.0:
        if units * wanted >= 0.0:
            orders[row, ORDER_STATUS] = CANCELLED
            return
        if abs(wanted) > abs(units):
            wanted = orders[row, ORDER_LEFT] = -units
    if rates[LONG_ONLY] > 0.0 and units + wanted < 0.0:
        if units <= 0.0:
            orders[row, ORDER_STATUS] = REJECTED
            return
        wanted = orders[row, ORDER_LEFT] = -units
    quantity = allowed(wanted, j, rates, state)
    if quantity == 0.0:
        return
    if orders[row, ORDER_TYPE] == STOP or orders[row, ORDER_TYPE] == TRAILING:
        orders[row, ORDER_TRIGGERED] = t  # what volume leaves over is a market order from now on
    filled, cut = 0.0, False
    if units * quantity < 0.0:
        filled = -units if abs(quantity) > abs(units) else quantity
        settle(t, j, filled, reference, BY_ORDER, row, passive, bound, rates, tiers, liquidity,
               state, book, fills)  # fmt: skip
    if filled != quantity:
        power = buying_power(t, rates, prices, state, book, at)
        adding = quantity - filled
        part = affordable(t, j, adding, reference, power, rates, tiers, liquidity, book)
        cut = part != adding
        if part != 0.0:
            settle(t, j, part, reference, BY_ORDER, row, passive, bound, rates, tiers, liquidity,
                   state, book, fills)  # fmt: skip
        filled = filled + part if cut else quantity
    if filled != 0.0:
        orders[row, ORDER_LEFT] -= filled
        one_of_group(row, orders)
        for child in range(row + 1, row + 1 + int(orders[row, ORDER_CHILDREN])):
            if orders[child, ORDER_STATUS] == SUBMITTED:
                wake(child, t if inside else -1, reference, orders, working, book)
    if orders[row, ORDER_LEFT] == 0.0:
        orders[row, ORDER_STATUS] = FILLED
    elif cut:
        orders[row, ORDER_STATUS] = REJECTED


@compiled
def at_open(
    t: int,
    session_starts: BoolArray,
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    atr: FloatArray,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """First what reduces a position, then the rest, each in the order of arrival."""
    there = int(book[N_WORKING])
    for reducing in (True, False):
        k = 0
        while k < book[N_WORKING]:  # children that wake join the list
            row, woken = working[k], k >= there
            k += 1
            j = int(orders[row, ORDER_COLUMN])
            price = prices[OPEN, t, j]
            if orders[row, ORDER_STATUS] != WORKING or price != price:
                continue
            if not woken and (state[UNITS, j] * orders[row, ORDER_LEFT] < 0.0) != reducing:
                continue
            side = 1.0 if orders[row, ORDER_LEFT] > 0.0 else -1.0
            kind, bound = orders[row, ORDER_TYPE], np.nan
            go = kind == MARKET or (kind == AT_OPEN and session_starts[t, of(j, session_starts)])
            if kind in (STOP, TRAILING):
                go = orders[row, ORDER_TRIGGERED] >= 0.0
                go |= side * (price - level_of(t, row, side, orders, atr)) >= 0.0
            waiting = kind == STOP_LIMIT and orders[row, ORDER_TRIGGERED] < 0.0
            if waiting and side * (price - orders[row, ORDER_STOP]) >= 0.0:
                orders[row, ORDER_TRIGGERED] = t
            if kind == LIMIT or (kind == STOP_LIMIT and orders[row, ORDER_TRIGGERED] >= 0.0):
                bound = orders[row, ORDER_LIMIT]
                go = side * (bound - price) >= 0.0
            if go:
                execute(t, row, price, False, bound, OPEN, False, rates, tiers, prices, liquidity,
                        orders, working, state, book, fills)  # fmt: skip
            if kind == AT_OPEN and go and orders[row, ORDER_STATUS] == WORKING:
                orders[row, ORDER_STATUS] = EXPIRED


@compiled
def stops_within(
    t: int,
    k: int,
    began: RowTable,
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    atr: FloatArray,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Stops of the list from place k on that bar t reaches."""
    first_at = first_of(prices)
    while k < book[N_WORKING]:
        row = working[k]
        k += 1
        j = int(orders[row, ORDER_COLUMN])
        kind = orders[row, ORDER_TYPE]
        if orders[row, ORDER_STATUS] != WORKING or prices[CLOSE, t, j] != prices[CLOSE, t, j]:
            continue
        if kind != STOP and kind != TRAILING and kind != STOP_LIMIT:
            continue
        side = 1.0 if orders[row, ORDER_LEFT] > 0.0 else -1.0
        if orders[row, ORDER_TRIGGERED] >= 0.0 or amid(t, j, orders[row, ORDER_BAR], began):
            continue
        bound = orders[row, ORDER_LIMIT] if kind == STOP_LIMIT else np.nan
        level = level_of(t, row, side, orders, atr)
        extreme = prices[HIGH, t, j] if side > 0.0 else prices[LOW, t, j]
        if not side * (extreme - level) >= 0.0:
            continue
        # a child that woke within the bar was not there before its parent's price
        woken = orders[row, ORDER_WOKEN] == t
        first = orders[row, ORDER_FROM] if woken else prices[first_at, t, j]
        reference = first if side * (first - level) > 0.0 else level
        if kind == STOP_LIMIT:
            orders[row, ORDER_TRIGGERED] = t
            if side * (bound - reference) < 0.0:
                continue
        execute(t, row, reference, False, bound, OPEN, True, rates, tiers, prices, liquidity,
                orders, working, state, book, fills)  # fmt: skip


@compiled
def limits_within(
    t: int,
    began: RowTable,
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Limits that bar t touches, but for those that woke or were triggered in its midst."""
    first_at = first_of(prices)
    for k in range(int(book[N_WORKING])):
        row = working[k]
        j = int(orders[row, ORDER_COLUMN])
        kind = orders[row, ORDER_TYPE]
        if orders[row, ORDER_STATUS] != WORKING or prices[CLOSE, t, j] != prices[CLOSE, t, j]:
            continue
        if kind != LIMIT and (kind != STOP_LIMIT or orders[row, ORDER_TRIGGERED] < 0.0):
            continue
        if orders[row, ORDER_WOKEN] == t or amid(t, j, orders[row, ORDER_BAR], began):
            continue
        side = 1.0 if orders[row, ORDER_LEFT] > 0.0 else -1.0
        limit = orders[row, ORDER_LIMIT]
        extreme = prices[LOW, t, j] if side > 0.0 else prices[HIGH, t, j]
        first = prices[first_at, t, j]
        # one triggered in this bar, at its open or within it, is behind its limit: the way back is
        # known only where it began at the open
        fresh = kind == STOP_LIMIT and orders[row, ORDER_TRIGGERED] == t
        if fresh and side * (first - orders[row, ORDER_STOP]) < 0.0:
            continue
        if side * (limit - extreme) >= 0.0 and side * (first - limit) > 0.0:
            execute(t, row, limit, True, limit, OPEN, True, rates, tiers, prices, liquidity,
                    orders, working, state, book, fills)  # fmt: skip


@compiled
def at_close(
    t: int,
    session_ends: BoolArray,
    began: RowTable,
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Orders for the close of a session; then trailing stops follow the bar and day orders end."""
    for reducing in (True, False):
        for k in range(int(book[N_WORKING])):
            row = working[k]
            j = int(orders[row, ORDER_COLUMN])
            price = prices[CLOSE, t, j]
            if orders[row, ORDER_STATUS] != WORKING or price != price:
                continue
            if not session_ends[t, of(j, session_ends)]:
                continue
            if orders[row, ORDER_TYPE] != AT_CLOSE:
                continue
            if (state[UNITS, j] * orders[row, ORDER_LEFT] < 0.0) != reducing:
                continue
            execute(t, row, price, False, np.nan, CLOSE, True, rates, tiers, prices, liquidity,
                    orders, working, state, book, fills)  # fmt: skip
            if orders[row, ORDER_STATUS] == WORKING:
                orders[row, ORDER_STATUS] = EXPIRED
    keep_working(t, session_ends, began, prices, orders, working, state, book)
