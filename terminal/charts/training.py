"""Figures of a training: losses as it goes, scores of whole cross-validation paths against luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme

Curve = tuple[Sequence[int], Sequence[float | None], Sequence[float | None]]
"""Steps, training losses, validation losses."""


def curves_figure(
    curves: Mapping[str, Curve], theme: Theme, *, loss: str = "Loss", simulated: bool = False
) -> go.Figure:
    """Loss by boosting round or epoch, a colour a fit; the validation slice's is the solid line."""
    if not curves:
        return empty_figure("No loss has been reported yet.", theme)
    traces: list[dict[str, Any]] = []
    colours = theme.tokens.series
    for k, (fit, (steps, train, valid)) in enumerate(curves.items()):
        colour = colours[k % len(colours)]
        has_valid = any(value is not None for value in valid)
        for words, losses, dash in (("training", train, "dot"), ("validation", valid, "solid")):
            if not any(value is not None for value in losses):
                continue
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": fit,
                    "legendgroup": fit,
                    "showlegend": words == ("validation" if has_valid else "training"),
                    "x": list(steps),
                    "y": list(losses),
                    "line": {"color": colour, "width": 1.4, "dash": dash},
                    "hovertemplate": f"{fit}, {words} %{{y:.4f}}<extra></extra>",
                }
            )
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        hovermode="closest",
        showlegend=len(curves) > 1,
        # beside the lines: in a narrow card a row above them would run under the buttons
        margin={"t": 26},
        legend={"orientation": "v", "x": 1.0, "xanchor": "left", "y": 1.0, "yanchor": "top"},
        xaxis={"title": {"text": "Boosting round or epoch"}, "type": "linear"},
        yaxis={"title": {"text": loss}},
    )


def paths_figure(
    scores: Sequence[float],
    chance: float,
    name: str,
    theme: Theme,
    *,
    outside: tuple[float, float, float] | None = None,
    simulated: bool = False,
) -> go.Figure:
    """A dot a path or fold of cross-validation, a line at chance, and the out-of-sample score.

    Parameters
    ----------
    outside : value, low and high of the out-of-sample score.
    """
    found = np.array([value for value in scores if np.isfinite(value)], dtype=np.float64)
    if not found.size:
        return empty_figure("No path could be scored.", theme)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Cross-validation",
            "x": found,
            "y": ["Cross-validation"] * len(found),
            "marker": {"size": 10, "color": theme.tokens.series[0], "opacity": 0.75},
            "hovertemplate": f"{name} %{{x:.4f}}<extra></extra>",
        }
    ]
    if outside is not None and np.isfinite(outside[0]):
        value, low, high = outside
        reach = {
            "type": "data",
            "symmetric": False,
            "array": [high - value],
            "arrayminus": [value - low],
            "color": theme.tokens.accent,
            "thickness": 2,
        }
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "Out of sample",
                "x": [value],
                "y": ["Out of sample"],
                "marker": {"size": 11, "color": theme.tokens.accent, "symbol": "diamond"},
                "error_x": reach,
                "hovertemplate": f"{name} %{{x:.4f}}<extra></extra>",
            }
        )
    line = {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": chance,
        "x1": chance,
        "y0": 0,
        "y1": 1,
        "line": {"color": theme.tokens.muted, "width": 1.4, "dash": "dot"},
    }
    said = {
        "x": chance,
        "y": 1.0,
        "xref": "x",
        "yref": "paper",
        "yanchor": "bottom",
        "text": f"Chance {chance:g}",
        "showarrow": False,
        "font": {"color": theme.tokens.muted, "size": 11},
    }
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        showlegend=False,
        hovermode="closest",
        margin={"t": 46, "l": 110},  # what chance gives is written below the buttons
        xaxis={"title": {"text": name}, "type": "linear", "tickformat": ".3f"},
        yaxis={"type": "category", "range": [-0.6, 1.6]},
        shapes=[line],
        annotations=[said],
    )
