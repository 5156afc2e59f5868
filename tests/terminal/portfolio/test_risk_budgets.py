"""Shares of risk are what was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.portfolio.constraints import Constraints
from terminal.portfolio.optimise import optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.risk_budgets import BudgetParams
from tests.terminal.backtest.panels import examples, seeds
from tests.terminal.portfolio.examples import covariance
from tests.terminal.portfolio.published import (
    MRT_CORRELATION,
    MRT_EQUAL_RISK,
    MRT_VOLATILITY,
    by_correlation,
)

FOUR = by_correlation(MRT_VOLATILITY, MRT_CORRELATION)


def test_the_published_equal_risk_weights() -> None:
    found = optimise(Problem(FOUR), "equal-risk")
    assert 100 * found.weights == pytest.approx(MRT_EQUAL_RISK, abs=0.05)
    same = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    found = optimise(Problem(by_correlation(MRT_VOLATILITY, same)), "equal-risk")
    assert found.weights == pytest.approx([0.48, 0.24, 0.16, 0.12], abs=1e-12)


@examples(30)
@given(seed=seeds, n=st.integers(1, 30))
def test_each_has_the_share_of_the_variance_it_was_given(seed: int, n: int) -> None:
    budgets = np.random.default_rng(seed).uniform(0.05, 1.0, n)
    matrix = np.atleast_2d(covariance(n, seed))
    found = optimise(Problem(matrix), "risk-budgets", BudgetParams(tuple(budgets)))
    assert found.risk_shares == pytest.approx(budgets / budgets.sum(), abs=1e-9)
    assert found.weights.min() > 0 and found.weights.sum() == pytest.approx(1.0)


def test_with_a_bound_the_others_stay_as_equal_as_they_can() -> None:
    found = optimise(Problem(FOUR, constraints=Constraints(high=0.35)), "equal-risk")
    assert found.weights[0] == pytest.approx(0.35, abs=1e-7)
    assert found.risk_shares[0] < 0.25 and np.ptp(found.risk_shares[1:]) < 0.01
    loose = optimise(Problem(FOUR, constraints=Constraints(high=0.9)), "equal-risk")
    assert loose.risk_shares == pytest.approx(np.full(4, 0.25))


def test_inverse_volatility_and_equal_weights() -> None:
    inverse = optimise(Problem(FOUR), "inverse-volatility").weights
    assert inverse == pytest.approx([0.48, 0.24, 0.16, 0.12])
    found = optimise(Problem(FOUR, constraints=Constraints(net=(0.0, 0.8))), "equal-weight")
    assert found.weights == pytest.approx(np.full(4, 0.2)) and not found.notes
    moved = optimise(Problem(FOUR, constraints=Constraints(high=0.4)), "inverse-volatility")
    assert moved.weights[0] == pytest.approx(0.4) and "nearest" in moved.notes[0]


@pytest.mark.parametrize(
    ("budgets", "said"),
    [((1.0, 1.0), r"shape \(2,\); 4 instruments"), ((1, 1, 0, 1), "must be above zero")],
)
def test_budgets_that_do_not_fit_are_refused(budgets: tuple[float, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        optimise(Problem(FOUR), "risk-budgets", BudgetParams(budgets))
