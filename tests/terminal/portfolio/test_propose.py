"""A proposal: what is asked is what is found, and every number follows from one other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from terminal.codec import from_json, to_json
from terminal.errors import InputError
from terminal.portfolio.optimise_request import (
    FRACTIONS,
    Bound,
    Limits,
    OptimiseRequest,
    View,
)
from terminal.portfolio.proposal import Proposal
from terminal.portfolio.propose import FOUND, NOW, UNITS, propose
from terminal.portfolio.request_problem import Universe
from terminal.portfolio.survivorship import survivorship
from terminal.portfolio.trades import trades_towards
from tests.terminal.portfolio.examples import history

SYMBOLS = ("AA", "BB", "CC", "DD", "EE")


def universe(**more: Any) -> Universe:
    returns = history(5, 260)
    given: dict[str, Any] = {
        "symbols": SYMBOLS,
        "sectors": ("one", "one", "two", "two", "two"),
        "returns": returns,
        "days": tuple(str(np.datetime64("2020-01-01") + k) for k in range(len(returns))),
        "prices": np.array([10.0, 20.0, 30.0, 40.0, 50.0]),
        "held": np.zeros(5),
        "equity": 100_000.0,
        "periods": 252.0,
    }
    return Universe(**{**given, **more})


def request(**more: Any) -> OptimiseRequest:
    return OptimiseRequest(**{"dataset": "d", "symbols": SYMBOLS, **more})


def cost(units: float, price: float) -> float:
    """Ten basis points."""
    return abs(units) * price * 0.001


def weights(found: Proposal) -> dict[str, float]:
    return {row.symbol: row.weight for row in found.rows}


def test_units_trades_costs_and_cash_add_up() -> None:
    held = np.array([6000.0, 0.0, 500.0, 0.0, 0.0])
    found = propose(universe(held=held), request(method="minimum-variance"), cost)
    by_symbol = {row.symbol: row for row in found.rows}
    assert sum(weights(found).values()) == pytest.approx(1.0)
    assert sum(row.risk for row in found.rows) == pytest.approx(1.0)
    assert sum(row.risk_before for row in found.rows) == pytest.approx(1.0)
    assert by_symbol["AA"].before == pytest.approx(0.6)
    for row in found.rows:
        traded = sum(trade.units for trade in found.trades if trade.symbol == row.symbol)
        assert row.held + traded == row.wanted == round(row.wanted)
        assert row.whole == pytest.approx(row.wanted * row.price / 100_000)
    sides = [trade.units > 0 for trade in found.trades]
    assert sides == sorted(sides) and not sides[0] and sides[-1]
    assert found.cost == pytest.approx(0.001 * sum(trade.notional for trade in found.trades))
    spent = sum(row.wanted * row.price for row in found.rows)
    assert found.cash == pytest.approx(100_000 - spent - found.cost) and found.cash >= 0
    assert [point.name for point in found.points] == [NOW, FOUND, UNITS]
    assert found.points[1].volatility <= found.points[0].volatility
    assert from_json(Proposal, to_json(found)) == found


def test_the_frontier_begins_at_the_least_variance_and_holds_the_portfolios_below_it() -> None:
    found = propose(universe(), request(method="minimum-variance", rule=FRACTIONS), cost)
    risks = [point.volatility for point in found.frontier]
    gains = [point.expected for point in found.frontier]
    assert len(risks) == 25
    assert np.diff(risks).min() > -1e-9 and np.diff(np.array(gains, dtype=float)).min() > -1e-9
    assert found.points[0].name == FOUND
    assert risks[0] == pytest.approx(found.points[0].volatility, rel=1e-6)


def test_bounds_sectors_and_beta_are_kept_and_a_conflict_is_named() -> None:
    limits = Limits(
        high=0.5,
        each=(Bound("AA", 0.1, 0.2),),
        sectors=(Bound("two", None, 0.4),),
        beta_high=0.95,
    )
    returns = universe().returns
    held = weights(propose(universe(), request(method="maximum-utility", limits=limits), cost))
    market = returns.mean(axis=1) - returns.mean()
    betas = returns.T @ market / (market @ market)
    assert 0.1 - 1e-9 <= held["AA"] <= 0.2 + 1e-9 and max(held.values()) <= 0.5 + 1e-9
    assert held["CC"] + held["DD"] + held["EE"] <= 0.4 + 1e-9
    assert sum(held[s] * b for s, b in zip(SYMBOLS, betas, strict=True)) <= 0.95 + 1e-9
    tight = replace(limits, sectors=(Bound("one", None, 0.3), Bound("two", None, 0.4)))
    with pytest.raises(InputError, match=r"sector one of at most 0\.3 and sector two"):
        propose(universe(), request(method="minimum-variance", limits=tight), cost)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"limits": Limits(each=(Bound("ZZ", 0, 1),))}, "ZZ is not among the instruments"),
        ({"limits": Limits(sectors=(Bound("nine", 0, 1),))}, "No instrument is in the sector"),
        ({"views": (View("ZZ", 0.1),), "expected": "black-litterman"}, "ZZ is not among"),
        ({"method": "risk-budgets", "budgets": (("AA", 1.0),)}, "leave nothing for BB"),
    ],
)
def test_what_does_not_fit_is_named(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        propose(universe(), request(**more), cost)


def test_a_view_moves_the_expected_return_its_way() -> None:
    def expected(*views: View) -> dict[str, float | None]:
        asked = request(method="maximum-sharpe", expected="black-litterman", views=views)
        return {row.symbol: row.expected for row in propose(universe(), asked, cost).rows}

    before, sure = expected(), expected(View("AA", 0.5, confidence=1.0))
    assert sure["AA"] == pytest.approx(0.5) and sure["AA"] > (before["AA"] or 0)
    ahead = expected(View("AA", 0.2, "BB", 1.0))
    assert (ahead["AA"] or 0) - (ahead["BB"] or 0) == pytest.approx(0.2)


def test_budgets_are_the_risk_shares() -> None:
    asked = request(method="risk-budgets", budgets=(("AA", 0.6),))
    shares = {row.symbol: row.risk for row in propose(universe(), asked, cost).rows}
    assert shares == pytest.approx({"AA": 0.6, "BB": 0.1, "CC": 0.1, "DD": 0.1, "EE": 0.1})


def test_an_instrument_without_a_past_is_left_out_and_said() -> None:
    returns = universe().returns.copy()
    returns[:200, 4] = np.nan
    found = propose(universe(returns=returns), request(), cost)
    assert [row.symbol for row in found.rows if row.symbol == "EE"] == []
    assert any(note.startswith("EE is left out") for note in found.notes)


def test_the_tree_holds_every_instrument_once_and_its_groups_stand_together() -> None:
    tree = propose(universe(), request(method="herc", method_params={"clusters": 2}), cost).tree
    assert tree is not None and sorted(tree.order) == list(range(5))
    along = [tree.group[k] for k in tree.order]
    assert along == sorted(along) and set(along) == {0, 1} and len(tree.joins) == 4
    assert propose(universe(), request(method="equal-weight"), cost).tree is None


def test_trades_sell_first_and_nothing_is_traded_twice() -> None:
    prices = np.array([10.0, 10.0, 10.0])
    found = trades_towards(("A", "B", "C"), np.array([5.0, 0, 7]), np.array([1.0, 2, 7]), prices,
                           cost)  # fmt: skip
    assert [(trade.symbol, trade.units) for trade in found] == [("B", -2.0), ("A", 4.0)]


def test_survivors_are_named_where_nothing_ever_ended() -> None:
    first, last = datetime(2000, 1, 3, tzinfo=UTC), datetime(2021, 4, 21, tzinfo=UTC)
    lives = [(first, last)] * 6
    assert survivorship(lives).startswith("Survivors only: all 6 instruments")
    assert survivorship([*lives, (first, last - timedelta(days=400))]) == ""
    assert survivorship(lives[:3]) == ""
