"""Figures of risk: valid properties, the panel's own numbers, and a sentence where nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from terminal.charts.risk_bars import contribution_bars, factor_figure, stress_figure
from terminal.charts.risk_cone import cone_figure
from terminal.charts.risk_correlation import correlation_figure
from terminal.charts.risk_drawdown import underwater_figure
from terminal.charts.risk_regimes import multiplier_figure, regime_figure
from terminal.charts.theme import DARK, LIGHT
from terminal.regimes.hidden import Schedule
from terminal.regimes.panel import RegimePanel, regime_panel
from terminal.reports.figure_pdf import values
from terminal.risk.panel import risk_panel
from terminal.risk.panel_value import RiskPanel
from terminal.risk.request import RiskRequest
from terminal.risk.stress.shocks import Shocked
from tests.terminal.risk.books import days, made_book, made_returns


@pytest.fixture(scope="module")
def panel() -> RiskPanel:
    return risk_panel(made_book(18, 400), RiskRequest(draws=400, window=120))


@pytest.fixture(scope="module")
def regimes() -> RegimePanel:
    returns, market = made_returns(6, 420)
    names = tuple(f"S{k}" for k in range(6))
    return regime_panel(days(420), market, returns, names, schedule=Schedule(150, 100))


def trace(figure: go.Figure, k: int = 0) -> dict[str, Any]:
    go.Figure(figure.to_dict())  # refuses a property that Plotly does not know
    found: dict[str, Any] = figure.data[k].to_plotly_json()
    return found


def says(figure: go.Figure) -> str:
    assert not figure.data
    return str(figure.layout.annotations[0].text)


def test_the_cone_widens_and_is_the_panels(panel: RiskPanel) -> None:
    figure = cone_figure(panel.cone, 0.95, DARK)
    names = [one.name for one in figure.data]
    assert names == ["Upper 95%", "VaR 95%", "Median", "Shortfall", "√time"]
    low = values(trace(figure, 1)["y"])
    assert low.tolist() == [point.low for point in panel.cone]
    assert low[0] == 0.0 and low[-1] < low[1] < 0.0
    assert (values(trace(figure, 3)["y"]) <= low + 1e-12).all()
    assert "no horizon" in says(cone_figure((), 0.95, DARK))


def test_bars_are_the_numbers_signed_and_coloured(panel: RiskPanel) -> None:
    shown = trace(factor_figure(panel.factors[0], LIGHT))
    assert values(shown["x"]).sum() == pytest.approx(1.0)
    many = trace(factor_figure(panel.factors[1], LIGHT, top=2))
    assert "4 other factors" in many["y"] and values(many["x"]).sum() == pytest.approx(1.0)
    parts = trace(contribution_bars(panel.positions, DARK, top=5))
    biggest = max(panel.positions, key=lambda p: abs(p.component_shortfall))
    assert biggest.symbol in parts["y"] and len(parts["y"]) == 5
    assert np.abs(values(parts["x"])).max() == pytest.approx(
        abs(biggest.component_shortfall) * 10_000
    )
    shocks = trace(stress_figure(panel.shocks, DARK))
    assert values(shocks["x"]).tolist() == [shock.profit for shock in panel.shocks]
    assert [c == DARK.up for c in shocks["marker"]["color"]] == [
        shock.profit >= 0 for shock in panel.shocks
    ]
    assert "No factor model" in says(factor_figure(None, DARK))
    assert "Nothing is held" in says(contribution_bars((), DARK))
    assert "No scenario" in says(stress_figure((), DARK))


def test_names_from_outside_are_text_and_stay_apart() -> None:
    evil = "<b>x</b> " + "y" * 40
    made = [Shocked(evil, -0.1, (), ""), Shocked(evil, 0.2, (), "")]
    shown = trace(stress_figure(made, DARK))
    assert len(set(shown["y"])) == 2 and "<" not in "".join(shown["y"])


def test_the_map_shows_every_pair_and_outlines_clusters(panel: RiskPanel) -> None:
    found = panel.correlations
    shown = trace(correlation_figure(found, DARK))
    assert values(shown["z"]).shape == (18, 18)
    assert np.diag(values(shown["z"])) == pytest.approx(np.ones(18))
    assert shown["text"][0][0] == ""  # too many to write into cells
    pair = replace(found, symbols=found.symbols[:2],
                   values=tuple(row[:2] for row in found.values[:2]))  # fmt: skip
    two = correlation_figure(
        replace(pair, clusters=(replace(found.clusters[0], symbols=pair.symbols),)), LIGHT
    )
    assert trace(two)["text"][0][0] == "1.00" and len(two.layout.shapes) == 1
    assert not correlation_figure(pair, LIGHT, paper=True).layout.shapes
    one = replace(found, symbols=("A",), values=((1.0,),))
    assert "nothing to move with" in says(correlation_figure(one, DARK))


def test_the_under_water_curve_ends_where_the_panel_does(panel: RiskPanel) -> None:
    shown = trace(underwater_figure(panel.underwater, DARK))
    assert values(shown["y"]).min() == pytest.approx(panel.underwater.maximum, abs=1e-6)
    empty = replace(panel.underwater, dates=(), curve=())
    assert "no history" in says(underwater_figure(empty, DARK))


def test_states_are_bands_behind_their_value(regimes: RegimePanel) -> None:
    trend = next(r for r in regimes.readings if r.key == "trend")
    figure = regime_figure(trend, DARK)
    shown = trace(figure)
    assert len(values(shown["y"])) == sum(value is not None for value in trend.values)
    assert len(figure.layout.shapes) == sum(s.state == "falling" for s in trend.spells)
    hidden = regime_figure(regimes.readings[0], LIGHT)
    assert hidden.layout.yaxis.title.text == "Probability of turbulent (%)"
    path = trace(multiplier_figure(regimes, LIGHT))
    assert values(path["y"])[-1] == regimes.multiplier
    unknown = replace(trend, values=tuple(None for _ in trend.values))
    assert "not known yet" in says(regime_figure(unknown, DARK))
    assert "no history" in says(multiplier_figure(replace(regimes, dates=(), path=()), DARK))
