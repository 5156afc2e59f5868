"""Figures of a sweep: valid, true to what they were given, and plain where there is nothing."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from terminal.backtest.sweeps.space import Space, space_of
from terminal.backtest.sweeps.surface import heat_map, pareto_front, sensitivities
from terminal.charts.sweep_lines import (
    MOST_LINES,
    SHADES,
    decay_figure,
    parallel_figure,
    sensitivity_figure,
)
from terminal.charts.sweep_surface import NOTHING_YET, front_figure, heat_map_figure
from terminal.charts.theme import DARK, LIGHT, Theme
from terminal.strategies.registry import get_strategy

SMA = get_strategy("sma-crossover")
VALUES = {"fast": (10, 20, 30), "slow": (100, 200)}


@pytest.fixture
def space() -> Space:
    return space_of(SMA, VALUES, {})


def valid(figure: go.Figure) -> go.Figure:
    """Built again with Plotly's validation, which ours skip for speed."""
    return go.Figure(figure.to_plotly_json())


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_figure_is_valid_in_both_themes(space: Space, theme: Theme) -> None:
    scores = {k: float(k) - 2 for k in range(space.size)}
    values = np.array([[1.0, 2.0], [2.0, 1.0], [0.0, 0.0]])
    for figure in (
        heat_map_figure(
            heat_map(space, scores, "fast", "slow"), theme, title="Sharpe", best=(0, 1)
        ),
        sensitivity_figure(sensitivities(space, scores), theme, title="Sharpe"),
        parallel(space, scores, theme),
        front_figure(values, pareto_front(values), ("Sharpe", "Drawdown"), theme),
        decay_figure(["2020-01-02"], np.ones(1), np.zeros(1), np.zeros(1), theme, title="Sharpe"),
    ):
        valid(figure)


def parallel(space: Space, scores: dict[int, float], theme: Theme = DARK) -> go.Figure:
    return parallel_figure(
        [item.title for item in space.dimensions],
        [item.values for item in space.dimensions],
        np.array(list(scores.values())),
        np.array([space.indices(k) for k in scores], dtype=np.int64).reshape(len(scores), 2),
        theme,
        score_title="Sharpe ratio",
    )


def test_the_heat_map_frames_the_best_and_leaves_empty_what_was_not_run(space: Space) -> None:
    figure = heat_map_figure(
        heat_map(space, {0: 1.0, 3: 2.0}, "fast", "slow"), DARK, title="Sharpe", best=(1, 1)
    )
    trace = figure.data[0]
    assert list(trace.x) == ["10", "20", "30"] and list(trace.y) == ["100", "200"]
    assert trace.text[0][0] == "1.00" and trace.text[0][1] == ""
    assert (trace.zmin, trace.zmax) == (1.0, 2.0)  # all above zero: from lowest to highest
    shape = figure.layout.shapes[0]
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == (0.5, 1.5, 0.5, 1.5)


def test_scores_on_both_sides_of_zero_are_coloured_symmetrically(space: Space) -> None:
    figure = heat_map_figure(
        heat_map(space, {0: -1.0, 3: 2.0}, "fast", "slow"), DARK, title="Sharpe"
    )
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-2.0, 2.0)


def test_parallel_lines_end_at_the_score_and_the_best_come_last(space: Space) -> None:
    scores = {k: float(k) for k in range(space.size)}
    figure = parallel(space, scores)
    assert len(figure.data) == SHADES and figure.data[-1].name == "Best fifth"
    assert figure.data[-1].y[2] == 1.0  # fast, slow, score: the largest stands at the top
    assert figure.data[0].y[2] == 0.0


def test_many_lines_are_thinned_and_the_best_stays() -> None:
    space = space_of(SMA, {"fast": range(2, 42), "slow": range(50, 90)}, {})
    scores = {k: float(k) for k in range(space.size)}
    figure = parallel(space, scores)
    drawn = sum(len(trace.x) // 4 for trace in figure.data)
    assert drawn <= MOST_LINES and figure.data[-1].y[-2] == 1.0


def test_nothing_to_draw_is_said(space: Space) -> None:
    nothing = {0: float("nan")}
    for figure in (
        heat_map_figure(heat_map(space, nothing, "fast", "slow"), DARK, title="Sharpe"),
        sensitivity_figure(sensitivities(space, nothing), DARK, title="Sharpe"),
        parallel(space, nothing),
        front_figure(np.full((1, 2), np.nan), np.zeros(1, bool), ("a", "b"), DARK),
    ):
        assert figure.layout.annotations[0].text == NOTHING_YET


def test_simulated_data_is_marked(space: Space) -> None:
    figure = heat_map_figure(
        heat_map(space, {0: 1.0}, "fast", "slow"), DARK, title="Sharpe", simulated=True
    )
    assert any(note.text == "SIMULATED DATA" for note in figure.layout.annotations)
