"""Figures of luck: fans of simulated wealth, chances of a drawdown, entries at other times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.equity import band_traces, line, value_axis
from terminal.charts.layout import make_figure
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme, translucent

LOG_FROM = 4.0
"""Highest over lowest value of a fan from which it is drawn on a logarithmic scale."""


def fan_figure(
    after: Sequence[int],
    levels: Sequence[float],
    bands: Sequence[Sequence[float]],
    theme: Theme,
    *,
    unit: str,
    actual: Sequence[float] | None = None,
    simulated: bool = False,
) -> go.Figure:
    """Quantiles of wealth, starting from 1, after so many `unit`s, and the run itself.

    Parameters
    ----------
    levels, bands : as many levels as rows of bands, symmetric around the median.
    actual : wealth of the run at `after`, where it can stand beside them.
    """
    x = np.asarray(after, dtype=np.float64)
    rows = [np.asarray(band, dtype=np.float64) for band in bands]
    middle = len(rows) // 2
    colour = theme.series(0)
    traces: list[dict[str, Any]] = []
    for k in range(middle):
        low, high = rows[k], rows[-1 - k]
        share = f"{levels[-1 - k] - levels[k]:.0%} of samples"
        traces += band_traces(x, low, high, share, translucent(colour, 0.14 + 0.12 * k))
    traces.append(line(x, pd.Series(rows[middle]), "Median", colour, width=1.4, decimals=4))
    if actual is not None:
        own = pd.Series(np.asarray(actual, dtype=np.float64))
        traces.append(line(x, own, "This run", theme.tokens.text, width=1.6, decimals=4))
    seen = np.concatenate([*rows, *([np.asarray(actual)] if actual is not None else [])])
    lowest = float(seen.min())
    log = lowest > 0 and float(seen.max()) / lowest > LOG_FROM
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis={"title": {"text": unit.capitalize()}, "type": "linear", "rangemode": "tozero"},
        yaxis={
            "title": {"text": "Value of 1 at the start"},
            **value_axis("log" if log else "linear", ",~f"),
        },
    )


def drawdown_chance_figure(
    depths: Sequence[float],
    chances: Mapping[str, Sequence[float]],
    theme: Theme,
    *,
    simulated: bool = False,
) -> go.Figure:
    """Share of samples that at some time stood so deep below their high: a line a simulation."""
    x = np.asarray(depths, dtype=np.float64)
    traces = [
        line(x, pd.Series(list(share)), name, theme.series(k), hover="%{y:.1%}", decimals=6)
        for k, (name, share) in enumerate(chances.items())
    ]
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis={
            "title": {"text": "Deeper than (% below the high)"},
            "type": "linear",
            "tickformat": "~%",
            "hoverformat": ".0%",
        },
        yaxis={
            "title": {"text": "Probability (%)"},
            "tickformat": "~%",
            "range": [0, 1.02],
        },
    )


def arrangements_figure(
    edges: Sequence[float],
    counts: Sequence[int],
    observed: float,
    theme: Theme,
    *,
    simulated: bool = False,
) -> go.Figure:
    """Sharpe ratios of the same positions at other times, and where the run itself stands."""
    bounds = np.asarray(edges, dtype=np.float64)
    width = float(bounds[1] - bounds[0])
    bars: dict[str, Any] = {
        "type": "bar",
        "name": "Other times",
        "x": (bounds[1:] + bounds[:-1]) / 2,
        "y": np.asarray(counts, dtype=np.float64),
        "width": width,
        "marker": {"color": theme.tokens.muted, "line": {"width": 0}},
        "opacity": 0.75,
        "hovertemplate": "%{y:,} arrangements<extra></extra>",
    }
    colour = theme.series(0)
    late = observed > float(bounds.mean())
    return make_figure(
        [bars],
        theme,
        simulated=simulated,
        bargap=0,
        margin={"t": 34},
        xaxis={"title": {"text": "Sharpe ratio per bar"}, "type": "linear", "hoverformat": ".4f"},
        yaxis={"title": {"text": "Arrangements (count)"}},
        shapes=[
            {
                "type": "line", "xref": "x", "yref": "paper", "x0": observed, "x1": observed,
                "y0": 0, "y1": 1, "line": {"color": colour, "width": 2, "dash": "solid"},
            }
        ],
        annotations=[
            {
                "x": observed, "y": 1, "xref": "x", "yref": "paper", "yanchor": "bottom",
                "xanchor": "right" if late else "left",
                "text": f"This run {format_value(round(observed, 4), 'price')}",
                "showarrow": False, "font": {"color": colour, "size": 11},
            }
        ],
    )  # fmt: skip
