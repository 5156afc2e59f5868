"""The under-water curve of today's weights over the past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import axis_ms, date_axis
from terminal.risk.panel_value import Underwater


def underwater_figure(found: Underwater, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """Percent below the highest value so far; each point the deepest of its stretch."""
    if not found.dates:
        return empty_figure("There is no history to show.", theme)
    index = pd.DatetimeIndex([pd.Timestamp(day) for day in found.dates])
    return make_figure(
        [
            {
                "type": "scatter",
                "mode": "lines",
                "name": "Drawdown",
                "x": axis_ms(index),
                "y": np.array(found.curve),
                "line": {"color": theme.down, "width": 1.2},
                "fill": "tozeroy",
                "fillcolor": translucent(theme.down, 0.22),
                "hovertemplate": "%{y:.2%}<extra></extra>",
            }
        ],
        theme,
        simulated=simulated,
        xaxis=date_axis(index),
        yaxis={
            "title": {"text": "Below last peak (%)"},
            "tickformat": "~%",
            "rangemode": "tozero",
        },
    )
