"""The symmetric CUSUM filter: an event where the price has drifted by a threshold since the last.

López de Prado (2018), section 2.5.2.1: S+_t = max(0, S+_{t-1} + r_t), S-_t = min(0, S-_{t-1} + r_t)
with log returns r; an event, and that sum back at 0, where S+_t > h or S-_t < -h.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from terminal.labels.labels import IntArray
from terminal.market.panel import FloatArray

BoolArray = npt.NDArray[np.bool_]


def cusum_python(
    log_close: FloatArray, threshold: FloatArray, start: IntArray, out: BoolArray
) -> None:
    """Marks events in `out`, stretch by stretch; a NaN threshold lets the sums run on."""
    for j in range(len(start) - 1):
        up, down = 0.0, 0.0
        for k in range(start[j], start[j + 1]):
            out[k] = False
            if k == start[j]:
                continue
            moved = log_close[k] - log_close[k - 1]
            up, down = max(0.0, up + moved), min(0.0, down + moved)
            if down < -threshold[k]:
                down = 0.0
                out[k] = True
            elif up > threshold[k]:
                up = 0.0
                out[k] = True


cusum = numba.njit(cache=True, nogil=True, error_model="numpy")(cusum_python)


def cusum_events(
    close: FloatArray, threshold: FloatArray | float, start: IntArray | None = None
) -> BoolArray:
    """Which bars are events, bool (n,); row t uses rows <= t.

    Parameters
    ----------
    close : float64 (n,) without gaps, one stretch an instrument.
    threshold : h in log return, one number or float64 (n,), each known at its bar.
    start : int64 (n_instruments + 1,) bounds of the stretches; None for one.
    """
    bounds = np.array([0, len(close)], dtype=np.int64) if start is None else start
    out = np.zeros(len(close), dtype=np.bool_)
    h = np.ascontiguousarray(np.broadcast_to(np.asarray(threshold, dtype=np.float64), close.shape))
    cusum(np.log(close), h, bounds, out)
    return out
