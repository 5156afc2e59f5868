"""Weights by instrument, held and proposed, beside the share of the risk; and through time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import compact, empty_figure, make_figure, plain
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import axis_ms, date_axis
from terminal.portfolio.proposal import Row

MOST, ROW_PX, FRAME_PX = 16, 28, 90
BANDS = 8


def weights_height(rows: int) -> int:
    """Pixels at which this many instruments can be read."""
    return FRAME_PX + ROW_PX * max(3, min(rows, MOST))


def shown_rows(rows: Sequence[Row], most: int = MOST) -> list[Row]:
    """The instruments a figure shows: those held or proposed, the largest first."""
    kept = [row for row in rows if max(abs(row.weight), abs(row.before)) > 5e-5]
    return sorted(kept, key=lambda row: -max(abs(row.weight), abs(row.before)))[:most]


def weights_figure(rows: Sequence[Row], theme: Theme, *, simulated: bool = False) -> go.Figure:
    """Bars: weight held now, weight proposed, and the proposed one's share of the variance."""
    shown = shown_rows(rows)
    if not shown:
        return empty_figure("Nothing is held and nothing is proposed.", theme)
    names = [plain(row.symbol) for row in shown]
    series = [("Proposed", [row.weight for row in shown], theme.series(0)),
              ("Share of the risk", [row.risk for row in shown], theme.series(1))]  # fmt: skip
    if any(row.before for row in rows):
        series.insert(0, ("Held now", [row.before for row in shown], theme.tokens.muted))
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": names,
            "x": np.array(values),
            "marker": {"color": colour, "line": {"width": 0}},
            "hovertemplate": f"%{{y}} {name.lower()}: %{{x:.2%}}<extra></extra>",
        }
        for name, values, colour in series
    ]
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        hovermode="closest",
        barmode="group",
        bargap=0.28,
        xaxis={"title": {"text": "% of equity, % of variance"}, "tickformat": "~%",
               "showgrid": True, "showspikes": False},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False,
               "showspikes": False, "dtick": 1},
    )  # fmt: skip


def weights_over_time_figure(
    weights: pd.DataFrame,
    theme: Theme,
    *,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Stacked areas of the largest weights through time, the others together above them.

    Parameters
    ----------
    weights : indexed by time, a column per instrument, shares of equity; short ones count by size.
    """
    if weights.empty or not float(weights.abs().to_numpy().sum()):
        return empty_figure("Nothing was held.", theme)
    order = weights.abs().mean().sort_values(ascending=False, kind="stable").index
    top, rest = list(order[:BANDS]), list(order[BANDS:])
    index = pd.DatetimeIndex(weights.index)
    x = axis_ms(index, timezone)
    bands = [(str(name), weights[name].abs()) for name in top]
    if rest:
        word = "others" if len(rest) > 1 else "other"
        bands.append((f"{len(rest)} {word}", weights[rest].abs().sum(axis=1)))
    traces = []
    for k, (name, values) in enumerate(bands):
        colour = theme.series(k) if k < BANDS else theme.tokens.border
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": plain(name),
                "x": x,
                "y": compact(values, 5),
                "stackgroup": "weights",
                "line": {"width": 0.6, "color": colour, "shape": "hv"},
                "fillcolor": translucent(colour, 0.62),
                "hovertemplate": "%{y:.1%}",
            }
        )
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={"title": {"text": "Weight (% of equity)"}, "tickformat": "~%",
               "rangemode": "tozero"},
    )  # fmt: skip
