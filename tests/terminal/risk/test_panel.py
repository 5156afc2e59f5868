"""The panel: whole, through JSON and back, the same whatever the order, and honest about gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest

from terminal.codec import from_json, to_json
from terminal.errors import InputError
from terminal.risk.book import covariance_of
from terminal.risk.panel import Extras, risk_panel, var_tests
from terminal.risk.panel_value import RiskPanel
from terminal.risk.request import Filter, RiskRequest
from terminal.risk.stress.shocks import Shock
from terminal.risk.value_at_risk import Method, historical
from tests.terminal.risk.books import made_book

QUICK = RiskRequest(draws=500, window=120)


@pytest.fixture(scope="module")
def panel() -> RiskPanel:
    return risk_panel(made_book(24, 700), QUICK)


def test_the_panel_goes_through_json_unchanged(panel: RiskPanel) -> None:
    text = orjson.dumps(to_json(panel))
    assert from_json(RiskPanel, orjson.loads(text)) == panel
    assert len(text) < 200_000


def test_numbers_that_stand_in_two_places_are_one(panel: RiskPanel) -> None:
    book = made_book(24, 700)
    tails = {(row.method, row.level, row.horizon): row for row in panel.tails}
    assert len(tails) == len(Method) * 4
    head = tails[(Method.HISTORICAL, 0.95, 1)]
    assert head.var == historical(book.portfolio, 0.95).var
    assert sum(p.component_var for p in panel.positions) == pytest.approx(head.var, rel=1e-10)
    assert sum(p.component_shortfall for p in panel.positions) == pytest.approx(
        head.shortfall, rel=1e-10
    )
    parts = sum(p.component_volatility for p in panel.positions)
    assert parts == pytest.approx(panel.volatility, rel=1e-10)
    assert panel.correlation_stress.now == pytest.approx(panel.volatility, rel=1e-10)
    assert sum(c.variance_share for c in panel.correlations.clusters) == pytest.approx(1.0)
    assert panel.cone[1].scaled == pytest.approx(-head.var)
    assert panel.underwater.maximum == panel.underwater.episodes[0].depth
    assert min(panel.underwater.curve) == pytest.approx(panel.underwater.maximum, abs=1e-6)
    assert {test.method for test in panel.tests} < set(Method)
    assert {model.kind for model in panel.factors} == {"Principal components", "Cross-sectional"}


def test_the_order_of_positions_changes_nothing_and_weights_scale() -> None:
    book = made_book(6, 300)
    first = risk_panel(book, QUICK)
    order = [3, 1, 5, 0, 4, 2]
    moved = replace(
        book,
        symbols=tuple(book.symbols[k] for k in order),
        weights=book.weights[order],
        returns=book.returns[:, order],
    )
    second = risk_panel(moved, QUICK)
    for a, b in zip(first.positions, second.positions, strict=True):
        assert a.symbol == b.symbol
        assert a.component_shortfall == pytest.approx(b.component_shortfall, rel=1e-9)
    assert first.volatility == pytest.approx(second.volatility, rel=1e-12)
    assert first.concentration.effective_bets == pytest.approx(
        second.concentration.effective_bets, rel=1e-6
    )
    double = risk_panel(replace(book, weights=2 * book.weights), QUICK)
    for a, b in zip(first.shocks, double.shocks, strict=True):
        assert b.profit == pytest.approx(2 * a.profit, rel=1e-12)
    assert double.volatility == pytest.approx(2 * first.volatility, rel=1e-12)
    assert double.exposures.gross == pytest.approx(2 * first.exposures.gross, rel=1e-12)


def test_one_instrument_and_a_short_history_give_what_they_can() -> None:
    panel = risk_panel(made_book(1, 80, short=False), QUICK)
    assert panel.tests == () and panel.concentration.effective_bets == 1.0
    assert panel.correlations.values == ((1.0,),)
    assert "needs 312" in panel.factor_notes[0]
    extreme = [row for row in panel.tails if row.method is Method.EXTREME_VALUE]
    assert all(row.var is None and "are needed" in row.note for row in extreme)
    bare = replace(made_book(4, 80), market=None, traded={}, spread={}, sectors={}, size={})
    found = risk_panel(bare, QUICK)
    assert found.exposures.beta is None and found.shocks == ()
    assert len(found.liquidity.unknown) == 4


def test_extras_are_used() -> None:
    book = made_book(6, 400)
    rng = np.random.default_rng(0)
    more = Extras(
        covariance=4.0 * covariance_of(book.returns),
        factors=rng.normal(0, 0.01, (400, 1)),
        factor_names=("given",),
        shocks=(Shock("mine", instruments={"S01": -0.5}),),
        notes=("A note.",),
    )
    found = risk_panel(book, replace(QUICK, filter=Filter.GARCH), more)
    plain = risk_panel(book, QUICK)
    assert found.correlation_stress.now == pytest.approx(2 * plain.correlation_stress.now)
    assert [model.kind for model in found.factors][-1] == "Regression on factor returns"
    assert found.shocks[-1].profit == pytest.approx(-0.5 * book.weights[1])
    assert found.notes == ("A note.",)
    assert found.volatility_now != plain.volatility_now
    short = risk_panel(made_book(3, 100), replace(QUICK, filter=Filter.GARCH))
    assert "Exponential weights stand in for GARCH" in short.notes[0]


def test_a_broken_covariance_and_a_perfect_hedge_are_named() -> None:
    book = made_book(3, 100)
    bad = covariance_of(book.returns)
    bad[0, 1] = np.nan
    with pytest.raises(InputError, match="covariance of S00 and S01 is nan"):
        risk_panel(book, QUICK, Extras(covariance=bad))
    same = np.repeat(book.returns[:, :1], 2, axis=1)
    hedge = replace(book, symbols=("A", "B"), returns=same, weights=np.array([0.5, -0.5]))
    with pytest.raises(InputError, match="has no variance"):
        risk_panel(hedge, QUICK)


def test_tests_of_value_at_risk_wait_for_two_forecasts() -> None:
    returns = made_book(3, 125).portfolio
    assert var_tests(returns[:121], QUICK) == ()
    assert len(var_tests(returns, QUICK)) == 10


def test_leverage_that_loses_more_than_all_is_said_and_falls_end_there() -> None:
    book = made_book(3, 120, short=False)
    worst = int((book.returns @ book.weights).argmin())
    ruined = replace(book, weights=book.weights * 2.0 / -book.portfolio[worst])
    panel = risk_panel(ruined, QUICK)
    day = str(book.dates[worst])
    assert f"On {day} these weights would have lost 200% of equity" in " ".join(panel.notes)
    assert panel.underwater.maximum == -1.0 and panel.underwater.now == -1.0
    assert min(point.low for point in panel.cone) >= -1.0
    from_json(RiskPanel, orjson.loads(orjson.dumps(to_json(panel))))
    assert risk_panel(book, QUICK).notes == ()
