"""The weights of a crossover in one pass over two averages, compiled.

Imported when it is first used: the web process lists strategies and computes none.
"""

from __future__ import annotations

import numba
import numpy as np

from terminal.market.panel import FloatArray

ROUNDING = 1e-12


def crossing_weights_python(fast: FloatArray, slow: FloatArray, share: float) -> FloatArray:
    """`share` while fast is above slow, -`share` while it is below, 0 while neither is.

    Arrays are (n_bars, n_instruments); NaN where slow is unknown. Averages of an unchanging price
    differ by rounding only: that is no signal.
    """
    out = np.empty_like(slow)
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


crossing_weights = numba.njit(cache=True, nogil=True, error_model="numpy")(crossing_weights_python)
