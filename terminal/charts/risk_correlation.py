"""The correlation map: positions in an order that shows blocks, clusters outlined."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.numbers import MINUS
from terminal.charts.theme import Theme, blend
from terminal.risk.panel_value import CorrelationMap

TEXT_UP_TO = 16
"""Positions up to which cells carry their number."""
ROW_PX, FRAME_PX, SMALLEST = 17, 90, 260


def map_height(found: CorrelationMap) -> int:
    """Pixels at which every row can be read."""
    return max(SMALLEST, FRAME_PX + ROW_PX * len(found.symbols))


def correlation_figure(
    found: CorrelationMap, theme: Theme, *, paper: bool = False, simulated: bool = False
) -> go.Figure:
    """Correlations from -1 to 1 on one scale; squares around clusters of two and more.

    Parameters
    ----------
    paper : without the squares and with fewer names below.
    """
    if len(found.symbols) < 2:
        return empty_figure("One position has nothing to move with.", theme)
    names = [plain(symbol) for symbol in found.symbols]
    z = np.array(found.values, dtype=np.float32)
    few = len(names) <= TEXT_UP_TO
    text = [[_cell(value) if few else "" for value in row] for row in found.values]
    tokens = theme.tokens
    share = 0.58 if theme.mode == "dark" else 0.52
    heat: dict[str, Any] = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": z,
        "zmin": -1,
        "zmax": 1,
        "zmid": 0,
        "colorscale": [
            [0.0, blend(tokens.warn, tokens.panel, share)],
            [0.5, tokens.panel_2],
            [1.0, blend(tokens.accent, tokens.panel, share)],
        ],
        "showscale": not few,
        "colorbar": {
            "thickness": 10,
            "outlinewidth": 0,
            "tickvals": [-1, -0.5, 0, 0.5, 1],
            "tickfont": {"color": tokens.muted, "size": 10},
        },
        "xgap": 1,
        "ygap": 1,
        "text": text,
        "texttemplate": "%{text}",
        "textfont": {"size": 10, "color": tokens.text},
        "hovertemplate": "%{y} and %{x}: %{z:.2f}<extra></extra>",
    }
    return make_figure(
        [heat],
        theme,
        simulated=simulated,
        height=map_height(found),
        hovermode="closest",
        margin={"t": 8},
        xaxis={"type": "category", "showspikes": False, "tickangle": -60,
               "nticks": 12 if paper else 40,
               "title": {"text": "Correlation of returns (−1 to 1)"}},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False,
               "showspikes": False, "dtick": 1},
        shapes=[] if paper else _outlines(found, theme),
    )  # fmt: skip


def _cell(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS) if abs(value) >= 0.005 else "0.00"


def _outlines(found: CorrelationMap, theme: Theme) -> list[dict[str, Any]]:
    """A square around each run of at least two neighbours of one cluster."""
    cluster = {s: k for k, group in enumerate(found.clusters) for s in group.symbols}
    own = [cluster.get(symbol, -1) for symbol in found.symbols]
    shapes, start = [], 0
    for end in range(1, len(own) + 1):
        if end < len(own) and own[end] == own[start]:
            continue
        if end - start > 1:
            shapes.append(
                {
                    "type": "rect", "xref": "x", "yref": "y",
                    "x0": start - 0.5, "x1": end - 0.5, "y0": start - 0.5, "y1": end - 0.5,
                    "line": {"color": theme.tokens.text, "width": 1.4},
                }
            )  # fmt: skip
        start = end
    return shapes
