"""Executions on the price: where an account bought and sold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.candles import has_volume, price_digits, price_layout, price_trace
from terminal.charts.candles import volume_traces as _volume
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme
from terminal.charts.time_axis import bar_labels


class Fill(Protocol):
    """What the chart needs of an execution; `side` reads "buy" or "sell"."""

    @property
    def side(self) -> str: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def at(self) -> datetime: ...


def fills_figure(
    bars: pd.DataFrame,
    fills: Sequence[Fill],
    symbol: str,
    theme: Theme,
    *,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Price of `symbol` with its executions.

    Parameters
    ----------
    bars : bars frame of the symbol, as traded. fills : of the symbol; those before the first bar
        are left out, those after the last stand at it.
    """
    if not len(bars):
        return empty_figure(f"There are no bars of {symbol} to draw.", theme)
    index = pd.DatetimeIndex(bars.index)
    labels = bar_labels(index, timezone)
    shown = [fill for fill in fills if pd.Timestamp(fill.at) >= index[0]]
    traces = [price_trace(bars, theme, symbol, timezone=timezone)]
    digits = price_digits(bars["close"])
    for side, name, mark, colour in (
        ("buy", "Bought", "triangle-up", theme.up),
        ("sell", "Sold", "triangle-down", theme.down),
    ):
        own = [fill for fill in shown if fill.side == side]
        if own:
            traces.append(_markers(own, name, mark, colour, index, labels, digits, theme))
    shows_volume = has_volume(bars)
    if shows_volume:
        traces += _volume(bars, theme, timezone)
    layout = price_layout(bars, timezone, "linear", (0, len(bars) - 1), shows_volume)
    return make_figure(traces, theme, simulated=simulated, **layout)


def _markers(
    fills: Sequence[Fill], name: str, mark: str, colour: str, index: pd.DatetimeIndex,
    labels: list[str], digits: int, theme: Theme,
) -> dict[str, Any]:  # fmt: skip
    times = pd.DatetimeIndex([fill.at for fill in fills])
    held = np.clip(index.searchsorted(times, side="right") - 1, 0, len(index) - 1)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [labels[int(k)] for k in held],
        "y": [float(fill.price) for fill in fills],
        "marker": {
            "symbol": mark,
            "size": 11,
            "color": colour,
            "line": {"color": theme.tokens.panel, "width": 1.2},
        },
        "text": [
            f"{format_value(float(fill.quantity), 'quantity')} at {float(fill.price):,.{digits}f}"
            for fill in fills
        ],
        "hovertemplate": f"%{{text}}<extra>{name}</extra>",
    }
