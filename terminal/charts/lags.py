"""What a sequence model looks back at: attention and SHAP values by the age of the bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import make_figure
from terminal.charts.shap import labels_of, names_axis, rows_height
from terminal.charts.sweep_surface import rising
from terminal.charts.theme import Theme
from terminal.market.panel import FloatArray


def lag_figure(weights: FloatArray, title: str, theme: Theme) -> go.Figure:
    """How much each bar of a window counts, by its age; weights (length,), oldest first."""
    ages = np.arange(len(weights) - 1, -1, -1)
    trace = {
        "type": "bar",
        "x": ages,
        "y": np.asarray(weights, dtype=np.float64),
        "marker": {"color": theme.tokens.accent, "line": {"width": 0}},
        "hovertemplate": "%{x} bars before: %{y:.4g}<extra></extra>",
    }
    return make_figure(
        [trace],
        theme,
        hovermode="closest",
        bargap=0.15,
        xaxis={"title": {"text": "Age (bars before the decision)"}, "autorange": "reversed",
               "showspikes": False, "type": "linear"},
        yaxis={"title": {"text": title}, "rangemode": "tozero"},
    )  # fmt: skip


def lag_map_figure(by_lag: FloatArray, columns: Sequence[str], theme: Theme) -> go.Figure:
    """Mean |SHAP value| by age of the bar and feature; by_lag (length, n_features)."""
    ages = [str(age) for age in range(len(by_lag) - 1, -1, -1)]
    trace = {
        "type": "heatmap",
        "x": ages,
        "y": labels_of(columns),
        "z": by_lag.T.astype(np.float32),
        "colorscale": rising(theme),
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}},
        "hovertemplate": "%{y}<br>%{x} bars before: %{z:.4g}<extra></extra>",
    }
    return make_figure(
        [trace],
        theme,
        height=rows_height(len(columns)),
        hovermode="closest",
        margin={"t": 8, "r": 12},
        xaxis={"title": {"text": "Age (bars before the decision)"}, "type": "category",
               "showspikes": False, "nticks": 12},
        yaxis=names_axis(),
    )  # fmt: skip
