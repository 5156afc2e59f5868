"""Sweeps of SMA crossovers on simulated 15-minute bars: time, memory, growth, and vectorbt.

    python benchmarks/sweep.py [--pairs 200] [--peer-pairs 10] [--threads 2]

The market is 46 invented stocks in one purse, about 29,300 bars, 5 bps commission, 1 bp slippage,
fills at the next open, whole positions as shares of equity. vectorbt runs fewer pairs, in the same
run, because 200 of them would take a minute and several gigabytes; its time is scaled up linearly
and the line says so. Ratio above 1: ours is faster.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from terminal.backtest.request import BacktestRequest, CostRequest
from terminal.backtest.sweeps.evaluate import Ground, evaluate, evaluate_many, prepare_ground
from terminal.backtest.sweeps.space import Space, space_of
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.panels import build_panel
from terminal.market.simulate import SimulationSpec, dataset, simulate
from terminal.strategies.trend import SMA_CROSSOVER

CALENDAR = get_calendar("XNYS")
COSTS = CostRequest(commission_bps=5.0, slippage_bps=1.0)


def load(n_symbols: int) -> Panel:
    """The first so many invented stocks."""
    spec = SimulationSpec(seed=1, n_symbols=n_symbols)
    parts = list(simulate(spec, CALENDAR))
    actions = pd.concat([part.actions.assign(symbol=part.symbol) for part in parts])
    frames = {part.symbol: part.bars for part in parts}
    about = dataset(spec)
    return build_panel(about, frames, actions, about.timeframe, CALENDAR)


def pairs(n: int, n_bars: int) -> Space:
    """n pairs: ten fast windows, the rest slow ones."""
    fast = tuple(range(10, 60, 5))
    slow = tuple(60 + 4 * k for k in range(max(1, n // len(fast))))
    return space_of(SMA_CROSSOVER, {"fast": fast, "slow": slow}, {}, n_bars)


def sweep(ground: Ground, space: Space, threads: int) -> float:
    """Seconds of a whole sweep; results are dropped as they come."""
    order = space.sharing_order(list(space.positions()))
    began = time.perf_counter()
    done = sum(1 for _ in evaluate_many(ground, ((k, space.params(k)) for k in order), threads))
    assert done == len(order)
    return time.perf_counter() - began


def vectorbt_sweep(panel: Panel, space: Space, n: int) -> float:
    """Seconds of vectorbt's own way: all pairs as columns of one portfolio, one purse a pair."""
    import vectorbt as vbt

    ts = pd.DatetimeIndex(panel.ts)
    close = pd.DataFrame(panel.close, index=ts, columns=panel.symbols)
    open_ = pd.DataFrame(panel.open, index=ts, columns=panel.symbols)
    chosen = [space.params(k) for k in list(space.positions())[:n]]

    def run() -> None:
        sizes = []
        for params in chosen:
            fast = close.vbt.rolling_mean(params.fast, minp=params.fast).to_numpy()
            slow = close.vbt.rolling_mean(params.slow, minp=params.slow).to_numpy()
            target = np.where(np.isfinite(slow), (fast > slow) / close.shape[1], np.nan)
            before = np.vstack([np.full((1, target.shape[1]), np.nan), target[:-1]])
            changed = np.where(np.isfinite(target) & (target != before), target, np.nan)
            sizes.append(np.vstack([np.full((1, target.shape[1]), np.nan), changed[:-1]]))
        size = np.hstack(sizes)
        groups = np.repeat(np.arange(len(chosen)), close.shape[1])
        vbt.Portfolio.from_orders(
            pd.concat([close] * len(chosen), axis=1),
            size=size,
            size_type="targetpercent",
            price=np.tile(open_.to_numpy(), (1, len(chosen))),
            fees=0.0005,
            slippage=0.0001,
            init_cash=100_000.0,
            group_by=groups,
            cash_sharing=True,
            call_seq="auto",
            freq="15min",
        ).sharpe_ratio()

    run()
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def memory_mb() -> float:
    """The most this process has held so far."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def prepared(panel: Panel) -> Ground:
    request = BacktestRequest(
        "sma-crossover", {}, "simulated", panel.symbols, timeframe=panel.timeframe, costs=COSTS
    )
    return prepare_ground(request, panel, CALENDAR)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--peer-pairs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--growth", type=int, nargs="*", default=[250, 500, 1000])
    chosen = parser.parse_args()
    panel = load(46)
    ground = prepared(panel)
    space = pairs(chosen.pairs, panel.n_bars)
    evaluate(ground, space.params(next(space.positions())))
    before = memory_mb()
    n = space.count().valid
    print(f"{panel.n_instruments} instruments x {panel.n_bars:,} bars, one purse, {n} pairs")
    best = {}
    for threads in (1, chosen.threads):
        best[threads] = min(sweep(ground, space, threads) for _ in range(3))
        print(
            f"ours, {threads} thread{'s' * (threads > 1)}: {best[threads]:.2f} s "
            f"({1000 * best[threads] / n:.1f} ms a pair), peak {memory_mb():.0f} MB "
            f"({before:.0f} MB before the sweep)"
        )
    one = replace(panel, symbols=panel.symbols[:1], **{
        name: np.ascontiguousarray(getattr(panel, name)[:, :1])
        for name in ("open", "high", "low", "close", "volume", "split", "dividend")
    })  # fmt: skip
    alone = prepared(one)
    single = min(sweep(alone, space, chosen.threads) for _ in range(5))
    print(f"ours, one instrument, {n} pairs: {1000 * single:.0f} ms")
    print("growth (one thread):")
    for size in chosen.growth:
        gc.collect()
        larger = pairs(size, panel.n_bars)
        spent = sweep(ground, larger, 1)
        count = larger.count().valid
        print(
            f"  {count:,} pairs: {spent:.1f} s, {1000 * spent / count:.1f} ms a pair, peak "
            f"{memory_mb():.0f} MB"
        )
    if chosen.peer_pairs:
        theirs = vectorbt_sweep(panel, space, chosen.peer_pairs)
        scaled = theirs * n / chosen.peer_pairs
        print(
            f"vectorbt, {chosen.peer_pairs} pairs: {theirs:.2f} s; for {n} that is {scaled:.0f} s: "
            f"ratio {scaled / best[chosen.threads]:.0f} "
            f"({scaled / best[1]:.0f} on one thread); peak {memory_mb():.0f} MB"
        )
        theirs = vectorbt_sweep(one, space, min(n, 200))
        print(
            f"vectorbt, one instrument, {min(n, 200)} pairs: {1000 * theirs:.0f} ms: "
            f"ratio {theirs / single:.0f}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
