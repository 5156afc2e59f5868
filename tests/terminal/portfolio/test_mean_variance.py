"""Mean and variance: published turning points, closed forms, and the peers' own answers."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.portfolio.constraints import LONG_ONLY, Constraints
from terminal.portfolio.mean_variance import (
    AversionParams,
    TargetReturnParams,
    TargetVolatilityParams,
)
from terminal.portfolio.optimise import efficient_frontier, optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.quadratic import QuadraticSolver
from tests.terminal.portfolio.examples import history
from tests.terminal.portfolio.published import (
    CLA_COVARIANCE,
    CLA_MEAN,
    CLA_RETURNS,
    CLA_RISKS,
    MRT_CORRELATION,
    MRT_LEAST_VARIANCE,
    MRT_VOLATILITY,
    by_correlation,
)

FREE = Constraints(low=-np.inf, high=np.inf)
RETURNS = history(8, 400)
SIGMA, MU = np.cov(RETURNS, rowvar=False), RETURNS.mean(axis=0)


@pytest.mark.parametrize(("wanted", "risk"), list(zip(CLA_RETURNS, CLA_RISKS, strict=True)))
def test_the_published_turning_points_of_the_critical_line(wanted: float, risk: float) -> None:
    params = TargetReturnParams(wanted - 1e-9)
    found = optimise(Problem(CLA_COVARIANCE, CLA_MEAN), "target-return", params)
    assert found.volatility == pytest.approx(risk, abs=1e-5)


def test_the_published_least_variance() -> None:
    found = optimise(Problem(by_correlation(MRT_VOLATILITY, MRT_CORRELATION)), "minimum-variance")
    assert 100 * found.weights == pytest.approx(MRT_LEAST_VARIANCE, abs=0.1)


def test_without_bounds_the_answers_are_the_closed_forms() -> None:
    ones = np.ones(8)
    least = np.linalg.solve(SIGMA, ones)
    best = np.linalg.solve(SIGMA, MU - 0.0001)
    problem = Problem(SIGMA, MU, constraints=FREE, risk_free=0.0001)
    assert optimise(problem, "minimum-variance").weights == pytest.approx(
        least / least.sum(), abs=1e-9
    )
    assert optimise(problem, "maximum-sharpe").weights == pytest.approx(best / best.sum(), abs=1e-8)
    deviation = np.sqrt(np.diag(SIGMA))
    diverse = np.linalg.solve(SIGMA, deviation)
    assert optimise(problem, "maximum-diversification").weights == pytest.approx(
        diverse / diverse.sum(), abs=1e-8
    )
    cash = Problem(SIGMA, MU, constraints=Constraints(-np.inf, np.inf, (-np.inf, np.inf)))
    assert optimise(cash, "maximum-utility", AversionParams(3.0)).weights == pytest.approx(
        np.linalg.solve(3.0 * SIGMA, MU), rel=1e-7
    )


def test_no_other_allowed_weights_have_a_better_ratio() -> None:
    found = optimise(Problem(SIGMA, MU, constraints=Constraints(high=0.3)), "maximum-sharpe")
    assert found.sharpe is not None
    generator = np.random.default_rng(2)
    for _ in range(300):
        near = np.abs(found.weights + generator.normal(0, 0.02, 8))
        near = np.minimum(near / near.sum(), 0.3)
        near += (1 - near.sum()) * (0.3 - near) / (0.3 - near).sum()
        assert MU @ near / np.sqrt(near @ SIGMA @ near) <= found.sharpe + 1e-12


def test_return_and_volatility_asked_for_are_two_ways_to_one_point() -> None:
    problem = Problem(SIGMA, MU)
    one = optimise(problem, "target-volatility", TargetVolatilityParams(0.009))
    assert one.volatility == pytest.approx(0.009, rel=1e-6) and one.expected_return is not None
    other = optimise(problem, "target-return", TargetReturnParams(one.expected_return))
    assert other.weights == pytest.approx(one.weights, abs=1e-4)
    with pytest.raises(InputError, match=r"volatility of 0.001 or less; the least is 0\.00"):
        optimise(problem, "target-volatility", TargetVolatilityParams(0.001))
    with pytest.raises(InputError, match=r"expected return of at least 0.1 a period"):
        optimise(problem, "target-return", TargetReturnParams(0.1))


def test_a_frontier_goes_from_the_least_variance_to_the_most_return() -> None:
    points = efficient_frontier(Problem(SIGMA, MU), 12)
    risk = np.array([p.volatility for p in points])
    earned = np.array([p.expected_return for p in points], dtype=float)
    assert np.all(np.diff(risk) > 0) and np.all(np.diff(earned) > 0)
    assert earned[-1] == pytest.approx(MU.max(), rel=1e-6)
    slope = np.diff(earned) / np.diff(risk)
    assert np.all(np.diff(slope) < 1e-9), "it is not concave"


def test_nothing_above_the_risk_free_rate_is_said() -> None:
    with pytest.raises(InputError, match=r"more than the risk-free rate of 0.05 a period"):
        optimise(Problem(SIGMA, MU, risk_free=0.05), "maximum-sharpe")
    with pytest.raises(InputError, match="needs expected returns"):
        optimise(Problem(SIGMA), "maximum-sharpe")


def test_a_solver_used_again_answers_the_same_as_a_fresh_one() -> None:
    solver = QuadraticSolver()
    for start in range(0, 200, 20):
        part = RETURNS[start : start + 150]
        problem = Problem(np.cov(part, rowvar=False), part.mean(axis=0) + 0.002)
        again = optimise(problem, "maximum-sharpe", solver=solver).weights
        assert again == pytest.approx(optimise(problem, "maximum-sharpe").weights, abs=1e-8)


def test_equal_to_pyportfolioopt_on_the_same_input() -> None:
    from pypfopt import EfficientFrontier

    for method, constraints, bounds in (
        ("maximum-sharpe", LONG_ONLY, (0, 1)),
        ("minimum-variance", Constraints(high=0.2), (0, 0.2)),
    ):
        peer = EfficientFrontier(1e3 * MU, 1e3 * SIGMA, bounds)
        peer.max_sharpe(0.0) if method == "maximum-sharpe" else peer.min_volatility()
        found = optimise(Problem(SIGMA, MU, constraints=constraints), method)
        assert found.weights == pytest.approx(np.asarray(peer.weights), abs=2e-5)
