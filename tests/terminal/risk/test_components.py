"""Parts add up to the whole, whatever the book; and each is the derivative it claims to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.return_metrics import (
    conditional_value_at_risk,
    max_drawdown,
    value_at_risk,
)
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk import components as c
from terminal.risk import value_at_risk as v
from terminal.risk.book import covariance_of
from terminal.risk.drawdowns import deepest
from tests.terminal.risk.examples import FEW, small_books

Small = tuple[FloatArray, FloatArray]


def whole(kind: str, weights: FloatArray, returns: FloatArray, level: float) -> v.Tail:
    book = returns @ weights
    if kind == "normal":
        deviation = float(np.sqrt(weights @ covariance_of(returns) @ weights))
        return v.normal(float(book.mean()), deviation, level)
    if kind == "scenarios":
        return v.historical(book, level)
    return v.cornish_fisher(v.moments(book), level)


def parts(kind: str, weights: FloatArray, returns: FloatArray, level: float) -> c.Components:
    if kind == "normal":
        mean = returns.mean(axis=0)
        return c.normal_components(weights, mean, covariance_of(returns), level)
    if kind == "scenarios":
        return c.scenario_components(weights, returns, level)
    return c.cornish_fisher_components(weights, returns, level)


@pytest.mark.parametrize("kind", ["normal", "scenarios", "cornish-fisher"])
@FEW
@given(small_books(), st.sampled_from([0.9, 0.95, 0.99]))
def test_parts_add_up_scale_and_follow_their_position(
    kind: str, small: Small, level: float
) -> None:
    weights, returns = small
    found, total = parts(kind, weights, returns, level), whole(kind, weights, returns, level)
    assert found.var.sum() == pytest.approx(total.var, rel=1e-10, abs=1e-12)
    assert found.shortfall.sum() == pytest.approx(total.shortfall, rel=1e-10, abs=1e-12)
    assert found.var == pytest.approx(weights * found.marginal_var, abs=1e-14)
    double = parts(kind, 2.0 * weights, returns, level)
    assert double.var == pytest.approx(2.0 * found.var, rel=1e-8, abs=1e-12)
    order = np.random.default_rng(0).permutation(len(weights))
    moved = parts(kind, weights[order], returns[:, order], level)
    assert moved.shortfall == pytest.approx(found.shortfall[order], rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("kind", ["normal", "cornish-fisher"])
def test_marginals_are_derivatives(kind: str) -> None:
    rng = np.random.default_rng(2)
    returns, weights = 0.01 * rng.standard_t(5, (400, 4)), np.array([0.4, -0.2, 0.5, 0.1])
    found = parts(kind, weights, returns, 0.99)
    for k in range(4):
        step = np.zeros(4)
        step[k] = 1e-6
        up, down = (whole(kind, weights + s, returns, 0.99) for s in (step, -step))
        assert found.marginal_var[k] == pytest.approx((up.var - down.var) / 2e-6, rel=1e-5)
        slope = (up.shortfall - down.shortfall) / 2e-6
        assert found.marginal_shortfall[k] == pytest.approx(slope, rel=1e-5)


@FEW
@given(small_books())
def test_many_series_at_once_have_the_numbers_of_one(small: Small) -> None:
    _, returns = small
    var, shortfall = c.tails(np.ascontiguousarray(returns.T), 0.05)
    for k in range(returns.shape[1]):
        own = returns[:, k].copy()
        assert var[k] == pytest.approx(-(value_at_risk(own) or 0.0), rel=1e-12, abs=1e-15)
        assert shortfall[k] == pytest.approx(-(conditional_value_at_risk(own) or 0.0), rel=1e-12)
        assert deepest(returns)[k] == pytest.approx(max_drawdown(own), rel=1e-12)


def test_incremental_risk_is_what_selling_takes_away() -> None:
    rng = np.random.default_rng(3)
    returns, weights = 0.01 * rng.standard_t(5, (300, 3)), np.array([0.5, -0.3, 0.2])
    found = c.incremental_var(weights, returns, 0.95)
    for k in range(3):
        without = weights.copy()
        without[k] = 0.0
        change = (
            v.historical(returns @ weights, 0.95).var - v.historical(returns @ without, 0.95).var
        )
        assert found[k] == pytest.approx(change, abs=1e-14)


def test_volatility_parts_add_up_and_a_perfect_hedge_is_named() -> None:
    covariance = np.array([[0.04, 0.02], [0.02, 0.09]])
    weights = np.array([0.6, 0.4])
    found = c.volatility_components(weights, covariance)
    assert found.sum() == pytest.approx(np.sqrt(weights @ covariance @ weights), rel=1e-12)
    with pytest.raises(InputError, match="positions cancel"):
        c.volatility_components(np.array([1.0, -1.0]), np.full((2, 2), 0.04))
    same = np.repeat(np.random.default_rng(0).normal(0, 0.01, (100, 1)), 2, axis=1)
    with pytest.raises(InputError, match="positions cancel"):
        c.cornish_fisher_components(np.array([1.0, -1.0]), same, 0.95)
