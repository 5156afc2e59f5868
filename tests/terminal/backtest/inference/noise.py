"""Series made for the tests of this room: noise, noise with an edge, and noise that remembers."""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray


def noise(seed: int, n: int = 1_000, mean: float = 0.0, deviation: float = 0.01) -> FloatArray:
    """Independent normal returns."""
    return mean + deviation * np.random.default_rng(seed).standard_normal(n)


def remembering(seed: int, n: int = 1_000, rho: float = 0.5, deviation: float = 0.01) -> FloatArray:
    """Returns of an AR(1) around zero."""
    shocks = noise(seed, n, deviation=deviation)
    out = np.empty(n)
    out[0] = shocks[0] / np.sqrt(1.0 - rho**2)
    for t in range(1, n):
        out[t] = rho * out[t - 1] + shocks[t]
    return out
