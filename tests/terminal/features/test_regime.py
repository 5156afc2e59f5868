from __future__ import annotations

import numpy as np
import pytest

from terminal.features.catalogue import get_feature
from terminal.features.regime import (
    FitParams,
    NormalStates,
    filtered,
    first_guess,
    fit_garch,
    fit_states,
)
from tests.terminal.features.bars import make_bars


@pytest.fixture(scope="module")
def switching() -> tuple[np.ndarray, np.ndarray]:
    """Returns of two states that last 50 bars on average, and the states."""
    generator = np.random.default_rng(0)
    state = np.cumsum(generator.random(3000) < 0.02) % 2
    return generator.normal(0, np.where(state == 1, 0.02, 0.005)), state


def test_fit_and_filter_are_hmmlearns(switching: tuple[np.ndarray, np.ndarray]) -> None:
    from hmmlearn.hmm import GaussianHMM

    x, _ = switching
    guess = first_guess(x, 2)
    theirs = GaussianHMM(
        2, covariance_type="diag", init_params="", n_iter=20, tol=-1, covars_prior=0,
        covars_weight=0, min_covar=1e-12, means_weight=0,
    )  # fmt: skip
    theirs.startprob_, theirs.transmat_ = guess.start.copy(), guess.move.copy()
    theirs.means_, theirs.covars_ = guess.mean[:, None].copy(), guess.variance[:, None].copy()
    theirs.fit(x[:, None])
    ours = fit_states(x, guess, 20)
    np.testing.assert_allclose(ours.variance, theirs.covars_.ravel(), rtol=1e-4)
    np.testing.assert_allclose(ours.move, theirs.transmat_, rtol=1e-3)
    np.testing.assert_allclose(ours.mean, theirs.means_.ravel(), rtol=1e-2, atol=1e-6)
    # a filtered probability is a smoothed one at the last bar, where there is no future
    last = filtered(x, ours)[-1]
    np.testing.assert_allclose(last, theirs.predict_proba(x[:, None])[-1], atol=1e-3)


def test_a_filtered_probability_is_bayes_rule_by_hand() -> None:
    states = NormalStates(
        start=np.array([0.5, 0.5]),
        move=np.array([[0.9, 0.1], [0.2, 0.8]]),
        mean=np.zeros(2),
        variance=np.array([1.0, 4.0]),
    )
    found = filtered(np.array([0.0, 2.0]), states)
    density = [1.0, 0.5]  # at 0, without the common 1 / sqrt(2 pi)
    assert found[0].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert density[0] * 0.5 / (0.5 * 1.0 + 0.5 * 0.5) == pytest.approx(2 / 3)
    before = [2 / 3 * 0.9 + 1 / 3 * 0.2, 2 / 3 * 0.1 + 1 / 3 * 0.8]
    weight = [before[0] * np.exp(-2.0), before[1] * 0.5 * np.exp(-0.5)]
    assert found[1, 1] == pytest.approx(weight[1] / sum(weight))


def test_an_outlier_of_a_hundred_deviations_leaves_numbers() -> None:
    x = np.random.default_rng(1).normal(0, 0.01, 300)
    x[150] = 1.0
    states = fit_states(x, first_guess(x, 3))
    assert np.isfinite(filtered(x, states)).all()
    assert np.isfinite(states.variance).all() and (states.variance > 0).all()


def test_turbulence_is_found_while_it_happens(switching: tuple[np.ndarray, np.ndarray]) -> None:
    x, state = switching
    bars = make_bars(100 * np.exp(np.cumsum(x)), start="2005-01-03")
    found = get_feature("turbulence").compute(bars, FitParams(first=500, refit=250))
    assert np.isnan(found[:500]).all() and np.isfinite(found[500:]).all()
    right = (found[500:] > 0.5) == (state[500:] == 1)
    assert right.mean() > 0.9


def test_garch_finds_what_made_the_returns_and_forecasts_the_next() -> None:
    generator = np.random.default_rng(3)
    x, variance = np.empty(8000), 1e-4
    for t in range(8000):
        x[t] = generator.normal(0, np.sqrt(variance))
        variance = 1e-4 * 0.05 + 0.10 * x[t] ** 2 + 0.85 * variance
    alpha, beta = fit_garch(x, (0.05, 0.9))
    assert alpha == pytest.approx(0.10, abs=0.03)
    assert beta == pytest.approx(0.85, abs=0.05)


def test_garch_is_the_arch_package_with_the_same_parameters() -> None:
    from arch.univariate import arch_model

    x = np.random.default_rng(5).standard_t(5, 700) * 0.01
    bars = make_bars(100 * np.exp(np.append(0.0, np.cumsum(x))), start="2015-01-02")
    found = get_feature("garch").compute(bars, FitParams(first=700, refit=700))
    alpha, beta = fit_garch(np.diff(np.log(bars.close)), (0.08, 0.9))
    variance = np.mean(x**2)
    model = arch_model(100 * x, mean="Zero", vol="GARCH", rescale=False)
    fixed = model.fix([1e4 * variance * (1 - alpha - beta), alpha, beta], first_obs=0)
    ahead = fixed.forecast(horizon=1).variance.to_numpy()[-1, 0]
    assert found[-1] == pytest.approx(np.sqrt(ahead) / 100, rel=1e-6)
