"""Figures of an optimisation: valid for Plotly, and they show what was found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from terminal.charts.portfolio_dendrogram import dendrogram_figure, dendrogram_height
from terminal.charts.portfolio_frontier import frontier_figure
from terminal.charts.portfolio_weights import (
    shown_rows,
    weights_figure,
    weights_height,
    weights_over_time_figure,
)
from terminal.charts.theme import DARK, LIGHT, Theme
from terminal.portfolio.proposal import Proposal
from terminal.portfolio.propose import FOUND, NOW, UNITS, propose
from tests.terminal.portfolio.test_propose import cost, request, universe


@pytest.fixture(scope="module")
def found() -> Proposal:
    held = np.array([1000.0, 0.0, 500.0, 0.0, 0.0])
    return propose(universe(held=held), request(method="herc"), cost)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_figure_is_valid(found: Proposal, theme: Theme) -> None:
    index = pd.date_range("2020-01-01", periods=30, tz="UTC")
    through = pd.DataFrame(np.full((30, 12), 1 / 12), index=index, columns=list("ABCDEFGHIJKL"))
    for made in (
        frontier_figure(found.frontier, found.points, found.rows, theme),
        weights_figure(found.rows, theme),
        dendrogram_figure(found.tree, theme),
        weights_over_time_figure(through, theme),
        frontier_figure((), (), (), theme),
        weights_figure((), theme),
        dendrogram_figure(None, theme),
        weights_over_time_figure(through * 0, theme),
    ):
        go.Figure(made.to_dict())  # validates every property
    assert weights_height(5) < weights_height(20) and dendrogram_height(110) > 2000


def test_the_portfolios_stand_on_the_frontier_figure_where_their_numbers_say(
    found: Proposal,
) -> None:
    traces = {
        t.name: t for t in frontier_figure(found.frontier, found.points, found.rows, DARK).data
    }
    for point in found.points:
        assert (traces[point.name].x[0], traces[point.name].y[0]) == (
            point.volatility, point.expected,
        )  # fmt: skip
    assert {NOW, FOUND, UNITS} <= set(traces) and len(traces["Instruments"].x) == 5


def test_others_are_stacked_on_top_so_that_all_weights_are_there() -> None:
    index = pd.date_range("2020-01-01", periods=5, tz="UTC")
    values = np.random.default_rng(1).dirichlet(np.ones(12), 5)
    through = pd.DataFrame(values, index=index, columns=list("ABCDEFGHIJKL"))
    made = weights_over_time_figure(through, DARK)
    assert [t.name for t in made.data][-1] == "4 others"
    total = np.sum([np.asarray(t.y, dtype=float) for t in made.data], axis=0)
    assert total == pytest.approx(np.ones(5), abs=1e-6)


def test_bars_are_of_what_is_held_or_wanted(found: Proposal) -> None:
    names = [row.symbol for row in shown_rows(found.rows)]
    assert set(names) == {row.symbol for row in found.rows if row.weight or row.before}
    assert list(weights_figure(found.rows, DARK).data[0].y) == names


def test_the_tree_has_a_bracket_for_each_join(found: Proposal) -> None:
    made = dendrogram_figure(found.tree, DARK)
    brackets = sum(list(t.x).count(None) for t in made.data if t.mode == "lines")
    assert brackets == len(found.rows) - 1
    assert list(made.layout.yaxis.ticktext) == [found.tree.symbols[k] for k in found.tree.order]  # type: ignore[union-attr]
