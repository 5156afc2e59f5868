"""The Sharpe ratio as an estimate, and what is left of it after many trials."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from terminal.backtest.inference.sharpe import (
    average_correlation_trials,
    deflated_sharpe,
    estimate_sharpe,
    expected_maximum,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
    spectral_trials,
)
from terminal.backtest.inference.significance import sharpe_significance, sharpe_variance
from terminal.errors import InputError
from tests.terminal.backtest.inference.noise import noise, remembering
from tests.terminal.backtest.return_series import walk

FEW = settings(derandomize=True, deadline=None, max_examples=100)


def test_the_moments_are_those_of_scipy_and_pandas() -> None:
    r = walk(1)
    found = estimate_sharpe(r, 252.0)
    assert found.n == r.size
    assert found.per_period == pytest.approx(r.mean() / r.std(ddof=1))
    assert found.annual == pytest.approx(found.per_period * math.sqrt(252.0))
    assert found.skewness == pytest.approx(stats.skew(r))
    assert found.kurtosis == pytest.approx(stats.kurtosis(r, fisher=False))
    assert estimate_sharpe(remembering(1, 20_000), 1.0).autocorrelation == pytest.approx(
        0.5, abs=0.02
    )


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (np.array([0.1, np.nan, 0.2, 0.1]), "row 2"),
        (np.array([0.1, 0.2, 0.1]), "at least 4"),
        (np.full(30, 0.001), "never changes"),
        (np.ones((5, 2)), "2 axes"),
    ],
)
def test_returns_that_have_no_sharpe_ratio_are_refused(returns: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        estimate_sharpe(returns, 252.0)
    assert caught.value.field == "returns"


@FEW
@given(
    sharpe=st.floats(-0.5, 0.5),
    benchmark=st.floats(-0.3, 0.3),
    n=st.integers(3, 5_000),
    skewness=st.floats(-3.0, 3.0),
    more=st.floats(0.1, 10.0),
)
def test_confidence_grows_with_the_estimate_and_falls_with_the_benchmark(
    sharpe: float, benchmark: float, n: int, skewness: float, more: float
) -> None:
    moments = skewness, skewness**2 + 1.0 + more
    here = probabilistic_sharpe(sharpe, benchmark, n, *moments)
    assert 0.0 <= here <= 1.0
    assert probabilistic_sharpe(sharpe, benchmark + 0.1, n, *moments) <= here
    assert probabilistic_sharpe(sharpe, sharpe, n, *moments) == 0.5


@FEW
@given(
    sharpe=st.floats(0.02, 0.5),
    skewness=st.floats(-2.0, 2.0),
    more=st.floats(0.1, 10.0),
    alpha=st.floats(0.01, 0.3),
)
def test_at_the_minimum_track_record_the_confidence_is_reached(
    sharpe: float, skewness: float, more: float, alpha: float
) -> None:
    moments = skewness, skewness**2 + 1.0 + more
    needed = minimum_track_record(sharpe, 0.0, *moments, alpha=alpha)
    assert needed is not None
    z = sharpe * math.sqrt(needed - 1.0)
    term = 1.0 - moments[0] * sharpe + (moments[1] - 1.0) / 4.0 * sharpe**2
    assert stats.norm.cdf(z / math.sqrt(term)) == pytest.approx(1.0 - alpha)


def test_no_length_proves_a_sharpe_ratio_that_is_not_above_the_benchmark() -> None:
    assert minimum_track_record(0.1, 0.1) is None
    assert minimum_track_record(-0.1, 0.0) is None


def test_two_valued_returns_leave_no_error_at_their_extreme() -> None:
    """At skewness 1 and kurtosis 2 the variance is (1 - SR/2)²: it vanishes at 2."""
    skewness = 1.0
    assert probabilistic_sharpe(2.0, 1.0, 30, skewness, skewness**2 + 1.0) == 1.0
    assert probabilistic_sharpe(2.0, 3.0, 30, skewness, skewness**2 + 1.0) == 0.0
    assert probabilistic_sharpe(2.0, 2.0, 30, skewness, skewness**2 + 1.0) == 0.5


def test_excess_kurtosis_given_by_mistake_is_noticed() -> None:
    with pytest.raises(InputError, match="kurtosis itself, which is 3"):
        probabilistic_sharpe(0.1, 0.0, 100, skewness=-1.0, kurtosis=0.5)


# the best of many trials


@pytest.mark.parametrize("n", [5, 20, 100, 1_000])
def test_the_expected_maximum_is_that_of_simulated_trials(n: int) -> None:
    drawn = np.random.default_rng(n).standard_normal((4_000, n)).max(axis=1)
    # the formula is asymptotic: about 0.03 off at few trials
    assert expected_maximum(n) == pytest.approx(drawn.mean(), abs=0.05)


def test_one_trial_needs_no_deflation() -> None:
    assert expected_maximum(1) == 0.0
    assert expected_maximum(1.1) == 0.0  # the formula itself is below zero here
    assert deflated_sharpe(0.1, 500, 0.0, 3.0, 1, 0.01) == probabilistic_sharpe(0.1, 0.0, 500)


def test_more_trials_deflate_more_however_many() -> None:
    highest = [expected_maximum(n) for n in (1, 2, 3, 10, 1e3, 1e6, 1e12, 1e18)]
    assert all(a < b for a, b in pairwise(highest))


@pytest.mark.parametrize("n_trials", [0, 0.5, -1, math.nan, math.inf])
def test_a_number_of_trials_that_is_none_is_refused(n_trials: float) -> None:
    with pytest.raises(InputError, match="n_trials"):
        expected_maximum(n_trials)


@pytest.mark.parametrize("variance", [-0.1, math.nan, math.inf])
def test_a_variance_that_is_none_is_refused(variance: float) -> None:
    with pytest.raises(InputError, match="trial_sharpes_variance"):
        expected_maximum_sharpe(10, variance)


def test_the_best_of_many_noise_strategies_is_not_taken_for_skill() -> None:
    """Planted: nothing. Seen alone the best looks certain; deflated it seldom does."""
    alone, deflated = [], []
    for seed in range(60):
        trials = np.random.default_rng(seed).standard_normal((500, 100)) * 0.01
        sharpes = trials.mean(axis=0) / trials.std(axis=0, ddof=1)
        best = estimate_sharpe(trials[:, sharpes.argmax()], 252.0)
        moments = best.n, best.skewness, best.kurtosis
        variance = float(sharpes.var(ddof=1))
        alone.append(probabilistic_sharpe(best.per_period, 0.0, *moments))
        deflated.append(deflated_sharpe(best.per_period, *moments, 100, variance))
    assert np.mean(np.array(alone) > 0.95) > 0.95
    assert np.mean(np.array(deflated) > 0.95) < 0.15
    assert 0.3 < np.median(deflated) < 0.7


def test_a_planted_edge_survives_deflation() -> None:
    best = estimate_sharpe(noise(1, 2_500, mean=0.0015), 252.0)
    found = deflated_sharpe(
        best.per_period, best.n, best.skewness, best.kurtosis, 100, 1.0 / best.n
    )
    assert found > 0.99


# how many trials were independent


def test_independent_trials_all_count_and_copies_count_once() -> None:
    for count in (average_correlation_trials, spectral_trials):
        assert count(np.eye(7)) == pytest.approx(7.0)
        assert count(np.ones((7, 7))) == pytest.approx(1.0)
        assert count(np.eye(1)) == 1.0


def test_clusters_of_copies_count_as_one_each_in_the_spectrum() -> None:
    clusters = np.kron(np.eye(3), np.ones((4, 4)))
    assert spectral_trials(clusters) == pytest.approx(3.0)
    assert average_correlation_trials(clusters) == pytest.approx(12 - 11 * 3 / 11)


@FEW
@given(seed=st.integers(0, 1_000), m=st.integers(2, 12), common=st.floats(0.0, 3.0))
def test_there_are_never_more_effective_trials_than_trials(
    seed: int, m: int, common: float
) -> None:
    generator = np.random.default_rng(seed)
    r = generator.standard_normal((200, m)) + common * generator.standard_normal((200, 1))
    correlation = np.corrcoef(r, rowvar=False)
    for count in (average_correlation_trials, spectral_trials):
        assert 1.0 - 1e-9 <= count(correlation) <= m + 1e-9
    eigenvalues = np.linalg.eigvalsh(correlation)
    assert spectral_trials(correlation) == pytest.approx(
        eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        np.ones((2, 3)),
        np.array([[1.0, 0.2], [0.3, 1.0]]),
        2.0 * np.eye(2),
        np.array([[1.0, 2.0], [2.0, 1.0]]),
    ],
)
def test_what_is_no_correlation_matrix_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="correlation"):
        spectral_trials(wrong)


# with autocorrelation


def test_the_standard_error_is_the_spread_of_simulated_estimates() -> None:
    """Planted: an AR(1) of 0.3 around a small mean, measured 3,000 times."""
    rho, n = 0.3, 250
    shocks = np.random.default_rng(3).standard_normal((3_000, n + 50))
    r = np.zeros_like(shocks)
    for t in range(1, n + 50):
        r[:, t] = rho * r[:, t - 1] + shocks[:, t]
    r = r[:, 50:] + 0.1
    spread = (r.mean(axis=1) / r.std(axis=1, ddof=1)).std()
    sharpe = 0.1 * math.sqrt(1 - rho**2)
    assert math.sqrt(sharpe_variance(sharpe, n, autocorrelation=rho)) == pytest.approx(
        spread, rel=0.05
    )
    assert math.sqrt(sharpe_variance(sharpe, n)) < 0.8 * spread


def test_without_autocorrelation_the_variance_is_that_of_2012_divided_by_n() -> None:
    assert sharpe_variance(0.2, 100, -1.0, 6.0) == pytest.approx((1 + 0.2 + 5 / 4 * 0.04) / 100)


def test_the_critical_value_is_rejected_just_so_and_power_grows_with_length() -> None:
    short, long = (sharpe_significance(0.1, n, alternative=0.1) for n in (100, 1_000))
    assert short.power < long.power
    at = sharpe_significance(short.critical, 100, alternative=0.1)
    assert at.p_value == pytest.approx(0.05)
    assert sharpe_significance(-0.1, 100, alternative=0.1).min_track_record is None


def test_a_discovery_far_out_in_the_tail_is_no_division_of_nothing_by_nothing() -> None:
    found = sharpe_significance(5.0, 10_000, alternative=0.1)
    assert found.p_value == 0.0 and found.false_discovery == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"autocorrelation": 1.0},
        {"autocorrelation": math.nan},
        {"alpha": 0.0},
        {"prior": 1.0},
        {"alternative": 0.0},
        {"kurtosis": 0.5},
    ],
)
def test_a_parameter_outside_its_range_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError) as caught:
        sharpe_significance(0.1, 100, **{"alternative": 0.2} | wrong)
    assert caught.value.field == next(iter(wrong))


def test_an_expansion_that_does_not_hold_is_refused() -> None:
    with pytest.raises(InputError, match="2012 formula"):
        sharpe_variance(0.3, 100, skewness=3.0, kurtosis=10.1, autocorrelation=-0.9)
