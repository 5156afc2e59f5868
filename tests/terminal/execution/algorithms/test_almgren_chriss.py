"""The optimal path against the paper's example and against a numerical minimum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from terminal.errors import InputError
from terminal.execution.algorithms.almgren_chriss import (
    Impact,
    expected_cost,
    from_spread,
    holdings,
    kappa,
    variance,
)

PAPER = Impact(sigma=0.95, epsilon=0.0625, gamma=2.5e-7, eta=2.5e-6)
X, T, N = 1e6, 5.0, 5


def test_the_papers_example_follows_from_its_rule_of_thumb() -> None:
    """$50 a share, 5 million shares a day, spread 1/8, 30 % a year."""
    found = from_spread(50.0, 0.95 / 50, 0.125 / 50, 5e6)
    for name in ("sigma", "epsilon", "gamma", "eta"):
        assert getattr(found, name) == pytest.approx(getattr(PAPER, name), rel=1e-12)


@pytest.mark.parametrize(
    ("lam", "cost", "risk", "half_life"),
    [  # printed by DRIP's run of the example, millions; E without drift
        (1e-9, 0.6625, 1.0812, 51.30),
        (2e-9, 0.6625, 1.0794, 36.27),
        (5e-9, 0.6625, 1.0740, 22.94),
        (8e-9, 0.6626, 1.0687, 18.14),
    ],
)
def test_cost_risk_and_half_life_of_the_papers_example(
    lam: float, cost: float, risk: float, half_life: float
) -> None:
    path = holdings(X, T, N, lam, PAPER)
    assert expected_cost(path, T, PAPER) / 1e6 == pytest.approx(cost, abs=5e-5)
    assert variance(path, T, PAPER) / 1e12 == pytest.approx(risk, abs=5e-5)
    assert 1.0 / kappa(lam, PAPER, T / N) == pytest.approx(half_life, abs=5e-3)


def test_the_half_life_the_paper_states() -> None:
    assert kappa(1e-6, PAPER, 1.0) == pytest.approx(0.61, abs=0.005)


@pytest.mark.parametrize("lam", [0.0, 1e-7, 2e-6, -2e-7])
def test_no_other_path_is_better(lam: float) -> None:
    def objective(inner: np.ndarray) -> float:
        path = np.array([X, *(inner * X), 0.0])
        return (expected_cost(path, T, PAPER) + lam * variance(path, T, PAPER)) / 1e6

    best = holdings(X, T, N, lam, PAPER)
    found = minimize(objective, np.linspace(0.9, 0.1, N - 1), method="BFGS", tol=1e-12)
    assert found.fun >= objective(best[1:-1] / X) - 1e-12
    assert found.x == pytest.approx(best[1:-1] / X, abs=1e-4)


def test_the_ends_of_the_frontier() -> None:
    assert holdings(X, T, N, 0.0, PAPER) == pytest.approx(np.linspace(X, 0, N + 1))
    at_once = holdings(X, T, N, 1e3, PAPER)
    assert at_once[0] == X and np.all(at_once[1:] < 1e-2)
    assert np.isfinite(holdings(X, 500.0, 2_000, 1.0, PAPER)).all(), "no overflow"
    block = np.array([X, 0, 0, 0, 0, 0])
    assert expected_cost(block, T, PAPER) == pytest.approx(125_000 + 62_500 + 2_375_000)
    assert variance(block, T, PAPER) == 0.0


def test_a_small_risk_aversion_goes_over_into_none() -> None:
    even = holdings(X, T, N, 0.0, PAPER)
    for lam in (1e-14, 1e-18, -1e-14):
        assert holdings(X, T, N, lam, PAPER) == pytest.approx(even, rel=1e-6)


def test_what_has_no_optimum_is_refused() -> None:
    with pytest.raises(InputError, match="no optimum"):
        holdings(X, T, N, -1e-5, PAPER)
    with pytest.raises(InputError, match="Temporary impact"):
        holdings(X, 42.0, 2, 1e-6, PAPER)  # eta~ is 0 at steps of 20
