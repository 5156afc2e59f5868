"""The loop over target weights. The order of events in a bar is that of docs/engine.md.

Nothing at bar t reads a row after t, but for the end of an instrument: that no bar follows is
known from the data's end.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from terminal.backtest.kernel.account import (
    allowed,
    begin_bar,
    buying_power,
    close_all,
    close_ended,
    corporate_actions,
    keep_curve,
    margin_call,
    mark,
)
from terminal.backtest.kernel.compiled import compiled, inlined
from terminal.backtest.kernel.exits import released, watch
from terminal.backtest.kernel.fills import affordable, need_of, room_for, settle, whole
from terminal.backtest.kernel.layout import (
    ACTED,
    BEST,
    BLOCKED,
    CASH,
    CHANGE,
    CLOSE,
    CUT,
    DUST,
    EQUITY,
    LAST_BAR,
    LEFT,
    LEVERAGE,
    LOT,
    MARK,
    MINIMUM,
    MISSING,
    MONTH_UNITS,
    N_BOOK,
    N_FILL,
    N_FILLS,
    N_STATE,
    OPEN,
    PENDING,
    READY,
    ROUNDING,
    STATED,
    UNITS,
    WAITING,
    WANTED,
    WHILE_CLOSED,
)
from terminal.backtest.kernel.prefetch import bare
from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@compiled
def new_state(last_bar: IntArray, capital: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(state, book, fills) of an account that holds nothing but cash."""
    n = len(last_bar)
    state = np.zeros((N_STATE, n))
    state[MARK] = np.nan
    state[BEST] = np.nan
    state[LEFT] = np.inf
    state[LAST_BAR] = last_bar
    book = np.zeros(N_BOOK)
    book[CASH] = book[EQUITY] = capital
    return state, book, np.zeros((1024, N_FILL))


@compiled
def trade(
    t: int,
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Fill open orders at the open, as `trade_listed`."""
    if book[WAITING] == 0.0:
        return
    n_listed = 0
    for j in range(state.shape[1]):
        if state[PENDING, j] != 0.0:
            state[READY, n_listed] = j
            n_listed += 1
    trade_listed(t, n_listed, rates, tiers, prices, liquidity, state, book, fills)


@inlined
def trade_listed(
    t: int,
    n_listed: int,
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """What reduces first, then what adds, with the power there is.

    `state[READY]` lists the columns that wait, from the left. What adds is scaled alike to the
    buying power, then served in the order of the columns. Orders that buying power cuts are done;
    those that volume cuts wait for the next bar.
    """
    n_ready = 0
    adding = waiting = 0.0
    for k in range(n_listed):
        j = int(state[READY, k])
        if prices[OPEN, t, j] != prices[OPEN, t, j]:
            waiting = 1.0
            continue
        state[READY, n_ready] = j
        n_ready += 1
        state[CUT, j] = state[CHANGE, j] = 0.0
        units = state[UNITS, j]
        change = state[WANTED, j] - units
        if abs(change) <= DUST * max(abs(state[WANTED, j]), abs(units)):
            continue
        # a change of sides is a closing part now and an opening part in the second round
        if units * change < 0.0:
            part = math.copysign(min(abs(change), abs(units)), change)
            quantity = allowed(part, j, rates, state)
            if quantity != part:
                state[CUT, j] = 1.0
            if quantity != 0.0:
                settle(t, j, quantity, prices[OPEN, t, j], int(state[PENDING, j]) - 1, -1, False,
                       np.nan, rates, tiers, liquidity, state, book, fills)  # fmt: skip
            change -= part
        if change != 0.0 and state[CUT, j] == 0.0:
            state[CHANGE, j] = allowed(change, j, rates, state)
            state[CUT, j] = 1.0 if state[CHANGE, j] != change else 0.0
            adding += abs(state[CHANGE, j])
    if adding > 0.0:
        add(t, n_ready, rates, tiers, prices, liquidity, state, book, fills)
    for k in range(n_ready):
        j = int(state[READY, k])
        state[PENDING, j] = 0.0 if state[CUT, j] == 0.0 else state[PENDING, j]
        waiting += state[CUT, j]
    book[WAITING] = waiting


@inlined
def add(
    t: int,
    n_ready: int,
    rates: FloatArray,
    tiers: FloatArray,
    prices: FloatArray,
    liquidity: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Fill what adds to positions as far as buying power goes."""
    power = buying_power(t, rates, prices, state, book, OPEN)
    leverage, minimum = rates[LEVERAGE], rates[MINIMUM]
    needed = 0.0
    for k in range(n_ready):
        j = int(state[READY, k])
        if state[CHANGE, j] != 0.0:
            needed += need_of(t, j, state[CHANGE, j], prices[OPEN, t, j], minimum, rates, tiers,
                              liquidity, book[MONTH_UNITS], leverage)  # fmt: skip
    scale = max(0.0, power / needed) if needed > max(power, 0.0) else 1.0
    for k in range(n_ready):
        j = int(state[READY, k])
        if state[CHANGE, j] == 0.0:
            continue
        price = prices[OPEN, t, j]
        quantity = affordable(t, j, state[CHANGE, j] * scale, price, power, rates, tiers, liquidity,
                              book)  # fmt: skip
        if abs(quantity) > DUST * abs(state[WANTED, j]):  # what power is left is rounding, too
            power -= need_of(t, j, quantity, price, minimum, rates, tiers, liquidity,
                             book[MONTH_UNITS], leverage)  # fmt: skip
            settle(t, j, quantity, price, int(state[PENDING, j]) - 1, -1, False, np.nan, rates,
                   tiers, liquidity, state, book, fills)  # fmt: skip


@compiled
def restated(t: int, targets: FloatArray) -> bool:
    """Whether any target of bar t is another than that of the bar before, or unknown."""
    if t == 0:
        return True
    found = False
    for j in range(targets.shape[1]):  # without a way out, so that it is done four at a time
        found |= targets[t, j] != targets[t - 1, j]
    return found


@compiled
def decide(
    t: int,
    targets: FloatArray,
    lot: float,
    while_closed: bool,
    prices: FloatArray,
    state: FloatArray,
    book: FloatArray,
) -> None:
    """Targets of bar t become orders for t + 1, as `decide_listed`."""
    n = state.shape[1]
    for j in range(n):
        state[READY, j] = j
    decide_listed(t, n, targets[t], lot, while_closed, prices, state, book)


@inlined
def decide_listed(
    t: int,
    n_listed: int,
    targets: FloatArray,  # (n_instruments,)
    lot: float,
    while_closed: bool,
    prices: FloatArray,
    state: FloatArray,
    book: FloatArray,
) -> int:
    """Number of orders for bar t + 1; their columns take the place of those in `state[READY]`.

    An order is made only where the target differs from the one last acted on, or is stated again
    after a bar without one (NaN): a target that merely stands lets its position drift, so that no
    run pays for daily corrections. A missing bar says nothing, not even "no opinion"; but with
    `while_closed` a target that is named for it is one, counted from the last known price.
    """
    n_orders = 0
    for k in range(n_listed):
        j = int(state[READY, k])
        close, target = prices[CLOSE, t, j], targets[j]
        if close != close:
            if not while_closed or target != target or t >= state[LAST_BAR, j]:
                continue
            close = state[MARK, j]
            if close != close:
                continue
        if state[BLOCKED, j] != 0.0:
            if not released(state[BLOCKED, j], target):
                state[ACTED, j], state[STATED, j] = target, 1.0
                continue
            state[BLOCKED, j] = state[STATED, j] = 0.0
        if target != target:
            state[STATED, j] = 0.0
        elif state[STATED, j] == 0.0 or abs(target - state[ACTED, j]) > ROUNDING:
            state[ACTED, j], state[STATED, j] = target, 1.0
            state[WANTED, j] = whole(target * book[EQUITY] / close, lot)
            state[PENDING, j] = book[WAITING] = 1.0
            state[READY, n_orders] = j
            n_orders += 1
    return n_orders


@compiled
def run_targets(
    prices: FloatArray,
    split: FloatArray,
    dividend: FloatArray,
    has_action: BoolArray,  # (n_bars,): a split or dividend in this row
    ends: BoolArray,  # (n_bars,): an instrument has had its last bar in the row before
    month_starts: BoolArray,
    years: FloatArray,  # (n_bars,): from the last close to this one
    targets: FloatArray,  # (n_bars, n_instruments); NaN: no opinion
    last_bar: IntArray,
    capital: float,
    rates: FloatArray,
    tiers: FloatArray,
    exits: FloatArray,
    liquidity: FloatArray,
    atr: FloatArray,
    curve: FloatArray,  # (n_bars, len(CURVE)): is written
    positions: FloatArray,  # (n_bars, n_instruments): is written; (1, ...): not kept
) -> tuple[FloatArray, int, int]:
    """(fills, bankrupt_bar, margin_calls); -1: it never went bankrupt."""
    n_bars, n = targets.shape
    keep = len(positions) == n_bars
    curve, positions = bare(curve), bare(positions)  # the caller holds all of these
    prices, split, dividend, liquidity = bare(prices), bare(split), bare(dividend), bare(liquidity)
    targets, rates, tiers = bare(targets), bare(rates), bare(tiers)
    state, book, fills = new_state(last_bar, capital)
    watching, while_closed = bool(exits.any()), rates[WHILE_CLOSED] != 0.0
    bankrupt_bar, margin_calls, missed = -1, 0, False
    for t in range(n_bars):
        fills = room_for(6 * n, book, fills)
        begin_bar(t, years[t], rates, prices, state, book)
        if month_starts[t]:
            book[MONTH_UNITS] = 0.0
        if has_action[t]:
            corporate_actions(t, split, dividend, prices, rates, state, book, fills)
        if ends[t]:
            close_ended(t, rates, tiers, state, book, fills)
        trade(t, rates, tiers, prices, liquidity, state, book, fills)
        if watching:
            watch(t, exits, atr, prices, rates, tiers, liquidity, state, book, fills)
        mark(t, prices, state, book)
        if book[EQUITY] <= 0.0 and bankrupt_bar < 0:
            bankrupt_bar = t
            close_all(t, state, book, fills)
        keep_curve(t, book, curve)
        if keep:
            positions[t] = state[UNITS]
        if bankrupt_bar < 0:
            if margin_call(rates, state, book):
                margin_calls += 1
            # a target that stands leads to nothing, unless the bar it changed in was missing
            if watching or missed or restated(t, targets):
                decide(t, targets, rates[LOT], while_closed, prices, state, book)
            missed = book[MISSING] > 0.0
    return fills[: int(book[N_FILLS])], bankrupt_bar, margin_calls
