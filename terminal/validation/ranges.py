"""Sets of positions as sorted, disjoint ranges: what splits are computed with.

A split of a million events is a handful of ranges; its arrays are made when somebody needs them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
Ranges = tuple[tuple[int, int], ...]
"""Half-open (first, stop), ascending, disjoint and not empty."""


def union(parts: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges that cover the same positions as `parts`, which may overlap and be empty."""
    merged: list[tuple[int, int]] = []
    for first, stop in sorted(parts):
        if first >= stop:
            continue
        if merged and first <= merged[-1][1]:
            if stop > merged[-1][1]:
                merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((first, stop))
    return tuple(merged)


def minus(of: Ranges, away: Ranges) -> Ranges:
    """The positions of `of` that are not in `away`."""
    left: list[tuple[int, int]] = []
    k = 0
    for first, stop in of:
        while k < len(away) and away[k][1] <= first:
            k += 1
        i = k
        while i < len(away) and away[i][0] < stop:
            if away[i][0] > first:
                left.append((first, away[i][0]))
            first = max(first, away[i][1])
            i += 1
        if first < stop:
            left.append((first, stop))
    return tuple(left)


def size(ranges: Ranges) -> int:
    """How many positions."""
    return sum(stop - first for first, stop in ranges)


def positions(ranges: Ranges) -> IntArray:
    """All positions, int64, ascending."""
    if not ranges:
        return np.empty(0, dtype=np.int64)
    return np.concatenate([np.arange(first, stop, dtype=np.int64) for first, stop in ranges])


def runs(mask: npt.NDArray[np.bool_], offset: int) -> Ranges:
    """Where a mask is true, as ranges from `offset` on."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0)) + offset
    return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
