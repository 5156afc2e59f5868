"""Binomial bets: the book's numbers, inverses, simulation, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from terminal.backtest.inference.strategy_risk import (
    bets_sharpe,
    implied_bets,
    implied_precision,
    strategy_risk,
)
from terminal.errors import InputError
from tests.terminal.market.reference import cases

BOOK = [item for item in cases("afml") if str(item.id).startswith(("strategy-risk", "absent"))]


@pytest.mark.parametrize("case", BOOK)
def test_the_published_cases(case: dict) -> None:  # type: ignore[type-arg]
    x = case["inputs"]
    found = bets_sharpe(x["p"], x["n"], x["pt"], x["sl"])
    assert found == pytest.approx(case["expected"], abs=case["tolerance"]["abs"])


def test_even_odds_are_the_books_first_example() -> None:
    """Section 15.2: weekly bets need a precision of 0.6336 for a Sharpe ratio of 2."""
    assert implied_precision(2.0, 52, 0.01, -0.01) == pytest.approx(0.6336, abs=5e-5)
    p = 0.55
    assert bets_sharpe(p, 100, 0.3, -0.3) == pytest.approx(
        (2 * p - 1) / (2 * (p - p**2) ** 0.5) * 10
    )


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    sharpe=st.floats(0.0, 5.0),
    bets=st.floats(1.0, 1e5),
    profit=st.floats(1e-4, 1.0),
    loss=st.floats(-1.0, -1e-4),
)
def test_implied_values_are_the_inverse(
    sharpe: float, bets: float, profit: float, loss: float
) -> None:
    p = implied_precision(sharpe, bets, profit, loss)
    assert -loss / (profit - loss) <= p * (1 + 1e-12)
    assume(p < 1 - 1e-9 and sharpe > 1e-3)
    assert bets_sharpe(p, bets, profit, loss) == pytest.approx(sharpe, rel=1e-5, abs=1e-6)
    assert implied_bets(sharpe, p, profit, loss) == pytest.approx(bets, rel=1e-4)


def test_bets_that_lose_on_average_reach_nothing_by_being_many() -> None:
    assert implied_bets(1.0, 0.4, 0.01, -0.01) is None
    assert implied_bets(1.0, 0.6, 0.01, -0.01) == pytest.approx(24.0)


def test_the_formula_is_the_sharpe_ratio_of_simulated_bets() -> None:
    won = np.random.default_rng(1).random(400_000) < 0.7
    x = np.where(won, 0.005, -0.01)
    expected = x.mean() / x.std() * math.sqrt(260)
    assert bets_sharpe(0.7, 260, 0.005, -0.01) == pytest.approx(expected, abs=0.05)


def test_failure_is_half_likely_at_the_needed_precision_and_rare_far_above_it() -> None:
    x = np.where(np.arange(1_000) < 600, 0.01, -0.01)
    reached = bets_sharpe(0.6, 100, 0.01, -0.01)
    found = strategy_risk(x, 100, reached)
    assert (found.precision, found.profit, found.loss) == pytest.approx((0.6, 0.01, -0.01))
    assert found.needed == pytest.approx(0.6)
    assert found.probability_of_failure == pytest.approx(0.5, abs=0.01)
    # a fifth of a Sharpe ratio needs little more than even chances: six standard errors away
    easy = strategy_risk(x, 100, 0.2)
    error = math.sqrt(0.6 * 0.4 / 1_000)
    normal = stats.norm.cdf((easy.needed - 0.6) / error)
    assert easy.probability_of_failure == pytest.approx(normal, abs=1e-6)
    assert strategy_risk(x[400:], 100, 1.0).probability_of_failure > 0.99


def test_a_probability_of_failure_is_as_often_wrong_as_it_says() -> None:
    """Strategies at the needed precision: it is uniform, so 10 % are below 0.1."""
    draw = np.random.default_rng(1)
    needed = implied_precision(1.0, 100, 0.01, -0.01)
    # the outcomes have two values, so that the odds are those of the truth
    p = [
        strategy_risk(np.where(draw.random(400) < needed, 0.01, -0.01), 100, 1.0)
        for _ in range(1_000)
    ]
    found = np.array([one.probability_of_failure for one in p])
    assert np.mean(found < 0.1) == pytest.approx(0.1, abs=0.03)
    assert np.mean(found < 0.5) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: bets_sharpe(1.0, 10, 0.1, -0.1), "precision"),
        (lambda: bets_sharpe(0.5, 0, 0.1, -0.1), "bets"),
        (lambda: bets_sharpe(0.5, 10, -0.1, -0.1), "profit"),
        (lambda: bets_sharpe(0.5, 10, 0.1, 0.1), "loss"),
        (lambda: bets_sharpe(0.5, 10, 0.1, math.nan), "loss"),
        (lambda: implied_precision(-1.0, 10, 0.1, -0.1), "sharpe"),
        (lambda: implied_bets(0.0, 0.6, 0.1, -0.1), "sharpe"),
        (lambda: strategy_risk(np.full(9, 0.1), 10, 1.0), "outcomes"),
        (lambda: strategy_risk(np.full(30, 0.1), 10, 1.0), "outcomes"),
        (lambda: strategy_risk(np.zeros(30), 10, 1.0), "outcomes"),
        (lambda: strategy_risk(np.full(30, np.nan), 10, 1.0), "outcomes"),
    ],
)
def test_a_wrong_input_is_refused_by_name(made: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        made()  # type: ignore[operator]
    assert caught.value.field == field
