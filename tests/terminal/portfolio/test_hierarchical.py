"""Trees: the published example, and the peers' weights to rounding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.market.panel import FloatArray
from terminal.portfolio.clusters import (
    COLUMNS,
    LINKAGES,
    WARD,
    cluster_count,
    column_distance,
    correlation_distance,
    cut,
    leaves_of,
    members_of,
    tree_of,
)
from terminal.portfolio.hierarchical import ClusterParams, HrpParams, bisected
from terminal.portfolio.optimise import optimise
from terminal.portfolio.problem import Problem
from tests.terminal.portfolio.examples import history
from tests.terminal.portfolio.published import HRP_COVARIANCE, HRP_ORDER, HRP_WEIGHTS


def test_the_published_example() -> None:
    found = optimise(Problem(HRP_COVARIANCE), "hrp", HrpParams(distance=COLUMNS))
    assert 100 * found.weights == pytest.approx(HRP_WEIGHTS, abs=0.005)
    problem = Problem(HRP_COVARIANCE)
    tree = tree_of(column_distance(correlation_distance(problem.rho)), "single")
    assert (leaves_of(tree) + 1).tolist() == HRP_ORDER


def slow_bisection(covariance: FloatArray, order: np.ndarray) -> FloatArray:
    """The algorithm as it is written: halves one after the other."""
    weights = np.ones(len(order))

    def variance(part: np.ndarray) -> float:
        block = covariance[np.ix_(part, part)]
        w = 1 / np.diag(block)
        w /= w.sum()
        return float(w @ block @ w)

    waiting = [order]
    while waiting:
        part = waiting.pop()
        if len(part) > 1:
            left, right = part[: len(part) // 2], part[len(part) // 2 :]
            share = 1 - variance(left) / (variance(left) + variance(right))
            weights[left] *= share
            weights[right] *= 1 - share
            waiting += [left, right]
    return weights


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64, 101])
def test_all_halves_of_a_depth_at_once_are_the_halves_one_by_one(n: int) -> None:
    covariance = np.atleast_2d(np.cov(history(n, 2 * n + 20), rowvar=False))
    order = np.random.default_rng(n).permutation(n)
    fast, slow = bisected(covariance, order), slow_bisection(covariance, order)
    assert np.abs(fast - slow).max() < 1e-14


@pytest.mark.parametrize("n", [2, 5, 20, 60])
def test_equal_to_pyportfolioopt(n: int) -> None:
    from pypfopt import HRPOpt

    returns = history(n, 3 * n + 50, seed=n)
    peer = HRPOpt(pd.DataFrame(returns)).optimize()
    found = optimise(Problem(np.cov(returns, rowvar=False)), "hrp").weights
    assert np.abs(found - [peer[k] for k in range(n)]).max() < 1e-12


@pytest.mark.parametrize("n", [3, 9, 25])
def test_equal_to_skfolio(n: int) -> None:
    from scipy.cluster.hierarchy import optimal_leaf_ordering
    from scipy.spatial.distance import squareform
    from skfolio.optimization import HierarchicalEqualRiskContribution, HierarchicalRiskParity

    returns = history(n, 200, seed=n)
    problem = Problem(np.cov(returns, rowvar=False))
    peer = HierarchicalEqualRiskContribution().fit(returns)
    groups = int(peer.hierarchical_clustering_estimator_.n_clusters_)
    found = optimise(problem, "herc", ClusterParams(clusters=groups))
    assert np.abs(found.weights - peer.weights_).max() < 1e-12
    # Its tree is turned so that neighbours are near: the order of bisection is another.
    parity = HierarchicalRiskParity().fit(returns)
    distance = correlation_distance(problem.rho)
    pairs = squareform(distance, checks=False)
    order = leaves_of(optimal_leaf_ordering(tree_of(distance, WARD), pairs))
    assert np.abs(bisected(problem.sigma, order) - parity.weights_).max() < 1e-12


@pytest.mark.parametrize("linkage", LINKAGES)
def test_a_cut_has_as_many_groups_as_asked_and_every_instrument_once(linkage: str) -> None:
    tree = tree_of(correlation_distance(Problem(np.cov(history(12), rowvar=False)).rho), linkage)
    members = members_of(tree)
    for count in (1, 2, 5, 12):
        groups = [members[node] for node in cut(tree, count)]
        assert len(groups) == count
        assert sorted(np.concatenate(groups).tolist()) == list(range(12))


def test_blocks_that_move_apart_are_found_and_share_alike() -> None:
    generator = np.random.default_rng(3)
    drivers = generator.normal(0, 0.01, (2000, 3))
    returns = np.repeat(drivers, 4, axis=1) + generator.normal(0, 0.004, (2000, 12))
    problem = Problem(np.cov(returns, rowvar=False))
    distance = correlation_distance(problem.rho)
    tree = tree_of(distance, WARD)
    assert cluster_count(tree, distance) == 3
    blocks = [sorted(members_of(tree)[node].tolist()) for node in cut(tree, 3)]
    assert sorted(blocks) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    nested = optimise(problem, "nco").weights.reshape(3, 4).sum(axis=1)
    assert nested == pytest.approx(np.full(3, 1 / 3), abs=0.03)


def test_nested_clusters_of_one_group_are_the_least_variance() -> None:
    problem = Problem(np.cov(history(7), rowvar=False))
    least = optimise(problem, "minimum-variance").weights
    for count in (1, 7):
        found = optimise(problem, "nco", ClusterParams(clusters=count)).weights
        assert found == pytest.approx(least, abs=1e-8)
