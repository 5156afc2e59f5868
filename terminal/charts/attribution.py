"""Figures of where profit came from: parts as bars, excursions of trades, how long they lasted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.theme import Theme

MOST_TRADES = 3_000
"""Trades drawn as points; of more, those that moved most money."""
MOST_BINS = 40


def contribution_figure(
    parts: Sequence[tuple[str, float]], theme: Theme, *, simulated: bool = False
) -> go.Figure:
    """Profit of each part (currency), in the order given, coloured by its sign."""
    if not parts:
        return empty_figure("Nothing was earned and nothing lost.", theme)
    amounts = np.array([amount for _, amount in parts], dtype=np.float64)
    bars: dict[str, Any] = {
        "type": "bar",
        "name": "Profit",
        "x": [plain(name) for name, _ in parts],
        "y": amounts,
        "marker": {
            "color": [theme.up if amount >= 0 else theme.down for amount in amounts],
            "line": {"width": 0},
        },
        "hovertemplate": "%{y:,.2f}<extra></extra>",
    }
    return make_figure(
        [bars],
        theme,
        simulated=simulated,
        bargap=0.3,
        xaxis={"type": "category", "showspikes": False},
        yaxis={"title": {"text": "Profit (account currency)"}, "tickformat": "~s"},
    )


def excursion_figure(trades: pd.DataFrame, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """How far each trade stood against it, and for it, at worst and best; winners and losers."""
    if trades.empty:
        return empty_figure("There are no trades.", theme)
    shown = trades
    if len(trades) > MOST_TRADES:
        kept = trades["pnl"].abs().nlargest(MOST_TRADES).index
        shown = trades.loc[kept]
    traces = []
    for name, won, colour in (("Won", True, theme.up), ("Lost", False, theme.down)):
        part = shown[(shown["pnl"] > 0) == won]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": -part["mae"].to_numpy(dtype=np.float64),
                "y": part["mfe"].to_numpy(dtype=np.float64),
                "text": [plain(str(symbol)) for symbol in part["symbol"]],
                "marker": {"color": colour, "size": 6, "opacity": 0.6},
                "hovertemplate": f"%{{text}}<br>worst −%{{x:.1%}}, best +%{{y:.1%}}"
                f"<extra>{name}</extra>",
            }
        )
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        hovermode="closest",
        xaxis={
            "title": {"text": "Worst while open (% against)"},
            "type": "linear",
            "tickformat": "~%",
            "showgrid": True,
            "rangemode": "tozero",
        },
        yaxis={
            "title": {"text": "Best while open (% for)"},
            "tickformat": "~%",
            "rangemode": "tozero",
        },
    )


def holding_figure(trades: pd.DataFrame, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """How many trades lasted how long, winners beside losers."""
    if trades.empty:
        return empty_figure("There are no trades.", theme)
    bars = trades["bars_held"].to_numpy(dtype=np.float64)
    width = max(1.0, float(np.ceil((bars.max() + 1.0) / MOST_BINS)))
    edges = np.arange(0.0, bars.max() + 1.0 + width, width)
    traces = []
    for name, won, colour in (("Won", True, theme.up), ("Lost", False, theme.down)):
        counts, _ = np.histogram(bars[(trades["pnl"] > 0).to_numpy() == won], bins=edges)
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": (edges[:-1] + edges[1:] - 1.0) / 2.0,
                "y": counts.astype(np.float64),
                "marker": {"color": colour, "line": {"width": 0}},
                "hovertemplate": f"%{{y:,}} trades<extra>{name}</extra>",
            }
        )
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        bargap=0.1,
        barmode="group",
        xaxis={"title": {"text": "Bars from entry to exit"}, "type": "linear"},
        yaxis={"title": {"text": "Trades (count)"}},
    )
