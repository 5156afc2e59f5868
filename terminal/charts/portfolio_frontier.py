"""The efficient frontier with the portfolio held now, the one proposed, and the instruments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme
from terminal.portfolio.proposal import Point, Row

NAMED = 30
"""Instruments up to which their names stand beside them."""
SYMBOLS = ("circle", "diamond", "square")


def frontier_figure(
    frontier: Sequence[Point],
    points: Sequence[Point],
    rows: Sequence[Row],
    theme: Theme,
    *,
    simulated: bool = False,
) -> go.Figure:
    """Expected return against volatility, both of a year.

    Parameters
    ----------
    frontier : least variance first. points : portfolios, the one held now muted.
    rows : the instruments, each by itself.
    """
    known = [point for point in points if point.expected is not None]
    if not known:
        return empty_figure("No expected returns are known.", theme)
    traces = [_instruments(rows, theme)]
    if frontier:
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "Efficient frontier",
                "x": np.array([point.volatility for point in frontier]),
                "y": np.array([point.expected for point in frontier], dtype=np.float64),
                "line": {"color": theme.series(0), "width": 2.2, "shape": "spline"},
                "hovertemplate": "Frontier: %{y:.2%} at %{x:.2%}<extra></extra>",
            }
        )
    held = len(known) > 2
    colours = (theme.tokens.warn, theme.tokens.up, theme.series(2))[0 if held else 1 :]
    signs = SYMBOLS[0 if held else 1 :]
    for point, colour, sign in zip(known, colours, signs, strict=False):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": plain(point.name),
                "x": [point.volatility],
                "y": [point.expected],
                "marker": {"color": colour, "size": 13, "symbol": sign,
                           "line": {"color": theme.tokens.panel, "width": 1.5}},
                "hovertemplate": f"{plain(point.name)}: %{{y:.2%}} at %{{x:.2%}}, "
                f"Sharpe {format_value(point.sharpe)}<extra></extra>",
            }
        )  # fmt: skip
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        hovermode="closest",
        xaxis={"title": {"text": "Volatility (% a year)"}, "tickformat": "~%",
               "rangemode": "tozero", "showgrid": True, "showspikes": False},
        yaxis={"title": {"text": "Expected return (% a year)"}, "tickformat": "~%",
               "showspikes": False},
    )  # fmt: skip


def _instruments(rows: Sequence[Row], theme: Theme) -> dict[str, Any]:
    shown = [row for row in rows if row.expected is not None]
    few = len(shown) <= NAMED
    names = [plain(row.symbol) for row in shown]
    return {
        "type": "scatter",
        "mode": "markers+text" if few else "markers",
        "name": "Instruments",
        "x": np.array([row.volatility for row in shown]),
        "y": np.array([row.expected for row in shown], dtype=np.float64),
        "text": names,
        "textposition": "top center",
        "textfont": {"color": theme.tokens.muted, "size": 10},
        "customdata": names,
        "marker": {"color": theme.tokens.muted, "size": 5, "opacity": 0.75},
        "hovertemplate": "%{customdata}: %{y:.2%} at %{x:.2%}<extra></extra>",
    }
