"""The loop over target weights for an account that cannot fall between its decisions.

Long only, unlevered, without exits and without interest: between two bars in which something is
decided, filled or paid, only prices move, and nobody needs the equity but at the end of a session.
Such bars are stepped over. What happens in the others is done by the functions of `targets`, in the
same order, so that every number is the same to the last bit; a test holds them equal.
"""

from __future__ import annotations

import numpy as np

from terminal.backtest.kernel.account import begin_bar, close_all, close_ended, corporate_actions
from terminal.backtest.kernel.account import mark as mark_to_close
from terminal.backtest.kernel.compiled import compiled
from terminal.backtest.kernel.fills import room_for
from terminal.backtest.kernel.layout import (
    CASH,
    COMMISSION,
    DUST,
    EQUITY,
    IMPACT,
    LOT,
    MISSING,
    MONTH_UNITS,
    N_FILLS,
    SLIPPAGE,
    SPREAD,
    TRADED,
    WAITING,
)
from terminal.backtest.kernel.targets import (
    BoolArray,
    IntArray,
    decide,
    new_state,
    restated,
    trade,
)
from terminal.market.panel import FloatArray

PAID = (TRADED, COMMISSION, SPREAD, SLIPPAGE, IMPACT)
"""What `totals` sums up, in this order."""


@compiled
def busy_bars(
    close: FloatArray, has_action: BoolArray, ends: BoolArray, kept: BoolArray
) -> BoolArray:
    """Bars no account may step over: the kept ones, those with a missing close or an event.

    The bar before one of the latter is among them, because marks must be known there, and the bar
    after a missing close, because decisions wait for it.
    """
    n_bars, n = close.shape
    busy = kept.copy()
    for t in range(n_bars):
        missing = False
        for j in range(n):
            missing |= close[t, j] != close[t, j]
        if missing or has_action[t] or ends[t]:
            busy[t] = True
            if t > 0:
                busy[t - 1] = True
        if missing and t + 1 < n_bars:
            busy[t + 1] = True
    return busy


@compiled
def changed_bars(targets: FloatArray, busy: BoolArray, month_starts: BoolArray) -> BoolArray:
    """Bars in which a target is another than in the bar before, and those that are busy anyway."""
    n_bars, n = targets.shape
    out = busy | month_starts
    flat = targets.ravel()
    for t in range(1, n_bars):
        found = False
        for k in range(t * n, (t + 1) * n):  # without a way out: done several at a time
            found |= flat[k] != flat[k - n]
        out[t] |= found
    out[0] = True
    return out


@compiled
def run_quiet(
    prices: FloatArray,
    split: FloatArray,
    dividend: FloatArray,
    has_action: BoolArray,
    ends: BoolArray,
    month_starts: BoolArray,
    busy: BoolArray,  # (n_bars,): of `busy_bars`
    kept: BoolArray,  # (n_bars,): bars whose equity is wanted
    targets: FloatArray,  # (n_bars, n_instruments); NaN: no opinion
    last_bar: IntArray,
    capital: float,
    rates: FloatArray,
    tiers: FloatArray,
    liquidity: FloatArray,
) -> tuple[FloatArray, FloatArray, int]:
    """(equity at the kept bars, totals as `PAID`, number of fills)."""
    n_bars, n = targets.shape
    equity = np.zeros(kept.sum())
    totals = np.zeros(len(PAID))
    state, book, fills = new_state(last_bar, capital)
    n_fills = n_kept = 0
    owes, missed, ruined = False, False, False
    awake = changed_bars(targets, busy, month_starts)
    fills = room_for(6 * n, book, fills)  # of one bar: they are counted, not kept
    waiting = False
    for t in range(n_bars):
        if not (awake[t] or owes or missed or waiting):
            continue
        if month_starts[t]:
            book[MONTH_UNITS] = 0.0
        acts = waiting or has_action[t] or ends[t]
        if acts:
            book[N_FILLS] = 0.0
            begin_bar(t, 0.0, rates, prices, state, book)
            if has_action[t]:
                corporate_actions(t, split, dividend, prices, rates, state, book, fills)
            if ends[t]:
                close_ended(t, rates, tiers, state, book, fills)
            if waiting:
                trade(t, rates, tiers, prices, liquidity, state, book, fills)
                waiting = book[WAITING] != 0.0
            # who owes more than rounding can be ruined by prices alone: then every bar counts
            owes = book[CASH] < -DUST * capital
        moved = restated(t, targets)
        if moved or busy[t] or owes or missed:
            mark_to_close(t, prices, state, book)
        if book[EQUITY] <= 0.0 and not ruined:
            ruined = True
            if not acts:
                book[N_FILLS] = 0.0
                begin_bar(t, 0.0, rates, prices, state, book)
            acts = True
            close_all(t, state, book, fills)
        if acts:
            for k in range(len(PAID)):
                totals[k] += book[PAID[k]]
            n_fills += int(book[N_FILLS])
        if kept[t]:
            equity[n_kept] = book[EQUITY]
            n_kept += 1
        if not ruined:
            if missed or moved:
                decide(t, targets, rates[LOT], prices, state, book)
                waiting = book[WAITING] != 0.0
            missed = book[MISSING] > 0.0
    return equity, totals, n_fills
