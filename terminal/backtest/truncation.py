"""The truncation check: does a strategy decide the same when it cannot see what came later?

Targets are computed again on the first n bars for several n and must equal the targets of the whole
run up to there, adjustment of the prices included. The check knows nothing about the strategy
(freqtrade calls its own the look-ahead analysis).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.market.adjust import forward_adjusted
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.strategy import Strategy

CUTS = 6
TOLERANCE = 1e-9
"""Largest difference between weights that rounding of sums of another length explains."""


@dataclass(frozen=True)
class TruncationCheck:
    """What the check found.

    Attributes
    ----------
    cuts : numbers of bars at which the past was cut off and the decisions made again.
    bar, symbol : the first decision that changed when the future was hidden; None if none did.
    """

    cuts: tuple[int, ...]
    passed: bool
    bar: int | None = None
    symbol: str | None = None

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
        places = cut_places(panel.n_bars, strategy.warmup(params), cuts)
    else:
        places = tuple(sorted(n for n in set(cuts) if 0 < n < panel.n_bars))
    for n_bars in places:
        again = decide(strategy, params, panel.truncated(n_bars))
        same = np.isclose(again, whole[:n_bars], rtol=0.0, atol=TOLERANCE, equal_nan=True)
        if not same.all():
            bar, column = np.argwhere(~same)[0]
            return TruncationCheck(places, False, int(bar), panel.symbols[int(column)])
    return TruncationCheck(places, True)


def cut_places(n_bars: int, warmup: int, cuts: int) -> tuple[int, ...]:
    """Numbers of bars to keep, spread between the end of the warm-up and the last bar but one."""
    first, last = min(warmup + 1, n_bars - 1), n_bars - 1
    if last < 1:
        return ()
    return tuple(sorted({int(n) for n in np.linspace(max(first, 1), last, cuts)}))
