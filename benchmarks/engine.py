"""Our engine against vectorbt: the same SMA crossover on the 20 built-in stocks, in the same run.

First the rules are made equal, and both must end with the same equity to one part in a billion;
then each is timed under them, best and median of several rounds taken in turn, compilation left
out. Last, our own rules as the terminal runs them, with what they change. Ratio above 1: ours is
faster.

    python benchmarks/engine.py
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
import vectorbt as vbt

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import Simulation, simulate
from terminal.backtest.request import BacktestRequest
from terminal.backtest.run import run_backtest
from terminal.market.builtin import sp500_twenty
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.panels import build_panel
from terminal.strategies.trend import SMA_CROSSOVER, CrossoverParams

FAST, SLOW = 50, 200
CAPITAL = 100_000.0
TOLERANCE = 1e-9  # of the final equity, relative
INVESTED = 0.5  # share put to work in the comparison, so that cash never runs out


def load() -> Panel:
    """The 20 stocks, closes only, 1990-2022."""
    dataset, parts = sp500_twenty()
    frames = {part.symbol: part.bars for part in parts}
    actions = pd.DataFrame(columns=["symbol", "ts", "kind", "value"])
    return build_panel(dataset, frames, actions, dataset.timeframe, get_calendar("XNYS"))


def ours(panel: Panel, params: CrossoverParams) -> tuple[FloatArray, Simulation]:
    """Signals and simulation: fractions allowed, no costs."""
    targets = SMA_CROSSOVER.targets(panel, params)
    done = simulate(panel, targets, Account(capital=CAPITAL, lot=0.0), FREE)
    return targets, done


def theirs(close: pd.DataFrame, invested: float) -> Any:
    """The same with vectorbt's rolling means and its portfolio."""
    fast = close.vbt.rolling_mean(FAST, minp=FAST)
    slow = close.vbt.rolling_mean(SLOW, minp=SLOW)
    apart = (fast - slow).abs() > 1e-12 * slow.abs()
    above = (apart & (fast > slow)).astype(float).where(slow.notna())
    return replay(close, (above * invested / close.shape[1]).to_numpy())


def replay(close: pd.DataFrame, targets: FloatArray) -> Any:
    """Given targets (none below zero) with vectorbt, made to follow our rules: an order where a
    target changes, one bar later, sized with the equity and the close of the bar that decided
    (`val_price`), filled at the next close, one purse for all columns, sales first."""
    nothing = np.full((1, targets.shape[1]), np.nan)
    before = np.vstack([nothing, targets[:-1]])
    changed = np.where(np.isfinite(targets) & (targets != before), targets, np.nan)
    return vbt.Portfolio.from_orders(
        close,
        size=np.vstack([nothing, changed[:-1]]),
        size_type="targetpercent",
        val_price=close.shift(),
        init_cash=CAPITAL,
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        freq="1D",
    )


def in_turn(rounds: int, *work: Callable[[], object]) -> list[tuple[float, float]]:
    """(best, median) seconds of each, measured one after the other so that noise falls on all."""
    seconds: list[list[float]] = [[] for _ in work]
    for _ in range(rounds):
        for taken, call in zip(seconds, work, strict=True):
            began = time.perf_counter()
            call()
            taken.append(time.perf_counter() - began)
    return [(min(taken), statistics.median(taken)) for taken in seconds]


def line(what: str, mine: tuple[float, float], peer: tuple[float, float]) -> str:
    return (
        f"{what}: ours {mine[0] * 1000:.1f} ms (median {mine[1] * 1000:.1f}), vectorbt "
        f"{peer[0] * 1000:.1f} ms (median {peer[1] * 1000:.1f}): ratio {peer[0] / mine[0]:.1f}"
        f" (of medians {peer[1] / mine[1]:.1f})"
    )


def compare(mine: Simulation, peer: Any) -> tuple[float, int, int]:
    """Largest relative difference of the two equity curves on any bar; orders of each."""
    equity, value = mine.curve["equity"].to_numpy(), peer.value().to_numpy()
    return float(np.abs(equity / value - 1).max()), len(mine.fills), len(peer.orders.records)


def main() -> int:
    """Compare, time and print; 0 when both ended with the same equity."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    panel = load()
    close = pd.DataFrame(panel.close, index=pd.DatetimeIndex(panel.ts), columns=panel.symbols)
    params = CrossoverParams(FAST, SLOW, invested=INVESTED)
    targets, mine = ours(panel, params)
    long_targets = np.maximum(targets, 0.0)  # as our engine does without short sales

    print(
        f"SMA {FAST}/{SLOW}, {panel.n_instruments} stocks, {panel.n_bars:,} daily bars; vectorbt "
        f"{vbt.__version__}\nequal rules: {INVESTED:.0%} invested so that cash never runs out "
        f"(least {mine.curve['cash'].min():,.0f} of {CAPITAL:,.0f}), fractions, no costs"
    )
    same = True
    peers = {"its own signals": theirs(close, INVESTED), "our targets": replay(close, long_targets)}
    for name, peer in peers.items():
        worst, n_ours, n_theirs = compare(mine, peer)
        same &= worst <= TOLERANCE and n_ours == n_theirs
        print(
            f"vectorbt on {name}: final equity {peer.value().iloc[-1]:,.6f}, ours "
            f"{mine.curve['equity'].iloc[-1]:,.6f}; largest difference on any bar {worst:.1e} "
            f"(allowed {TOLERANCE:.0e}); orders {n_theirs}, ours {n_ours}"
        )
    print("SAME" if same else "DIFFERENT: the times below compare unlike things")

    whole = in_turn(
        chosen.rounds,
        lambda: ours(panel, params)[1].curve["equity"],
        lambda: theirs(close, INVESTED).value(),
    )
    print(line("signals, simulation and equity curve", *whole))
    engine = in_turn(
        chosen.rounds,
        lambda: simulate(panel, targets, Account(capital=CAPITAL, lot=0.0), FREE),
        lambda: replay(close, long_targets).value(),
    )
    print(line("simulation and equity curve alone, targets given", *engine))
    own_rules(panel, close)
    return 0 if same else 1


def own_rules(panel: Panel, close: pd.DataFrame) -> None:
    """The run as the terminal makes it, and what its rules change against vectorbt's."""
    targets = SMA_CROSSOVER.targets(panel, CrossoverParams(FAST, SLOW))
    full = simulate(panel, targets, Account(capital=CAPITAL, lot=0.0), FREE)
    units = simulate(panel, targets, Account(capital=CAPITAL), FREE)
    usual = Costs(commission_bps=1.0, slippage_bps=2.0)
    paid = simulate(panel, targets, Account(capital=CAPITAL), usual)
    worst, n_ours, n_theirs = compare(full, theirs(close, 1.0))
    final = {
        "vectorbt": theirs(close, 1.0).value().iloc[-1],
        "ours": full.curve["equity"].iloc[-1],
        "ours in whole units": units.curve["equity"].iloc[-1],
        "ours in whole units with 1 bp commission and 2 bp slippage": paid.curve["equity"].iloc[-1],
    }
    print(
        "what differs fully invested, final equity: "
        + "; ".join(f"{name} {value:,.0f}" for name, value in final.items())
        + f". Orders {n_theirs} and {n_ours}, largest difference on any bar {worst:.1e}: buys that "
        "the cash does not cover are all scaled alike here and filled one after the other, until "
        "it is gone, there"
    )
    request = BacktestRequest(
        "sma-crossover", {"fast": FAST, "slow": SLOW}, "sp500-20", panel.symbols
    )
    run_backtest(request, panel, panel, get_calendar("XNYS"))
    began = time.perf_counter()
    done = run_backtest(request, panel, panel, get_calendar("XNYS"))
    stages = ", ".join(f"{name} {1000 * spent:.0f}" for name, spent in done.seconds.items())
    print(
        f"a whole run of the terminal, look-ahead check, benchmark and "
        f"{len(done.metrics)} metrics included: {1000 * (time.perf_counter() - began):.0f} ms "
        f"({stages})"
    )


if __name__ == "__main__":
    raise SystemExit(main())
