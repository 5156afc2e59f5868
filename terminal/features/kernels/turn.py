"""Columns of an instrument rounded, and turned into rows of a frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.features.kernels.compiled import compiled

BLOCK = 16
"""Bars turned at a time: of each column what lies in one line of the cache."""


@compiled
def turn(
    columns: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], out: npt.NDArray[np.float32]
) -> None:
    """out[rows[t], j] = columns[j, t], in blocks that fit the cache; other rows are NaN."""
    m, n = columns.shape
    if n < out.shape[0]:
        out[:, :] = np.nan
    for first in range(0, n, BLOCK):
        part = columns[:, first : first + BLOCK]
        for k in range(part.shape[1]):
            row = out[rows[first + k]]
            for j in range(m):
                row[j] = part[j, k]


@compiled
def round_into(values: npt.NDArray[np.float64], out: npt.NDArray[np.float32]) -> None:
    """Values (n,) as float32; what float32 cannot hold is NaN. One pass, and nothing between."""
    for t in range(len(values)):
        rounded = np.float32(values[t])
        out[t] = rounded if abs(rounded) < np.inf else np.float32(np.nan)
