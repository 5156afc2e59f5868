"""Sweeps of SMA crossovers on simulated 15-minute bars: time, memory, growth, and vectorbt.

    python benchmarks/sweep.py [--pairs 200] [--peer-pairs 10] [--growth 1000 2000 4000]

The market is 46 invented stocks in one purse, about 29,300 bars, 5 bps commission, 1 bp slippage,
fills at the next open, whole positions as shares of equity. Every figure of ours is measured in a
process of its own that has read its bars from a file, so that its peak of memory is that of a
sweep and of nothing else. Beside the seconds on the wall stand those of the processors: on a
machine that others use, only these can be compared. vectorbt runs fewer pairs, because 200 of
them would take a minute and several gigabytes; its time is scaled up linearly and the line says
so. Ratio above 1: ours is faster.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from terminal.market.timeframe import Timeframe
from terminal.strategies.trend import SMA_CROSSOVER

MARKET = "XNYS"
CALENDAR = get_calendar(MARKET)
COSTS = CostRequest(commission_bps=5.0, slippage_bps=1.0)


def load(n_symbols: int) -> Panel:
    """The first so many invented stocks."""
    spec = SimulationSpec(seed=1, n_symbols=n_symbols)
    parts = list(simulate(spec, CALENDAR))
    actions = pd.concat([part.actions.assign(symbol=part.symbol) for part in parts])
    frames = {part.symbol: part.bars for part in parts}
    about = dataset(spec)
    return build_panel(about, frames, actions, about.timeframe, CALENDAR)


def pairs(n: int, n_bars: int, n_fast: int = 10) -> Space:
    """n pairs: so many fast windows below 60, the rest slow ones."""
    fast = tuple(range(10, 60, 50 // n_fast))
    slow = tuple(60 + 4 * k for k in range(max(1, n // len(fast))))
    return space_of(SMA_CROSSOVER, {"fast": fast, "slow": slow}, {}, n_bars)


def sweep(ground: Ground, space: Space, threads: int) -> tuple[float, float]:
    """Seconds of a whole sweep, on the wall and of the processors; results are dropped."""
    order = space.sharing_order(list(space.positions()))
    wall, cpu = time.perf_counter(), time.process_time()
    done = sum(1 for _ in evaluate_many(ground, ((k, space.params(k)) for k in order), threads))
    assert done == len(order)
    return time.perf_counter() - wall, time.process_time() - cpu


def vectorbt_sweep(panel: Panel, space: Space, n: int) -> tuple[float, float]:
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
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def memory_mb() -> float:
    """The most this process has held so far."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def prepared(panel: Panel) -> Ground:
    request = BacktestRequest(
        "sma-crossover", {}, "simulated", panel.symbols, timeframe=panel.timeframe, costs=COSTS
    )
    return prepare_ground(request, panel, CALENDAR)


ARRAYS = ("ts", "close_ts", "open", "high", "low", "close", "volume", "split", "dividend")


def save(panel: Panel, path: Path) -> None:
    """The bars, for the processes that measure."""
    about = {"symbols": np.array(panel.symbols), "timeframe": panel.timeframe.value}
    np.savez(path, **{name: getattr(panel, name) for name in ARRAYS}, **about)


def read(path: Path) -> Panel:
    """What `save` wrote."""
    with np.load(path) as data:
        symbols, timeframe = tuple(data["symbols"].tolist()), Timeframe(str(data["timeframe"]))
        return Panel(timeframe, MARKET, symbols, **{name: data[name] for name in ARRAYS})


def measure(path: Path, n: int, n_fast: int, threads: int, rounds: int) -> dict[str, Any]:
    """In this process: the best of some rounds, and the most memory."""
    ground = prepared(read(path))
    space = pairs(n, ground.panel.n_bars, n_fast)
    evaluate(ground, space.params(next(space.positions())))
    spent = [sweep(ground, space, threads) for _ in range(rounds)]
    wall, cpu = (min(one[k] for one in spent) for k in range(2))
    return {"wall": wall, "cpu": cpu, "pairs": space.count().valid, "peak": memory_mb()}


def start(path: Path, *numbers: int) -> subprocess.Popen[str]:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(path), *map(str, numbers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it found."""
    told, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a measuring process ended with {process.returncode}")
    found: dict[str, Any] = json.loads(told)
    return found


def line(what: str, found: dict[str, Any], more: str = "") -> None:
    """One row of the report."""
    n = found["pairs"]
    print(
        f"{what:34}{found['wall']:8.3f} s wall {found['cpu']:8.3f} s CPU "
        f"({1000 * found['cpu'] / n:.2f} ms a pair), peak {found['peak']:.0f} MB{more}",
        flush=True,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--peer-pairs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", type=int, nargs="*", default=[1000, 2000, 4000])
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure(Path(chosen.measure[0]), *map(int, chosen.measure[1:]))))
        return 0
    panel = load(46)
    one = replace(panel, symbols=panel.symbols[:1], **{
        name: np.ascontiguousarray(getattr(panel, name)[:, :1])
        for name in ("open", "high", "low", "close", "volume", "split", "dividend")
    })  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        many_at, one_at = Path(folder) / "many.npz", Path(folder) / "one.npz"
        save(panel, many_at)
        save(one, one_at)
        print(f"{panel.n_instruments} instruments x {panel.n_bars:,} bars, one purse")
        ours = {}
        for threads in (1, chosen.threads):
            ours[threads] = result(start(many_at, chosen.pairs, 10, threads, chosen.rounds))
            line(f"{chosen.pairs} pairs, threads: {threads}", ours[threads])
        best = ours[chosen.threads]
        print("to reach: 1.3 s on 2 free cores (2.6 s CPU), 500 MB")
        alone = {}
        for threads in (1, chosen.threads):
            alone[threads] = result(start(one_at, chosen.pairs, 10, threads, 3 * chosen.rounds))
            line(f"one instrument, threads: {threads}", alone[threads])
        two = [start(many_at, chosen.pairs, 10, 1, chosen.rounds) for _ in range(2)]
        found = [result(process) for process in two]
        wall, cpu = (max(each[name] for each in found) for name in ("wall", "cpu"))
        by_wall, by_cpu = 2 * ours[1]["wall"] / wall, 2 * ours[1]["cpu"] / cpu
        print(
            f"two workers, {chosen.pairs} pairs each: {by_wall:.2f} x one on the wall, "
            f"{by_cpu:.2f} x by CPU (to reach: 1.8)"
        )
        for size in chosen.growth:
            line(f"growth, {size:,} pairs, one thread", result(start(many_at, size, 50, 1, 1)))
    if chosen.peer_pairs:
        space = pairs(chosen.pairs, panel.n_bars)
        theirs = vectorbt_sweep(panel, space, chosen.peer_pairs)
        compare(f"{panel.n_instruments} instruments", theirs, chosen.peer_pairs, best, ours[1])
        print(f"  peak with vectorbt's {chosen.peer_pairs} pairs: {memory_mb():.0f} MB")
        theirs = vectorbt_sweep(one, space, chosen.pairs)
        compare("one instrument", theirs, chosen.pairs, alone[chosen.threads], alone[1])
    return 0


def compare(
    what: str, theirs: tuple[float, float], n: int, best: dict[str, Any], single: dict[str, Any]
) -> None:
    """vectorbt's time, scaled up to as many pairs as ours, and the ratios."""
    wall, cpu = (seconds * best["pairs"] / n for seconds in theirs)
    print(
        f"vectorbt, {what}, {n} pairs: {theirs[0]:.2f} s; for {best['pairs']} that is {wall:.2f} s "
        f"wall, {cpu:.2f} s CPU. Ratio {wall / best['wall']:.0f} on the wall, "
        f"{wall / single['wall']:.0f} to one thread, {cpu / single['cpu']:.0f} CPU to CPU "
        "(to reach: 50)",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
