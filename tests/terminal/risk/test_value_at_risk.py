"""Tails: closed forms, known numbers, scaling, and what a person is told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from terminal.backtest.return_metrics import conditional_value_at_risk, value_at_risk
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk import value_at_risk as v
from terminal.risk.conditional_volatility import exponential
from terminal.risk.extreme_value import beyond_threshold, extreme_value, fit_pareto
from terminal.risk.garch import fit_garch
from terminal.risk.simulation import filtered_historical, joint_draws, monte_carlo
from tests.terminal.risk.books import made_returns
from tests.terminal.risk.examples import FEW, samples

LEVELS = (0.9, 0.95, 0.99)


def test_the_normal_tail_has_the_numbers_of_every_textbook() -> None:
    assert v.normal(0.0, 1.0, 0.95).var == pytest.approx(1.6448536, abs=1e-7)
    assert v.normal(0.0, 1.0, 0.99).var == pytest.approx(2.3263479, abs=1e-7)
    assert v.normal(0.0, 1.0, 0.99).shortfall == pytest.approx(2.6652142, abs=1e-7)
    assert v.normal(0.0005, 0.02, 0.99).var == pytest.approx(0.0460270, abs=1e-7)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("freedom", [2.5, 5.0, 30.0])
def test_the_t_tail_is_that_of_its_density(level: float, freedom: float) -> None:
    scale = 0.02 * math.sqrt((freedom - 2) / freedom)
    peer = stats.t(freedom, loc=0.001, scale=scale)
    edge = float(peer.ppf(1 - level))
    mean = integrate.quad(lambda x: x * peer.pdf(x), -np.inf, edge)[0] / (1 - level)
    found = v.student_t(0.001, 0.02, freedom, level)
    assert (found.var, found.shortfall) == pytest.approx((-edge, -mean), rel=1e-6)
    assert v.student_t(0.0, 1.0, math.inf, level) == v.normal(0.0, 1.0, level)


def test_degrees_of_freedom_come_back_from_a_sample_and_a_normal_one_has_none() -> None:
    rng = np.random.default_rng(0)
    assert v.degrees_of_freedom(rng.standard_t(5, 20_000)) == pytest.approx(5.0, abs=0.5)
    assert math.isinf(v.degrees_of_freedom(stats.norm.ppf((np.arange(4000) + 0.5) / 4000)))


@pytest.mark.parametrize("level", LEVELS)
def test_cornish_fisher_without_skewness_is_normal_and_its_shortfall_an_integral(
    level: float,
) -> None:
    flat = v.Moments(0.001, 0.02, 0.0, 0.0)
    ours, plain = v.cornish_fisher(flat, level), v.normal(0.001, 0.02, level)
    assert (ours.var, ours.shortfall) == pytest.approx((plain.var, plain.shortfall), rel=1e-12)
    m = v.Moments(0.001, 0.02, -0.4, 1.5)
    grid = [v.cornish_fisher(m, 1 - u).var for u in ((np.arange(4000) + 0.5) / 4000 * (1 - level))]
    assert v.is_monotone(m)
    assert v.cornish_fisher(m, level).shortfall == pytest.approx(np.mean(grid), rel=1e-4)
    assert not v.is_monotone(v.Moments(0.0, 1.0, -2.0, 1.0))


@FEW
@given(samples(), st.sampled_from(LEVELS), st.floats(0.1, 10.0))
def test_historical_tails_are_the_metrics_of_a_backtest_and_scale(
    returns: FloatArray, level: float, times: float
) -> None:
    found = v.historical(returns, level)
    cutoff = round(1 - level, 12)
    assert found.var == -value_at_risk(returns, cutoff)  # type: ignore[operator]
    assert found.shortfall == -conditional_value_at_risk(returns, cutoff)  # type: ignore[operator]
    assert found.shortfall >= found.var - 1e-15
    scaled = v.historical(returns * times, level)
    assert (scaled.var, scaled.shortfall) == pytest.approx(
        (found.var * times, found.shortfall * times), rel=1e-9, abs=1e-12
    )


def test_a_longer_horizon_adds_independent_periods_up() -> None:
    m = v.Moments(0.001, 0.02, -0.6, 3.0)
    over = m.over(4)
    assert (over.mean, over.deviation) == pytest.approx((0.004, 0.04))
    assert (over.skewness, over.excess_kurtosis) == pytest.approx((-0.3, 0.75))
    one = v.normal(m.mean, m.deviation, 0.99)
    assert v.root_time(one, m.mean, 4).var == pytest.approx(
        v.normal(over.mean, over.deviation, 0.99).var, rel=1e-12
    )


def test_filtered_history_moves_with_volatility_and_draws_are_seeded() -> None:
    rng = np.random.default_rng(1)
    calm = 0.005 * rng.standard_normal(900)
    wild = np.concatenate([calm, 0.03 * rng.standard_normal(40)])
    for returns, side in ((calm, 0.8), (wild, 1.5)):
        now = filtered_historical(returns, exponential(returns), 0.99).var
        plain = v.historical(returns, 0.99).var
        assert (now / plain > side) is True
    path = exponential(wild)
    first, again, other = (
        filtered_historical(wild, path, 0.99, 10, draws=2000, seed=seed).var for seed in (1, 1, 2)
    )
    assert first == again != other
    long = filtered_historical(wild, path, 0.95, 10, draws=2000).var
    assert long > 2 * filtered_historical(wild, path, 0.95).var


def test_monte_carlo_of_one_period_is_the_normal_tail_but_for_luck() -> None:
    returns, _ = made_returns(5, 800)
    weights = np.array([0.3, 0.3, -0.2, 0.2, 0.1])
    mean, covariance = returns.mean(axis=0), np.cov(returns, rowvar=False)
    exact = v.normal(weights @ mean, math.sqrt(weights @ covariance @ weights), 0.95)
    found = monte_carlo(weights, mean, covariance, 0.95, draws=200_000, seed=3)
    assert found.var == pytest.approx(exact.var, rel=0.02)
    assert found.shortfall == pytest.approx(exact.shortfall, rel=0.02)
    drawn = joint_draws(mean, covariance, draws=200_000, seed=3).outcomes(1)
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=1e-4)
    assert np.cov(drawn, rowvar=False) == pytest.approx(covariance, rel=0.05, abs=2e-6)
    heavy = monte_carlo(weights, mean, covariance, 0.99, draws=100_000, seed=3, freedom=4.0)
    light = monte_carlo(weights, mean, covariance, 0.99, draws=100_000, seed=3)
    assert heavy.shortfall > 1.1 * light.shortfall
    with pytest.raises(InputError, match="no variance"):
        joint_draws(mean, covariance, freedom=2.0)


def test_the_extreme_tail_comes_back_from_an_exact_sample() -> None:
    quantiles = (np.arange(5000) + 0.5) / 5000
    losses = stats.genpareto.ppf(quantiles, 0.2, scale=0.01)
    fit = fit_pareto(losses)
    assert (fit.xi, fit.beta) == pytest.approx((0.2, 0.01), rel=0.02)
    found = extreme_value(beyond_threshold(-losses), 0.99)
    assert found.var == pytest.approx(float(stats.genpareto.ppf(0.99, 0.2, scale=0.01)), rel=0.02)
    assert found.shortfall > found.var
    with pytest.raises(InputError, match="not beyond the threshold"):
        extreme_value(beyond_threshold(-losses), 0.9)
    with pytest.raises(InputError, match="are needed"):
        beyond_threshold(-losses[:100])


def test_garch_is_found_again_in_what_it_made_and_refuses_little_and_still_data() -> None:
    rng, variance, made = np.random.default_rng(4), 1.0, []
    for _ in range(6000):
        made.append(math.sqrt(variance) * rng.standard_normal())
        variance = 0.05 + 0.10 * made[-1] ** 2 + 0.85 * variance
    returns = np.array(made) / 100.0
    fit = fit_garch(returns)
    own = fit.parameters
    assert (own["alpha[1]"], own["beta[1]"]) == pytest.approx((0.10, 0.85), abs=0.04)
    assert fit.volatility.following**2 == pytest.approx(fit.forecast[0])
    assert len(fit.volatility.path) == len(returns)
    with pytest.raises(InputError, match="GARCH model needs 250"):
        fit_garch(returns[:100])
    with pytest.raises(InputError, match="do not move"):
        fit_garch(np.zeros(300))


def test_kernels_give_what_their_python_twins_give() -> None:
    from terminal.risk import garch_kernels as k

    x = np.random.default_rng(5).standard_normal(50)
    for kernel, point in ((k.garch, (0.1, 0.1, 0.1, 0.8)), (k.egarch, (0.1, 0.0, 0.1, -0.1, 0.9))):
        fast, slow = np.empty(51), np.empty(51)
        assert kernel(x, *point, 0.5, fast) == pytest.approx(
            kernel.py_func(x, *point, 0.5, slow), rel=1e-12
        )
        assert fast == pytest.approx(slow, rel=1e-12)


@pytest.mark.parametrize("level", [0.3, 1.0, 1.5])
def test_a_level_that_is_none_is_named(level: float) -> None:
    with pytest.raises(InputError, match=str(level)):
        v.historical(np.array([0.0, 0.1]), level)
    with pytest.raises(InputError, match="decay"):
        exponential(np.zeros(10), 1.0)
