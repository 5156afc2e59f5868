"""The list of working orders: who joins it and leaves it, and what an order's own terms say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.backtest.kernel.compiled import compiled
from terminal.backtest.kernel.fills import whole
from terminal.backtest.kernel.layout import (
    BY_AMOUNT,
    BY_SHARE,
    CANCELLED,
    CLOSE,
    EXPIRED,
    FIRST,
    HIGH,
    LAST_BAR,
    LOT,
    LOW,
    MARK,
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
    ORDER_TYPE,
    ORDER_WOKEN,
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
