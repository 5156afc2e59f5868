"""Columns of an instrument turned into rows of a frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.features.kernels.compiled import compiled

BLOCK = 32


@compiled
def turn(
    columns: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], out: npt.NDArray[np.float32]
) -> None:
    """out[rows[t], j] = columns[j, t], in blocks that fit the cache; other rows are NaN."""
    m, n = columns.shape
    if n < out.shape[0]:
        out[:, :] = np.nan
    for first in range(0, n, BLOCK):
        last = min(first + BLOCK, n)
        for j in range(m):
            for t in range(first, last):
                out[rows[t], j] = columns[j, t]
