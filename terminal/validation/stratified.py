"""Folds in which every regime is tested: short stretches of time dealt out by regime.

Plain k-fold may put the only crash into one fold. Here time is cut into many stretches, and each
goes to the fold that then mirrors the whole sample's mix of regimes best. A fold's test is several
blocks, each purged by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.validation.blocks import RangeSplit, refuse_empty, timeline
from terminal.validation.ranges import IntArray


@dataclass(frozen=True)
class RegimeKFoldParams:
    """Parameters of regime-stratified k-fold."""

    folds: int = param(5, title="Folds", low=2, high=20)
    stretches: int = param(
        4, title="Stretches a fold", low=2, high=50,
        help="More mix regimes better and lose more to purging.",
    )  # fmt: skip
    embargo: int = param(0, title="Embargo", low=0, high=100_000, unit="bars")


@dataclass(frozen=True)
class RegimeKFold:
    """`folds` tests of `stretches` blocks each; every event is tested once.

    regime : int64 (n_bars,), the regime of each row, 0 .. r - 1.
    """

    regime: IntArray
    folds: int = 5
    stretches: int = 4
    gap: int = 0
    embargo: int = 0

    def count(self) -> int:
        return self.folds

    def split(self, bar: IntArray, end: IntArray) -> Iterator[RangeSplit]:
        line = timeline(bar, end)
        bounds = list(pairwise(line.equal(self.folds * self.stretches, "stretches")))
        if len(line) and bar[-1] >= len(self.regime):
            raise InputError(
                f"Regimes are known for {len(self.regime)} bars; events reach bar {bar[-1]}.",
                field="regime",
                remedy="Give one regime a bar of the panel.",
            )
        of_event = self.regime[bar]
        mix = np.array(
            [
                np.bincount(of_event[first:stop], minlength=int(self.regime.max()) + 1)
                for first, stop in bounds
            ],
            dtype=np.float64,
        )
        fold_of = deal(mix, self.folds, self.stretches)
        for fold in range(self.folds):
            blocks = [
                line.block(*bounds[k], self.gap, self.embargo)
                for k in np.flatnonzero(fold_of == fold)
            ]
            made = RangeSplit(((0, len(line)),), blocks, (fold,))
            yield refuse_empty(made, line, self.gap, fold)


def deal(mix: FloatArray, folds: int, each: int) -> IntArray:
    """The fold of each stretch, int64 (folds · each,), `each` to a fold.

    mix : float64 (folds · each, r), events of each regime in each stretch. The stretches that
    differ most from the whole go first, each to the fold whose mix it brings nearest to the
    whole's share (squared distance), ties to the earlier fold; then stretches are exchanged.
    """
    wanted = mix.sum(axis=0) / folds
    share = mix.sum(axis=0) / mix.sum()
    odd = np.square(mix - mix.sum(axis=1, keepdims=True) * share).sum(axis=1)
    filled = np.zeros((folds, mix.shape[1]))
    count = np.zeros(folds, dtype=np.int64)
    fold_of = np.empty(len(mix), dtype=np.int64)
    for k in np.argsort(-odd, kind="stable"):
        change = np.square(filled + mix[k] - wanted).sum(axis=1)
        change -= np.square(filled - wanted).sum(axis=1)
        fold = int(np.argmin(np.where(count < each, change, np.inf)))
        fold_of[k] = fold
        filled[fold] += mix[k]
        count[fold] += 1
    return _swapped(mix, fold_of, filled - wanted)


def _swapped(mix: FloatArray, fold_of: IntArray, off: FloatArray) -> IntArray:
    """Exchange stretches of two folds as long as that brings both nearer; `off` is used up."""
    better = True
    while better:
        better = False
        for one in range(len(mix)):
            move = mix - mix[one]  # what the fold of `one` gains from each exchange
            own, other = off[fold_of[one]], off[fold_of]
            change = np.square(own + move).sum(axis=1) - np.square(own).sum()
            change += np.square(other - move).sum(axis=1) - np.square(other).sum(axis=1)
            change[fold_of == fold_of[one]] = 0.0
            two = int(np.argmin(change))
            if change[two] < -1e-9 * max(1.0, float(np.square(mix).sum())):
                off[fold_of[one]] += move[two]
                off[fold_of[two]] -= move[two]
                fold_of[one], fold_of[two] = fold_of[two], fold_of[one]
                better = True
    return fold_of


def volatility_regimes(close: FloatArray, n: int = 3, window: int = 60) -> IntArray:
    """0 (calm) .. n - 1 (wild) for each row, int64 (n_bars,): how the market moved around it.

    Parameters
    ----------
    close : float64 (n_bars, n_instruments), adjusted.

    For dealing out test stretches only: quantiles of the whole sample, not known at the time.
    """
    logs = np.log(close)
    with np.errstate(invalid="ignore"):
        moves = np.abs(np.diff(logs, axis=0, prepend=logs[:1]))
    known = np.isfinite(moves)
    mean = np.where(known, moves, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    total = np.concatenate([[0.0], np.cumsum(mean)])
    low = np.maximum(np.arange(len(mean)) - window + 1, 0)
    level = (total[1:] - total[low]) / (np.arange(len(mean)) - low + 1)
    cuts = np.quantile(level, np.arange(1, n) / n)
    return np.asarray(np.searchsorted(cuts, level, side="right"), dtype=np.int64)
