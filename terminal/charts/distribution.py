"""Distribution of session returns with value at risk and expected shortfall."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from terminal.backtest.return_metrics import conditional_value_at_risk, value_at_risk
from terminal.charts.curve import session_returns
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme

MAX_BINS = 81


def distribution_figure(
    curve: pd.DataFrame,
    theme: Theme,
    *,
    capital: float | None = None,
    timezone: str = "UTC",
    cutoff: float = 0.05,
    simulated: bool = False,
) -> go.Figure:
    """Histogram of session returns, the normal curve of the same mean and deviation, VaR and CVaR.

    VaR and CVaR are the metrics' own, of the returns drawn; with the starting `capital` given
    these are the metrics' returns too, the first session's included.
    """
    returns = session_returns(curve["equity"], timezone, capital).dropna().to_numpy(dtype=float)
    if returns.size < 2 or float(np.ptp(returns)) == 0.0:
        return empty_figure("Equity never moved: there is no distribution to draw.", theme)
    counts, edges = np.histogram(returns, bins=_edges(returns))
    centres = (edges[1:] + edges[:-1]) / 2
    width = float(edges[1] - edges[0])
    colours = [theme.up if centre > 0 else theme.down for centre in centres]
    deviation = float(returns.std(ddof=1))
    grid = np.linspace(float(edges[0]), float(edges[-1]), 161)
    density = np.exp(-0.5 * ((grid - returns.mean()) / deviation) ** 2) / (
        deviation * np.sqrt(2 * np.pi)
    )
    var = value_at_risk(returns, cutoff) or 0.0
    cvar = conditional_value_at_risk(returns, cutoff) or 0.0
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": "Sessions",
            "x": centres,
            "y": counts,
            "width": width,
            "marker": {"color": colours, "line": {"width": 0}},
            "opacity": 0.85,
            "hovertemplate": "%{y:,} sessions<extra></extra>",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Normal of same mean and deviation",
            "x": grid,
            "y": density * width * returns.size,
            "line": {"color": theme.tokens.muted, "width": 1.2, "dash": "dot"},
            "hoverinfo": "skip",
            "showlegend": True,
        },
    ]
    percent = f"{1 - cutoff:.0%}"
    figure_layout: dict[str, Any] = {
        "bargap": 0,
        "showlegend": True,
        "margin": {"t": 48},
        "legend": {"y": 1.12},
        "xaxis": {
            "title": {"text": "Return per session (%)"},
            "tickformat": "~%",
            "hoverformat": ".2%",
            "type": "linear",
        },
        "yaxis": {"title": {"text": "Sessions (count)"}},
        "shapes": [_mark(var, theme.tokens.warn), _mark(cvar, theme.down)],
        "annotations": [
            _label(var, f"VaR {percent} {format_value(var, 'percent')}", theme.tokens.warn, "left"),
            _label(cvar, f"CVaR {format_value(cvar, 'percent')}", theme.down, "right"),
        ],
    }
    return make_figure(traces, theme, simulated=simulated, **figure_layout)


def _edges(returns: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Equal bins with an edge at zero: Freedman and Diaconis (1981), at most `MAX_BINS`."""
    spread = float(np.subtract(*np.quantile(returns, [0.75, 0.25])))
    extent = float(np.ptp(returns))
    width = 2 * spread / np.cbrt(returns.size) if spread > 0 else extent / 20
    width = max(width, extent / (MAX_BINS - 2))
    first, last = np.floor(returns.min() / width), np.ceil(returns.max() / width)
    if last * width <= returns.max():
        last += 1
    return np.arange(first, last + 1) * width


def _mark(x: float, colour: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.4, "dash": "dash"},
    }


def _label(x: float, text: str, colour: str, anchor: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": 1,
        "xref": "x",
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": anchor,
        "text": text,
        "showarrow": False,
        "font": {"color": colour, "size": 11},
    }
