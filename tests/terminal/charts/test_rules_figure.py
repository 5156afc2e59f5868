from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from terminal.charts.rules import drawn_lines, figure_height, panels_of, rules_figure
from terminal.charts.theme import DARK, LIGHT, Theme
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.preview import Preview, preview
from tests.terminal.backtest.panels import random_panel


def made(slug: str = "channel-breakout", n_bars: int = 600) -> Preview:
    bars = random_panel(3, n_bars, 1, ragged=False, volatility=0.02)
    return preview(bars, EXAMPLES[slug])


def drawn(found: Preview, first: int = 0, last: int = 599, theme: Theme = DARK) -> Any:
    return rules_figure(
        found, theme, symbol="A", timezone="America/New_York", first=first, last=last
    )


def named(figure: Any) -> dict[str, Any]:
    return {trace["name"]: trace for trace in figure.data}


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("slug", EXAMPLES)
def test_a_figure_is_valid_plotly(slug: str, theme: Theme) -> None:
    go.Figure(drawn(made(slug), theme=theme).to_dict())


def test_features_stand_on_the_price_or_in_the_panel_of_their_scale() -> None:
    found = made()
    traces = named(drawn(found))
    assert traces["Donchian high 55"]["yaxis"] == "y"
    assert traces["ADX 14"]["yaxis"] == "y2"
    assert panels_of(found) == ["Index (0 – 100)"]
    assert "Close" not in traces and len(drawn_lines(found)) == 5
    layout = drawn(found).to_dict()["layout"]
    assert layout["xaxis"]["anchor"] == "y2"
    low, high = layout["yaxis"]["domain"]
    assert high == 1.0 and layout["yaxis2"]["domain"][1] < low
    assert figure_height(found) > figure_height(made("golden-cross")) - 1
    assert {shape["y0"] for shape in layout["shapes"] if shape["yref"] == "y2"} == {20.0}


def test_marks_stand_at_the_closes_that_decide_and_the_tint_is_the_state() -> None:
    found = made()
    figure = drawn(found)
    traces = named(figure)
    close = found.panel.close[:, 0] * found.quoted
    assert found.entries(1).size and found.entries(-1).size
    np.testing.assert_allclose(traces["Enter long"]["y"], close[found.entries(1)])
    np.testing.assert_allclose(traces["Enter short"]["y"], close[found.entries(-1)])
    np.testing.assert_allclose(traces["Leave"]["y"], close[found.exits])
    np.testing.assert_array_equal(traces["Long"]["y"], found.state == 1)
    np.testing.assert_array_equal(traces["Short"]["y"], found.state == -1)
    labels = figure.to_dict()["layout"]["xaxis"]["categoryarray"]
    assert list(traces["Enter long"]["x"]) == [labels[k] for k in found.entries(1)]


def test_a_window_shows_its_own_bars_only() -> None:
    found = made()
    figure = drawn(found, 300, 399)
    assert len(figure.to_dict()["layout"]["xaxis"]["categoryarray"]) == 100
    traces = named(figure)
    inside = found.exits[(found.exits >= 300) & (found.exits <= 399)]
    shown = traces["Leave"]["y"] if "Leave" in traces else []
    assert len(shown) == inside.size
    values = next(v for f, v in found.values.items() if f.words == "ADX 14")
    np.testing.assert_allclose(traces["ADX 14"]["y"], values[300:400], rtol=1e-6)


def test_nothing_to_draw_says_so() -> None:
    assert "no bars" in drawn(made(), 5, 4).to_dict()["layout"]["annotations"][0]["text"]
