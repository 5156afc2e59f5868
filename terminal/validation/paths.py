"""Whole out-of-sample paths from combinatorial splits: López de Prado (2018), section 12.3.

Each group of time is tested in φ = k / N · C(N, k) splits. Path p takes of every group its p-th
test, in the order of the splits, as skfolio's `CombinatorialPurgedCV` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np

from terminal.market.panel import FloatArray
from terminal.validation.ranges import IntArray
from terminal.validation.split import Split


def path_count(groups: int, test_groups: int) -> int:
    """φ[N, k] = k / N · C(N, k)."""
    return test_groups * comb(groups, test_groups) // groups


def path_ids(groups: int, test_groups: int) -> IntArray:
    """The path that each test group of each split belongs to, int64 (C(N, k), k)."""
    seen = [0] * groups
    ids = []
    for chosen in combinations(range(groups), test_groups):
        ids.append([seen[group] for group in chosen])
        for group in chosen:
            seen[group] += 1
    return np.array(ids, dtype=np.int64)


def path_splits(groups: int, test_groups: int) -> IntArray:
    """The split that gives each group of each path, int64 (groups, φ)."""
    found = np.empty((groups, path_count(groups, test_groups)), dtype=np.int64)
    ids = path_ids(groups, test_groups)
    for number, chosen in enumerate(combinations(range(groups), test_groups)):
        for group, path in zip(chosen, ids[number], strict=True):
            found[group, path] = number
    return found


def recombine(splits: Sequence[Split], predictions: Sequence[FloatArray], n: int) -> FloatArray:
    """Predictions of every path, float64 (n_paths, n) or (n_paths, n, width); NaN where none.

    Parameters
    ----------
    splits : all splits of one splitter, in order. Of splits that test a position once (k-fold,
        walk-forward) there is one path.
    predictions : of each split's test positions, float64 (n_test,) or (n_test, width).
    n : number of events.
    """
    seen = np.zeros(n, dtype=np.int64)
    for split in splits:
        seen[split.test] += 1
    width = predictions[0].shape[1:] if predictions else ()
    out = np.full((int(seen.max(initial=0)), n, *width), np.nan)
    seen[:] = 0
    for split, made in zip(splits, predictions, strict=True):
        out[seen[split.test], split.test] = made
        seen[split.test] += 1
    return out
