"""Walk-forward: train on the past, test on what comes next, move on; as a live model would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from terminal.params import param
from terminal.validation.blocks import RangeSplit, refuse_empty, timeline
from terminal.validation.ranges import IntArray

ANCHORED, ROLLING = "anchored", "rolling"


@dataclass(frozen=True)
class WalkForwardParams:
    """Parameters of walk-forward."""

    windows: int = param(5, title="Test windows", low=1, high=200)
    training: str = param(
        ANCHORED,
        title="Training window",
        choices=(ANCHORED, ROLLING),
        help="From the first bar on, or the latest bars only, always as many.",
    )
    first_train: float = param(
        40.0, title="First training window", low=5.0, high=95.0, step=5.0, unit="% of the events"
    )


@dataclass(frozen=True)
class WalkForward:
    """`windows` tests after a first training window of `first_train` percent of the events.

    Test windows hold nearly the same number of events each. A rolling window keeps the number of
    events of the first. What lies within `gap` rows before a test, or reaches into it, is purged.
    """

    windows: int = 5
    training: str = ANCHORED
    first_train: float = 40.0
    gap: int = 0

    def count(self) -> int:
        return self.windows

    def split(self, bar: IntArray, end: IntArray) -> Iterator[RangeSplit]:
        line = timeline(bar, end)
        n = len(line)
        at = np.linspace(n * self.first_train / 100.0, n, self.windows + 1)[:-1]
        bounds = line.cut(np.round(at).astype(np.int64), "windows")
        for number, (first, stop) in enumerate(pairwise(bounds[1:])):
            begin = 0
            if self.training == ROLLING:
                oldest = max(first - bounds[1], 0)
                begin = int(np.searchsorted(bar, bar[oldest]))
            block = line.block(first, stop, self.gap)
            made = RangeSplit(((begin, first),), [block], (number,))
            yield refuse_empty(_past(made, first), line, self.gap, number)


def _past(split: RangeSplit, first: int) -> RangeSplit:
    """Without what lies after the test: nothing there was ever to be trained on."""
    block = split._blocks[0]
    purged = tuple(r for r in block.purged if r[1] <= first)
    kept = type(block)(block.first, block.stop, purged, ())
    return RangeSplit(split._within, [kept], split.groups)
