"""What of a long series a chart draws: at most a few thousand bars for any view.

A view of more bars than fit is drawn as coarser bars made by exact aggregation (first open,
highest high, lowest low, last close, summed volume), so no extreme disappears. Panning and zooming
ask again with the new view. Buckets are aligned to multiples of their size from the series'
first bar, so that a bar looks the same from every view of the same coarseness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

MAX_BARS = 2_000


@dataclass(frozen=True)
class BarWindow:
    """A part of a series, ready to draw.

    Attributes
    ----------
    bars : the drawn bars, named by the open time of their first bar.
    bars_each : how many stored bars one drawn bar holds (1: as stored).
    offset : position in the series of the first stored bar of `bars`.
    view : first and last drawn bar that were asked for; the rest is there to pan into.
    """

    bars: pd.DataFrame
    bars_each: int
    offset: int
    view: tuple[int, int]

    def position(self, drawn: float) -> int:
        """Position in the series of a coordinate on the drawn axis."""
        return self.offset + round(drawn * self.bars_each)


def bar_window(bars: pd.DataFrame, first: int, last: int, max_bars: int = MAX_BARS) -> BarWindow:
    """The bars to draw for the view from position `first` to `last` (inclusive).

    At most `max_bars` bars lie in the view; as many again on either side where the series goes
    on, so that a pan shows data at once. Positions outside the series are clipped.
    """
    size = len(bars)
    first = min(max(first, 0), max(size - 1, 0))
    last = min(max(last, first), max(size - 1, 0))
    wanted = last - first + 1
    each = max(1, -(-wanted // max_bars))
    start = max(0, first - wanted) // each * each
    stop = min(size, last + 1 + wanted)
    drawn = aggregate(bars.iloc[start:stop], each)
    return BarWindow(drawn, each, start, ((first - start) // each, (last - start) // each))


def aggregate(bars: pd.DataFrame, each: int) -> pd.DataFrame:
    """Bars of `each` bars, exact; the last one may hold fewer. NaN bars count for nothing."""
    if each == 1 or not len(bars):
        return bars
    starts = np.arange(0, len(bars), each)
    close = bars["close"].to_numpy(dtype=float)
    open_ = bars["open"].to_numpy(dtype=float)
    data = {
        "open": _edge(open_, each, last=False),
        "high": np.fmax.reduceat(bars["high"].to_numpy(dtype=float), starts),
        "low": np.fmin.reduceat(bars["low"].to_numpy(dtype=float), starts),
        "close": _edge(close, each, last=True),
        "volume": _sum(bars["volume"].to_numpy(dtype=float), starts),
    }
    return pd.DataFrame(data, index=bars.index[starts])


def line_window(values: pd.Series, max_points: int = MAX_BARS) -> pd.Series:
    """A long line thinned to its lowest and highest point per bucket, in order: every extreme
    stays. Returned unchanged when it has at most `max_points`."""
    size = len(values)
    if size <= max_points:
        return values
    each = -(-size * 2 // max_points)
    array = values.to_numpy(dtype=float)
    padded = np.full(-(-size // each) * each, np.nan)
    padded[:size] = array
    buckets = padded.reshape(-1, each)
    base = np.arange(len(buckets)) * each
    low = np.where(np.isnan(buckets), np.inf, buckets).argmin(axis=1) + base
    high = np.where(np.isnan(buckets), -np.inf, buckets).argmax(axis=1) + base
    keep = np.unique(np.r_[0, low, high, size - 1])
    return values.iloc[keep[keep < size]]


def _edge(values: npt.NDArray[np.float64], each: int, *, last: bool) -> npt.NDArray[np.float64]:
    """First or last finite value of each bucket, NaN where there is none."""
    padded = np.full(-(-len(values) // each) * each, np.nan)
    padded[: len(values)] = values
    buckets = padded.reshape(-1, each)
    if last:
        buckets = buckets[:, ::-1]
    at = np.isfinite(buckets).argmax(axis=1)
    return np.asarray(buckets[np.arange(len(buckets)), at], dtype=np.float64)


def _sum(values: npt.NDArray[np.float64], starts: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Sum of the finite values of each bucket, NaN where there is none."""
    finite = np.isfinite(values)
    total = np.add.reduceat(np.where(finite, values, 0.0), starts)
    return np.where(np.logical_or.reduceat(finite, starts), total, np.nan)
