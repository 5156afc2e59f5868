"""The loop over target weights for an account that cannot fall between its decisions.

Long only, unlevered, without exits and without interest: between two bars in which something is
decided, filled or paid, only prices move, and nobody needs the equity but at the end of a session.
Such bars are stepped over, and in the others decisions are looked at only where they moved. What
happens then is done by the functions of `targets`, in the same order, so that every number is the
same to the last bit; a test holds them equal.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.backtest.kernel.account import begin_bar, close_all, close_ended, corporate_actions
from terminal.backtest.kernel.account import mark as mark_to_close
from terminal.backtest.kernel.compiled import compiled, inlined
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
    READY,
    SLIPPAGE,
    SPREAD,
    TRADED,
    WAITING,
)
from terminal.backtest.kernel.prefetch import ask_for_rows, bare
from terminal.backtest.kernel.targets import (
    BoolArray,
    IntArray,
    decide_listed,
    new_state,
    trade,
    trade_listed,
)
from terminal.market.panel import FloatArray

ByteArray = npt.NDArray[np.uint8]

AHEAD = 2
"""So many stops before a row is needed it is asked for."""
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
def moved_bars(sides: ByteArray) -> BoolArray:
    """Bars of (n_bars, n_instruments) in which a value is another than in the bar before."""
    n_bars, n = sides.shape
    out = np.zeros(n_bars, dtype=np.bool_)
    out[0] = True
    flat = sides.ravel()
    if n == 1:
        for t in range(1, n_bars):
            out[t] = flat[t] != flat[t - 1]
        return out
    for t in range(1, n_bars):
        now, before = flat[t * n : (t + 1) * n], flat[(t - 1) * n : t * n]
        found = np.uint8(0)
        for j in range(n):  # bits, not truths: many at a time
            found = np.uint8(found | np.uint8(now[j] ^ before[j]))
        out[t] = found != 0
    return out


@compiled
def moved_bits(bits: IntArray) -> BoolArray:
    """The same for float64 seen as bits: NaN after NaN is no movement."""
    n_bars, n = bits.shape
    out = np.zeros(n_bars, dtype=np.bool_)
    out[0] = True
    flat = bits.ravel()
    for t in range(1, n_bars):
        now, before = flat[t * n : (t + 1) * n], flat[(t - 1) * n : t * n]
        found = 0
        for j in range(n):
            found |= now[j] ^ before[j]
        out[t] = found != 0
    return out


@inlined
def list_moved(
    t: int,
    targets: FloatArray,
    sides: ByteArray,
    weights: FloatArray,
    now: FloatArray,
    said: ByteArray,
    state: FloatArray,
) -> int:
    """Bring the weights `now` to bar t; number of those that moved, listed in `state[READY]`."""
    n_listed = 0
    for j in range(len(now)):
        if len(sides) > 0:
            if sides[t, j] == said[j]:
                continue
            said[j] = sides[t, j]
            now[j] = weights[said[j]]
        else:
            target, before = targets[t, j], now[j]
            if target == before or (target != target and before != before):
                continue
            now[j] = target
        state[READY, n_listed] = j
        n_listed += 1
    return n_listed


@compiled
def step_over(
    prices: FloatArray,
    split: FloatArray,
    dividend: FloatArray,
    has_action: BoolArray,
    ends: BoolArray,
    month_starts: BoolArray,
    busy: BoolArray,
    kept: BoolArray,
    targets: FloatArray,
    sides: ByteArray,
    weights: FloatArray,
    moved: BoolArray,
    stops: IntArray,  # bars that may not be stepped over, in order, and n_bars
    capital: float,
    rates: FloatArray,
    tiers: FloatArray,
    liquidity: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,  # of one bar
    now: FloatArray,  # (n_instruments,): weights of the bar
    said: ByteArray,  # (n_instruments,): sides of the bar
    equity: FloatArray,  # into these two goes what is asked for
    totals: FloatArray,
) -> int:
    """The bars of `run_quiet`; number of fills."""
    # all of these are arguments and so outlive the loop: their users need no counting in it
    prices, split, dividend, liquidity = bare(prices), bare(split), bare(dividend), bare(liquidity)
    targets, sides, weights = bare(targets), bare(sides), bare(weights)
    moved, stops = bare(moved), bare(stops)
    rates, tiers, state, book = bare(rates), bare(tiers), bare(state), bare(book)
    fills, now, said = bare(fills), bare(now), bare(said)
    n_bars, n = split.shape
    n_fills = n_kept = n_orders = 0
    owes, missed, ruined = False, False, False
    waiting = listed = False  # whether orders wait, and whether `state[READY]` names them
    t, place = -1, 0
    while True:
        # to the next bar that may not be stepped over, or to the very next one
        t = t + 1 if owes or missed or waiting else stops[place]
        if t == n_bars:
            break
        if t == stops[place]:
            place += 1
            ahead = stops[min(place + AHEAD, len(stops) - 1)]
            ask_for_rows(ahead, ahead + 2, prices)
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
                if listed and not ends[t]:
                    trade_listed(t, n_orders, rates, tiers, prices, liquidity, state, book, fills)
                else:
                    trade(t, rates, tiers, prices, liquidity, state, book, fills)
                waiting, listed = book[WAITING] != 0.0, False
            # who owes more than rounding can be ruined by prices alone: then every bar counts
            owes = book[CASH] < -DUST * capital
        if moved[t] or busy[t] or owes or missed:
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
            if missed or moved[t]:
                n_listed = list_moved(t, targets, sides, weights, now, said, state)
                if missed:  # what moved while a bar was missing is acted on now
                    n_listed = n
                    for j in range(n):
                        state[READY, j] = j
                listed = not waiting
                n_orders = decide_listed(t, n_listed, now, rates[LOT], False, prices, state, book)
                waiting = book[WAITING] != 0.0
            missed = book[MISSING] > 0.0
    return n_fills


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
    targets: FloatArray,  # (n_bars, n_instruments), NaN: no opinion; no rows where there are sides
    sides: ByteArray,  # (n_bars, n_instruments): places in `weights`; no rows where there are none
    weights: FloatArray,  # the last one is NaN
    moved: BoolArray,  # (n_bars,): of `moved_bars` or `moved_bits`
    last_bar: IntArray,
    capital: float,
    rates: FloatArray,
    tiers: FloatArray,
    liquidity: FloatArray,
) -> tuple[FloatArray, FloatArray, int]:
    """(equity at the kept bars, totals as `PAID`, number of fills)."""
    n_bars, n = split.shape
    equity, totals = np.zeros(kept.sum()), np.zeros(len(PAID))
    state, book, fills = new_state(last_bar, capital)
    fills = room_for(6 * n, book, fills)  # of one bar: they are counted, not kept
    now, said = np.full(n, np.nan), np.full(n, len(weights) - 1, dtype=np.uint8)
    stops, n_stops = np.empty(n_bars + 1, dtype=np.int64), 0
    for t in range(n_bars):  # without a branch
        stops[n_stops] = t
        n_stops += busy[t] | month_starts[t] | moved[t]
    stops[n_stops] = n_bars
    n_fills = step_over(
        prices, split, dividend, has_action, ends, month_starts, busy, kept, targets, sides,
        weights, moved, stops[: n_stops + 1], capital, rates, tiers, liquidity, state, book, fills,
        now, said, equity, totals,
    )  # fmt: skip
    return equity, totals, n_fills
