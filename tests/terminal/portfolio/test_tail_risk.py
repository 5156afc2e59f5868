"""Risks of the history: measured by hand, and least where nothing near is less."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.portfolio.constraints import Constraints
from terminal.portfolio.optimise import optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.risk_measures import (
    CDAR,
    CVAR,
    EVAR,
    FIRST,
    SECOND,
    SEMI,
    ULCER,
    WORST,
    risk_of,
)
from terminal.portfolio.tail_risk import LEAST, RATIO, WANTED, TailRiskParams
from tests.terminal.portfolio.examples import history

ALL = (CVAR, EVAR, CDAR, ULCER, WORST, SEMI, FIRST, SECOND)
RETURNS = history(5, 200, seed=4)
BY_HAND = np.array([[0.02], [-0.04], [0.01], [-0.01], [0.02]])


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        (WORST, 0.04),
        (CVAR, (0.04 + 0.5 * 0.01) / 1.5),  # the worst one and a half of five
        (CDAR, (0.04 + 0.5 * 0.04) / 1.5),  # drawdowns 0, 4, 3, 4, 2 %
        (ULCER, np.sqrt((16 + 9 + 16 + 4) / 5) / 100),
        (FIRST, 0.05 / 5),
        (SECOND, np.sqrt((16 + 1) / 4) / 100),
        (SEMI, np.sqrt((16 + 1) / 4) / 100),
    ],
)
def test_a_measure_by_hand(measure: str, value: float) -> None:
    assert risk_of(BY_HAND, np.ones(1), measure, 0.3) == pytest.approx(value, rel=1e-12)


def test_evar_lies_between_cvar_and_the_worst_loss() -> None:
    w = np.full(5, 0.2)
    assert risk_of(RETURNS, w, CVAR) < risk_of(RETURNS, w, EVAR) < risk_of(RETURNS, w, WORST)


@pytest.mark.parametrize("measure", ALL)
def test_nothing_near_has_less_of_it(measure: str) -> None:
    found = optimise(Problem(returns=RETURNS), "tail-risk", TailRiskParams(measure, 0.1))
    least = risk_of(RETURNS, found.weights, measure, 0.1)
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-7)
    generator = np.random.default_rng(1)
    for _ in range(60):
        near = np.abs(found.weights + generator.normal(0, 0.03, 5))
        assert risk_of(RETURNS, near / near.sum(), measure, 0.1) > least - 1e-6 * least


def test_the_periods_near_the_tail_are_enough() -> None:
    """The whole linear program, as HiGHS solves it, has the same least CVaR."""
    from scipy.optimize import linprog

    returns = history(4, 700, seed=7)
    t, n = returns.shape
    cost = np.concatenate([np.zeros(n), [1.0], np.full(t, 1 / (0.05 * t))])
    whole = linprog(
        cost,
        A_ub=np.column_stack([-returns, -np.ones(t), -np.eye(t)]),
        b_ub=np.zeros(t),
        A_eq=[[1.0] * n + [0.0] * (t + 1)],
        b_eq=[1.0],
        bounds=[(0, 1)] * n + [(None, None)] + [(0, None)] * t,
    )
    found = optimise(Problem(returns=returns), "tail-risk")
    assert risk_of(returns, found.weights) == pytest.approx(whole.fun, rel=1e-7)


def test_a_return_that_is_wanted_and_the_best_ratio() -> None:
    mu = RETURNS.mean(axis=0)
    problem = Problem(returns=RETURNS, expected=mu)
    target = float(np.sort(mu)[-2])
    wanted = optimise(problem, "tail-risk", TailRiskParams(objective=WANTED, target=target))
    assert wanted.expected_return == pytest.approx(target, abs=1e-8)
    best = optimise(problem, "tail-risk", TailRiskParams(objective=RATIO))
    least = optimise(problem, "tail-risk", TailRiskParams(objective=LEAST))

    def ratio(w: np.ndarray) -> float:
        return float(mu @ w) / risk_of(RETURNS, w)

    assert ratio(best.weights) >= max(ratio(wanted.weights), ratio(least.weights)) - 1e-9
    with pytest.raises(InputError, match="more than the risk-free rate"):
        optimise(
            Problem(returns=RETURNS, expected=-np.abs(mu)),
            "tail-risk",
            TailRiskParams(objective=RATIO),
        )


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match=r"A tail of 0.05 of 10 periods is less than one"):
        optimise(Problem(returns=RETURNS[:10]), "tail-risk")
    with pytest.raises(InputError, match="needs the history of returns"):
        optimise(Problem(np.eye(2)), "tail-risk")
    with pytest.raises(InputError, match=r"net exposure of 1 and the weights of"):
        optimise(Problem(returns=RETURNS, constraints=Constraints(high=0.1)), "tail-risk")
