"""Series of returns on which measures are compared: walks, real prices, and the awkward ones."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from terminal.market.builtin import sp500_twenty
from terminal.market.panel import FloatArray

REAL = ("AAPL", "GE", "WMT")


@lru_cache
def real_returns() -> pd.DataFrame:
    """Daily returns of some of the built-in stocks, 2007-2010: a crash and zero days in it."""
    _, parts = sp500_twenty()
    closes = {part.symbol: part.bars["close"] for part in parts if part.symbol in REAL}
    return pd.DataFrame(closes)["2007":"2010"].pct_change(fill_method=None).dropna()  # type: ignore[misc]


def walk(seed: int, n: int = 750, mean: float = 0.0005, deviation: float = 0.012) -> FloatArray:
    """Returns of a random walk with fat tails."""
    generator = np.random.default_rng(seed)
    return np.maximum(mean + deviation * generator.standard_t(5, n) / np.sqrt(5 / 3), -0.6)


@lru_cache
def series() -> dict[str, FloatArray]:
    """Every series by name."""
    idle = walk(4)
    idle[np.random.default_rng(5).random(idle.size) < 0.4] = 0.0
    steps = np.random.default_rng(6).random(300) * 0.01
    real = real_returns()
    return {
        "walk": walk(1),
        "losing walk": walk(2, mean=-0.001),
        "wild walk": walk(3, deviation=0.06),
        "nearly still walk": walk(7, mean=0.0, deviation=1e-5),
        "with zero days": idle,
        **{symbol: real[symbol].to_numpy() for symbol in REAL},
        "all positive": steps + 0.0001,
        "all negative": -steps - 0.0001,
        "constant": np.full(300, 0.001),
        "flat": np.zeros(300),
        "one return": np.array([-0.01]),
        "two returns": np.array([0.02, -0.01]),
        "three returns": np.array([0.01, -0.02, 0.015]),
    }


def benchmark_of(name: str) -> FloatArray:
    """A benchmark of the same length that moves with the series in part."""
    returns = series()[name]
    return 0.5 * returns + walk(99, returns.size, deviation=0.01)
