"""Figures of costs: levels, sums, and valid properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from terminal.charts.costs import dearer_figure, paid_figure, waterfall_figure
from terminal.charts.theme import DARK
from terminal.reports.figure_pdf import values

INDEX = pd.bdate_range("2024-01-01 14:30", periods=4, tz="UTC", name="ts")


def test_each_step_of_the_waterfall_begins_where_the_one_before_ended() -> None:
    figure = waterfall_figure([("Gross", 10.0), ("A", -3.0), ("B", -1.0), ("Net", 6.0)], DARK)
    go.Figure(figure.to_dict())
    bars = figure.data[0].to_plotly_json()
    assert values(bars["base"]).tolist() == [0.0, 10.0, 7.0, 0.0]
    assert values(bars["y"]).tolist() == [10.0, -3.0, -1.0, 6.0]


def test_what_was_paid_adds_up_part_on_part() -> None:
    curve = pd.DataFrame({"a": [1.0, 0, 1, 0], "none": 0.0, "b": [0.0, 2, 0, 0]}, index=INDEX)
    figure = paid_figure(curve, ("a", "none", "b"), DARK)
    go.Figure(figure.to_dict())
    assert [trace.name for trace in figure.data] == ["A", "B"]
    assert values(figure.data[1].to_plotly_json()["y"]).tolist() == [1.0, 3.0, 4.0, 4.0]
    assert not paid_figure(curve, ("none",), DARK).data


@pytest.mark.parametrize("n", [4, 9_000])
def test_a_long_curve_is_thinned_but_keeps_its_last_bar(n: int) -> None:
    index = pd.bdate_range("1990-01-01 14:30", periods=n, tz="UTC")
    curve = pd.DataFrame({"equity": np.arange(1.0, n + 1), "benchmark": np.nan}, index=index)
    figure = dearer_figure(curve, curve["equity"] / 2, "dearer", DARK)
    go.Figure(figure.to_dict())
    drawn = values(figure.data[-1].to_plotly_json()["y"])
    assert len(drawn) <= 2_001 and drawn[-1] == n / 2
