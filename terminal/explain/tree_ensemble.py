"""Decision trees as plain arrays, whatever library grew them, and what their Shapley values need.

A tree is a list of nodes in the order of a walk from its root (parent, left side, right side). The
edge into a node asks one feature for one side. What a node knows of its path (how much of the
training data went this way, whether the feature was asked before) does not depend on the row that
is explained, so it is prepared once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]
SMALLEST_SHARE = 1e-30
"""Stands for a share of 0: its terms vanish, and nothing is divided by 0."""


@dataclass(frozen=True)
class Tree:
    """One tree.

    Attributes
    ----------
    left, right : int64 (n_nodes,), children; -1 at leaves. Node 0 is the root.
    feature : int64 (n_nodes,), column asked at a split.
    threshold : float64 (n_nodes,); a row goes left where its value <= threshold.
    missing_left : bool (n_nodes,), whether a row without a value goes left.
    cover : float64 (n_nodes,), weight of the training rows that passed.
    value : float64 (n_nodes,), the answer at a leaf.
    """

    left: IntArray
    right: IntArray
    feature: IntArray
    threshold: FloatArray
    missing_left: npt.NDArray[np.bool_]
    cover: FloatArray
    value: FloatArray


@dataclass(frozen=True)
class PreparedTrees:
    """Trees whose Shapley sums need the same number of quadrature points, ready for the kernel.

    Attributes
    ----------
    start : int64 (n_trees + 1,), first node of each tree.
    parent, previous : int64 (n_nodes,), positions within the tree: the parent, and the nearest node
        above whose edge asks the same feature (-1: none).
    feature, threshold, missing_left, wants_left : of the edge into each node.
    leaf : bool (n_nodes,). value : float64 (n_nodes,), at leaves.
    down, up : float64 (n_nodes, 3, n_points), see `tree_kernel`.
    """

    start: IntArray
    parent: IntArray
    previous: IntArray
    feature: IntArray
    threshold: FloatArray
    missing_left: npt.NDArray[np.bool_]
    wants_left: npt.NDArray[np.bool_]
    leaf: npt.NDArray[np.bool_]
    value: FloatArray
    down: FloatArray
    up: FloatArray


@dataclass(frozen=True)
class TreeEnsemble:
    """The sum of trees and a constant; `base` is its mean over the training data by cover."""

    groups: tuple[PreparedTrees, ...]
    base: float
    n_trees: int


def prepare(trees: Sequence[Tree], constant: float = 0.0) -> TreeEnsemble:
    """Trees ready to be explained."""
    groups: dict[int, list[_Walked]] = {}
    base = constant
    for tree in trees:
        walked = _walk(tree)
        base += float(walked.value[walked.leaf] @ walked.reach[walked.leaf])
        if len(walked.parent) > 1:
            # Gauss and Legendre's rule of Q points is exact up to degree 2Q - 1; a path of m
            # features is a polynomial of degree m - 1
            groups.setdefault(max(1, -(-walked.features // 2)), []).append(walked)
    prepared = tuple(_together(items, points) for points, items in sorted(groups.items()))
    return TreeEnsemble(prepared, base, len(trees))


@dataclass(frozen=True)
class _Walked:
    parent: IntArray
    previous: IntArray
    feature: IntArray
    threshold: FloatArray
    missing_left: npt.NDArray[np.bool_]
    wants_left: npt.NDArray[np.bool_]
    leaf: npt.NDArray[np.bool_]
    value: FloatArray
    share: FloatArray  # of rows that agree with every edge of this feature so far
    reach: FloatArray  # of all rows, that come here
    features: int  # most different features on a path


def _walk(tree: Tree) -> _Walked:
    order, parent, wants_left = _order(tree)
    n = len(order)
    source = np.array(order)
    above = source[np.maximum(parent, 0)]
    feature = np.where(parent >= 0, tree.feature[above], -1)
    cover = tree.cover[above]
    part = np.where(cover > 0.0, tree.cover[source] / np.where(cover > 0.0, cover, 1.0), 0.0)
    previous = np.full(n, -1)
    share, reach = np.ones(n), np.ones(n)
    deepest = 0
    paths: list[dict[int, int]] = [{}]
    for k in range(1, n):
        asked = int(feature[k])
        path = paths[parent[k]]
        previous[k] = path.get(asked, -1)
        share[k] = max(part[k] * share[previous[k]] if previous[k] >= 0 else part[k],
                       SMALLEST_SHARE)  # fmt: skip
        reach[k] = part[k] * reach[parent[k]]
        paths.append({**path, asked: k})
        deepest = max(deepest, len(paths[k]))
    leaf = tree.left[source] < 0
    return _Walked(
        parent=parent,
        previous=previous,
        feature=feature,
        threshold=tree.threshold[above],
        missing_left=tree.missing_left[above],
        wants_left=wants_left,
        leaf=leaf,
        value=np.where(leaf, tree.value[source], 0.0),
        share=share,
        reach=reach,
        features=deepest,
    )


def _order(tree: Tree) -> tuple[list[int], IntArray, npt.NDArray[np.bool_]]:
    """Nodes from the root down, left side first; of each its parent's position and side."""
    order: list[int] = []
    parent: list[int] = []
    is_left: list[bool] = []
    stack = [(0, -1, False)]
    while stack:
        node, above, side = stack.pop()
        here = len(order)
        order.append(node)
        parent.append(above)
        is_left.append(side)
        if tree.left[node] >= 0:
            stack.append((int(tree.right[node]), here, False))
            stack.append((int(tree.left[node]), here, True))
    return order, np.array(parent), np.array(is_left, dtype=np.bool_)


def _together(trees: Sequence[_Walked], points: int) -> PreparedTrees:
    nodes, weights = np.polynomial.legendre.leggauss(points)
    t, w = 0.5 * (nodes + 1.0), 0.5 * weights
    tables = [_tables(tree, t, w) for tree in trees]

    def joined(name: str) -> Any:
        return np.concatenate([getattr(tree, name) for tree in trees])

    return PreparedTrees(
        start=np.concatenate([[0], np.cumsum([len(tree.parent) for tree in trees])]),
        parent=joined("parent"),
        previous=joined("previous"),
        feature=joined("feature"),
        threshold=joined("threshold"),
        missing_left=joined("missing_left"),
        wants_left=joined("wants_left"),
        leaf=joined("leaf"),
        value=joined("value"),
        down=np.concatenate([down for down, _ in tables]),
        up=np.concatenate([up for _, up in tables]),
    )


def _tables(tree: _Walked, t: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Factors of an edge on the way down and weights of its sums on the way up, at the points t.

    An edge whose feature has share z and agrees (o = 1) or not (o = 0) has the factor
    f(o) = z (1 - t) + o t. Where the feature was asked before (z', o'), its old factor is taken
    out: f(o) / f'(o'). Both depend on the row by o and o' alone, so as
    table[0] + o' table[1] + o table[2].
    """
    z = tree.share[:, None]
    f0, f1 = z * (1.0 - t), z * (1.0 - t) + t
    c0, c1 = -z * w / f0, (1.0 - z) * w / f1  # (o - z) w / f(o)
    down = np.stack([f0, np.zeros_like(f0), f1 - f0], axis=1)
    up = np.stack([c0, np.zeros_like(c0), c1 - c0], axis=1)
    again = np.flatnonzero(tree.previous >= 0)
    before = tree.previous[again]
    p0, p1 = f0[before], f1[before]
    none, one, both = f0[again] / p0, f0[again] / p1, f1[again] / p1
    down[again] = np.stack([none, one - none, both - one], axis=1)
    none, one, both = (
        c0[again] - c0[before], c0[again] - c1[before], c1[again] - c1[before],
    )  # fmt: skip
    up[again] = np.stack([none, one - none, both - one], axis=1)
    return np.ascontiguousarray(down), np.ascontiguousarray(up)
