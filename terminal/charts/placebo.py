"""The run among its placebos: Sharpe ratios of the same strategy on shuffled bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.backtest.certificate.certificate import Certificate
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme

BINS = 25
LINE = 0.11  # of the plot's height, for a line of text


def placebo_figure(certificate: Certificate, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """A dot a placebo, stacked where they are alike; marks for the run and for exposure alone."""
    found = np.sort(np.array(certificate.placebo_sharpes, dtype=np.float64))
    if not found.size:
        return empty_figure("The strategy could not be run on shuffled bars.", theme)
    due = float(np.mean(certificate.expected_sharpes))
    marks = [(due, "Exposure alone", theme.tokens.muted, "dot")]
    if certificate.sharpe is not None:
        marks.append((certificate.sharpe, "This run", theme.tokens.accent, "dash"))
    ends = [*found[[0, -1]].tolist(), *(at for at, *_ in marks)]
    low, high = min(ends), max(ends)
    margin = 0.12 * max(high - low, 0.1)
    heights = _stacked(found, (high - low + 2 * margin) / BINS)
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": "Placebo",
        "x": found,
        "y": heights,
        "marker": {"symbol": "circle", "size": 9, "color": theme.tokens.series[0]},
        "hovertemplate": "Sharpe %{x:.2f}<extra></extra>",
        "showlegend": False,
    }
    top = max(float(heights.max()) + 1.0, 4.0)
    return make_figure(
        [trace],
        theme,
        simulated=simulated,
        showlegend=False,
        hovermode="closest",
        margin={"t": 40},
        xaxis={
            "title": {"text": "Annual Sharpe ratio before costs"},
            "type": "linear",
            "range": [low - margin, high + margin],
            "tickformat": ".1f",
        },
        yaxis={"title": {"text": "Placebos (count)"}, "range": [0, top], "dtick": 2},
        shapes=[_mark(at, colour, dash) for at, _, colour, dash in marks],
        annotations=[
            _label(at, f"{words} {format_value(at, 'ratio')}", colour, level)
            for level, (at, words, colour, _) in enumerate(marks)
        ],
    )


def _stacked(values: np.ndarray, width: float) -> np.ndarray:
    """Height of each dot of rising `values`: those nearer than `width` stand on each other."""
    heights = np.ones(len(values))
    lowest = 0  # of the stack that is being built
    for k in range(1, len(values)):
        if values[k] - values[lowest] < width:
            heights[k] = heights[k - 1] + 1
        else:
            lowest = k
    return heights


def _mark(x: float, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.6, "dash": dash},
    }


def _label(x: float, text: str, colour: str, level: int) -> dict[str, Any]:
    """Above the plot; the second label a line higher, so that two never cover each other."""
    return {
        "x": x,
        "y": 1.0 + LINE * level,
        "xref": "x",
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "center",
        "text": text,
        "showarrow": False,
        "font": {"color": colour, "size": 11},
    }
