"""Times on axes.

Two kinds of x axis. Curves of a run stand on a *date axis*: milliseconds since 1970 of the bar's
open; runs of daily or longer bars are named by their session date. Price charts stand on a *bar
axis*: one step per bar, so that nights, week-ends and holidays take no room and none is invented;
labels are exchange time. A bar axis needs no x values at all: the n-th bar stands at n and the
labels are sent once as the axis's categories. Measured in Chromium with 10,000 candles, this draws
as fast as a date axis and is free of its gaps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_DAY_NS = 86_400_000_000_000


def is_intraday(index: pd.DatetimeIndex) -> bool:
    """True when bars follow each other by clearly less than a day (median step below 20 h)."""
    if len(index) < 2:
        return False
    steps = np.diff(index.as_unit("ns").asi8)
    return bool(np.median(steps) < _DAY_NS * 20 // 24)


def local(index: pd.DatetimeIndex, timezone: str) -> pd.DatetimeIndex:
    """The index in exchange time; a naive index is taken as UTC."""
    utc = index if index.tz is not None else index.tz_localize("UTC")
    return utc.tz_convert(timezone)


def axis_ms(index: pd.DatetimeIndex, timezone: str = "UTC") -> npt.NDArray[np.float64]:
    """Positions on a date axis: wall-clock milliseconds in `timezone`.

    Bars of a day or longer stand at their session's date (00:00).
    """
    wall = local(index, timezone).tz_localize(None)
    if not is_intraday(index):
        wall = wall.normalize()
    return wall.as_unit("ms").asi8.astype(np.float64)


def date_axis(index: pd.DatetimeIndex, timezone: str = "UTC") -> dict[str, Any]:
    """Layout of a date axis for this index."""
    intraday = is_intraday(index)
    axis: dict[str, Any] = {
        "type": "date",
        "hoverformat": "%a %d %b %Y %H:%M" if intraday else "%a %d %b %Y",
    }
    if intraday:
        axis["title"] = {"text": zone_title(timezone)}
    return axis


def zone_title(timezone: str) -> str:
    """`America/New_York` -> `Time (New York)`."""
    return f"Time ({timezone.rsplit('/', 1)[-1].replace('_', ' ')})"


def bar_labels(
    index: pd.DatetimeIndex, timezone: str = "UTC", of: pd.Index | None = None
) -> list[str]:
    """One label a bar in exchange time; ISO date, and hour and minute when intraday.

    `of` is the whole index when `index` is a part of it, too short to tell whether it is intraday.
    """
    intraday = is_intraday(pd.DatetimeIndex(index if of is None else of))
    wall = local(index, timezone).tz_localize(None).to_numpy()
    labels = np.datetime_as_string(wall, unit="m" if intraday else "D")
    return [str(label) for label in np.char.replace(labels, "T", " ")]


def bar_start(bars: pd.DataFrame, timezone: str = "UTC") -> dict[str, Any]:
    """Places a line trace on a bar axis: its first point at the first bar, one bar a point.

    (Candles stand there without being told.)
    """
    return {"x0": bar_labels(pd.DatetimeIndex(bars.index[:1]), timezone, bars.index)[0], "dx": 1}


def bar_axis(index: pd.DatetimeIndex, timezone: str = "UTC") -> dict[str, Any]:
    """Layout of a bar axis for this index; traces on it carry no x, or labels as x."""
    axis: dict[str, Any] = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": bar_labels(index, timezone),
        "nticks": 6,
        "showgrid": True,
        "rangeslider": {"visible": False},
    }
    if is_intraday(index):
        axis["title"] = {"text": zone_title(timezone)}
    return axis
