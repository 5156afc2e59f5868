"""The state of each instrument at a bar, known at its close: how it moved, and where to.

Volatility: deviation of the last `WINDOW` log returns. Trend: their sum over their deviation. Each
is compared with all of the instrument's own values up to that bar, so a tercile is what somebody
would have said at the time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]

WINDOW = 60
KNOWN_FROM = 240
"""Values that must be known before a tercile means something."""
VOLATILITY = ("calm", "usual", "wild")
TREND = ("falling", "sideways", "rising")


def regimes(
    close: FloatArray, bar: IntArray, instrument: IntArray
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """(volatility, trend) at each event, "" where not known.

    Parameters
    ----------
    close : float64 (n_bars, n_instruments), adjusted point in time; NaN without a bar.
    bar, instrument : int64 (n,), the events.
    """
    volatility = np.full(len(bar), "", dtype=object)
    trend = np.full(len(bar), "", dtype=object)
    for j in np.unique(instrument):
        own = np.flatnonzero(instrument == j)
        there = np.flatnonzero(np.isfinite(close[:, j]))
        deviation, move = _measures(close[there, j])
        at = np.searchsorted(there, bar[own], side="right") - 1
        volatility[own] = _terciles(deviation, at, VOLATILITY)
        trend[own] = _terciles(move, at, TREND)
    return volatility, trend


def _measures(close: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Deviation and standardised move of the last WINDOW returns; NaN before there are so many."""
    n = len(close)
    deviation, move = np.full(n, np.nan), np.full(n, np.nan)
    if n > WINDOW:
        windows = np.lib.stride_tricks.sliding_window_view(np.diff(np.log(close)), WINDOW)
        deviation[WINDOW:] = windows.std(axis=1)
        total = windows.sum(axis=1)
        moving = deviation[WINDOW:] > 0.0
        move[WINDOW:][moving] = total[moving] / deviation[WINDOW:][moving]
    return deviation, move


def _terciles(
    values: FloatArray, at: IntArray, names: tuple[str, str, str]
) -> npt.NDArray[np.object_]:
    """The tercile of values[k] among values[: k + 1], for each k of `at`."""
    found = np.full(len(at), "", dtype=object)
    for i, k in enumerate(at):
        past = values[: k + 1]
        past = past[np.isfinite(past)]
        if k < 0 or len(past) < KNOWN_FROM or not np.isfinite(values[k]):
            continue
        share = float(np.count_nonzero(past <= values[k])) / len(past)
        found[i] = names[0] if share <= 1 / 3 else names[1] if share <= 2 / 3 else names[2]
    return found
