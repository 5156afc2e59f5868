"""A state of the market through time: its value, and the spells of the states that shrink sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import axis_ms, date_axis
from terminal.regimes.indicator import Reading
from terminal.regimes.panel import RegimePanel

MARKED = {"turbulent", "crisis", "falling", "wild", "narrow", "fragile"}


def regime_figure(found: Reading, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """The indicator's value; bands where its state is one to be careful in."""
    known = [k for k, value in enumerate(found.values) if value is not None]
    if not known:
        return empty_figure(f"{found.title} is not known yet: the history is too short.", theme)
    index = pd.DatetimeIndex([pd.Timestamp(found.dates[k]) for k in known])
    values = np.array([found.values[k] for k in known], dtype=np.float64)
    percent = found.unit == "percent"
    shown = ".2%" if percent else ".2f"
    ends = [(s.first, s.last) for s in found.spells if s.state in MARKED]
    bands: list[dict[str, Any]] = [
        {
            "type": "rect", "xref": "x", "yref": "paper", "layer": "below",
            "x0": pd.Timestamp(max(first, found.dates[known[0]])).value / 1e6,
            "x1": (pd.Timestamp(last) + pd.Timedelta(days=1)).value / 1e6,
            "y0": 0, "y1": 1, "line": {"width": 0},
            "fillcolor": translucent(theme.tokens.warn, 0.16),
        }
        for first, last in ends
        if last >= found.dates[known[0]]
    ]  # fmt: skip
    return make_figure(
        [_line(index, values, found.title, theme.series(0), shown)],
        theme,
        simulated=simulated,
        xaxis=date_axis(index),
        yaxis={
            "title": {"text": f"{_named(found)} ({'%' if percent else 'ratio'})"},
            **({"tickformat": "~%"} if percent else {}),
        },
        shapes=bands,
    )


def multiplier_figure(found: RegimePanel, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """The size that all states together allowed at each close."""
    if not found.dates:
        return empty_figure("There is no history to show.", theme)
    index = pd.DatetimeIndex([pd.Timestamp(day) for day in found.dates])
    return make_figure(
        [_line(index, np.array(found.path), "Multiplier", theme.tokens.accent, ".2f")],
        theme,
        simulated=simulated,
        xaxis=date_axis(index),
        yaxis={"title": {"text": "Share of full size (ratio)"}, "rangemode": "tozero"},
    )


def _named(found: Reading) -> str:
    return f"Probability of {found.of}" if found.of else found.title


def _line(
    index: pd.DatetimeIndex, values: Sequence[float] | Any, name: str, colour: str, shown: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": axis_ms(index),
        "y": values,
        "line": {"color": colour, "width": 1.4},
        "hovertemplate": f"%{{y:{shown}}}<extra></extra>",
        "showlegend": False,
    }
