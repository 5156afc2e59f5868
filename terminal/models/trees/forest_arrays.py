"""The trees of a forest end to end in flat arrays, and their mean answer."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numba
import numpy as np
import numpy.typing as npt

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.samples import IntArray


@dataclass(frozen=True)
class ForestArrays:
    """Nodes of all trees; the names are scikit-learn's.

    Attributes
    ----------
    start : int64 (n_trees + 1,), first node of each tree, and the number of nodes.
    children_left, children_right : int64 (n_nodes,), numbers within the tree; -1 at leaves. A
        child's number is higher than its parent's.
    feature : int64 (n_nodes,). threshold : float64 (n_nodes,); left where value <= threshold.
    missing_go_to_left : uint8 (n_nodes,), 1 where an unknown value goes left.
    weighted_n_node_samples : float64 (n_nodes,), weight of the training rows.
    value : float64 (n_nodes, width), probabilities of the classes, or the mean.
    """

    start: IntArray
    children_left: IntArray
    children_right: IntArray
    feature: IntArray
    threshold: FloatArray
    missing_go_to_left: npt.NDArray[np.uint8]
    weighted_n_node_samples: FloatArray
    value: FloatArray

    @property
    def estimators_(self) -> tuple[SimpleNamespace, ...]:
        """A view of each tree as scikit-learn shows it: what reads its forests reads this one."""
        trees = []
        for first, end in zip(self.start[:-1], self.start[1:], strict=True):
            own = {name: getattr(self, name)[first:end] for name in ARRAYS if name != "start"}
            own["value"] = own["value"][:, None, :]
            trees.append(SimpleNamespace(tree_=SimpleNamespace(node_count=int(end - first), **own)))
        return tuple(trees)

    def mean(self, rows: Float32Array) -> FloatArray:
        """Mean answer of the trees, float64 (n, width)."""
        return np.asarray(
            forest_mean(
                rows,
                self.start,
                self.children_left,
                self.children_right,
                self.feature,
                self.threshold,
                self.missing_go_to_left,
                self.value,
            )
        )

    def unsound(self, n_features: int) -> str:
        """What is wrong with the arrays, or "" when every walk stays inside and ends."""
        n = len(self.value)
        own = (name for name in ARRAYS if name != "start")
        if any(len(getattr(self, name)) != n for name in own):
            return "its arrays differ in length"
        start = self.start
        if len(start) < 2 or start[0] != 0 or start[-1] != n or np.any(np.diff(start) < 1):
            return "its trees do not add up to its nodes"
        size = np.repeat(np.diff(start), np.diff(start))
        place = np.arange(n) - np.repeat(start[:-1], np.diff(start))
        leaf = self.children_left == -1
        if np.any(leaf != (self.children_right == -1)):
            return "a split has one branch"
        for child in (self.children_left, self.children_right):
            if np.any(~leaf & ((child <= place) | (child >= size))):
                return "a branch leads nowhere"
        if np.any(~leaf & ((self.feature < 0) | (self.feature >= n_features))):
            return "a split asks a feature that does not exist"
        return ""


ARRAYS = tuple(ForestArrays.__dataclass_fields__)


def forest_mean_python(
    rows: Float32Array,
    start: IntArray,
    left: IntArray,
    right: IntArray,
    feature: IntArray,
    threshold: FloatArray,
    missing_left: npt.NDArray[np.uint8],
    value: FloatArray,
) -> FloatArray:
    """Walk each row down each tree; float64 (n, width)."""
    n, n_trees = len(rows), len(start) - 1
    answers = np.zeros((n, value.shape[1]))
    for tree in range(n_trees):
        first = start[tree]
        for i in range(n):
            node = first
            while left[node] != -1:
                x = rows[i, feature[node]]
                if np.isnan(x):
                    goes_left = missing_left[node] == 1
                else:
                    goes_left = x <= threshold[node]
                node = first + (left[node] if goes_left else right[node])
            for k in range(value.shape[1]):
                answers[i, k] += value[node, k]
    return answers / n_trees


forest_mean = numba.njit(cache=True, nogil=True, error_model="numpy")(forest_mean_python)


def warm_up() -> None:
    """Compile the walk, or load it from the cache, before somebody waits for it."""
    leaf = np.array([-1])
    one = np.ones(1)
    forest = ForestArrays(
        np.array([0, 1]), leaf, leaf, leaf, one, np.ones(1, dtype=np.uint8), one, np.ones((1, 1))
    )
    forest.mean(np.zeros((1, 1), dtype=np.float32))
