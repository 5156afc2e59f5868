"""Orders in the market, bar by bar; the law is in docs/engine.md, "Orders".

At the open: what fills there. Within the bar: stops, then limits, because nobody knows the path and
the worse one is taken. At the close: what asked for it. Trailing stops follow the bars before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.backtest.kernel.account import allowed, buying_power
from terminal.backtest.kernel.compiled import compiled
from terminal.backtest.kernel.fills import affordable, settle, whole
from terminal.backtest.kernel.layout import (
    AT_CLOSE,
    AT_OPEN,
    BY_AMOUNT,
    BY_ORDER,
    BY_SHARE,
    CANCELLED,
    CLOSE,
    EXPIRED,
    FILLED,
    FIRST,
    HIGH,
    LAST_BAR,
    LIMIT,
    LONG_ONLY,
    LOT,
    LOW,
    MARK,
    MARKET,
    N_SEEN,
    N_WORKING,
    OPEN,
    ORDER_BAR,
    ORDER_BEST,
    ORDER_CHILDREN,
    ORDER_COLUMN,
    ORDER_DAY,
    ORDER_FROM,
    ORDER_GROUP,
    ORDER_IS_CHILD,
    ORDER_LEFT,
    ORDER_LIMIT,
    ORDER_REDUCES,
    ORDER_STATUS,
    ORDER_STOP,
    ORDER_TRAIL,
    ORDER_TRAIL_UNIT,
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
from terminal.market.panel import FloatArray

RowArray = npt.NDArray[np.int64]
RowTable = npt.NDArray[np.int64]
"""(n_bars, n_instruments): in which row a bar opened; one cell where it is always its own."""
BoolArray = npt.NDArray[np.bool_]


@compiled
def admit(
    t: int,
    n_orders: int,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
) -> None:
    """Orders decided before bar t go to work; children sleep until their parent fills."""
    row = int(book[N_SEEN])
    while row < n_orders and orders[row, ORDER_BAR] < t:
        if orders[row, ORDER_STATUS] == SUBMITTED and orders[row, ORDER_IS_CHILD] == 0.0:
            wake(row, -1, state[MARK, int(orders[row, ORDER_COLUMN])], orders, working, book)
        row += 1
    book[N_SEEN] = row


@compiled
def wake(
    row: int, bar: int, price: float, orders: FloatArray, working: RowArray, book: FloatArray
) -> None:
    """Put an order to work; a trailing stop starts to follow at `price`."""
    orders[row, ORDER_STATUS] = WORKING
    orders[row, ORDER_BEST] = price
    orders[row, ORDER_FROM] = price
    orders[row, ORDER_WOKEN] = bar
    working[int(book[N_WORKING])] = row
    book[N_WORKING] += 1.0


@compiled
def split_orders(t: int, split: FloatArray, rates: FloatArray, orders: FloatArray,
                 working: RowArray, book: FloatArray) -> None:  # fmt: skip
    """Quantities and prices of orders follow a split; sleeping children too."""
    lot = 1.0 if rates[LOT] > 0.0 else 0.0
    for k in range(int(book[N_WORKING])):
        first = working[k]
        ratio = split[t, int(orders[first, ORDER_COLUMN])]
        last = first + int(orders[first, ORDER_CHILDREN])
        for row in range(first, last + 1):
            asleep = row > first and orders[row, ORDER_STATUS] == SUBMITTED
            if ratio != 1.0 and (row == first or asleep):
                orders[row, ORDER_LEFT] = whole(orders[row, ORDER_LEFT] * ratio, lot)
                orders[row, ORDER_LIMIT] /= ratio
                orders[row, ORDER_STOP] /= ratio
                orders[row, ORDER_BEST] /= ratio
                if orders[row, ORDER_TRAIL_UNIT] == BY_AMOUNT:
                    orders[row, ORDER_TRAIL] /= ratio


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
def one_of_group(row: int, orders: FloatArray) -> None:
    """The others of a filled order's group are cancelled; only children stand between them."""
    group = orders[row, ORDER_GROUP]
    if group < 0.0:
        return
    for step in (-1, 1):
        other = row + step
        while 0 <= other < orders.shape[0]:
            mine = orders[other, ORDER_GROUP] == group
            between = orders[other, ORDER_IS_CHILD] > orders[row, ORDER_IS_CHILD]
            if not mine and not between:
                break
            if mine and orders[other, ORDER_STATUS] <= WORKING:
                orders[other, ORDER_STATUS] = CANCELLED
            other += step


@compiled
def of(j: int, sessions: BoolArray) -> int:
    """The column of an instrument where each has its own sessions, else the one there is."""
    return j if sessions.shape[1] > 1 else 0


@compiled
def first_of(prices: FloatArray) -> int:
    """The row of prices that holds the open of a bar in the row of its close."""
    return FIRST if prices.shape[0] > FIRST else OPEN


@compiled
def amid(t: int, j: int, decided: float, began: RowTable) -> bool:
    """Whether an order was decided after the bar that closes in row t had opened."""
    return bool(began.shape[0] > 1 and decided >= began[t, j])


@compiled
def level_of(t: int, row: int, side: float, orders: FloatArray, atr: FloatArray) -> float:
    """The price at which a stop becomes a market order; NaN while it is not known."""
    if orders[row, ORDER_TYPE] != TRAILING:
        return float(orders[row, ORDER_STOP])
    best, trail = orders[row, ORDER_BEST], orders[row, ORDER_TRAIL]
    if orders[row, ORDER_TRAIL_UNIT] == BY_AMOUNT:
        return float(best + side * trail)
    if orders[row, ORDER_TRAIL_UNIT] == BY_SHARE:
        return float(best * (1.0 + side * trail))
    return float(best + side * trail * atr[t, int(orders[row, ORDER_COLUMN])])


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


@compiled
def keep_working(
    t: int,
    session_ends: BoolArray,
    began: RowTable,
    prices: FloatArray,
    orders: FloatArray,
    working: RowArray,
    state: FloatArray,
    book: FloatArray,
) -> None:
    """What is still at work after bar t; trailing stops have followed it."""
    kept = 0
    for k in range(int(book[N_WORKING])):
        row = working[k]
        j = int(orders[row, ORDER_COLUMN])
        if orders[row, ORDER_STATUS] == WORKING:
            idle = (
                orders[row, ORDER_REDUCES] > 0.0 and state[UNITS, j] * orders[row, ORDER_LEFT] >= 0
            )
            if idle or t > state[LAST_BAR, j]:
                orders[row, ORDER_STATUS] = CANCELLED
            elif orders[row, ORDER_DAY] > 0.0 and session_ends[t, of(j, session_ends)]:
                orders[row, ORDER_STATUS] = EXPIRED
        if orders[row, ORDER_STATUS] != WORKING:
            for child in range(row + 1, row + 1 + int(orders[row, ORDER_CHILDREN])):
                if orders[child, ORDER_STATUS] == SUBMITTED:
                    orders[child, ORDER_STATUS] = CANCELLED
            continue
        if orders[row, ORDER_TYPE] == TRAILING:
            follow(t, row, j, began, prices, orders)
        working[kept] = row
        kept += 1
    book[N_WORKING] = kept


@compiled
def follow(
    t: int, row: int, j: int, began: RowTable, prices: FloatArray, orders: FloatArray
) -> None:
    """The best price so far; of a bar in whose midst the stop woke, only its close."""
    close, best = prices[CLOSE, t, j], orders[row, ORDER_BEST]
    if close != close:
        return
    buying = orders[row, ORDER_LEFT] > 0.0
    seen = prices[LOW, t, j] if buying else prices[HIGH, t, j]
    if best != best:
        orders[row, ORDER_BEST] = close
        return
    if orders[row, ORDER_WOKEN] == t or amid(t, j, orders[row, ORDER_BAR], began):
        seen = close
    orders[row, ORDER_BEST] = min(best, seen) if buying else max(best, seen)
