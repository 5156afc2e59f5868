"""From rules to positions: what happens at each close, in this order.

1. Nothing is decided for an instrument without a bar, or before its warm-up is over.
2. A position whose exit holds is left. One whose instrument has had no bar for more than
   `KEPT_BARS` of its exchange's is given up, so that its place is free.
3. A flat instrument enters long where its long entry holds and its long exit does not, short
   likewise; where both want in, neither does. A position that was just left may turn on the same
   bar, and a second entry while a position is held changes nothing.
4. When there is room for fewer than want in, the ranking decides; a rank that is not known comes
   last, then the order of the universe decides.
5. The weight is set at entry and stands until the exit; all of them together never exceed 1.

On a panel of several calendars each instrument's close is one at which this happens to it alone.

Work is done only at rows where something can happen, so that a long history costs little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.market.mixed import on_own_bars
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.rules.conditions import Values, feature_values, group_holds
from terminal.strategies.rules.rule_set import Group, RuleSet, Sizing, SizingMethod
from terminal.strategies.signals import BoolArray, carried
from terminal.strategies.sizing import KEPT_BARS
from terminal.strategies.volatility import STILL, own_returns, rolling_volatility

NOTHING_LEFT = 1e-9
IntArray = npt.NDArray[np.int32]


def rule_targets(panel: Panel, rules: RuleSet, invested: float = 1.0) -> FloatArray:
    """Target weights (n_bars, n_instruments) of a rule set, times `invested`.

    NaN where an instrument has no bar or is warming up; row t depends on rows <= t.
    """
    ready = ready_bars(panel, rules.warmup)
    return np.where(ready, invested * held_weights(panel, rules, ready), np.nan)


def ready_bars(panel: Panel, warmup: int) -> BoolArray:
    """Where an instrument has a bar and `warmup` of its own before it."""
    known = np.isfinite(panel.close)
    return np.asarray(known & (np.cumsum(known, axis=0) > warmup))


def held_weights(
    panel: Panel, rules: RuleSet, ready: BoolArray, values: Values | None = None
) -> FloatArray:
    """Weight that stands after each close, negative for short, 0 where flat.

    Parameters
    ----------
    values : of the rules' features, where they have been made already.
    """
    made = feature_values(panel, rules.features) if values is None else values
    room, size = slots(panel, rules.sizing, rules.most)
    moves = _moves(panel, rules, ready & np.isfinite(size) & (size > 0), ready, made)
    rank = np.zeros(ready.shape)
    if rules.ranking is not None:
        by = feature_values(panel, [rules.ranking.by])[rules.ranking.by]
        rank = by * (-1.0 if rules.ranking.highest else 1.0)
    return _walk(moves, size, rank, room)


def slots(panel: Panel, sizing: Sizing, most: int | None) -> tuple[int, FloatArray]:
    """(positions there is room for, weight of an entry at each bar, NaN where not known)."""
    n = panel.n_instruments
    room = n if most is None else min(most, n)
    if sizing.method is SizingMethod.FIXED:
        fitting = math.floor(1.0 / sizing.weight + NOTHING_LEFT)
        return min(room, fitting), np.full(panel.close.shape, sizing.weight)
    if sizing.method is SizingMethod.EQUAL:
        return room, np.full(panel.close.shape, 1.0 / room)
    found = rolling_volatility(own_returns(panel.close), sizing.window)
    calm = 1.0 / np.where(found > STILL, found, np.nan)
    compared = calm
    if panel.calendars:  # the others' newest, for they are closed
        compared = np.where(bars_missed(panel) <= KEPT_BARS, carried(calm), np.nan)
    known = np.isfinite(compared)
    total = np.where(known, compared, 0.0).sum(axis=1, keepdims=True)
    mean = total / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return room, np.asarray(calm / np.where(mean > 0, mean, np.nan) / room)


def bars_missed(panel: Panel) -> FloatArray:
    """(n_bars, n_instruments): bars of its exchange that have closed since an instrument had one.

    Before its first bar, all there were and one more.
    """
    found = on_own_bars(panel, _missed)
    return carried(found) if panel.calendars else found


def _missed(panel: Panel) -> FloatArray:
    bars = np.arange(panel.n_bars)[:, None]
    seen = np.maximum.accumulate(np.where(np.isfinite(panel.close), bars, -1), axis=0)
    return np.asarray(bars - seen, dtype=np.float64)


@dataclass(frozen=True)
class _Moves:
    """bool (n_bars, n_instruments): where a flat instrument enters (`short`: on which side), and
    where a position of each side is left."""

    enter: BoolArray
    short: BoolArray
    leave_long: BoolArray
    leave_short: BoolArray


def _moves(
    panel: Panel, rules: RuleSet, sized: BoolArray, ready: BoolArray, values: Values
) -> _Moves:
    def holds(group: Group | None) -> BoolArray:
        return ready & group_holds(group, values) if group is not None else np.zeros_like(ready)

    leave_long, leave_short = holds(rules.exit_long), holds(rules.exit_short)
    long = holds(rules.entry_long) & ~leave_long & sized
    short = holds(rules.entry_short) & ~leave_short & sized
    given_up = bars_missed(panel) == KEPT_BARS + 1
    return _Moves(long ^ short, short, leave_long | given_up, leave_short | given_up)


def _walk(moves: _Moves, size: FloatArray, rank: FloatArray, room: int) -> FloatArray:
    """Go from one row at which something can happen to the next."""
    n_bars, n = size.shape
    enters, leaves_long = _next(moves.enter), _next(moves.leave_long)
    leaves_short = _next(moves.leave_short)
    held = np.zeros(n)
    changes = np.full(size.shape, np.nan)
    changes[:1] = 0.0
    row = 0
    while True:
        due = np.where(held > 0, leaves_long[row], np.where(held < 0, leaves_short[row], n_bars))
        if _has_room(held, room):
            due = np.where(held == 0, enters[row], due)
        row = int(due.min(initial=n_bars))
        if row >= n_bars:
            return carried(changes)
        leaving = ((held > 0) & moves.leave_long[row]) | ((held < 0) & moves.leave_short[row])
        held[leaving] = 0.0
        wanting = np.flatnonzero((held == 0) & moves.enter[row])
        for k in wanting[np.lexsort((wanting, rank[row, wanting]))]:
            if not _has_room(held, room):
                break
            weight = min(float(size[row, k]), 1.0 - float(np.abs(held).sum()))
            held[k] = -weight if moves.short[row, k] else weight
        changes[row] = held
        row += 1


def _has_room(held: FloatArray, room: int) -> bool:
    return bool(np.count_nonzero(held) < room and np.abs(held).sum() < 1.0 - NOTHING_LEFT)


def _next(happens: BoolArray) -> IntArray:
    """(n_bars + 1, n): the first row from each row on at which it happens; n_bars where none."""
    n_bars, n = happens.shape
    rows = np.full((n_bars + 1, n), n_bars, dtype=np.int32)
    rows[:-1] = np.where(happens, np.arange(n_bars, dtype=np.int32)[:, None], n_bars)
    return np.asarray(np.minimum.accumulate(rows[::-1], axis=0)[::-1])
