"""Sides in one pass over a panel's arrays, compiled: of two averages, and of entries and exits.

Beside each compiled function stands the obvious one it is compared to in the tests. Imported when
it is first used: the web process lists strategies and computes none.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from numba import types

from terminal.market.panel import FloatArray
from terminal.strategies.sides import FLAT, LONG, SHORT, SILENT, ByteArray

ROUNDING = 1e-12
FLOATS = types.Array(types.float64, 2, "C", readonly=True)
TRUTHS = types.Array(types.boolean, 2, "C", readonly=True)
BYTES = types.Array(types.uint8, 2, "C")

BoolArray = npt.NDArray[np.bool_]


def crossing_weights_python(fast: FloatArray, slow: FloatArray, share: float) -> FloatArray:
    """`share` while fast is above slow, -`share` while it is below, 0 while neither is.

    Arrays are (n_bars, n_instruments); NaN where slow is unknown. Averages of an unchanging price
    differ by rounding only: that is no signal.
    """
    out = np.empty(slow.shape)
    for t in range(slow.shape[0]):
        for j in range(slow.shape[1]):
            apart = fast[t, j] - slow[t, j]
            if not np.isfinite(slow[t, j]):
                out[t, j] = np.nan
            elif abs(apart) > ROUNDING * abs(slow[t, j]):
                out[t, j] = share if apart > 0.0 else -share
            else:
                out[t, j] = 0.0
    return out


crossing_weights = numba.njit(
    types.Array(types.float64, 2, "C")(FLOATS, FLOATS, types.float64),
    cache=True,
    nogil=True,
    error_model="numpy",
)(crossing_weights_python)


@numba.njit(BYTES(FLOATS, FLOATS), cache=True, nogil=True, error_model="numpy")
def crossing_sides(fast: FloatArray, slow: FloatArray) -> ByteArray:
    """The sides of `crossing_weights`, uint8 (n_bars, n_instruments)."""
    out = np.empty(slow.shape, dtype=np.uint8)
    a, b, into = fast.ravel(), slow.ravel(), out.ravel()
    for k in range(len(b)):  # without branches: several at a time
        apart, wide = a[k] - b[k], ROUNDING * abs(b[k])
        side = np.uint8(LONG) if apart > wide else np.uint8(FLAT)
        side = np.uint8(SHORT) if -apart > wide else side
        into[k] = side if abs(b[k]) < np.inf else np.uint8(SILENT)
    return out


def held_sides_python(
    enter_long: BoolArray,
    leave_long: BoolArray,
    enter_short: BoolArray,
    leave_short: BoolArray,
    known: BoolArray,
) -> ByteArray:
    """Sides from the bar of an entry until the bar of an exit, which wins a tie, as `signals.hold`.

    Arrays are (n_bars, n_instruments); long and short at once is flat, and not known is silent.
    """
    out = np.empty(known.shape, dtype=np.uint8)
    long = np.zeros(known.shape[1], dtype=np.bool_)
    short = np.zeros(known.shape[1], dtype=np.bool_)
    for t in range(known.shape[0]):
        for j in range(known.shape[1]):
            long[j] = (long[j] or enter_long[t, j]) and not leave_long[t, j]
            short[j] = (short[j] or enter_short[t, j]) and not leave_short[t, j]
            if not known[t, j]:
                out[t, j] = SILENT
            elif long[j] == short[j]:
                out[t, j] = FLAT
            else:
                out[t, j] = LONG if long[j] else SHORT
    return out


@numba.njit(
    BYTES(TRUTHS, TRUTHS, TRUTHS, TRUTHS, TRUTHS), cache=True, nogil=True, error_model="numpy"
)
def held_sides(
    enter_long: BoolArray,
    leave_long: BoolArray,
    enter_short: BoolArray,
    leave_short: BoolArray,
    known: BoolArray,
) -> ByteArray:
    """`held_sides_python`, without branches."""
    n_bars, n = known.shape
    out = np.empty((n_bars, n), dtype=np.uint8)
    long, short = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for t in range(n_bars):
        for j in range(n):
            is_long = (long[j] | enter_long[t, j]) & (not leave_long[t, j])
            is_short = (short[j] | enter_short[t, j]) & (not leave_short[t, j])
            long[j], short[j] = is_long, is_short
            side = np.uint8(LONG) if is_long else np.uint8(SHORT)
            side = np.uint8(FLAT) if is_long == is_short else side
            out[t, j] = side if known[t, j] else np.uint8(SILENT)
    return out
