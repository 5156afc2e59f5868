"""The truncation check: does a strategy decide the same when it cannot see what came later?

Targets are computed again on the first n bars for several n and must equal the targets of the whole
run up to there, adjustment of the prices included. The check knows nothing about the strategy
(freqtrade calls its own the look-ahead analysis).

A check that never finds anything proves nothing. So the same strategy with a planted look-ahead, a
canary, goes through the same comparison at the same cuts: it decides at each bar what the strategy
decides one bar later. Cuts are laid where decisions change, because only there can such a leak
show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.market.adjust import forward_adjusted
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.strategy import Strategy

CUTS = 6
TOLERANCE = 1e-9
"""Largest difference between weights that rounding of sums of another length explains."""

Place = tuple[int, int]
"""Row and column of a decision."""


@dataclass(frozen=True)
class TruncationCheck:
    """What the check found.

    Attributes
    ----------
    cuts : numbers of bars at which the past was cut off and the decisions made again.
    bar, symbol : the first decision that changed when the future was hidden; None if none did.
    compared : decisions (bars x instruments, over all cuts) that were compared.
    canary_caught : cuts at which the planted look-ahead was found.
    """

    cuts: tuple[int, ...]
    passed: bool
    bar: int | None = None
    symbol: str | None = None
    compared: int = 0
    canary_caught: int = 0

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if not self.cuts:
            return "Look-ahead check: too few bars to cut."
        if self.passed:
            return (
                f"Look-ahead check passed: with the bars after {len(self.cuts)} sampled moments "
                "hidden, every decision up to there was the same."
            )
        return (
            f"Look-ahead check failed: {self.symbol} at bar {self.bar} was decided with hindsight."
        )


def decide(strategy: Strategy, params: Any, panel: Panel) -> FloatArray:
    """Targets of a strategy on raw bars: it sees total-return prices, adjusted point in time."""
    return strategy.targets(forward_adjusted(panel), params)


def truncation_check(
    strategy: Strategy,
    params: Any,
    panel: Panel,
    targets: FloatArray | None = None,
    cuts: int | Sequence[int] = CUTS,
) -> TruncationCheck:
    """Compare the targets of the whole panel with those made from its first bars only.

    Parameters
    ----------
    panel : raw bars; their adjustment is part of what is checked.
    targets : float64 (n_bars, n_instruments) of the whole panel; made here when not given.
    cuts : how many places to sample, or the numbers of bars to keep.
    """
    whole = decide(strategy, params, panel) if targets is None else targets
    if isinstance(cuts, int):
        places = telling(cut_places(panel.n_bars, strategy.warmup(params), cuts), whole)
    else:
        places = tuple(sorted(n for n in set(cuts) if 0 < n < panel.n_bars))
    seer = planted(whole)
    compared = caught = 0
    for n_bars in places:
        again = decide(strategy, params, panel.truncated(n_bars))
        compared += again.size
        found = first_difference(again, whole[:n_bars])
        if found is not None:
            bar, column = found
            return TruncationCheck(places, False, bar, panel.symbols[column], compared, caught)
        caught += first_difference(planted(again), seer[:n_bars]) is not None
    return TruncationCheck(places, True, compared=compared, canary_caught=caught)


def planted(targets: FloatArray, bars: int = 1) -> FloatArray:
    """The canary's decisions: those of `bars` later; at the end, where none is later, the last."""
    return np.concatenate(
        [targets[bars:], np.repeat(targets[-1:], min(bars, len(targets)), axis=0)]
    )


def first_difference(found: FloatArray, expected: FloatArray) -> Place | None:
    """The first decision in time that is not the same; two without an opinion are the same."""
    apart = found != expected
    apart &= ~(np.isnan(found) & np.isnan(expected))
    rows, columns = np.nonzero(apart)
    if not rows.size:  # the usual end, and the comparison below is dear
        return None
    near = np.isclose(found[rows, columns], expected[rows, columns], rtol=0.0, atol=TOLERANCE)
    places = np.flatnonzero(~near)
    return (int(rows[places[0]]), int(columns[places[0]])) if places.size else None


def cut_places(n_bars: int, warmup: int, cuts: int) -> tuple[int, ...]:
    """Numbers of bars to keep, spread between the end of the warm-up and the last bar but one."""
    first, last = min(warmup + 1, n_bars - 1), n_bars - 1
    if last < 1:
        return ()
    return tuple(sorted({int(n) for n in np.linspace(max(first, 1), last, cuts)}))


def telling(places: Sequence[int], targets: FloatArray) -> tuple[int, ...]:
    """The cuts, each moved within its stretch to where the first hidden bar changes a decision.

    A look-ahead of one bar shows where a decision changes and nowhere else. Where a stretch has no
    change its cut stays; where none has, the first change of all gets a cut of its own.
    """
    changes = changing_bars(targets)
    if not places or not changes.size:
        return tuple(places)
    ends = [*places[1:], len(targets)]
    moved = set()
    for first, end in zip(places, ends, strict=True):
        at = changes[np.searchsorted(changes, first) :][:1]
        moved.add(int(at[0]) if at.size and at[0] < end else first)
    if not moved.intersection(changes.tolist()):
        moved.add(int(changes[0]))
    return tuple(sorted(moved))


def changing_bars(targets: FloatArray) -> npt.NDArray[np.int64]:
    """Bars whose decisions are not those of the bar before."""
    after, before = targets[1:], targets[:-1]
    same = (np.abs(after - before) <= TOLERANCE) | (np.isnan(after) & np.isnan(before))
    return np.flatnonzero(~same.all(axis=1)) + 1
