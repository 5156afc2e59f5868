"""Weights along a tree of instruments that move together: HRP, HERC and NCO.

HRP: Lopez de Prado (2016), Building diversified portfolios that outperform out of sample. HERC:
Raffinot (2018), The hierarchical equal risk contribution portfolio. NCO: Lopez de Prado (2019), A
robust estimator of the efficient frontier. None needs an invertible covariance but NCO.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.portfolio.clusters import (
    COLUMNS,
    LINKAGES,
    PAIRS,
    SINGLE,
    WARD,
    IntArray,
    cluster_count,
    column_distance,
    correlation_distance,
    cut,
    leaves_of,
    members_of,
    tree_of,
)
from terminal.portfolio.mean_variance import AversionParams, minimum_variance
from terminal.portfolio.problem import Problem
from terminal.portfolio.quadratic import QuadraticSolver


def linkage_param(default: str) -> str:
    """The field `linkage`."""
    found: str = param(
        default,
        title="Linkage",
        choices=LINKAGES,
        help="How far two groups are apart: their nearest members, their farthest, the mean, or "
        "what joining them adds to the spread.",
    )
    return found


def clusters_param() -> int:
    """The field `clusters`."""
    found: int = param(
        0,
        title="Groups",
        low=0,
        high=100,
        step=1,
        help="Into which the tree is cut; 0 finds the number at which the spread within bends.",
    )
    return found


@dataclass(frozen=True)
class HrpParams:
    """How the tree is grown."""

    linkage: str = linkage_param(SINGLE)
    distance: str = param(
        PAIRS,
        title="Distance",
        choices=(PAIRS, COLUMNS),
        help="Of two instruments: by their correlation, or by how alike their correlations with "
        "all instruments are, as in the paper.",
    )


@dataclass(frozen=True)
class ClusterParams:
    """How the tree is grown and cut."""

    linkage: str = linkage_param(WARD)
    clusters: int = clusters_param()


def hierarchical_risk_parity(
    problem: Problem, params: HrpParams, _solver: QuadraticSolver
) -> FloatArray:
    """HRP: along the order of the tree's leaves, halves share by inverse variance."""
    if problem.n == 1:
        return np.ones(1)
    distance = correlation_distance(problem.rho)
    if params.distance == COLUMNS:
        distance = column_distance(distance)
    order = leaves_of(tree_of(distance, params.linkage))
    return bisected(problem.sigma, order)


def bisected(covariance: FloatArray, order: IntArray) -> FloatArray:
    """Weights by recursive bisection of `order` (Lopez de Prado 2016, algorithm 3).

    The variance of a half is that of its inverse-variance weights: the sum of its block of
    (1 / v_i) S_ij (1 / v_j), over the square of the sum of 1 / v. All halves of one depth are
    summed together.
    """
    n = len(order)
    inverse = 1.0 / np.diag(covariance)[order]
    blocks = covariance[np.ix_(order, order)] * np.outer(inverse, inverse)
    weights = np.ones(n)
    starts = np.array([0, n])
    while True:
        sizes = np.diff(starts)
        split = sizes > 1
        if not split.any():
            break
        middles = starts[:-1][split] + sizes[split] // 2
        ends = np.sort(np.concatenate([starts, middles]))
        heads = ends[:-1]
        # Of each row only what it shares with its own half.
        own = np.repeat(np.arange(len(heads)), np.diff(ends))
        sums = np.add.reduceat(blocks, heads, axis=1)[np.arange(n), own]
        variance = np.add.reduceat(sums, heads) / np.add.reduceat(inverse, heads) ** 2
        right = np.searchsorted(heads, middles)
        left = right - 1
        share = 1.0 - variance[left] / (variance[left] + variance[right])
        factor = np.ones(len(heads))
        factor[left], factor[right] = share, 1.0 - share
        weights *= factor[own]
        starts = ends
    out = np.empty(n)
    out[order] = weights
    return out


def hierarchical_equal_risk(
    problem: Problem, params: ClusterParams, _solver: QuadraticSolver
) -> FloatArray:
    """HERC: along the branches of the tree, groups share by inverse variance, down to its cut.

    The variance of a branch is the sum of those of its groups; within a group, weights are inverse
    to the variances, as is the group's own variance.
    """
    if problem.n == 1:
        return np.ones(1)
    distance = correlation_distance(problem.rho)
    tree = tree_of(distance, params.linkage)
    groups = cut(tree, params.clusters or cluster_count(tree, distance))
    members = members_of(tree)
    n = problem.n
    within: dict[int, FloatArray] = {}
    variance: dict[int, float] = {}
    for node in groups:
        inside = members[node]
        inverse = 1.0 / np.diag(problem.sigma)[inside]
        within[node] = inverse / inverse.sum()
        block = problem.sigma[np.ix_(inside, inside)]
        variance[node] = float(within[node] @ block @ within[node])
    weights = np.zeros(n)

    def risk(node: int) -> float:
        if node not in variance:
            left, right = (int(k) for k in tree[node - n, :2])
            variance[node] = risk(left) + risk(right)
        return variance[node]

    waiting = [(2 * n - 2, 1.0)]
    while waiting:
        node, share = waiting.pop()
        if node in within:
            weights[members[node]] = share * within[node]
            continue
        left, right = (int(k) for k in tree[node - n, :2])
        to_left = 1.0 - risk(left) / (risk(left) + risk(right))
        waiting += [(left, share * to_left), (right, share * (1.0 - to_left))]
    return weights


def nested_clusters(
    problem: Problem, params: ClusterParams, _solver: QuadraticSolver
) -> FloatArray:
    """NCO: least variance within each group, then among the groups, long only."""
    if problem.n == 1:
        return np.ones(1)
    sigma = problem.ridged
    distance = correlation_distance(problem.rho)
    tree = tree_of(distance, params.linkage)
    groups = cut(tree, params.clusters or cluster_count(tree, distance))
    members = members_of(tree)
    inner = np.zeros((problem.n, len(groups)))
    for k, node in enumerate(groups):
        inside = members[node]
        inner[inside, k] = _least(sigma[np.ix_(inside, inside)])
    outer = _least(inner.T @ sigma @ inner)
    return np.asarray(inner @ outer)


def _least(covariance: FloatArray) -> FloatArray:
    if len(covariance) == 1:
        return np.ones(1)
    part = Problem(covariance=covariance)
    return minimum_variance(part, AversionParams(), QuadraticSolver())
