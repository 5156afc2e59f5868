"""Engle-Granger and Johansen tests: against statsmodels, and where nothing can be tested."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.stattools import coint
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from terminal.market.panel import FloatArray
from terminal.strategies.cointegration import engle_granger, johansen, p_value
from tests.terminal.backtest.panels import examples, seeds


def walks(seed: int, rows: int, count: int, noise: float = 0.01) -> FloatArray:
    """Log prices: a random walk, series that return to multiples of it, then walks of their own."""
    generator = np.random.default_rng(seed)
    steps = generator.normal(0, 0.02, (rows, count)).cumsum(axis=0)
    logs = 4.0 + steps
    for column in range(1, count // 2 + 1):
        logs[:, column] = 2.0 + 0.5 * column * steps[:, 0] + generator.normal(0, noise, rows)
    return logs


@examples(25)
@given(seed=seeds, rows=st.integers(40, 300), lags=st.integers(1, 6))
def test_engle_granger_is_statsmodels_coint_for_every_ordered_pair(
    seed: int, rows: int, lags: int
) -> None:
    logs = walks(seed, rows, 4)
    found = engle_granger(logs, lags)
    assert np.isnan(np.diagonal(found.statistic)).all()
    for y in range(4):
        for x in range(4):
            if x == y:
                continue
            expected, p, _ = coint(logs[:, y], logs[:, x], trend="c", maxlag=lags, autolag=None)
            slope = np.polyfit(logs[:, x], logs[:, y], 1)[0]
            assert found.beta[y, x] == pytest.approx(slope, rel=1e-8)
            assert found.statistic[y, x] == pytest.approx(expected, rel=1e-6)
            assert p_value(found.statistic[y, x]) == pytest.approx(p, rel=1e-5)


def test_pairs_that_cannot_be_tested_have_no_statistic() -> None:
    logs = walks(1, 100, 4)
    logs[:, 1] = 3.0  # does not move
    logs[:, 2] = 1.0 + 2.0 * logs[:, 0]  # the same series on another scale
    statistic = engle_granger(logs, 2).statistic
    assert np.isnan(statistic[1]).all() and np.isnan(statistic[:, 1]).all()
    assert np.isnan(statistic[0, 2]) and np.isnan(statistic[2, 0])
    assert np.isfinite(statistic[0, 3]) and np.isfinite(statistic[3, 2])


def test_a_pair_that_returns_is_found_and_two_walks_are_not() -> None:
    """Of a hundred pairs of each kind: nearly all that return, about as many as p of the others."""
    returning, apart = 0, 0
    for seed in range(100):
        statistic = engle_granger(walks(seed, 250, 4, noise=0.03), 1).statistic
        returning += p_value(statistic[1, 0]) < 0.05
        apart += p_value(statistic[3, 0]) < 0.05
    assert returning >= 98
    assert 1 <= apart <= 12


@examples(25)
@given(seed=seeds, rows=st.integers(80, 300), count=st.integers(2, 6), lags=st.integers(1, 4))
def test_johansen_is_statsmodels_trace_test(seed: int, rows: int, count: int, lags: int) -> None:
    logs = walks(seed, rows, count)
    found = johansen(logs, lags)
    assert found is not None
    expected = coint_johansen(logs, det_order=0, k_ar_diff=lags)
    np.testing.assert_allclose(found.trace, expected.lr1, rtol=1e-6)
    np.testing.assert_allclose(found.critical, expected.cvt)
    vector = expected.evec[:, 0] / np.abs(expected.evec[:, 0]).sum()
    np.testing.assert_allclose(found.vector, vector * np.sign(vector[0]), rtol=1e-4, atol=1e-6)


def test_johansens_vector_is_the_relation_the_series_were_made_with() -> None:
    generator = np.random.default_rng(7)
    walk = generator.normal(0, 0.02, (2000, 2)).cumsum(axis=0)
    third = 0.5 * walk[:, 0] + 1.5 * walk[:, 1] + generator.normal(0, 0.01, 2000)
    found = johansen(np.column_stack([third, walk]), 1)
    assert found is not None and found.trace[0] > found.critical[0, 2]
    np.testing.assert_allclose(found.vector, np.array([1, -0.5, -1.5]) / 3, atol=0.01)


@examples(25)
@given(seed=seeds, lags=st.integers(1, 3))
def test_a_series_made_of_others_or_standing_still_gives_no_relation(seed: int, lags: int) -> None:
    logs = walks(seed, 120, 3)
    assert johansen(logs, lags) is not None
    assert johansen(np.column_stack([logs, np.full(120, 2.1)]), lags) is None
    assert johansen(np.column_stack([logs, 0.3 * logs[:, 0] + 0.7 * logs[:, 2]]), lags) is None
