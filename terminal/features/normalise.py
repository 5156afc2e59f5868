"""Rolling normalisers: what a value says beside the last values of the same column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from terminal.features.flow import Flow
from terminal.market.panel import FloatArray


def zscore(flow: Flow, x: FloatArray, n: int) -> FloatArray:
    """Standard deviations (population) from the mean of the last n values, this one included."""
    mean, variance = flow.moments(x, n)
    return (x - mean) / np.sqrt(variance)


def minmax(flow: Flow, x: FloatArray, n: int) -> FloatArray:
    """0 at the smallest of the last n values, 1 at the largest."""
    low, high = flow.lowest(x, n)[0], flow.highest(x, n)[0]
    return (x - low) / (high - low)


def rank(flow: Flow, x: FloatArray, n: int) -> FloatArray:
    """Share of the last n values below this one, ties midway: 0 to 1."""
    return flow.rank(x, n)


NORMALISERS: dict[str, Callable[[Flow, Any, int], FloatArray]] = {
    "zscore": zscore,
    "minmax": minmax,
    "rank": rank,
}
