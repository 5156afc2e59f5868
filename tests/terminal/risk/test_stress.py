"""Crises, shocks, correlations at one, and the likeliest way to lose."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.attribution.crises import CRISES
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import covariance_of
from terminal.risk.factors.model import FactorModel, decompose
from terminal.risk.stress.replay import replay
from terminal.risk.stress.shocks import (
    Shock,
    correlation_to_one,
    factor_shock,
    reverse_stress,
    shocked,
)
from terminal.risk.stress.windows import WINDOWS
from tests.terminal.risk.books import days
from tests.terminal.risk.examples import FEW, small_books

NAMES = ("OLD", "NEW", "CASHLESS")
WINDOW = (("Fall", date(2020, 1, 2), date(2020, 1, 6)),)


def test_windows_are_those_of_a_tear_sheet_and_in_order() -> None:
    assert WINDOWS[1:] == CRISES
    assert all(first < last for _, first, last in WINDOWS)
    assert [first for _, first, _ in WINDOWS] == sorted(first for _, first, _ in WINDOWS)
    years = {first.year for _, first, _ in WINDOWS}
    assert {1987, 2000, 2007, 2011, 2018, 2020, 2022} <= years


def test_a_crisis_met_by_todays_book_and_a_proxy_that_is_named() -> None:
    dates = days(5, "2020-01-01")  # Wednesday 1 to Tuesday 7
    returns = np.array(
        [[0.5, np.nan, 0.0], [0.9, np.nan, 0.0], [-0.1, np.nan, 0.0], [-0.2, 0.1, 0.0], [0.5, 0, 0]]
    )
    market = np.array([0.0, 0.0, -0.1, -0.1, 0.0])
    weights = np.array([0.5, 0.4, 0.0])
    told, untold = replay(
        NAMES, weights, dates, returns, market=market, betas=np.array([1.0, 2.0, 1.0]),
        windows=WINDOW,
    )  # fmt: skip
    # from the close of the 2nd to that of the 6th: 0.9 * 0.8 - 1, and twice 0.9 * 0.9 - 1
    assert untold == ()
    assert told[0].market == pytest.approx(-0.19)
    assert told[0].profit == pytest.approx(0.5 * -0.28 + 0.4 * 2 * -0.19)
    assert told[0].proxies == ("NEW",) and told[0].missing == ()
    assert told[0].covered == pytest.approx(0.5 / 0.9)
    assert "by beta: NEW" in told[0].sentence
    assert [part.name for part in told[0].parts] == ["NEW", "OLD"]
    alone, _ = replay(NAMES, weights, dates, returns, windows=WINDOW)
    assert alone[0].missing == ("NEW",) and alone[0].profit == pytest.approx(-0.14)
    assert "left out: NEW" in alone[0].sentence


def test_a_window_that_no_price_reaches_is_said_so() -> None:
    dates = days(5, "2020-01-03")
    told, untold = replay(NAMES, np.ones(3), dates, np.zeros((5, 3)), windows=WINDOW)
    assert told == () and "2020-01-03" in untold[0].reason
    nothing = np.full((5, 3), np.nan)
    told, untold = replay(NAMES, np.ones(3), days(5, "2020-01-01"), nothing, windows=WINDOW)
    assert told == () and untold[0].reason == "No instrument of the book traded then."
    with pytest.raises(InputError, match="returns have the shape"):
        replay(NAMES, np.ones(3), dates, np.zeros((4, 3)), windows=WINDOW)


def test_the_nearest_shock_wins() -> None:
    weights, betas = np.array([0.5, 0.3, -0.2]), np.array([1.0, 2.0, 1.0])
    sectors = {"OLD": "Energy", "NEW": "Energy", "CASHLESS": "Banks"}
    shock = Shock("x", market=-0.1, sectors={"Energy": -0.3}, instruments={"NEW": 0.05})
    found = shocked(shock, NAMES, weights, betas=betas, sectors=sectors)
    assert found.profit == pytest.approx(0.5 * -0.3 + 0.3 * 0.05 - 0.2 * -0.1)
    only = shocked(Shock("y", instruments={"OLD": -1.0}), NAMES, weights, betas=None)
    assert only.profit == pytest.approx(-0.5)
    crash = shocked(Shock("z", market=-0.9), NAMES, weights, betas=betas)
    assert crash.profit == pytest.approx(0.5 * -0.9 + 0.3 * -1.0 - 0.2 * -0.9)
    with pytest.raises(InputError, match="no beta is known"):
        shocked(Shock("m", market=-0.1), NAMES, weights, betas=None)
    with pytest.raises(InputError, match="moves XYZ"):
        shocked(Shock("m", instruments={"XYZ": -0.1}), NAMES, weights, betas=betas)
    with pytest.raises(InputError, match=r"move of OLD in m is -1\.5"):
        Shock("m", instruments={"OLD": -1.5})


def test_a_factor_pulls_the_others_with_it() -> None:
    covariance = np.array([[0.04, 0.02], [0.02, 0.03]])
    model = FactorModel(
        "x", ("market", "value"), ("A", "B"), np.array([[1.0, 0.0], [1.0, 1.0]]), covariance,
        np.full(2, 0.01),
    )  # fmt: skip
    weights = np.array([0.5, 0.5])
    alone = factor_shock("m", {"market": -0.1}, model, weights, propagate=False)
    both = factor_shock("m", {"market": -0.1}, model, weights)
    assert alone.profit == pytest.approx(-0.1)
    assert both.profit == pytest.approx(-0.1 + 0.5 * (0.02 / 0.04) * -0.1)
    full = factor_shock("m", {"market": -0.1, "value": 0.3}, model, weights)
    assert full.profit == pytest.approx(-0.1 + 0.15)
    with pytest.raises(InputError, match="no factor size"):
        factor_shock("m", {"size": -0.1}, model, weights)
    assert decompose(weights, model).total > 0


@FEW
@given(small_books())
def test_correlations_at_one_add_the_volatilities_up(small: tuple[FloatArray, FloatArray]) -> None:
    weights, returns = small
    covariance = covariance_of(returns)
    found = correlation_to_one(weights, covariance)
    deviation = np.sqrt(np.diag(covariance))
    assert found.now == pytest.approx(np.sqrt(weights @ covariance @ weights), rel=1e-9)
    assert found.raised[-1][1] == pytest.approx(abs(weights @ deviation), rel=1e-6, abs=1e-12)
    assert max(value for _, value in found.raised) <= found.together + 1e-12


@FEW
@given(small_books(), st.floats(0.01, 0.5))
def test_no_move_that_loses_as_much_is_likelier(
    small: tuple[FloatArray, FloatArray], loss: float
) -> None:
    weights, returns = small
    n, covariance = len(weights), covariance_of(returns)
    names = tuple(f"S{k}" for k in range(n))
    found = reverse_stress(loss, names, weights, covariance, count=n)
    moves = {symbol: move for symbol, move, _ in found.moves}
    best = np.array([moves[name] for name in names])
    assert weights @ best == pytest.approx(-loss, rel=1e-9)
    distance = best @ np.linalg.solve(covariance, best)
    assert np.sqrt(distance) == pytest.approx(found.distance, rel=1e-6)
    other = best + np.random.default_rng(0).normal(0, 0.01, n)
    other *= -loss / (weights @ other)
    assert other @ np.linalg.solve(covariance, other) >= distance * (1 - 1e-9)
    longer = reverse_stress(loss, names, weights, covariance, horizon=4)
    assert longer.distance == pytest.approx(found.distance / 2.0)


def test_a_reverse_stress_needs_a_loss_and_a_book_that_moves() -> None:
    with pytest.raises(InputError, match="not above 0"):
        reverse_stress(0.0, ("A",), np.ones(1), np.ones((1, 1)))
    with pytest.raises(InputError, match="no move loses"):
        reverse_stress(0.1, ("A", "B"), np.array([1.0, -1.0]), np.full((2, 2), 0.04))
