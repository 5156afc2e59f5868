"""The same work with engines that others wrote; run by `engine.py` in an environment of their own.

    python benchmarks/engine_peers.py PEER DATA.npz ROUNDS

Work: SMA 20/100 crossover, long or flat, each instrument a fixed share of equity, orders at the
next open, 5 bps commission and 1 bp slippage, one purse for all where the peer can. Prints JSON:
seconds of each round, of the first one with all imports, and the version.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

FAST, SLOW = 20, 100
FEE, SLIP = 5e-4, 1e-4
CASH = 1_000_000.0


def targets_of(close: np.ndarray, fast: int = FAST, slow: int = SLOW) -> np.ndarray:
    """Share of equity by bar and instrument; NaN before both averages are known."""
    frame = pd.DataFrame(close)
    above = frame.rolling(fast).mean() > frame.rolling(slow).mean()
    return np.where(np.arange(len(close))[:, None] >= slow - 1, above / close.shape[1], np.nan)


def vectorbt(data: dict[str, np.ndarray]) -> Callable[[], Any]:
    """Orders at the open, sized as a share of the group's value, one purse, sales first."""
    import vectorbt as vbt

    close, opens = pd.DataFrame(data["close"]), pd.DataFrame(data["open"])

    def run() -> float:
        targets = targets_of(data["close"])
        before = np.vstack([np.full((1, targets.shape[1]), np.nan), targets[:-1]])
        changed = np.where(np.isfinite(targets) & (targets != before), targets, np.nan)
        size = np.vstack([np.full((1, targets.shape[1]), np.nan), changed[:-1]])
        made = vbt.Portfolio.from_orders(
            close,
            size=size,
            size_type="targetpercent",
            price=opens,
            val_price=close.shift(),
            fees=FEE,
            slippage=SLIP,
            init_cash=CASH,
            group_by=True,
            cash_sharing=True,
            call_seq="auto",
            freq="15min",
        )
        return float(made.value().iloc[-1])

    return run


def backtesting(data: dict[str, np.ndarray]) -> Callable[[], Any]:
    """One run an instrument, each with its part of the money: it has no common purse."""
    from backtesting import Backtest, Strategy

    index = pd.DatetimeIndex(data["ts"])
    names = {"open": "Open", "high": "High", "low": "Low", "close": "Close"}

    class Crossover(Strategy):
        def init(self) -> None:
            mean = lambda window: pd.Series(self.data.Close).rolling(window).mean()  # noqa: E731
            self.fast, self.slow = self.I(mean, FAST), self.I(mean, SLOW)

        def next(self) -> None:
            if self.fast[-1] > self.slow[-1]:
                if not self.position:
                    self.buy()
            elif self.position:
                self.position.close()

    def run() -> None:
        n = data["close"].shape[1]
        for j in range(n):
            frame = pd.DataFrame(
                {theirs: data[ours][:, j] for ours, theirs in names.items()}, index=index
            ).assign(Volume=1.0)
            Backtest(frame, Crossover, cash=CASH / n * 100, commission=FEE, spread=SLIP).run()

    return run


def bt(data: dict[str, np.ndarray]) -> Callable[[], Any]:
    """Weights by bar, rebalanced where they change."""
    import bt as library

    frame = pd.DataFrame(data["close"], index=pd.DatetimeIndex(data["ts"]))
    frame.columns = [f"S{j}" for j in range(frame.shape[1])]

    def run() -> None:
        weights = pd.DataFrame(targets_of(data["close"]), index=frame.index, columns=frame.columns)
        changed = weights.ne(weights.shift()).any(axis=1) & weights.notna().all(axis=1)
        algos = [
            library.algos.RunOnDate(*weights.index[changed]),
            library.algos.SelectAll(),
            library.algos.WeighTarget(weights),
            library.algos.Rebalance(),
        ]
        strategy = library.Strategy("sma", algos)
        fee = lambda quantity, price: abs(quantity) * price * (FEE + SLIP)  # noqa: E731
        made = library.Backtest(
            strategy, frame, initial_capital=CASH, commissions=fee, progress_bar=False
        )
        library.run(made)

    return run


PEERS = {"vectorbt": vectorbt, "backtesting": backtesting, "bt": bt}


def main() -> None:
    """One peer, some rounds; the first of them, which compiles, is told apart."""
    warnings.simplefilter("ignore")
    peer, path, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    began = time.perf_counter()
    work = PEERS[peer](dict(np.load(path)))
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    first = seconds[0] + (time.perf_counter() - began - sum(seconds))
    print(json.dumps({"first": first, "seconds": seconds[1:], "version": version(peer)}))


if __name__ == "__main__":
    main()
