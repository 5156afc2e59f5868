"""Figures of what trading cost: from gross to net, over time, and at another price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.equity import Scale, line, value_axis
from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import axis_ms, date_axis

MOST_POINTS = 2_000


def waterfall_figure(
    steps: Sequence[tuple[str, float]], theme: Theme, *, simulated: bool = False
) -> go.Figure:
    """Bars from the first level down or up through each step to the last, which is their sum.

    Parameters
    ----------
    steps : name and amount (currency); the first and the last are levels, the others changes.
    """
    names = [name for name, _ in steps]
    amounts = np.array([amount for _, amount in steps], dtype=np.float64)
    base = np.zeros(len(steps))
    base[1:-1] = np.cumsum(amounts)[:-2]
    colours = [theme.up if amount >= 0 else theme.down for amount in amounts]
    colours[0] = colours[-1] = theme.series(0)
    bars: dict[str, Any] = {
        "type": "bar",
        "name": "Money",
        "x": names,
        "y": amounts,
        "base": base,
        "marker": {"color": colours, "line": {"width": 0}},
        "customdata": amounts,
        "hovertemplate": "%{customdata:,.2f}<extra></extra>",
    }
    return make_figure(
        [bars],
        theme,
        simulated=simulated,
        bargap=0.35,
        xaxis={"type": "category", "showspikes": False},
        yaxis={"title": {"text": "Profit (account currency)"}, "zeroline": True},
    )


def paid_figure(
    curve: pd.DataFrame,
    columns: Sequence[str],
    theme: Theme,
    *,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """What was paid up to each bar, one part on top of the other."""
    shown = [name for name in columns if float(curve[name].abs().sum()) > 0]
    if not shown:
        return empty_figure("Nothing was paid: this run had no costs.", theme)
    whole = curve[shown].cumsum().cumsum(axis=1)
    step = max(1, -(-len(whole) // MOST_POINTS))
    whole = pd.concat([whole.iloc[::step], whole.iloc[[-1]]]) if step > 1 else whole
    index = pd.DatetimeIndex(whole.index)
    x = axis_ms(index, timezone)
    traces = []
    for k, name in enumerate(shown):
        colour = theme.series(k)
        trace = line(x, whole[name], name.capitalize(), colour, width=1)
        trace |= {
            "fill": "tonexty" if k else "tozeroy",
            "fillcolor": translucent(colour, 0.35),
            "showlegend": True,
            "hovertemplate": f"%{{y:,.2f}}<extra>up to {plain(name)}</extra>",
        }
        traces.append(trace)
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={"title": {"text": "Paid so far (account currency)"}, "tickformat": "~s"},
    )


def dearer_figure(
    curve: pd.DataFrame,
    dearer: Sequence[float] | np.ndarray,
    name: str,
    theme: Theme,
    *,
    scale: Scale = "log",
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Equity as it was, with every fill dearer, and the benchmark; as many points as show."""
    step = max(1, -(-len(curve) // MOST_POINTS))
    kept = np.unique(np.append(np.arange(0, len(curve), step), len(curve) - 1))
    thin = curve.iloc[kept]
    index = pd.DatetimeIndex(thin.index)
    x = axis_ms(index, timezone)
    traces = []
    if "benchmark" in thin and thin["benchmark"].notna().any():
        traces.append(line(x, thin["benchmark"], "Benchmark", theme.tokens.muted, width=1.1))
    traces.append(line(x, thin["equity"], "As run", theme.series(0), width=1.3, dash="dot"))
    other = pd.Series(np.asarray(dearer, dtype=np.float64)[kept])
    traces.append(line(x, other, name, theme.series(1), width=1.8))
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={"title": {"text": "Equity (account currency)"}, **value_axis(scale)},
    )
