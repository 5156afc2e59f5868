"""Candles, volume and indicators of one instrument, without gaps where no session was.

The x axis has one step per bar (see `time_axis`). Volume is drawn as two filled step lines rather
than bars: 10,000 bars took Chromium 1.9 s, the step lines 0.1 s. Close-only bars are drawn as a
line; a candle is never made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.equity import Scale, value_axis
from terminal.charts.layout import compact, empty_figure, make_figure, plain
from terminal.charts.overlays import Overlay, overlay_lines
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import bar_axis, bar_start, is_intraday

Style = Literal["candles", "line"]
VISIBLE_BARS = 260


def candles_figure(
    bars: pd.DataFrame,
    theme: Theme,
    *,
    symbol: str = "",
    timezone: str = "UTC",
    overlays: Sequence[Overlay] = (),
    scale: Scale = "linear",
    style: Style = "candles",
    volume: bool = True,
    visible: int | None = VISIBLE_BARS,
    view: tuple[int, int] | None = None,
    simulated: bool = False,
) -> go.Figure:
    """Price chart of a bars frame (`open high low close volume` by `ts`, UTC).

    Parameters
    ----------
    overlays : indicators, computed on the bars given; give enough bars before the visible ones.
    style : "line" draws closes; close-only bars are always drawn so.
    volume : show it, where there is any, under the price.
    visible : the view starts on the last `visible` bars, the rest a pan away; None shows all.
    view : first and last bar of the view instead (`BarWindow.view`).

    Raises
    ------
    InputError : an overlay that these bars cannot carry.
    """
    if not len(bars):
        return empty_figure("There are no bars in this range.", theme)
    shows_volume = volume and has_volume(bars)
    traces = [price_trace(bars, theme, symbol, style, timezone)]
    traces += overlay_traces(bars, overlays, theme, timezone)
    if shows_volume:
        traces += volume_traces(bars, theme, timezone)
    if view is None:
        view = (0 if visible is None else max(0, len(bars) - visible), len(bars) - 1)
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        **price_layout(bars, timezone, scale, view, shows_volume),
    )


def has_candles(bars: pd.DataFrame) -> bool:
    """True when the bars have opens, highs and lows, not just closes."""
    return "open" in bars and bool(bars["open"].notna().any())


def has_volume(bars: pd.DataFrame) -> bool:
    """True when any bar has volume."""
    return "volume" in bars and bool((bars["volume"] > 0).any())


def price_trace(
    bars: pd.DataFrame,
    theme: Theme,
    symbol: str = "",
    style: Style = "candles",
    timezone: str = "UTC",
) -> dict[str, Any]:
    """Candles, or the line of closes; hover shows the numbers of the bar, volume included."""
    name = plain(symbol) or "Price"
    digits = price_digits(bars["close"])
    if style == "line" or not has_candles(bars):
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            **bar_start(bars, timezone),
            "y": compact(bars["close"], digits),
            "line": {"color": theme.series(0), "width": 1.5},
            "hovertemplate": f"%{{y:,.{digits}f}}<extra>{name}</extra>",
        }
    shown = [f"{letter} %{{{key}:,.{digits}f}}" for letter, key in
             zip("OHLC", ("open", "high", "low", "close"), strict=True)]  # fmt: skip
    trace: dict[str, Any] = {
        "type": "candlestick",
        "name": name,
        **{key: compact(bars[key], digits) for key in ("open", "high", "low", "close")},
        "increasing": {"line": {"color": theme.up, "width": 1}, "fillcolor": theme.up},
        "decreasing": {"line": {"color": theme.down, "width": 1}, "fillcolor": theme.down},
        "whiskerwidth": 0,
        "showlegend": False,
    }
    if has_volume(bars):
        trace["customdata"] = compact(bars["volume"], 0)
        shown.append("V %{customdata:,.0f}")
    trace["hovertemplate"] = "<br>".join(shown) + f"<extra>{name}</extra>"
    return trace


def volume_traces(bars: pd.DataFrame, theme: Theme, timezone: str = "UTC") -> list[dict[str, Any]]:
    """Volume under the price, in the colour of the bar's close against its open (or last close)."""
    close = bars["close"].to_numpy(dtype=float)
    before = (
        bars["open"].to_numpy(dtype=float) if has_candles(bars) else np.r_[close[:1], close[:-1]]
    )
    traded = bars["volume"].fillna(0.0).to_numpy(dtype=float)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Volume",
            **bar_start(bars, timezone),
            "y": compact(np.where(rising, traded, 0.0), 0),
            "yaxis": "y2",
            "line": {"width": 0, "shape": "hvh", "color": colour},
            "fill": "tozeroy",
            "fillcolor": translucent(colour, 0.45),
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for rising, colour in ((close >= before, theme.up), (~(close >= before), theme.down))
    ]


def overlay_traces(
    bars: pd.DataFrame, overlays: Sequence[Overlay], theme: Theme, timezone: str
) -> list[dict[str, Any]]:
    """One colour per overlay; the two lines of a band enclose a tint."""
    digits = price_digits(bars["close"])
    traces = []
    for k, overlay in enumerate(overlays):
        colour = theme.series(k + 1)
        for item in overlay_lines(bars, overlay, timezone):
            trace: dict[str, Any] = {
                "type": "scatter",
                "mode": "lines",
                "name": item.name,
                **bar_start(bars, timezone),
                "y": compact(item.values, digits),
                "line": {"color": colour, "width": 1.2},
                "hovertemplate": f"%{{y:,.{digits}f}}<extra>{item.name}</extra>",
            }
            if item.band:
                trace |= {"fill": "tonexty", "fillcolor": translucent(colour, 0.08)}
            traces.append(trace)
    return traces


def price_layout(
    bars: pd.DataFrame,
    timezone: str,
    scale: Scale,
    view: tuple[int, int],
    shows_volume: bool,
) -> dict[str, Any]:
    """Axes of a price chart that opens on the bars from `view[0]` to `view[1]`."""
    first, last = view
    window = bars.iloc[first : last + 1]
    columns = [c for c in ("low", "high", "close") if c in bars]
    shown = window[columns].to_numpy(dtype=float)
    index = pd.DatetimeIndex(bars.index)
    # Margins that adapt to labels would make Plotly draw all candles twice.
    axis = bar_axis(index, timezone) | {"automargin": False}
    axis |= {"range": [first - 0.5, last + 0.5], "anchor": "y2" if shows_volume else "y"}
    price = {
        "title": {"text": "Price (currency a unit)"},
        "side": "right",
        "automargin": False,
        "domain": [0.22, 1.0] if shows_volume else [0.0, 1.0],
        "showspikes": True,
        **value_axis(scale, ",~f"),
        **_view(shown, scale),
    }
    layout: dict[str, Any] = {
        "xaxis": axis,
        "yaxis": price,
        "margin": {"l": 12, "r": 72, "t": 30, "b": 44 if is_intraday(index) else 30},
        "dragmode": "pan",
        "hovermode": "x unified",
    }
    if shows_volume:
        traded = window["volume"].to_numpy(dtype=float)
        top = float(np.nanmax(traded)) if np.isfinite(traded).any() else 1.0
        layout["yaxis2"] = {
            "title": {"text": "Volume (units)"},
            "side": "right",
            "automargin": False,
            "domain": [0.0, 0.18],
            "anchor": "x",
            "nticks": 3,
            "fixedrange": True,
            "range": [0, max(top, 1.0) * 1.05],
        }
    return layout


def price_digits(close: pd.Series) -> int:
    """Decimals of a price: 2, 4 below 1, 6 below 0.01 (median price, as `format_value` does)."""
    middle = float(close.median()) if close.notna().any() else 1.0
    return 2 if middle >= 1 else 4 if middle >= 0.01 else 6


def _view(shown: Any, scale: Scale) -> dict[str, Any]:
    """Price range of the visible bars with a little air."""
    finite = shown[np.isfinite(shown) & ((shown > 0) | (scale == "linear"))]
    if not finite.size:
        return {}
    low, high = float(finite.min()), float(finite.max())
    if scale == "log":
        low, high = np.log10(low), np.log10(high)
    air = (high - low) * 0.05 or abs(high) * 0.02 or 1.0
    return {"range": [float(low - air), float(high + air)]}
