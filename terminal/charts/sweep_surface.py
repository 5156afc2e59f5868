"""Figures of a sweep: the landscape over two parameters, and the front of two objectives."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.backtest.sweeps.surface import HeatMap
from terminal.charts.layout import diverging, empty_figure, make_figure, plain
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme
from terminal.market.panel import FloatArray

MOST_CELLS_WITH_TEXT = 150
NOTHING_YET = "No combination has finished yet."


def heat_map_figure(
    surface: HeatMap,
    theme: Theme,
    *,
    title: str,
    unit: str = "ratio",
    best: tuple[int, int] | None = None,
    simulated: bool = False,
) -> go.Figure:
    """Scores as colours, symmetrically around zero; cells that were not run stay empty.

    Parameters
    ----------
    title, unit : of the score. best : (row, column) of the cell to frame.
    """
    known = surface.z[np.isfinite(surface.z)]
    if not known.size:
        return empty_figure(NOTHING_YET, theme)
    # a landscape all above zero is shown from its lowest to its highest
    low, high = float(known.min()), float(known.max())
    signed = low < 0.0 < high
    limit = max(abs(low), abs(high)) or 1.0
    columns = [word_of(value) for value in surface.x.values]
    rows = [word_of(value) for value in surface.y.values]
    written = surface.z.size <= MOST_CELLS_WITH_TEXT
    text = [["" if np.isnan(v) else format_value(v, unit) for v in row] for row in surface.z]
    trace = {
        "type": "heatmap",
        "x": columns,
        "y": rows,
        "z": surface.z.astype(np.float32),
        "zmin": -limit if signed else low,
        "zmax": limit if signed else high,
        "colorscale": diverging(theme) if signed else rising(theme),
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}},
        "xgap": 1,
        "ygap": 1,
        "text": text,
        "texttemplate": "%{text}" if written else "",
        "textfont": {"size": 11, "color": theme.tokens.text},
        "hoverongaps": False,
        "hovertemplate": f"{plain(surface.x.title)} %{{x}}<br>{plain(surface.y.title)} %{{y}}<br>"
        f"{plain(title)} %{{text}}<extra></extra>",
    }
    shapes = []
    if best is not None:
        row, column = best
        shapes.append(
            {
                "type": "rect",
                "x0": column - 0.5,
                "x1": column + 0.5,
                "y0": row - 0.5,
                "y1": row + 0.5,
                "line": {"color": theme.tokens.accent, "width": 2},
            }
        )
    axis = {"type": "category", "showgrid": False, "fixedrange": True, "showspikes": False}
    return make_figure(
        [trace],
        theme,
        simulated=simulated,
        hovermode="closest",
        margin={"t": 8, "r": 8},
        shapes=shapes,
        xaxis={**axis, "title": {"text": plain(surface.x.title)}},
        yaxis={**axis, "title": {"text": plain(surface.y.title)}},
    )


def rising(theme: Theme) -> list[list[Any]]:
    """From neutral to gain, for scores of one sign."""
    return [[0.0, theme.tokens.panel_2], [1.0, diverging(theme)[2][1]]]


def front_figure(
    values: FloatArray,
    front: np.ndarray,
    titles: tuple[str, str],
    theme: Theme,
    *,
    simulated: bool = False,
) -> go.Figure:
    """Two objectives of every combination, and those that none beats in both (Pareto's front)."""
    if not np.isfinite(values).all(axis=1).any():
        return empty_figure(NOTHING_YET, theme)
    on = values[front]
    on = on[np.argsort(on[:, 0])]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": values[~front, 0],
            "y": values[~front, 1],
            "name": "Beaten in both",
            "marker": {"size": 5, "color": theme.tokens.muted, "opacity": 0.5},
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": on[:, 0],
            "y": on[:, 1],
            "name": "Front",
            "line": {"color": theme.up, "width": 1.2, "shape": "hv"},
            "marker": {"size": 8, "color": theme.up},
        },
    ]
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        hovermode="closest",
        xaxis={"title": {"text": plain(titles[0])}, "showgrid": True},
        yaxis={"title": {"text": plain(titles[1])}},
    )


def word_of(value: Any) -> str:
    """A parameter's value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
