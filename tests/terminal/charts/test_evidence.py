"""Figures of luck: what stands where, and that Plotly knows every property."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from terminal.charts.evidence import arrangements_figure, drawdown_chance_figure, fan_figure
from terminal.charts.theme import DARK, LIGHT
from terminal.reports.figure_pdf import values

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
AFTER = (0, 10, 20)
BANDS = ((1.0, 0.8, 0.7), (1.0, 0.9, 0.9), (1.0, 1.1, 1.2), (1.0, 1.3, 1.5), (1.0, 1.5, 2.0))


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_fan_holds_its_bands_from_the_outside_in_and_the_run_on_top(theme: object) -> None:
    figure = fan_figure(AFTER, LEVELS, BANDS, theme, unit="sessions", actual=(1.0, 1.2, 1.4))  # type: ignore[arg-type]
    go.Figure(figure.to_dict())  # validates every property
    names = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert names == ["90% of samples", "50% of samples", "Median", "This run"]
    assert values(figure.data[1].to_plotly_json()["y"]).tolist() == list(BANDS[-1])
    assert figure.layout.xaxis.title.text == "Sessions" and figure.layout.yaxis.type == "linear"


def test_a_wide_fan_is_drawn_on_a_logarithmic_scale_unless_all_is_lost_in_it() -> None:
    wide = [np.multiply(row, (1.0, 3.0, 9.0)) for row in BANDS]
    assert fan_figure(AFTER, LEVELS, wide, DARK, unit="trades").layout.yaxis.type == "log"
    wide[0] = np.zeros(3)
    assert fan_figure(AFTER, LEVELS, wide, DARK, unit="trades").layout.yaxis.type == "linear"


def test_chances_and_arrangements_are_valid_figures_with_units() -> None:
    chances = drawdown_chance_figure((0.1, 0.2), {"Returns": (0.9, 0.4)}, DARK, simulated=True)
    go.Figure(chances.to_dict())
    assert "%" in chances.layout.yaxis.title.text
    assert chances.layout.annotations[0].text == "SIMULATED DATA"
    drawn = arrangements_figure((-1.0, 0.0, 1.0), (3, 5), 0.5, LIGHT)
    go.Figure(drawn.to_dict())
    assert values(drawn.data[0].to_plotly_json()["x"]).tolist() == [-0.5, 0.5]
    assert drawn.layout.shapes[0].x0 == 0.5 and "This run 0.5" in drawn.layout.annotations[0].text
