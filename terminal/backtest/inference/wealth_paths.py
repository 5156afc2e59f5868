"""What many simulated series of returns do to a wealth of 1: where it ends, how far it falls.

A return of -1 or less ends a path: wealth is 0 from there on, and the drawdown is -1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.backtest.inference.inputs import count, share
from terminal.backtest.return_metrics import SAME_HIGH
from terminal.market.panel import FloatArray

BAND_POINTS = 2_000
"""Bars of a curve at which bands are drawn: no screen shows more, and it bounds the memory."""
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class WealthPaths:
    """Paths of wealth from 1, and what a fan chart draws of them.

    Attributes
    ----------
    after : int64 (m,), numbers of returns, from 0 to n.
    levels : the q quantiles.
    bands : float64 (q, m), quantiles of wealth after so many returns.
    final : float64 (n_samples,), wealth after all returns.
    max_drawdown : float64 (n_samples,), deepest fall from the highest wealth so far, -1 to 0.
    """

    after: npt.NDArray[np.int64]
    levels: tuple[float, ...]
    bands: FloatArray
    final: FloatArray
    max_drawdown: FloatArray


def follow(
    chunks: Iterable[FloatArray],
    n_samples: int,
    length: int,
    levels: tuple[float, ...] = LEVELS,
    max_points: int = BAND_POINTS,
) -> WealthPaths:
    """Compound chunks (rows, length) of simulated returns, `n_samples` rows in all.

    Bands stand at every bar, or at `max_points` evenly spread ones; drawdowns see every bar.

    Raises
    ------
    InputError : `max_points` below 2, or a level not within (0, 1).
    """
    count(max_points, 2, "max_points")
    for level in levels:
        share(level, "levels")
    after = np.unique(np.linspace(0, length, min(max_points, length + 1)).astype(np.int64))
    paths = np.empty((n_samples, after.size))
    paths[:, 0] = 1.0
    deepest = np.empty(n_samples)
    done = 0
    for returns in chunks:
        value = np.maximum(returns + 1.0, 0.0)
        np.cumprod(value, axis=1, out=value)
        part = slice(done, done + len(value))
        paths[part, 1:] = value[:, after[1:] - 1]
        high = np.maximum.accumulate(value, axis=1)
        np.maximum(high, 1.0, out=high)  # the starting 1 is a high too
        value /= high
        deepest[part] = value.min(axis=1) - 1.0
        done = part.stop
    final = paths[:, -1].copy()
    deepest[deepest > -SAME_HIGH] = 0.0
    bands = np.quantile(paths, levels, axis=0, overwrite_input=True)
    return WealthPaths(after, levels, bands, final, deepest)
