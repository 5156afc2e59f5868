"""Trees of instruments that move together, and how many groups they make."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]
SINGLE, COMPLETE, AVERAGE, WARD = "single", "complete", "average", "ward"
PAIRS, COLUMNS = "correlation", "correlation with all"
LINKAGES = (SINGLE, COMPLETE, AVERAGE, WARD)
MOST_CLUSTERS = 8


def correlation_distance(correlation: FloatArray) -> FloatArray:
    """sqrt((1 - rho) / 2), zero on the diagonal (Mantegna 1999)."""
    out = np.sqrt(np.clip((1.0 - correlation) / 2.0, 0.0, 1.0))
    np.fill_diagonal(out, 0.0)
    return np.asarray(out)


def column_distance(distance: FloatArray) -> FloatArray:
    """How far apart two instruments' distances to all others are (Lopez de Prado 2016, step 1)."""
    squares = (distance**2).sum(axis=0)
    apart = squares[:, None] + squares[None, :] - 2.0 * distance.T @ distance
    out = np.sqrt(np.maximum(apart, 0.0))
    np.fill_diagonal(out, 0.0)
    return np.asarray(out)


def tree_of(distance: FloatArray, linkage: str) -> FloatArray:
    """The linkage matrix (n - 1, 4) of a distance (n, n): rows join two nodes at a height."""
    from scipy.cluster.hierarchy import linkage as link

    pairs = distance[np.triu_indices(len(distance), 1)]
    return np.asarray(link(pairs, method=linkage), dtype=np.float64)


def leaves_of(tree: FloatArray) -> IntArray:
    """Instruments from the left of the tree to its right."""
    n = len(tree) + 1
    children = tree[:, :2].astype(np.int64).tolist()
    found, waiting = [], [2 * n - 2]
    while waiting:
        node = waiting.pop()
        if node < n:
            found.append(node)
        else:
            left, right = children[node - n]
            waiting += [right, left]
    return np.array(found, dtype=np.int64)


def members_of(tree: FloatArray) -> list[IntArray]:
    """The instruments under each node: n leaves, then one node a row of the tree."""
    n = len(tree) + 1
    found = [np.array([k], dtype=np.int64) for k in range(n)]
    for left, right in tree[:, :2].astype(int):
        found.append(np.concatenate([found[left], found[right]]))
    return found


def cut(tree: FloatArray, count: int) -> list[int]:
    """The nodes of the `count` groups that are left when the highest joins are undone."""
    n = len(tree) + 1
    top = [2 * n - 2] if n > 1 else [0]
    while len(top) < min(count, n):
        highest = max(top)
        top.remove(highest)
        left, right = tree[highest - n, :2].astype(int)
        top += [int(left), int(right)]
    return sorted(top)


def cluster_count(tree: FloatArray, distance: FloatArray) -> int:
    """How many groups: where the dispersion within them bends most.

    The second difference of the dispersion W_k is largest (Yue, Wang and Wei 2008, two-order
    difference to the gap statistic); W_k sums over the groups all distances within one, over twice
    its size.
    """
    n = len(distance)
    if n <= 2:
        return n
    members = members_of(tree)
    most = min(n, max(MOST_CLUSTERS, round(float(np.sqrt(n)))))
    inside = {}

    def spread(node: int) -> float:
        if node not in inside:
            group = members[node]
            size = len(group)
            total = float(distance[np.ix_(group, group)].sum())
            inside[node] = total / (2.0 * size)
        return inside[node]

    dispersion = np.array([sum(spread(node) for node in cut(tree, k)) for k in range(1, most + 1)])
    bends = dispersion[2:] + dispersion[:-2] - 2.0 * dispersion[1:-1]
    return int(np.argmax(bends)) + 2
