"""Small books with a market in them."""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray, TimeArray
from terminal.risk.book import Book


def days(count: int, first: str = "2015-01-02") -> TimeArray:
    """Weekdays in order."""
    steps = np.busday_offset(first, np.arange(count), roll="forward")
    return np.asarray(steps.astype("datetime64[D]"))


def made_returns(n: int, periods: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Returns (periods, n) of a market with fat tails and specific risks, and the market's own."""
    rng = np.random.default_rng(seed)
    market = 0.007 * rng.standard_t(5, periods)
    beta = np.linspace(0.5, 1.5, n)
    own = 0.01 * rng.standard_t(6, (periods, n))
    return np.maximum(market[:, None] * beta + own, -0.9), np.maximum(market, -0.9)


def made_book(n: int = 12, periods: int = 700, seed: int = 0, *, short: bool = True) -> Book:
    """Every third position short; two sectors; volume, spread and size for all but the last."""
    returns, market = made_returns(n, periods, seed)
    symbols = tuple(f"S{k:02d}" for k in range(n))
    weights = np.linspace(1.0, 2.0, n) / n
    if short:
        weights[::3] *= -1.0
    named = symbols[:-1] or symbols
    return Book(
        symbols,
        weights,
        days(periods),
        returns,
        equity=1e6,
        market=market,
        sectors={s: ("Energy", "Banks")[k % 2] for k, s in enumerate(symbols)},
        traded=dict.fromkeys(named, 2e6),
        spread=dict.fromkeys(named, 0.001),
        size={s: 1e9 * (k + 1) for k, s in enumerate(symbols)},
    )
