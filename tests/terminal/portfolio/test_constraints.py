"""Constraints as rows, kept by every method, and named when they contradict each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.portfolio import quadratic
from terminal.portfolio.conflict import ConflictError, conflicting
from terminal.portfolio.constraints import (
    LONG_ONLY,
    Constraints,
    Limit,
    Rows,
    long_short,
    market_neutral,
    rows_of,
    sector_limits,
)
from terminal.portfolio.optimise import METHODS, optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.quadratic import StoppedError
from terminal.portfolio.risk_budgets import BudgetParams
from tests.terminal.backtest.panels import examples, seeds
from tests.terminal.portfolio.examples import covariance, history

NAMES = ("AAPL", "IBM", "KO", "PEP", "WMT", "XOM")
SECTORS = ("tech", "tech", "staples", "staples", "staples", "energy")
RETURNS = history()
PROBLEM = Problem(covariance(), RETURNS.mean(axis=0), RETURNS, NAMES)


def solved(method: str, constraints: Constraints) -> np.ndarray:
    params = BudgetParams((0.3, 0.2, 0.2, 0.1, 0.1, 0.1)) if method == "risk-budgets" else None
    return optimise(replace(PROBLEM, constraints=constraints), method, params).weights


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_to_every_constraint(method: str) -> None:
    held = np.full(6, 1 / 6)
    beta = np.linspace(0.5, 1.5, 6)
    constraints = Constraints(
        low=0.05,
        high=0.4,
        limits=(
            *sector_limits(SECTORS, {"energy": 0.1}, {"staples": 0.45}),
            Limit("beta", beta, 0.9, 1.0),
        ),
        turnover=0.5,
        current=held,
    )
    w = solved(method, constraints)
    assert w.sum() == pytest.approx(1.0, abs=1e-7)
    assert w.min() >= 0.05 - 1e-9 and w.max() <= 0.4 + 1e-9
    assert w[2:5].sum() <= 0.45 + 1e-6 and w[5] >= 0.1 - 1e-6
    assert 0.9 - 1e-6 <= beta @ w <= 1.0 + 1e-6
    assert np.abs(w - held).sum() <= 0.5 + 1e-6


@pytest.mark.parametrize(
    "method", ["minimum-variance", "maximum-sharpe", "maximum-utility", "tail-risk"]
)
def test_both_sides_keep_to_gross_and_net(method: str) -> None:
    w = solved(method, long_short(gross=1.4, net=(0.9, 1.0), most=0.5))
    assert np.abs(w).sum() <= 1.4 + 1e-6 and 0.9 - 1e-7 <= w.sum() <= 1.0 + 1e-7
    assert w.min() < 0 or method == "minimum-variance"


def test_market_neutral_weights_have_no_net_and_no_beta() -> None:
    betas = np.array([0.6, 1.3, 0.8, 1.1, 0.7, 1.0])
    w = solved("maximum-sharpe", market_neutral(betas, gross=2.0))
    assert abs(w.sum()) < 1e-8 and abs(betas @ w) < 1e-8
    assert 0.1 < np.abs(w).sum() <= 2.0 + 1e-8
    with pytest.raises(InputError, match="holding nothing"):
        solved("minimum-variance", market_neutral(betas))


def test_a_turnover_of_zero_leaves_everything_and_costs_hold_it_back() -> None:
    held = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    still = solved("maximum-sharpe", Constraints(turnover=0.0, current=held))
    assert still == pytest.approx(held, abs=1e-7)
    traded = [
        np.abs(solved("maximum-utility", Constraints(current=held, costs=c)) - held).sum()
        for c in (0.0, 0.0003, 0.1)
    ]
    assert traded[0] > traded[1] > 0.01 and traded[2] == pytest.approx(0, abs=1e-6)


def test_a_ridge_spreads_the_weights() -> None:
    plain = solved("minimum-variance", LONG_ONLY)
    spread = solved("minimum-variance", Constraints(l2=0.01))
    assert (spread**2).sum() < (plain**2).sum() and np.abs(spread - 1 / 6).max() < 0.01


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        (Constraints(high=0.1), "net exposure of 1 and the weights of AAPL"),
        (
            Constraints(limits=sector_limits(SECTORS, {"tech": 0.7, "energy": 0.4})),
            "sector tech of at least 0.7 and sector energy of at least 0.4",
        ),
        (
            Constraints(turnover=0.1, current=np.full(6, 0.1)),
            "net exposure of 1 and turnover of at most 0.1",
        ),
        (Constraints(low=-1.0, gross=0.8), "net exposure of 1 and gross exposure of at most 0.8"),
        (
            Constraints(limits=(Limit("beta", np.ones(6), 1.2, 1.5),)),
            "net exposure of 1 and beta from 1.2 to 1.5",
        ),
    ],
)
def test_constraints_in_conflict_are_named(constraints: Constraints, said: str) -> None:
    for method in ("maximum-sharpe", "hrp", "equal-risk", "tail-risk"):
        with pytest.raises(InputError) as caught:
            solved(method, constraints)
        assert "No weights fulfil" in str(caught.value) and said.split(" and ")[0] in str(
            caught.value
        )
        for part in said.split(" and "):
            assert part in str(caught.value)


@examples(12)
@given(seed=seeds)
def test_what_is_named_is_in_conflict_and_nothing_of_it_can_be_left_out(seed: int) -> None:
    generator = np.random.default_rng(seed)
    matrix = generator.integers(-2, 3, (8, 3)).astype(float)
    lower = generator.integers(-2, 3, 8).astype(float)
    rows = Rows(matrix, lower, lower + generator.integers(0, 2, 8), tuple("abcdefgh"), 3)
    found = conflicting(rows)

    def only(names: tuple[str, ...]) -> Rows:
        kept = [k for k, name in enumerate(rows.names) if name in names]
        return Rows(matrix[kept], lower[kept], rows.upper[kept], names, 3)

    if found:
        found = tuple(sorted(found))
        assert conflicting(only(found))
        for fewer in combinations(found, len(found) - 1):
            assert not conflicting(only(fewer)), "one of them is not needed"


def test_a_solver_that_gives_up_on_many_is_asked_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*_: object) -> object:
        raise StoppedError("The optimiser stopped without an answer (MaxIterations).")

    monkeypatch.setattr(quadratic, "solve_cones", stops)
    with pytest.raises(ConflictError, match=r"the weights of AAPL, .* more \(from 0 to 0.1\)"):
        solved("minimum-variance", Constraints(high=0.1))
    with pytest.raises(StoppedError, match="stopped without an answer"):
        solved("minimum-variance", LONG_ONLY)


def test_bounds_that_allow_nothing_name_the_instrument() -> None:
    low = np.array([0, 0, 0.3, 0, 0, 0])
    with pytest.raises(InputError, match=r"KO must have at least 0.3 and at most 0.2"):
        rows_of(Constraints(low=low, high=0.2), 6, NAMES)
    with pytest.raises(InputError, match=r"No instrument is in the sector 'banks'"):
        sector_limits(SECTORS, {"banks": 0.1})
    with pytest.raises(InputError, match=r"low has shape \(2,\); 6 instruments"):
        rows_of(Constraints(low=np.zeros(2)), 6)


@given(st.integers(2, 6))
@examples(5)
def test_the_binding_constraints_are_told(n: int) -> None:
    found = optimise(
        Problem(np.diag(np.arange(1.0, n + 1)), constraints=Constraints(high=0.55)),
        "minimum-variance",
    )
    told = [name for name in found.binding if name.startswith("weight of instrument 1 ")]
    assert bool(told) == (found.weights[0] > 0.55 - 1e-7)
