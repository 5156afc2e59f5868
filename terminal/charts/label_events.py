"""An event of a label on its bars: entry, barriers, end; and how classes are balanced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.candles import price_layout, price_trace
from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import bar_labels


@dataclass(frozen=True)
class DrawnEvent:
    """Positions are of the drawn bars, from 0; they may lie beyond the last one.

    upper, lower : barriers as simple returns from the entry, None where there is none.
    entry_price, end_price : in the units of the drawn bars.
    """

    at: int
    entry: int
    end: int
    vertical: int
    entry_price: float
    end_price: float
    upper: float | None
    lower: float | None
    outcome: float
    words: str


def event_figure(
    bars: pd.DataFrame,
    event: DrawnEvent,
    theme: Theme,
    *,
    symbol: str,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Candles around an event with its barriers: target and stop as lines, time as an edge."""
    if not len(bars):
        return empty_figure("The bars of this event are gone from the data set.", theme)
    labels = bar_labels(pd.DatetimeIndex(bars.index), timezone)
    last = len(bars) - 1
    first, until = min(event.entry, last), min(event.vertical, last)
    layout = price_layout(bars, timezone, "linear", (0, last), False)
    colour = theme.up if event.outcome > 0 else theme.down
    shapes: list[dict[str, Any]] = [_box(event, first, until, theme)]
    edges = []
    for distance, tone in ((event.upper, theme.up), (event.lower, theme.down)):
        if distance is not None:
            price = event.entry_price * (1 + distance)
            edges.append(price)
            shapes.append(_line(first - 0.5, until + 0.5, price, price, tone, "dash"))
    shapes.append(
        _line(first - 0.5, until + 0.5, event.entry_price, event.entry_price, theme.tokens.muted,
              "dot")
    )  # fmt: skip
    path = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plain(event.words),
        "x": [labels[first], labels[min(event.end, last)]],
        "y": [event.entry_price, event.end_price],
        "line": {"color": colour, "width": 1.6, "dash": "dot"},
        "marker": {
            "symbol": ["triangle-right", "square"],
            "size": [12, 9],
            "color": [theme.tokens.text, colour],
            "line": {"color": theme.tokens.panel, "width": 1},
        },
        "hovertemplate": f"%{{y:,.4~g}}<extra>{plain(event.words)}</extra>",
    }
    decided = {
        "type": "scatter",
        "mode": "markers",
        "name": "Decided at this close",
        "x": [labels[min(event.at, last)]],
        "y": [float(bars["close"].iloc[min(event.at, last)])],
        "marker": {
            "symbol": "circle-open",
            "size": 11,
            "color": theme.tokens.accent,
            "line": {"width": 2},
        },
        "hovertemplate": "decided at this close<extra></extra>",
    }
    layout["yaxis"] |= _range(bars, edges)
    layout["xaxis"] |= {"nticks": 4, "tickangle": 0, "ticklabeloverflow": "hide past div"}
    layout["margin"] |= {"t": 8}
    return make_figure(
        [price_trace(bars, theme, symbol, timezone=timezone), path, decided],
        theme,
        simulated=simulated,
        shapes=shapes,
        **layout,
    ).update_layout(showlegend=False)


def balance_figure(classes: pd.DataFrame, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """Share of the events and of the weight that each class has; columns label, share, weight,
    events."""
    names = [str(label) for label in classes["label"]]
    traces = [
        {
            "type": "bar",
            "name": title,
            "x": names,
            "y": classes[column].to_numpy(dtype=float),
            "customdata": classes["events"].to_numpy(dtype=float),
            "marker": {"color": theme.series(colour), "line": {"width": 0}},
            "hovertemplate": "%{y:.1%} (%{customdata:,} events)<extra>" + title + "</extra>",
        }
        for column, title, colour in (("share", "Events", 0), ("weight", "Weight", 1))
    ]
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        barmode="group",
        bargap=0.3,
        xaxis={"title": {"text": "Label"}, "type": "category", "showspikes": False},
        yaxis={"title": {"text": "Share (%)"}, "tickformat": "~%", "rangemode": "tozero"},
    )


def _box(event: DrawnEvent, first: int, until: int, theme: Theme) -> dict[str, Any]:
    """The holding time, tinted."""
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": first - 0.5,
        "x1": until + 0.5,
        "y0": 0,
        "y1": 1,
        "fillcolor": translucent(theme.tokens.accent, 0.08),
        "line": {"width": 0},
        "layer": "below",
    }


def _line(x0: float, x1: float, y0: float, y1: float, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": x0,
        "x1": x1,
        "y0": y0,
        "y1": y1,
        "line": {"color": colour, "width": 1.4, "dash": dash},
    }


def _range(bars: pd.DataFrame, edges: list[float]) -> dict[str, Any]:
    columns = [name for name in ("low", "high", "close") if name in bars]
    shown = bars[columns].to_numpy(dtype=float)
    known = np.concatenate([shown[np.isfinite(shown)], np.asarray(edges, dtype=float)])
    if not known.size:
        return {}
    low, high = float(known.min()), float(known.max())
    air = (high - low) * 0.06 or abs(high) * 0.02 or 1.0
    return {"range": [low - air, high + air]}
