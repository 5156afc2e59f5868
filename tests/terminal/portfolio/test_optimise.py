"""What every method owes: sums, bounds, and no opinion on units or on the order of instruments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.params import describe
from terminal.portfolio.constraints import Constraints
from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.mean_variance import (
    AversionParams,
    TargetReturnParams,
    TargetVolatilityParams,
)
from terminal.portfolio.optimise import METHODS, optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.risk_budgets import BudgetParams
from tests.terminal.backtest.panels import examples, seeds
from tests.terminal.portfolio.examples import history

every = pytest.mark.parametrize("method", METHODS)


def params_of(method: str, returns: np.ndarray, unit: float = 1.0) -> object:
    """Parameters that mean the same whatever the unit of returns is."""
    if method == "risk-budgets":
        return BudgetParams(tuple(np.full(returns.shape[1], 1.0)))
    if method == "target-return":
        return TargetReturnParams(unit * float(returns.mean(axis=0).mean()))
    if method == "target-volatility":
        return TargetVolatilityParams(unit * float(returns.std(axis=0).mean()))
    return AversionParams(5.0 / unit) if method == "maximum-utility" else None


@every
@examples(6)
@given(seed=seeds, n=st.integers(2, 8))
def test_weights_sum_and_ignore_units_and_order(method: str, seed: int, n: int) -> None:
    returns = history(n, 120, seed)
    returns += 0.003  # something is worth holding
    constraints = Constraints(high=max(0.6, 1.2 / n))

    def solved(values: np.ndarray, unit: float = 1.0) -> np.ndarray:
        problem = Problem(
            np.cov(values * unit, rowvar=False),
            values.mean(axis=0) * unit,
            values * unit,
            constraints=constraints,
        )
        return optimise(problem, method, params_of(method, values, unit)).weights

    weights = solved(returns)
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert weights.min() >= 0 and weights.max() <= max(0.6, 1.2 / n)
    # Answers on a flat bottom are as sharp as the solver: compare what they are worth there.
    sharp = 1e-3 if method in ("tail-risk", "target-volatility") else 1e-6
    assert solved(returns, 10.0) == pytest.approx(weights, abs=sharp)
    order = np.random.default_rng(seed).permutation(n)
    if method not in ("hrp", "herc", "nco"):  # a tree's branches have no left and right
        assert solved(returns[:, order]) == pytest.approx(weights[order], abs=sharp)


@every
def test_one_instrument_gets_everything(method: str) -> None:
    returns = history(1, 100) + 0.001
    problem = Problem(np.array([[1e-4]]), np.array([0.001]), returns)
    params = params_of(method, returns)
    if method in ("target-return", "target-volatility"):
        params = type(params)(0.001 if method == "target-return" else 0.02)
    assert optimise(problem, method, params).weights == pytest.approx([1.0])


@every
def test_what_the_figures_say_is_what_the_weights_are(method: str) -> None:
    returns = history(5, 200, seed=3) + 0.0005
    held = np.full(5, 0.2)
    problem = Problem(
        np.cov(returns, rowvar=False),
        returns.mean(axis=0),
        returns,
        constraints=Constraints(current=held, costs=0.0001),
    )
    found = optimise(problem, method, params_of(method, returns))
    w = found.weights
    assert found.volatility == pytest.approx(np.sqrt(w @ problem.sigma @ w))
    assert found.expected_return == pytest.approx(problem.mu @ w)
    assert found.risk_shares.sum() == pytest.approx(1.0)
    assert found.turnover == pytest.approx(np.abs(w - held).sum())
    assert found.cost == pytest.approx(0.0001 * found.turnover)


@every
def test_a_covariance_with_a_hole_is_refused(method: str) -> None:
    matrix = np.eye(3)
    matrix[0, 1] = np.nan
    problem = Problem(matrix, np.ones(3), history(3), ("AAPL", "IBM", "KO"))
    with pytest.raises(InputError, match=r"covariance of AAPL and IBM is nan"):
        optimise(problem, method, params_of(method, history(3)))


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no method 'markowitz'; known: minimum-variance, "):
        optimise(Problem(np.eye(2)), "markowitz")


def test_what_a_form_draws_has_titles_and_ranges() -> None:
    for entry in (*METHODS.values(), *COVARIANCES.values(), *EXPECTED_RETURNS.values()):
        assert entry.title
        if entry.params_type is BudgetParams:  # a list: no form draws it
            continue
        for spec in describe(entry.params_type):
            assert spec.title and spec.help
            assert spec.choices or spec.kind == "bool" or spec.low is not None
