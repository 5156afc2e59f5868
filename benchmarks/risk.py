"""The risk panel of a large book against straightforward pandas.

    python benchmarks/risk.py [--positions 200] [--days 2520] [--rounds 7]

Prints the least time of each over rounds taken in turns, in milliseconds by the clock and of the
processor (which other work on the machine does not stretch), and their ratio: below 1 ours is
faster. The tail panel is value at risk, shortfall and deepest drawdown of every position and of the
book, and the parts that add up to the book's; the same numbers are checked first. The whole panel
is everything that the risk page shows. Linear algebra runs on one thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from terminal.risk.book import Book
from terminal.risk.components import scenario_components, tails
from terminal.risk.drawdowns import deepest
from terminal.risk.panel import risk_panel, underwater
from terminal.risk.value_at_risk import historical

LEVEL, CUTOFF = 0.95, 0.05
TAIL_GOAL_MS, PANEL_GOAL_MS = 50.0, 1000.0


def made(positions: int, days: int) -> Book:
    """A long-short book of ten sectors on returns of one market."""
    rng = np.random.default_rng(0)
    market = np.maximum(0.007 * rng.standard_t(4, days), -0.5)
    own = 0.012 * rng.standard_t(5, (days, positions))
    returns = np.maximum(market[:, None] * rng.uniform(0.5, 1.5, positions) + own, -0.9)
    symbols = tuple(f"S{k:03d}" for k in range(positions))
    dates = np.busday_offset("2015-01-02", np.arange(days), roll="forward")
    return Book(
        symbols,
        rng.normal(0.005, 0.01, positions),
        dates.astype("datetime64[D]"),
        returns,
        equity=1e7,
        market=market,
        sectors={s: f"Sector {k % 10}" for k, s in enumerate(symbols)},
        traded=dict.fromkeys(symbols, 1e7),
        spread=dict.fromkeys(symbols, 5e-4),
        size={s: 1e9 * (k + 1) for k, s in enumerate(symbols)},
    )


def ours(book: Book) -> dict[str, np.ndarray]:
    """The tail panel as the risk room computes it."""
    portfolio = book.returns @ book.weights
    var, shortfall = tails(np.ascontiguousarray(book.returns.T), CUTOFF)
    whole = historical(portfolio, LEVEL)
    parts = scenario_components(book.weights, book.returns, LEVEL)
    falls = underwater(portfolio, book.dates, LEVEL)
    return {
        "var": np.append(var, whole.var),
        "shortfall": np.append(shortfall, whole.shortfall),
        "drawdown": np.append(deepest(book.returns), falls.maximum),
        "parts": parts.shortfall,
    }


def straightforward(frame: pd.DataFrame, weights: pd.Series) -> dict[str, np.ndarray]:
    """The same numbers as a notebook computes them."""
    portfolio = (frame * weights).sum(axis=1)
    everything = frame.assign(book=portfolio)
    var = -everything.quantile(CUTOFF)
    worst = int((len(frame) - 1) * CUTOFF) + 1
    shortfall = -everything.apply(lambda column: column.nsmallest(worst).mean())
    wealth = (1.0 + everything).cumprod()
    drawdown = (wealth / wealth.cummax().clip(lower=1.0) - 1.0).min()
    rows = portfolio.nsmallest(worst).index
    parts = -(frame.loc[rows].mean() * weights)
    return {
        "var": var.to_numpy(),
        "shortfall": shortfall.to_numpy(),
        "drawdown": drawdown.to_numpy(),
        "parts": parts.to_numpy(),
    }


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of one call: by the clock, and of the processor."""
    start, used = time.perf_counter(), time.process_time()
    function()
    return (time.perf_counter() - start) * 1e3, (time.process_time() - used) * 1e3


def least(times: list[tuple[float, float]]) -> tuple[float, float]:
    """The least of each."""
    return min(clock for clock, _ in times), min(used for _, used in times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--positions", type=int, default=200)
    parser.add_argument("--days", type=int, default=2520)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    book = made(asked.positions, asked.days)
    frame = pd.DataFrame(book.returns, pd.DatetimeIndex(book.dates), list(book.symbols))
    weights = pd.Series(book.weights, list(book.symbols))
    first, peer = ours(book), straightforward(frame, weights)
    for name, values in first.items():
        if not np.allclose(values, peer[name], rtol=1e-9, atol=1e-12):
            raise SystemExit(f"{name} differs from pandas")
    risk_panel(book)
    quick, slow, panel = [], [], []
    with threadpool_limits(limits=1):
        for _ in range(asked.rounds):
            quick.append(timed(lambda: ours(book)))
            slow.append(timed(lambda: straightforward(frame, weights)))
            panel.append(timed(lambda: risk_panel(book)))
    print(f"{asked.positions} positions, {asked.days} days, least of {asked.rounds} rounds")
    print("                clock  processor")
    for name, times, goal in (
        ("tail panel", quick, TAIL_GOAL_MS),
        ("pandas", slow, 0.0),
        ("whole panel", panel, PANEL_GOAL_MS),
    ):
        clock, used = least(times)
        said = f"   (goal {goal:.0f} ms)" if goal else ""
        print(f"{name:12} {clock:8.1f}   {used:8.1f} ms{said}")
    print(f"tail panel against pandas: {least(quick)[1] / least(slow)[1]:.3f}")


if __name__ == "__main__":
    main()
