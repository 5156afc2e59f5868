"""Purged k-fold with embargo: López de Prado (2018), section 7.4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from terminal.params import param
from terminal.validation.blocks import RangeSplit, refuse_empty, timeline
from terminal.validation.ranges import IntArray


@dataclass(frozen=True)
class KFoldParams:
    """Parameters of purged k-fold."""

    folds: int = param(5, title="Folds", low=2, high=50)
    embargo: int = param(
        0, title="Embargo", low=0, high=100_000, unit="bars",
        help="Bars left out after a test block, on top of the gap.",
    )  # fmt: skip


@dataclass(frozen=True)
class PurgedKFold:
    """Each of `folds` stretches of time is tested once; all else is trained on, purged.

    gap, embargo : rows, see `terminal.validation.blocks`.
    """

    folds: int = 5
    gap: int = 0
    embargo: int = 0

    def count(self) -> int:
        return self.folds

    def split(self, bar: IntArray, end: IntArray) -> Iterator[RangeSplit]:
        line = timeline(bar, end)
        for number, (first, stop) in enumerate(pairwise(line.equal(self.folds, "folds"))):
            block = line.block(first, stop, self.gap, self.embargo)
            made = RangeSplit(((0, len(line)),), [block], (number,))
            yield refuse_empty(made, line, self.gap, number)
