"""Figures of a sweep: all parameters at once, what each of them does, and the walk-forward.

Parallel coordinates are drawn as plain lines: Plotly's own needs WebGL, which a locked-down browser
may lack, and compiles code, which the pages forbid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.backtest.sweeps.surface import Sensitivity
from terminal.charts.layout import Layout, empty_figure, make_figure, plain
from terminal.charts.numbers import format_value
from terminal.charts.sweep_surface import NOTHING_YET, word_of
from terminal.charts.theme import Theme, blend
from terminal.market.panel import FloatArray

MOST_LINES = 400
SHADES = 5
"""Groups of equal size by score, the best in the colour of gains."""


def parallel_figure(
    titles: Sequence[str],
    values: Sequence[Sequence[Any]],
    scores: FloatArray,
    indices: np.ndarray,
    theme: Theme,
    *,
    score_title: str,
    unit: str = "ratio",
    simulated: bool = False,
) -> go.Figure:
    """One line a combination across its parameters, ending at its score; the best drawn last.

    Parameters
    ----------
    titles, values : of each parameter. indices : int (n, n_parameters), which value each takes.
    scores : (n,). With more than `MOST_LINES`, the best and evenly spread others are drawn.
    """
    known = np.flatnonzero(np.isfinite(scores))
    if not known.size:
        return empty_figure(NOTHING_YET, theme)
    order = known[np.argsort(scores[known], kind="stable")]
    if order.size > MOST_LINES:
        order = order[np.unique(np.linspace(0, order.size - 1, MOST_LINES).astype(np.int64))]
    low, high = float(scores[order].min()), float(scores[order].max())
    span = high - low or 1.0
    lengths = np.array([max(len(item) - 1, 1) for item in values], dtype=np.float64)
    heights = np.column_stack([indices[order] / lengths, (scores[order] - low) / span])
    n_axes = heights.shape[1]
    traces = []
    for k, part in enumerate(np.array_split(np.arange(order.size), SHADES)):
        if not part.size:
            continue
        gap = np.full((part.size, 1), np.nan)
        y = np.hstack([heights[part], gap]).ravel()
        x = np.tile(np.append(np.arange(n_axes, dtype=np.float64), np.nan), part.size)
        best = k == SHADES - 1
        share = 0.2 + 0.8 * k / (SHADES - 1)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": y,
                "line": {
                    "width": 1.6 if best else 1.0,
                    "color": blend(theme.up if best else theme.tokens.muted, theme.tokens.panel,
                                   1.0 if best else share),
                },
                "name": "Best fifth" if best else f"Fifth {SHADES - k}",
                "hoverinfo": "skip",
                "opacity": 0.9 if best else 0.5,
            }
        )  # fmt: skip
    notes = []
    for column, item in enumerate(values):
        ends = [(0.0, item[0]), (1.0, item[-1])] if len(item) > 1 else [(0.0, item[0])]
        notes += [_mark(column, height, word_of(value), theme) for height, value in ends]
    notes += [
        _mark(n_axes - 1, height, format_value(value, unit), theme)
        for height, value in ((0.0, low), (1.0, high))
    ]
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        hovermode=False,
        margin={"t": 34, "l": 34, "r": 34},
        annotations=notes,
        xaxis={
            "tickmode": "array",
            "tickvals": list(range(n_axes)),
            "ticktext": [plain(title) for title in (*titles, score_title)],
            "range": [-0.15, n_axes - 0.85],
            "showgrid": True,
            "fixedrange": True,
            "showspikes": False,
        },
        yaxis={"visible": False, "range": [-0.14, 1.14], "fixedrange": True},
    )


def sensitivity_figure(
    found: Sequence[Sensitivity],
    theme: Theme,
    *,
    title: str,
    simulated: bool = False,
) -> go.Figure:
    """Mean and best score by value, a panel a parameter, the strongest parameter first."""
    shown = [item for item in found if np.isfinite(item.mean).any()]
    if not shown:
        return empty_figure(NOTHING_YET, theme)
    traces: list[dict[str, Any]] = []
    layout: Layout = {}
    gap = 0.07
    width = (1.0 - gap * (len(shown) - 1)) / len(shown)
    for k, item in enumerate(shown):
        tail = "" if k == 0 else str(k + 1)
        words = [word_of(value) for value in item.dimension.values]
        for name, values, colour in (
            ("Best", item.best, theme.up),
            ("Mean", item.mean, theme.series(0)),
        ):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": words,
                    "y": values,
                    "name": name,
                    "legendgroup": name,
                    "showlegend": k == 0,
                    "line": {"color": colour, "width": 1.6},
                    "marker": {"size": 5},
                    "xaxis": f"x{tail}",
                    "yaxis": "y",
                    "hovertemplate": f"{name} %{{y:.2f}}<extra></extra>",
                }
            )
        layout[f"xaxis{tail}"] = {
            "domain": [k * (width + gap), k * (width + gap) + width],
            "type": "category",
            "title": {"text": plain(item.dimension.title)},
            "showspikes": False,
            "fixedrange": True,
            "nticks": 8,
        }
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        yaxis={"title": {"text": plain(title)}, "fixedrange": True},
        **layout,
    )


def decay_figure(
    labels: Sequence[str],
    inside: FloatArray,
    outside: FloatArray,
    median: FloatArray,
    theme: Theme,
    *,
    title: str,
    simulated: bool = False,
) -> go.Figure:
    """By window: the score the choice was made on, what came of it, and what all came to."""
    bars = (
        ("In sample", inside, blend(theme.series(0), theme.tokens.panel, 0.45)),
        ("Out of sample", outside, theme.series(0)),
    )
    traces: list[dict[str, Any]] = [
        {"type": "bar", "x": list(labels), "y": y, "name": name, "marker": {"color": colour}}
        for name, y, colour in bars
    ]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": list(labels),
            "y": median,
            "name": "Median of all, out of sample",
            "marker": {"symbol": "line-ew-open", "size": 14, "color": theme.tokens.warn,
                       "line": {"width": 2}},
        }
    )  # fmt: skip
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        bargap=0.3,
        xaxis={"title": {"text": "First session of the test"}, "type": "category", "nticks": 12},
        yaxis={"title": {"text": plain(title)}},
    )


def _mark(x: float, y: float, text: str, theme: Theme) -> dict[str, Any]:
    """A value at the end of an axis."""
    return {
        "x": x,
        "y": y,
        "text": plain(text),
        "showarrow": False,
        "yanchor": "top" if y == 0.0 else "bottom",
        "font": {"size": 11, "color": theme.tokens.text},
    }
