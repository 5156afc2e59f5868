"""A run's round trips on the price chart: where it came in, where it left, what it made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.candles import has_volume, price_digits, price_layout, price_trace
from terminal.charts.candles import volume_traces as _volume
from terminal.charts.equity import Scale
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import bar_labels

CONTEXT_BARS = 20


def trades_figure(
    bars: pd.DataFrame,
    trades: pd.DataFrame,
    symbol: str,
    theme: Theme,
    *,
    selected: int | None = None,
    timezone: str = "UTC",
    scale: Scale = "linear",
    simulated: bool = False,
) -> go.Figure:
    """Price of `symbol` with its trades.

    Parameters
    ----------
    bars : bars frame of the symbol; prices as traded, so that fills lie on the bars.
    trades : `BacktestResult.trades`; rows of other symbols are left out.
    selected : index label of a row of `trades`; it is highlighted and the view zooms to it with
        `CONTEXT_BARS` bars to both sides (a quarter of its length, when that is more).

    Markers stand at the bar whose time is the trade's, or the last bar before it.
    """
    if not len(bars):
        return empty_figure(f"There are no bars of {symbol} to draw.", theme)
    own = trades[trades["symbol"] == symbol]
    index = pd.DatetimeIndex(bars.index)
    labels = bar_labels(index, timezone)
    entry, leave = _positions(index, own["entry_ts"]), _positions(index, own["exit_ts"])
    traces = [price_trace(bars, theme, symbol, timezone=timezone)]
    if len(own):
        traces += _connections(own, entry, leave, labels, theme)
        traces += _markers(own, entry, leave, labels, theme, price_digits(bars["close"]))
    shows_volume = has_volume(bars)
    if shows_volume:
        traces += _volume(bars, theme, timezone)
    view, shapes = (0, len(bars) - 1), []
    if selected is not None and selected in own.index:
        at = list(own.index).index(selected)
        first, last = int(entry[at]), int(leave[at])
        context = max(CONTEXT_BARS, (last - first) // 4)
        view = (max(0, first - context), min(len(bars) - 1, last + context))
        shapes = [_span(first, last, theme, bool(own["pnl"].iloc[at] >= 0))]
    layout = price_layout(bars, timezone, scale, view, shows_volume)
    return make_figure(traces, theme, simulated=simulated, shapes=shapes, **layout)


def _positions(index: pd.DatetimeIndex, times: pd.Series) -> Any:
    """Bar position of each time: the bar that holds it; clipped to the chart."""
    wanted = pd.DatetimeIndex(times)
    if wanted.tz is None:
        wanted = wanted.tz_localize("UTC")
    held = index.searchsorted(wanted, side="right") - 1
    return np.clip(held, 0, len(index) - 1)


def _connections(
    own: pd.DataFrame, entry: Any, leave: Any, labels: list[str], theme: Theme
) -> list[dict[str, Any]]:
    """A line from each entry to its exit: solid for gains, dashed for losses."""
    won = own["pnl"].to_numpy(dtype=float) >= 0
    prices = own[["entry_price", "exit_price"]].to_numpy(dtype=float)
    traces = []
    for mask, name, colour, dash in (
        (won, "Gain", theme.up, "solid"),
        (~won, "Loss", theme.down, "dash"),
    ):
        if not mask.any():
            continue
        xs: list[str | None] = []
        ys: list[float | None] = []
        for k in np.flatnonzero(mask):
            xs += [labels[entry[k]], labels[leave[k]], None]
            ys += [float(prices[k, 0]), float(prices[k, 1]), None]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": xs[:-1],
                "y": ys[:-1],
                "line": {"color": colour, "width": 1.6, "dash": dash},
                "hoverinfo": "skip",
            }
        )
    return traces


def _markers(
    own: pd.DataFrame, entry: Any, leave: Any, labels: list[str], theme: Theme, digits: int
) -> list[dict[str, Any]]:
    """Entries as triangles in the trade's direction, exits as squares (open trades: hollow)."""
    long = (own["side"] == "long").to_numpy()
    still_open = own["open"].to_numpy(dtype=bool)
    gain = own["pnl"].to_numpy(dtype=float) >= 0
    surface = theme.tokens.panel
    entries = {
        "type": "scatter",
        "mode": "markers",
        "name": "Entry",
        "x": [labels[k] for k in entry],
        "y": own["entry_price"].to_numpy(dtype=float),
        "marker": {
            "symbol": ["triangle-up" if up else "triangle-down" for up in long],
            "size": 10,
            "color": theme.tokens.accent,
            "line": {"color": surface, "width": 1},
        },
        "customdata": [int(k) if isinstance(k, (int, np.integer)) else str(k) for k in own.index],
        "text": [
            f"{side} {format_value(quantity, 'quantity')} at {price:,.{digits}f}"
            for side, quantity, price in zip(
                own["side"], own["quantity"], own["entry_price"], strict=True
            )
        ],
        "hovertemplate": "%{text}<extra>Entry</extra>",
    }
    exits = {
        "type": "scatter",
        "mode": "markers",
        "name": "Exit",
        "x": [labels[k] for k in leave],
        "y": own["exit_price"].to_numpy(dtype=float),
        "marker": {
            "symbol": ["square-open" if held else "square" for held in still_open],
            "size": 8,
            "color": [theme.up if won else theme.down for won in gain],
            "line": {"color": surface, "width": 1},
        },
        "customdata": entries["customdata"],
        "text": [
            ("open, marked" if held else "closed")
            + f" at {price:,.{digits}f}: {format_value(pnl, 'currency', signed=True)}"
            + f" ({format_value(share, 'percent', signed=True)})"
            for held, price, pnl, share in zip(
                still_open, own["exit_price"], own["pnl"], own["return"], strict=True
            )
        ],
        "hovertemplate": "%{text}<extra>Exit</extra>",
    }
    return [entries, exits]


def _span(first: int, last: int, theme: Theme, gain: bool) -> dict[str, Any]:
    """The time a selected trade was held, tinted by its outcome, over the full height."""
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": first - 0.5,
        "x1": last + 0.5,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": translucent(theme.up if gain else theme.down, 0.10),
        "layer": "below",
    }
