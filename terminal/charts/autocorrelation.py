"""How a feature goes with itself some bars earlier."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.equity import band_traces
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme, translucent


def autocorrelation_figure(
    table: pd.DataFrame, theme: Theme, *, several: bool = False, simulated: bool = False
) -> go.Figure:
    """A stem a lag, the band in which noise would lie, and with `several` instruments the middle
    80 % of them.

    Parameters
    ----------
    table : columns lag, low, middle, high, noise.
    """
    if not table["middle"].notna().any():
        return empty_figure("The feature never changes: it has no autocorrelation.", theme)
    lag = table["lag"].to_numpy(dtype=float)
    noise = float(table["noise"].iloc[0])
    traces = []
    if several:
        tint = translucent(theme.series(0), 0.18)
        traces += band_traces(lag, table["low"], table["high"], "Middle 80 % of instruments", tint)
    traces.append(
        {
            "type": "bar",
            "name": "Median of instruments" if several else "Autocorrelation",
            "x": lag,
            "y": table["middle"].to_numpy(dtype=float),
            "width": 0.45,
            "marker": {"color": theme.series(0), "line": {"width": 0}},
            "hovertemplate": "%{y:.3f}<extra></extra>",
            "showlegend": several,
        }
    )
    shapes = [
        {
            "type": "line",
            "xref": "paper",
            "yref": "y",
            "x0": 0,
            "x1": 1,
            "y0": side * noise,
            "y1": side * noise,
            "line": {"color": theme.tokens.muted, "width": 1, "dash": "dot"},
        }
        for side in (-1, 1)
        if np.isfinite(noise)
    ]
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis={
            "title": {"text": "Lag (bars)"},
            "type": "linear",
            "range": [0.2, float(lag[-1]) + 0.8],
            "showspikes": False,
        },
        yaxis={
            "title": {"text": "Autocorrelation"},
            "range": [min(-0.25, 1.1 * float(np.nanmin(table["low"]))), 1.05],
            "zeroline": True,
            "zerolinecolor": theme.tokens.muted,
        },
        shapes=shapes,
    )
