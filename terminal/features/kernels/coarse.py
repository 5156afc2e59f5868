"""Bars of a longer timeframe from consecutive shorter ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.features.kernels.compiled import compiled
from terminal.market.panel import FloatArray


@compiled
def collect(bars: FloatArray, start: npt.NDArray[np.int64], out: FloatArray) -> None:
    """Open, high, low, close and volume (5, n) of bars start[j] .. start[j + 1], (5, m).

    Volume that is unknown counts as nothing, unless none is known.
    """
    for j in range(len(start) - 1):
        low, high = start[j], start[j + 1]
        out[0, j], out[3, j] = bars[0, low], bars[3, high - 1]
        out[1, j], out[2, j], out[4, j] = bars[1, low], bars[2, low], bars[4, low]
        for t in range(low + 1, high):
            if bars[1, t] > out[1, j]:
                out[1, j] = bars[1, t]
            if bars[2, t] < out[2, j]:
                out[2, j] = bars[2, t]
            if not np.isfinite(out[4, j]):
                out[4, j] = bars[4, t]
            elif np.isfinite(bars[4, t]):
                out[4, j] += bars[4, t]
