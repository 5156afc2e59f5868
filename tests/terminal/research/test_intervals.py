"""Errors of means against statsmodels, and coverage where outcomes overlap."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from terminal.research.intervals import (
    block_length,
    bootstrap_estimate,
    lags_for,
    newey_west,
    resampled_sums,
)


@pytest.mark.parametrize("lags", [0, 3, 11])
def test_newey_west_is_statsmodels(lags: int) -> None:
    noise = np.random.default_rng(3).normal(size=400)
    series = 0.2 + np.convolve(noise, np.ones(5), "valid")
    reference = sm.OLS(series, np.ones(len(series))).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    found = newey_west(series, lags)
    assert found.mean == pytest.approx(reference.params[0])
    assert found.error == pytest.approx(reference.bse[0])
    assert found.t == pytest.approx(reference.tvalues[0])
    assert (found.low, found.high) == pytest.approx(tuple(reference.conf_int()[0]))
    assert found.n == len(series)


def test_missing_values_keep_their_place_in_time() -> None:
    series = np.array([1.0, np.nan, 3.0, 1.0, np.nan, 3.0])
    found = newey_west(series, 1)
    assert found.mean == 2.0 and found.n == 4
    # deviations -1, 1, -1, 1; only (3, 1) are neighbours: 4 + 2 * 0.5 * (-1)
    assert found.error == pytest.approx(math.sqrt(3) / 4)


def test_too_few_numbers_and_numbers_without_spread_have_no_error() -> None:
    assert math.isnan(newey_west(np.array([1.0, 2.0]), 0).mean)
    same = newey_west(np.ones(10), 2)
    assert same.mean == 1.0 and math.isnan(same.t) and not same.sure


def test_lags_cover_the_overlap_and_blocks_twice_of_it() -> None:
    assert lags_for(1000, 1) == 6  # floor(4 * 10^(2/9))
    assert lags_for(1000, 60) == 59
    assert lags_for(3, 60) == 2
    assert block_length(1000, 1) == 10
    assert block_length(1000, 60) == 120
    assert block_length(50, 60) == 50


def test_resampled_sums_are_sums_of_whole_blocks_that_go_round() -> None:
    rows = np.arange(6.0)[:, None]
    drawn = resampled_sums(rows, 3, seed=1)[:, 0]
    blocks = {sum((start + step) % 6 for step in range(3)) for start in range(6)}
    possible = {a + b for a in blocks for b in blocks}
    assert set(drawn) <= possible and len(set(drawn)) > 3
    np.testing.assert_array_equal(drawn, resampled_sums(rows, 3, seed=1)[:, 0])
    assert (resampled_sums(np.ones((10, 2)), 5, seed=2) == 10).all()


def test_the_bootstrap_knows_the_error_of_a_mean_of_independent_numbers() -> None:
    values = np.random.default_rng(5).normal(size=2000)
    rows = np.column_stack([values, np.ones(2000)])
    sums = resampled_sums(rows, 1, seed=0)
    found = bootstrap_estimate(float(values.mean()), sums[:, 0] / sums[:, 1], 2000)
    assert found.error == pytest.approx(values.std() / math.sqrt(2000), rel=0.12)
    assert found.low < found.mean < found.high


def test_overlapping_outcomes_are_not_taken_for_many() -> None:
    """Means of overlapping sums of noise: a naive error believes far too often, ours does not."""
    rng = np.random.default_rng(7)
    horizon, n, tries = 12, 600, 300
    naive = ours = 0
    for _ in range(tries):
        series = np.convolve(rng.normal(size=n + horizon - 1), np.ones(horizon), "valid")
        naive += abs(newey_west(series, 0).t) > 1.96
        ours += newey_west(series, lags_for(n, horizon)).sure
    assert naive / tries > 0.4
    assert ours / tries < 0.16
