"""From conditions to positions: what several strategies share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray

BoolArray = npt.NDArray[np.bool_]


def carried(values: FloatArray, most: int | None = None) -> FloatArray:
    """The newest finite value of each column, not older than `most` bars; NaN where there is none.

    Arrays are (n_bars, n_instruments).
    """
    bars = np.arange(len(values))[:, None]
    rows = np.maximum.accumulate(np.where(np.isfinite(values), bars, -1), axis=0)
    newest = np.take_along_axis(values, np.maximum(rows, 0), axis=0)
    old = rows < 0 if most is None else (rows < 0) | (bars - rows > most)
    return np.where(old, np.nan, newest)


def hold(enter: BoolArray, leave: BoolArray) -> FloatArray:
    """1 from the bar of an entry until the bar of an exit, else 0; an exit wins a tie.

    Arrays are (n_bars, n_instruments); row t of the result uses rows <= t.
    """
    state = np.where(leave, 0.0, np.where(enter, 1.0, np.nan))
    state[:1] = np.nan_to_num(state[:1])
    rows = np.where(np.isnan(state), 0, np.arange(len(state))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    return np.asarray(np.take_along_axis(state, rows, axis=0))
