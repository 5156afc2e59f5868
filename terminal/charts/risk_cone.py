"""The cone of value at risk: how far the book may fall, or rise, as the horizon grows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import Trace, empty_figure, make_figure
from terminal.charts.theme import Theme, translucent
from terminal.market.panel import FloatArray
from terminal.risk.cone import ConePoint


def cone_figure(
    points: Sequence[ConePoint], level: float, theme: Theme, *, simulated: bool = False
) -> go.Figure:
    """Quantiles of the simulated return by horizon, the shortfall beyond, and the root of time.

    Parameters
    ----------
    level : of the quantiles; the band holds everything between 1 - level and level.
    """
    if len(points) < 2:
        return empty_figure("There is no horizon to show.", theme)
    x = np.array([float(point.horizon) for point in points])

    def line(name: str, values: list[float], colour: str, **style: object) -> Trace:
        y: FloatArray = np.array(values)
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": x,
            "y": y,
            "line": {"color": colour, "width": 1.5, **style},
            "hovertemplate": f"{name} %{{y:.2%}}<extra></extra>",
        }

    high = line(f"Upper {level:.0%}", [p.high for p in points], theme.up)
    low = line(f"VaR {level:.0%}", [p.low for p in points], theme.down)
    low |= {"fill": "tonexty", "fillcolor": translucent(theme.tokens.accent, 0.14)}
    return make_figure(
        [
            high,
            low,
            line("Median", [p.middle for p in points], theme.tokens.text, width=1),
            line("Shortfall", [p.shortfall for p in points], theme.down, dash="dot"),
            line("√time", [p.scaled for p in points], theme.tokens.muted, dash="dash"),
        ],
        theme,
        simulated=simulated,
        xaxis={"title": {"text": "Horizon (sessions)"}, "type": "linear"},
        yaxis={"title": {"text": "Return of the book (%)"}, "tickformat": "~%"},
    )
