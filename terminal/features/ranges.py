"""Shapes of bars, distances to extremes, and the session so far."""

from __future__ import annotations

from functools import partial

import numpy as np

from terminal.features import measures as m
from terminal.features.declare import NoParams, Window, Window20, Window252, entry
from terminal.features.feature import Bars
from terminal.features.volume import close_location as location
from terminal.market.panel import FloatArray

ranges = partial(entry, "range")
SHAPE = "Shape of the bar"


@ranges("body", "Body of the bar", "-1 - 1", SHAPE)
def body(b: Bars, p: NoParams) -> FloatArray:
    """Close less open over the range of the bar; unknown where it has none."""
    return (b.close - b.open) / (b.high - b.low)


@ranges("upper-shadow", "Upper shadow", "0 - 1", SHAPE)
def upper_shadow(b: Bars, p: NoParams) -> FloatArray:
    """High less the higher of open and close, over the range of the bar."""
    return (b.high - np.maximum(b.open, b.close)) / (b.high - b.low)


@ranges("lower-shadow", "Lower shadow", "0 - 1", SHAPE)
def lower_shadow(b: Bars, p: NoParams) -> FloatArray:
    """The lower of open and close less the low, over the range of the bar."""
    return (np.minimum(b.open, b.close) - b.low) / (b.high - b.low)


@ranges("close-location", "Close location", "-1 - 1", "Chaikin's close location value")
def close_location(b: Bars, p: NoParams) -> FloatArray:
    """1 where the bar closed at its high, -1 at its low."""
    return location(b)


@ranges("gap", "Gap between bars", "ATR", "Open less close before", Window)
def gap(b: Bars, p: Window) -> FloatArray:
    """Open less the close before, in average true ranges."""
    return (b.open - m.close_before(b)) / m.atr(b, p.window)


@ranges("inside", "Inside and outside bars", "-1, 0 or 1", "Range against the bar before")
def inside(b: Bars, p: NoParams) -> FloatArray:
    """1 where the range lies in that of the bar before, -1 where it covers it, else 0."""
    up = np.sign(b.high - b.flow.lag(b.high))
    down = np.sign(b.low - b.flow.lag(b.low))
    return np.trunc((down - up) / 2.0)


@ranges("range-rank", "Rank of the range", "0 - 1", "Narrow range days, Crabel (1990)", Window20)
def range_rank(b: Bars, p: Window20) -> FloatArray:
    """Where the range of the bar stands among the last ones: 0 is the narrowest."""
    return b.flow.rank(b.high - b.low, p.window)


@ranges("high-distance", "Distance to the high", "ratio", "George and Hwang (2004)", Window252)
def high_distance(b: Bars, p: Window252) -> FloatArray:
    """Close over the highest high of the window, less 1."""
    return b.close / m.highest(b, p.window)[0] - 1.0


@ranges("low-distance", "Distance to the low", "ratio", "George and Hwang (2004)", Window252)
def low_distance(b: Bars, p: Window252) -> FloatArray:
    """Close over the lowest low of the window, less 1."""
    return b.close / m.lowest(b, p.window)[0] - 1.0


@ranges("high-age", "Age of the high", "0 - 1", "Aroon over a year", Window252)
def high_age(b: Bars, p: Window252) -> FloatArray:
    """Bars since the highest high over the window: 0 is a new high."""
    return m.highest(b, p.window)[1] / (p.window - 1.0)


@ranges("low-age", "Age of the low", "0 - 1", "Aroon over a year", Window252)
def low_age(b: Bars, p: Window252) -> FloatArray:
    """Bars since the lowest low over the window: 0 is a new low."""
    return m.lowest(b, p.window)[1] / (p.window - 1.0)


@ranges("breakout", "Breakout", "-1, 0 or 1", "Donchian channel of the bars before", Window20)
def breakout(b: Bars, p: Window20) -> FloatArray:
    """1 where the close is over every high of the window before this bar, -1 under every low."""
    high = b.flow.lag(m.highest(b, p.window)[0])
    low = b.flow.lag(m.lowest(b, p.window)[0])
    over, under = np.sign(b.close - high), np.sign(b.close - low)
    return np.trunc((over + under) / 2.0)


def _session(b: Bars) -> tuple[FloatArray, ...]:
    """Open, high, low of the session so far; high, low, close of the one before."""
    found: tuple[FloatArray, ...] = b.flow.shared(
        "session", lambda: b.flow.session_range(b.open, b.high, b.low, b.close, b.day)
    )
    return found


@ranges("session-return", "Return since the open", "log return", "ln(C / session open)")
def session_return(b: Bars, p: NoParams) -> FloatArray:
    """Log of the close over the session's open."""
    return np.log(b.close / _session(b)[0])


@ranges("session-place", "Place in the session's range", "0 - 1", "Stochastic of the session")
def session_place(b: Bars, p: NoParams) -> FloatArray:
    """0 at the low of the session so far, 1 at its high."""
    _, high, low, *_ = _session(b)
    return (b.close - low) / (high - low)


@ranges("opening-gap", "Opening gap", "log return", "ln(session open / close before)")
def opening_gap(b: Bars, p: NoParams) -> FloatArray:
    """Log of the session's open over the close of the session before."""
    return np.log(_session(b)[0] / _session(b)[5])


@ranges("pivot-gap", "Distance from the pivot", "ATR", "Floor traders' pivot")
def pivot_gap(b: Bars, p: NoParams) -> FloatArray:
    """Close less the typical price of the session before, in true ranges of 14 bars."""
    *_, high, low, close = _session(b)
    return (b.close - (high + low + close) / 3.0) / m.atr(b, 14)


@ranges("session-high-gap", "Distance from yesterday's high", "ATR", "Session before")
def session_high_gap(b: Bars, p: NoParams) -> FloatArray:
    """Close less the high of the session before, in true ranges of 14 bars."""
    return (b.close - _session(b)[3]) / m.atr(b, 14)


@ranges("session-low-gap", "Distance from yesterday's low", "ATR", "Session before")
def session_low_gap(b: Bars, p: NoParams) -> FloatArray:
    """Close less the low of the session before, in true ranges of 14 bars."""
    return (b.close - _session(b)[4]) / m.atr(b, 14)
