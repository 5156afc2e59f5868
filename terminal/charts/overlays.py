"""Indicators laid over a price chart: the one place that computes what the chart shows.

The averages and channels are the strategies' own functions, so that a chart shows what a strategy
saw. Every value at bar t uses bars up to and including t, and is drawn at t. Before an indicator
has its full window there is no value (NaN), never a partial one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.charts.time_axis import local
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.strategies.indicators import ema, highest_before, lowest_before, sma


@dataclass(frozen=True)
class Overlay:
    """An indicator someone asked for: `kind` is a key of `OVERLAYS`, `window` in bars."""

    kind: str
    window: int = 20
    width: float = 2.0  # Bollinger: standard deviations to each side


@dataclass(frozen=True)
class OverlayLine:
    """One line of an overlay; `band` marks the second line of a pair with a filled space."""

    name: str
    values: pd.Series
    band: bool = False


@dataclass(frozen=True)
class OverlayKind:
    """What a form needs to know about an indicator."""

    title: str
    windowed: bool
    needs: tuple[str, ...]
    compute: Callable[[pd.DataFrame, Overlay, str], list[OverlayLine]]


def _one(
    indicator: Callable[[FloatArray, int], FloatArray], values: pd.Series, window: int
) -> pd.Series:
    """A strategies' indicator of a single series."""
    column = values.to_numpy(dtype=np.float64)[:, None]
    return pd.Series(indicator(column, window)[:, 0], index=values.index)


def _sma(bars: pd.DataFrame, overlay: Overlay, timezone: str) -> list[OverlayLine]:
    n = overlay.window
    return [OverlayLine(f"SMA {n}", _one(sma, bars["close"], n))]


def _ema(bars: pd.DataFrame, overlay: Overlay, timezone: str) -> list[OverlayLine]:
    n = overlay.window
    return [OverlayLine(f"EMA {n}", _one(ema, bars["close"], n))]


def _bollinger(bars: pd.DataFrame, overlay: Overlay, timezone: str) -> list[OverlayLine]:
    """Mean and `width` population standard deviations of the last n closes (Bollinger, 2002)."""
    n, k = overlay.window, overlay.width
    middle = _one(sma, bars["close"], n)
    known = bars["close"].dropna()
    deviation = known.rolling(n).std(ddof=0).reindex(bars.index)
    return [
        OverlayLine(f"Bollinger {n}, {k:g} upper", middle + k * deviation),
        OverlayLine(f"Bollinger {n}, {k:g} lower", middle - k * deviation, band=True),
        OverlayLine(f"Bollinger {n} middle", middle),
    ]


def _donchian(bars: pd.DataFrame, overlay: Overlay, timezone: str) -> list[OverlayLine]:
    """Highest high and lowest low of the n bars before, as the breakout strategy compares with;
    of closes where only closes exist."""
    n = overlay.window
    close_only = not bars["high"].notna().any()
    high = bars["close" if close_only else "high"]
    low = bars["close" if close_only else "low"]
    of = " of closes" if close_only else ""
    return [
        OverlayLine(f"Donchian {n} high{of}", _one(highest_before, high, n)),
        OverlayLine(f"Donchian {n} low{of}", _one(lowest_before, low, n), band=True),
    ]


def _vwap(bars: pd.DataFrame, overlay: Overlay, timezone: str) -> list[OverlayLine]:
    """Volume-weighted average of (high + low + close) / 3 since the session's first bar."""
    session = local(pd.DatetimeIndex(bars.index), timezone).normalize()
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3.0
    traded = (typical * bars["volume"]).groupby(session).cumsum()
    volume = bars["volume"].groupby(session).cumsum()
    return [OverlayLine("VWAP (session)", traded / volume.where(volume > 0))]


OVERLAYS: Mapping[str, OverlayKind] = {
    "sma": OverlayKind("Simple moving average", True, ("close",), _sma),
    "ema": OverlayKind("Exponential moving average", True, ("close",), _ema),
    "bollinger": OverlayKind("Bollinger bands", True, ("close",), _bollinger),
    "donchian": OverlayKind("Donchian channel", True, ("close",), _donchian),
    "vwap": OverlayKind("Session VWAP", False, ("high", "low", "close", "volume"), _vwap),
}


def available_overlays(bars: pd.DataFrame) -> list[str]:
    """The kinds these bars have the columns for (VWAP needs volume)."""
    return [
        kind
        for kind, overlay in OVERLAYS.items()
        if all(name in bars and bool(bars[name].notna().any()) for name in overlay.needs)
    ]


def overlay_lines(bars: pd.DataFrame, overlay: Overlay, timezone: str = "UTC") -> list[OverlayLine]:
    """The lines of an overlay, on the index of `bars`.

    Raises
    ------
    InputError : an unknown kind, a window below 1, or a column these bars do not have.
    """
    kind = OVERLAYS.get(overlay.kind)
    if kind is None:
        raise InputError(
            f"there is no indicator {overlay.kind!r}; there are: {', '.join(OVERLAYS)}.",
            field="overlays",
        )
    if kind.windowed and overlay.window < 2:
        raise InputError(
            f"the window of {kind.title} is {overlay.window}; it must be at least 2 bars.",
            field="overlays",
        )
    if overlay.kind not in available_overlays(bars):
        raise InputError(
            f"{kind.title} needs {', '.join(kind.needs)}, which these bars do not all have.",
            field="overlays",
            remedy="Take it off, or choose a data set with volume.",
        )
    return kind.compute(bars, overlay, timezone)
