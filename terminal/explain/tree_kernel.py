"""Exact Shapley values of trees, many rows at a time.

The value of feature i at a leaf of value v is (Lundberg et al. 2020, algorithm 2, path dependent)

    v (o_i - z_i)  sum over sets S of the path's other features of  |S|! (m - 1 - |S|)! / m!
                   prod_{j in S} o_j  prod_{j not in S} z_j

with o_j whether the row agrees with the path in feature j, and z_j the share of training rows that
does. The weights are a beta integral, so the sum equals

    v (o_i - z_i)  int_0^1  prod_{j != i} (z_j (1 - t) + o_j t)  dt,

a polynomial of degree m - 1 at most, which Gauss and Legendre's rule with m / 2 points integrates
exactly. Walking down, each edge multiplies its factor into the path's product; walking up, sums of
leaves are weighed once per edge. That is linear in the nodes (compare Yu et al. 2022, Linear
TreeSHAP, which interpolates the same polynomial), without the book-keeping of sets.
"""

from __future__ import annotations

import numba
import numpy as np

from terminal.market.panel import FloatArray

LANES = 8
"""Rows that are worked on together: what two or one vector registers hold."""


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def add_shap(  # type: ignore[no-untyped-def]
    x, phi, start, parent, previous, feature, threshold, missing_left, wants_left, leaf, value,
    down, up,
):  # fmt: skip
    """Add the trees' Shapley values to `phi`.

    Parameters
    ----------
    x : float64 (n_blocks, n_features, LANES), rows in blocks; NaN is a missing value.
    phi : float64 (n_blocks, n_features, LANES), added to.
    the rest : the fields of `PreparedTrees` in their order.
    """
    points = down.shape[2]
    widest = 0
    for tree in range(len(start) - 1):
        widest = max(widest, start[tree + 1] - start[tree])
    s = np.empty((widest, points, LANES))
    agrees = np.empty((widest, LANES))
    got = np.empty(LANES)
    for tree in range(len(start) - 1):
        first = start[tree]
        n = start[tree + 1] - first
        for block in range(x.shape[0]):
            s[0, :, :] = 1.0
            for k in range(1, n):
                at = first + k
                above, before = parent[at], previous[at]
                seen, limit = x[block, feature[at]], threshold[at]
                wants, unknown = wants_left[at], missing_left[at]
                for r in range(LANES):
                    value_r = seen[r]
                    goes_left = (value_r <= limit) | ((value_r != value_r) & unknown)
                    agrees[k, r] = 1.0 if goes_left == wants else 0.0
                if before < 0:
                    for q in range(points):
                        a, c = down[at, 0, q], down[at, 2, q]
                        for r in range(LANES):
                            s[k, q, r] = s[above, q, r] * (a + agrees[k, r] * c)
                else:
                    for r in range(LANES):
                        agrees[k, r] *= agrees[before, r]
                    for q in range(points):
                        a, b, c = down[at, 0, q], down[at, 1, q], down[at, 2, q]
                        for r in range(LANES):
                            s[k, q, r] = s[above, q, r] * (
                                a + agrees[before, r] * b + agrees[k, r] * c
                            )
                if leaf[at]:
                    v = value[at]
                    for q in range(points):
                        for r in range(LANES):
                            s[k, q, r] *= v
            # on the way up the product of a split is needed no more: its place takes the sum of
            # its leaves, which the right side, met first, begins
            for k in range(n - 1, 0, -1):
                at = first + k
                above, before = parent[at], previous[at]
                for r in range(LANES):
                    got[r] = 0.0
                if before < 0:
                    for q in range(points):
                        a, c = up[at, 0, q], up[at, 2, q]
                        for r in range(LANES):
                            got[r] += (a + agrees[k, r] * c) * s[k, q, r]
                else:
                    for q in range(points):
                        a, b, c = up[at, 0, q], up[at, 1, q], up[at, 2, q]
                        for r in range(LANES):
                            got[r] += (a + agrees[before, r] * b + agrees[k, r] * c) * s[k, q, r]
                for r in range(LANES):
                    phi[block, feature[at], r] += got[r]
                if wants_left[at]:
                    for q in range(points):
                        for r in range(LANES):
                            s[above, q, r] += s[k, q, r]
                else:
                    for q in range(points):
                        for r in range(LANES):
                            s[above, q, r] = s[k, q, r]


def in_blocks(rows: FloatArray) -> FloatArray:
    """Rows (n, n_features) as (n_blocks, n_features, LANES); the last block is filled with 0."""
    n, width = rows.shape
    padded = np.zeros((-(-n // LANES) * LANES, width))
    padded[:n] = rows
    return np.ascontiguousarray(padded.reshape(-1, LANES, width).transpose(0, 2, 1))


def out_of_blocks(blocks: FloatArray, n: int) -> FloatArray:
    """The first n rows of what `in_blocks` made."""
    found: FloatArray = blocks.transpose(0, 2, 1).reshape(-1, blocks.shape[1])[:n]
    return found
