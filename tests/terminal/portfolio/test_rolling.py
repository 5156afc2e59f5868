"""Weights through time: the future is hidden, steps are the single answers, drift is counted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.constraints import Constraints, Limit
from terminal.portfolio.covariance import estimate_covariance
from terminal.portfolio.optimise import METHODS, optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.rebalancing import ABSOLUTE, TO_EDGE, Bands, drifted
from terminal.portfolio.risk_budgets import BudgetParams
from terminal.portfolio.rolling import Recipe, Schedule, restricted, rolling_weights
from tests.terminal.backtest.panels import examples, seeds
from tests.terminal.portfolio.examples import history

USUAL = [name for name in METHODS if name not in ("risk-budgets", "target-return")]


def every(rows: int, step: int) -> np.ndarray:
    return np.arange(rows) % step == 0


def holed(seed: int, n: int = 5, rows: int = 130) -> FloatArray:
    """Returns with late starts and missing bars."""
    returns = history(n, rows, seed) + 0.001
    generator = np.random.default_rng(seed)
    returns[generator.random(returns.shape) < 0.01] = np.nan
    returns[: generator.integers(0, 60), 0] = np.nan
    return returns


@pytest.mark.parametrize("method", USUAL)
@examples(3)
@given(seed=seeds, cut=st.integers(45, 125), banded=st.booleans())
def test_hiding_the_future_changes_no_row(method: str, seed: int, cut: int, banded: bool) -> None:
    returns = holed(seed)
    recipe = Recipe(method, constraints=Constraints(high=0.7, turnover=0.8, costs=0.0002))
    bands = Bands(ABSOLUTE, 0.02, TO_EDGE) if banded else Bands()
    schedule = Schedule(40, 2, bands)
    decided = every(len(returns), 9)
    whole = rolling_weights(returns, decided, recipe, schedule).weights
    part = rolling_weights(returns[:cut], decided[:cut], recipe, schedule).weights
    assert np.array_equal(whole[:cut], part, equal_nan=True)


def test_a_look_ahead_would_be_caught() -> None:
    """The check above fails for weights that peek one row."""

    def peeking(returns: FloatArray) -> FloatArray:
        shifted = np.concatenate([returns[1:], returns[-1:]])
        decided = every(len(returns), 9)
        return rolling_weights(shifted, decided, Recipe("inverse-volatility"), Schedule(40)).weights

    returns = history(5, 130)
    assert not np.array_equal(peeking(returns)[:100], peeking(returns[:100]), equal_nan=True)


@pytest.mark.parametrize("method", ["hrp", "maximum-sharpe", "minimum-variance", "equal-risk"])
def test_each_step_is_the_single_answer_on_the_rows_before_the_purge(method: str) -> None:
    returns = history(6, 200)
    recipe = Recipe(method, covariance="ledoit-wolf")
    found = rolling_weights(returns, every(200, 10), recipe, Schedule(60, 3))
    for row in (70, 130, 190):
        window = returns[row - 62 : row - 2]
        problem = Problem(estimate_covariance(window, "ledoit-wolf"), window.mean(axis=0), window)
        alone = optimise(problem, method).weights
        assert found.weights[row] == pytest.approx(alone, abs=1e-7)
    assert found.decisions == found.trades == 13
    assert np.isnan(found.weights[np.setdiff1d(np.arange(200), np.arange(70, 200, 10))]).all()


def test_instruments_take_part_once_they_have_the_look_back() -> None:
    returns = history(4, 120)
    returns[:50, 1] = np.nan
    returns[90:, 2] = np.nan
    returns[:, 3] = 0.0
    found = rolling_weights(returns, every(120, 1), Recipe("equal-weight"), Schedule(20)).weights
    assert found[40] == pytest.approx([0.5, np.nan, 0.5, 0.0], nan_ok=True)
    assert found[80] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    assert found[110] == pytest.approx([0.5, 0.5, np.nan, 0.0], nan_ok=True)
    assert np.isnan(found[:18]).all()


def test_turnover_is_counted_from_where_prices_moved_the_weights() -> None:
    returns = history(5, 240)
    recipe = Recipe("minimum-variance", constraints=Constraints(turnover=0.1))
    found = rolling_weights(returns, every(240, 10), recipe, Schedule(40)).weights
    rows = np.flatnonzero(np.isfinite(found).any(axis=1))
    for before, row in pairwise(rows):
        growth = np.prod(1 + returns[before + 1 : row + 1], axis=0) - 1
        moved = drifted(found[before], growth)
        assert np.abs(found[row] - moved).sum() <= 0.1 + 1e-6


def test_bands_trade_less_often_and_a_horizon_only_what_pays() -> None:
    returns = history(5, 400)
    decided = every(400, 5)
    free = rolling_weights(returns, decided, Recipe("minimum-variance"), Schedule(60))
    banded = rolling_weights(
        returns, decided, Recipe("minimum-variance"), Schedule(60, bands=Bands(ABSOLUTE, 0.05))
    )
    assert 1 < banded.trades < free.trades == free.decisions
    dear = Recipe("maximum-utility", constraints=Constraints(costs=0.02))
    lazy = rolling_weights(returns, decided, dear, Schedule(60, horizon=5))
    assert lazy.trades < free.trades


def test_a_step_without_an_answer_keeps_what_is_held_and_says_so() -> None:
    returns = history(3, 200)
    returns[80:140] -= 0.01
    found = rolling_weights(returns, every(200, 10), Recipe("maximum-sharpe"), Schedule(40))
    assert found.held and "risk-free rate" in found.held[0][1]
    for row, _ in found.held:
        assert np.isnan(found.weights[row]).all()
    assert found.trades + len(found.held) == found.decisions


def test_constraints_in_conflict_stop_it() -> None:
    with pytest.raises(InputError, match="No weights fulfil net exposure of 1 and the weights of"):
        rolling_weights(
            history(3, 100), every(100, 5), Recipe(constraints=Constraints(high=0.2)), Schedule(30)
        )
    with pytest.raises(InputError, match="look-back is 1 periods"):
        Schedule(1)


def test_scores_become_views() -> None:
    returns = history(4, 120)
    scores = np.zeros((120, 4))
    scores[:, 2] = 1.0
    recipe = Recipe("maximum-utility", expected="black-litterman")
    plain, scored = (
        rolling_weights(returns, every(120, 10), recipe, Schedule(60), scores=given).weights[100]
        for given in (None, scores)
    )
    assert scored[2] > plain[2]


def test_constraints_are_cut_to_those_that_take_part() -> None:
    whole = Constraints(
        low=np.zeros(3),
        high=np.array([0.1, 0.2, 0.9]),
        limits=(Limit("beta", np.array([1.0, 2.0, 3.0]), 0.0, 2.5),),
        current=np.array([0.3, 0.3, 0.4]),
    )
    part = restricted(whole, np.array([1, 2]))
    assert np.asarray(part.high).tolist() == [0.2, 0.9] and part.net == (1.0, 1.0)
    assert part.limits[0].loadings.tolist() == [2.0, 3.0]
    assert BudgetParams((1.0,)).budgets == (1.0,)
