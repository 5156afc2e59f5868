"""Figures of attribution: valid, signed, complete."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from terminal.charts.attribution import contribution_figure, excursion_figure, holding_figure
from terminal.charts.theme import DARK
from terminal.reports.figure_pdf import values

TRADES = pd.DataFrame(
    {
        "symbol": ["A", "B<b>", "A"],
        "pnl": [5.0, -2.0, 1.0],
        "mae": [-0.1, -0.2, 0.0],
        "mfe": [0.3, 0.0, 0.1],
        "bars_held": [1, 100, 3],
    }
)


def test_parts_stand_in_their_order_in_the_colour_of_their_sign() -> None:
    figure = contribution_figure([("A", 3.0), ("B", -1.0)], DARK)
    go.Figure(figure.to_dict())
    assert list(figure.data[0].x) == ["A", "B"]
    assert list(figure.data[0].marker.color) == [DARK.up, DARK.down]
    assert not contribution_figure([], DARK).data


def test_every_trade_is_a_point_and_its_name_is_no_markup() -> None:
    figure = excursion_figure(TRADES, DARK)
    go.Figure(figure.to_dict())
    won, lost = figure.data
    assert values(won.to_plotly_json()["x"]).tolist() == [0.1, 0.0]
    assert values(lost.to_plotly_json()["y"]).tolist() == [0.0]
    assert lost.text[0] == "B&lt;b&gt;"
    assert not excursion_figure(TRADES.iloc[:0], DARK).data


def test_every_trade_is_counted_once_by_how_long_it_lasted() -> None:
    figure = holding_figure(TRADES, DARK)
    go.Figure(figure.to_dict())
    counts = [values(trace.to_plotly_json()["y"]).sum() for trace in figure.data]
    assert counts == [2.0, 1.0]
    assert not holding_figure(TRADES.iloc[:0], DARK).data
