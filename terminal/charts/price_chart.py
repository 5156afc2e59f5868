"""The price chart of the Market page: a window of a long series.

`candles_figure` computes indicators on the bars it draws. Here they come computed on the whole
series in its own timeframe and are cut to the window, so that an average has the same value at
every zoom and at the window's left edge. Where one drawn bar holds several stored ones, an
indicator is shown as it stood at the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.candles import (
    Style,
    has_volume,
    price_digits,
    price_layout,
    price_trace,
    volume_traces,
)
from terminal.charts.equity import Scale
from terminal.charts.layout import compact, empty_figure, make_figure, plain
from terminal.charts.level_of_detail import BarWindow
from terminal.charts.overlays import OverlayLine
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import bar_labels, bar_start
from terminal.market.panel import FloatArray

MARKER_Y = 0.035  # of the height of the price area


def price_chart(
    window: BarWindow,
    theme: Theme,
    *,
    symbol: str,
    timezone: str,
    currency: str = "",
    overlays: Sequence[Sequence[OverlayLine]] = (),
    actions: pd.DataFrame | None = None,
    scale: Scale = "linear",
    style: Style = "candles",
    simulated: bool = False,
) -> go.Figure:
    """Price, volume, indicators and corporate actions of a window.

    Parameters
    ----------
    overlays : for each indicator its lines, with values for every bar of the *whole* series.
    actions : kind, value and `place`, the position in the series of the bar they take effect in.
    """
    bars = window.bars
    if not len(bars):
        return empty_figure("There are no bars in this range.", theme)
    shows_volume = has_volume(bars)
    traces = [price_trace(bars, theme, symbol, style, timezone)]
    for k, lines in enumerate(overlays):
        traces += [_line(item, window, theme, k, timezone) for item in lines]
    if shows_volume:
        traces += volume_traces(bars, theme, timezone)
    marks = [] if actions is None else action_marks(window, actions, theme, timezone)
    layout = price_layout(bars, timezone, scale, window.view, shows_volume)
    layout["xaxis"]["ticklabeloverflow"] = "hide past div"
    if currency:
        layout["yaxis"]["title"] = {"text": f"Price ({plain(currency)})"}
    if marks:
        layout["yaxis3"] = {
            "overlaying": "y",
            "range": [0, 1],
            "visible": False,
            "fixedrange": True,
            "domain": layout["yaxis"]["domain"],
        }
    return make_figure([*traces, *marks], theme, simulated=simulated, **layout)


def in_window(values: pd.Series, window: BarWindow) -> FloatArray:
    """Values of the whole series at the last stored bar of each drawn one."""
    array = values.to_numpy(dtype=np.float64)
    last = window.offset + (np.arange(len(window.bars)) + 1) * window.bars_each - 1
    return np.asarray(array[np.minimum(last, len(array) - 1)])


def action_marks(
    window: BarWindow, actions: pd.DataFrame, theme: Theme, timezone: str
) -> list[dict[str, Any]]:
    """One trace a kind: S for splits, D for dividends, at the foot of the price area."""
    index = pd.DatetimeIndex(window.bars.index)
    rows = (actions["place"].to_numpy(dtype=np.int64) - window.offset) // window.bars_each
    shown = (rows >= 0) & (rows < len(index))
    inside, rows = actions[shown], rows[shown]
    traces = []
    for kind, letter, colour in (
        ("dividend", "D", theme.tokens.accent),
        ("split", "S", theme.tokens.warn),
    ):
        chosen = (inside["kind"] == kind).to_numpy(dtype=bool)
        if not chosen.any():
            continue
        texts = pd.Series([_said(kind, value) for value in inside["value"][chosen]])
        said = texts.groupby(rows[chosen]).agg("; ".join)
        labels = bar_labels(index[said.index], timezone, index)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": "Splits" if kind == "split" else "Dividends",
                "x": labels,
                "y": np.full(len(said), MARKER_Y, dtype=np.float32),
                "yaxis": "y3",
                "text": [letter] * len(said),
                "textfont": {"size": 9, "color": theme.tokens.bg},
                "marker": {"size": 13, "symbol": "square", "color": colour},
                "customdata": list(said),
                "hovertemplate": "%{customdata}<extra></extra>",
                "showlegend": False,
                "cliponaxis": True,
            }
        )
    return traces


def _said(kind: str, value: float) -> str:
    if kind == "dividend":
        return f"Dividend {value:,.4g}"
    return f"Split {value:g} for 1" if value >= 1 else f"Reverse split 1 for {1 / value:g}"


def _line(
    item: OverlayLine, window: BarWindow, theme: Theme, k: int, timezone: str
) -> dict[str, Any]:
    """An indicator's line; the second of a band fills the space to the first."""
    colour, digits = theme.series(k + 1), price_digits(window.bars["close"])
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": item.name,
        **bar_start(window.bars, timezone),
        "y": compact(in_window(item.values, window), digits),
        "line": {"color": colour, "width": 1.2},
        "hovertemplate": f"%{{y:,.{digits}f}}<extra>{plain(item.name)}</extra>",
    }
    if item.band:
        trace |= {"fill": "tonexty", "fillcolor": translucent(colour, 0.08)}
    return trace
