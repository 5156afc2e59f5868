"""What the chart draws for a view: a window of the series, never more than a few thousand bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pages.markets.series import Shown
from terminal.charts.level_of_detail import bar_window
from terminal.charts.overlays import Overlay, available_overlays
from terminal.charts.price_chart import price_chart
from terminal.charts.theme import Theme
from terminal.market.timeframe import Timeframe

MOST_IN_VIEW = 1_000  # candles; a chart is about as many pixels wide
RANGES = ("1M", "6M", "YTD", "1Y", "5Y", "MAX")
_OFFSETS = {
    "1M": pd.DateOffset(months=1),
    "6M": pd.DateOffset(months=6),
    "1Y": pd.DateOffset(years=1),
    "5Y": pd.DateOffset(years=5),
}


def default_range(timeframe: Timeframe) -> str:
    """The range a chart opens on."""
    if timeframe.intraday:
        return "1M"
    return {Timeframe.DAY_1: "1Y"}.get(timeframe, "MAX")


def first_of_range(shown: Shown, name: str) -> int:
    """Position of the first bar of a range button's view."""
    index = pd.DatetimeIndex(shown.bars.index)
    if name == "MAX" or not len(index):
        return 0
    last = index[-1].tz_convert(shown.timezone)
    if name == "YTD":
        start = pd.Timestamp(year=last.year, month=1, day=1, tz=shown.timezone)
    else:
        start = last - _OFFSETS[name]
    return int(index.searchsorted(start))


def view_of(shown: Shown, asked: Mapping[str, Any] | None, span: str) -> tuple[int, int]:
    """First and last bar of the view that was asked for, else of the range."""
    size = len(shown.bars)
    if asked and asked.get("key") == shown.key and "first" in asked:
        first = min(max(int(asked["first"]), 0), max(size - 1, 0))
        return first, min(max(int(asked["last"]), first), max(size - 1, 0))
    return first_of_range(shown, span), max(size - 1, 0)


def draw(
    shown: Shown,
    view: tuple[int, int],
    overlays: Sequence[Overlay],
    theme: Theme,
    scale: str,
    style: str,
) -> tuple[Any, dict[str, Any]]:
    """The figure, and where its bars stand in the series (for assets/market.js)."""
    window = bar_window(shown.bars, *view, max_bars=MOST_IN_VIEW)
    fitting = available_overlays(shown.bars)
    wanted = [
        overlay
        for overlay in overlays
        if overlay.kind in fitting and (overlay.kind != "vwap" or shown.timeframe.intraday)
    ]
    figure = price_chart(
        window,
        theme,
        symbol=shown.part.symbol,
        timezone=shown.timezone,
        currency="" if shown.part.asset_class == "index" else shown.dataset.currency,
        overlays=[shown.lines(overlay) for overlay in wanted],
        actions=shown.actions,
        scale="log" if scale == "log" else "linear",
        style="line" if style == "line" else "candles",
        simulated=shown.dataset.simulated,
    )
    place = {
        "key": shown.key,
        "offset": window.offset,
        "each": window.bars_each,
        "drawn": len(window.bars),
        "size": len(shown.bars),
        "view": list(window.view),
        "unit": shown.timeframe.value,
    }
    return figure, place
