"""Stop-loss, take-profit, trailing and time exits of a position, bar by bar.

The open comes first: a gap through a level fills there. Inside the bar nobody knows which of two
levels was touched first, so the worse one is taken. A trailing level uses bars before this one.
"""

from __future__ import annotations

import numpy as np

from terminal.backtest.kernel.account import allowed
from terminal.backtest.kernel.compiled import compiled
from terminal.backtest.kernel.fills import settle
from terminal.backtest.kernel.layout import (
    BEST,
    BLOCKED,
    CLOSE,
    ENTRY,
    HIGH,
    LONGEST,
    LOW,
    OPEN,
    OPENED,
    PENDING,
    STOP_AT,
    STOP_ATR,
    STOP_LOSS,
    TAKE_PROFIT,
    TARGET_AT,
    TIME_EXIT,
    TRAIL_AT,
    TRAIL_ATR,
    TRAILING_STOP,
    UNITS,
    WAITING,
    WANTED,
)
from terminal.market.panel import FloatArray


@compiled
def watch(
    t: int,
    exits: FloatArray,
    atr: FloatArray,  # average true range known before bar t; one cell when no exit asks for it
    prices: FloatArray,
    rates: FloatArray,
    tiers: FloatArray,
    liquidity: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Close what has reached a level of bar t, then let the best price follow the bar."""
    for j in range(state.shape[1]):
        units = state[UNITS, j]
        whole = prices[CLOSE, t, j] == prices[CLOSE, t, j]
        # of a bar that closes in a later row the open is known, and a gap shows there
        if units == 0.0 or not (whole or prices[OPEN, t, j] == prices[OPEN, t, j]):
            continue
        side = 1.0 if units > 0.0 else -1.0
        # prices times the side: a short is a long in the mirror
        first, best = side * prices[OPEN, t, j], side * state[BEST, j]
        high = side * prices[HIGH if side > 0.0 else LOW, t, j]
        low = side * prices[LOW if side > 0.0 else HIGH, t, j]
        entry = side * state[ENTRY, j]
        stop, kind = -np.inf, STOP_LOSS
        if exits[STOP_AT] > 0.0:
            stop = entry - exits[STOP_AT] * abs(entry)
        if exits[STOP_ATR] > 0.0 and atr[t, j] > 0.0:
            stop = max(stop, entry - exits[STOP_ATR] * atr[t, j])
        trail = -np.inf
        if exits[TRAIL_AT] > 0.0:
            trail = best - exits[TRAIL_AT] * abs(best)
        if exits[TRAIL_ATR] > 0.0 and atr[t, j] > 0.0:
            trail = max(trail, best - exits[TRAIL_ATR] * atr[t, j])
        if trail > stop:
            stop, kind = trail, TRAILING_STOP
        target = np.inf
        if exits[TARGET_AT] > 0.0:
            target = entry + exits[TARGET_AT] * abs(entry)
        reached = np.nan
        if first <= stop:
            reached = first
        elif first >= target:
            reached, kind = first, TAKE_PROFIT
        elif low <= stop:
            reached = stop
        elif high >= target:
            reached, kind = target, TAKE_PROFIT
        elif exits[LONGEST] > 0.0 and t - state[OPENED, j] + 1.0 >= exits[LONGEST]:
            # known at this close, done at the next open
            state[WANTED, j], state[PENDING, j] = 0.0, 1.0 + TIME_EXIT
            state[BLOCKED, j], book[WAITING] = side, 1.0
        if whole:
            state[BEST, j] = side * max(best, high)
        if reached == reached:
            state[BLOCKED, j] = side
            state[WANTED, j], state[PENDING, j] = 0.0, 1.0 + kind
            quantity = allowed(-units, j, rates, state)
            if quantity != 0.0:
                passive = kind == TAKE_PROFIT
                settle(t, j, quantity, side * reached, kind, -1, passive, np.nan, rates, tiers,
                       liquidity, state, book, fills)  # fmt: skip
            if state[UNITS, j] == 0.0:
                state[PENDING, j] = 0.0
            else:
                book[WAITING] = 1.0


@compiled
def released(blocked: float, target: float) -> bool:
    """Whether a strategy has let go of the side an exit closed: flat, silent or on the other."""
    return target != target or target * blocked <= 0.0
