"""The chart of placebos: every one is a dot, marks stand where the numbers are."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from terminal.backtest.certificate.certificate import Certificate
from terminal.charts.placebo import placebo_figure
from terminal.charts.theme import DARK, LIGHT, Theme

SHARPES = (0.4, -0.2, 0.41, 0.42, 1.3)
FOUND = Certificate((), 1, SHARPES, (0.1, 0.2, 0.3, 0.2, 0.2), 2.5)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.mode)
def test_a_dot_a_placebo_and_a_mark_for_the_run_and_the_exposure(theme: Theme) -> None:
    figure = placebo_figure(FOUND, theme, simulated=True)
    go.Figure(figure.to_dict())  # every property is one that Plotly knows
    dots = figure.data[0]
    np.testing.assert_allclose(dots.x, sorted(SHARPES))
    assert list(dots.y) == [1, 1, 2, 3, 1], "dots that would cover each other are stacked"
    assert [shape.x0 for shape in figure.layout.shapes] == [pytest.approx(0.2), 2.5]
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["Exposure alone 0.20", "This run 2.50", "SIMULATED DATA"]
    low, high = figure.layout.xaxis.range
    assert low < -0.2 and high > 2.5


def test_a_run_without_a_ratio_has_no_mark_and_one_without_placebos_says_so() -> None:
    figure = placebo_figure(Certificate((), 1, SHARPES, (0.2,) * 5), DARK)
    assert len(figure.layout.shapes) == 1
    none = placebo_figure(Certificate(()), DARK)
    assert "could not be run" in none.layout.annotations[0].text
