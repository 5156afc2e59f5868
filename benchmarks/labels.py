"""Triple barriers and splits of many events: time, and the book's loops in the same run.

    python benchmarks/labels.py [--symbols 46] [--bars 29484] [--peer-events 2000] [--repeat 5]

The market is invented 15-minute bars. Peers are the loops of López de Prado (2018): snippets 3.2
(barriers) and 7.1 (purging) in pandas as printed there. They run fewer events or splits, because
all would take minutes; their time is scaled up linearly and the line says so. Times are the best
of the repetitions; CPU is what all threads together used, which a busy machine stretches less.
Ratio above 1: ours is faster.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from terminal.labels.barriers import Prices, touch
from terminal.labels.triple_barrier import TRIPLE_BARRIER, TripleBarrierParams
from terminal.labels.weights import average_uniqueness, sequential_bootstrap
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
from terminal.validation.combinatorial import CombinatorialPurged

HORIZON = 20
NONE = np.empty(0, dtype=np.int64)


def best(run: Callable[[], object], repeat: int) -> float:
    """Shortest wall time of several runs, seconds."""
    return timed(run, repeat)[0]


def timed(run: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Shortest wall time and least CPU time of several runs, seconds."""
    run()
    wall, cpu = [], []
    for _ in range(repeat):
        began, used = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return min(wall), min(cpu)


def market(n_bars: int, n_symbols: int) -> Panel:
    """Random walks with highs and lows, no gaps."""
    random = np.random.default_rng(0)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.002, (n_bars, n_symbols)), axis=0))
    open_ = np.vstack([close[:1], close[:-1]])
    high = np.maximum(open_, close) * (1.0 + random.exponential(0.0007, close.shape))
    low = np.minimum(open_, close) * (1.0 - random.exponential(0.0007, close.shape))
    ts = np.datetime64("2021-01-04T14:30", "ns") + np.arange(n_bars) * np.timedelta64(15, "m")
    symbols = tuple(f"S{k}" for k in range(n_symbols))
    one = np.ones_like(close)
    return Panel(
        Timeframe.MIN_15, "XNYS", symbols, ts, ts + np.timedelta64(15, "m"), open_, high, low,
        close, one, one, np.zeros_like(close),
    )  # fmt: skip


def book_barriers(close: pd.Series, events: pd.DataFrame, multiples: tuple[float, float]) -> object:
    """Snippet 3.2, applyPtSlOnT1, and the earliest touch of snippet 3.3."""
    out = events[["t1"]].copy(deep=True)
    pt = multiples[0] * events["trgt"]
    sl = -multiples[1] * events["trgt"]
    for loc, t1 in events["t1"].items():
        path = close[loc:t1]
        path = (path / close[loc] - 1) * events.at[loc, "side"]
        out.loc[loc, "sl"] = path[path < sl[loc]].index.min()
        out.loc[loc, "pt"] = path[path > pt[loc]].index.min()
    return out.min(axis=1)


def book_train_times(t1: pd.Series, test: pd.Series) -> pd.Series:
    """Snippet 7.1, getTrainTimes."""
    train = t1.copy(deep=True)
    for begin, end in test.items():
        starts = train[(begin <= train.index) & (train.index <= end)].index
        ends = train[(begin <= train) & (train <= end)].index
        around = train[(train.index <= begin) & (end <= train)].index
        train = train.drop(starts.union(ends).union(around))
    return train


def barriers(panel: Panel, peer_events: int, repeat: int) -> None:
    """Bare kernel, the whole label with weights, and the book's loop."""
    n, m = panel.close.shape
    flat = {name: getattr(panel, name).T.ravel() for name in ("open", "high", "low", "close")}
    start = np.arange(m + 1) * n
    row = np.tile(np.arange(n), m)
    prices = Prices(
        start, row, flat["open"], flat["high"], flat["low"], flat["close"], flat["close"], 0, 1,
        NONE, NONE,
    )  # fmt: skip
    at = np.arange(n * m)
    side = np.ones(n * m, dtype=np.int8)
    unit = np.full(n * m, 0.002)
    print(f"triple barrier, {n * m:,} events, horizon {HORIZON}, 2 volatilities each way")
    kernel = 0.0
    for by_close, threads in ((True, 2), (True, 1), (False, 2)):
        run = partial(
            touch, prices, at, side, unit, target=2.0, loss=2.0, horizon=HORIZON,
            by_close=by_close, threads=threads,
        )  # fmt: skip
        seconds, cpu = timed(run, repeat)
        kernel = kernel or seconds
        watched = "closes" if by_close else "high and low"
        took = f"{1e3 * seconds:8.1f} ms, {1e3 * cpu:.1f} ms CPU"
        print(f"  barriers by {watched}, {threads} threads: {took}")
    params = TripleBarrierParams(horizon=HORIZON)
    made = TRIPLE_BARRIER.make(panel, params)
    whole = best(lambda: TRIPLE_BARRIER.make(panel, params), max(1, repeat // 2))
    print(f"  the whole label (adjusting, volatility, weights):  {1e3 * whole:8.1f} ms")
    unique = best(lambda: average_uniqueness(made.bar, made.end, made.instrument), repeat)
    print(f"  average uniqueness: {1e3 * unique:8.1f} ms")
    one = made.instrument == 0
    drawn = best(
        lambda: sequential_bootstrap(
            made.bar[one], made.end[one], made.instrument[one], int(one.sum()), 0
        ),
        max(1, repeat // 2),
    )
    print(f"  sequential bootstrap of {int(one.sum()):,} draws: {1e3 * drawn:8.1f} ms")

    index = pd.DatetimeIndex(panel.ts)
    close = pd.Series(panel.close[:, 0], index=index)
    chosen = index[:peer_events]
    events = pd.DataFrame(
        {"t1": index[HORIZON : HORIZON + peer_events], "trgt": 0.002, "side": 1.0}, index=chosen
    )
    book = best(lambda: book_barriers(close, events, (2.0, 2.0)), 1)
    scaled = book * n / peer_events
    print(
        f"  the book's loop: {scaled:.1f} s for {n:,} events of one symbol "
        f"(scaled from {peer_events:,}); ratio {scaled * m / kernel:,.0f} for all"
    )


def as_ranges(splitter: CombinatorialPurged, bar: np.ndarray, end: np.ndarray) -> None:
    """Every split as ranges of positions."""
    for split in splitter.split(bar, end):
        assert split.train_ranges
        assert split.test_ranges


def as_arrays(splitter: CombinatorialPurged, bar: np.ndarray, end: np.ndarray) -> None:
    """Every split as arrays of positions."""
    for split in splitter.split(bar, end):
        assert len(split.train)
        assert len(split.test)


def splits(n_bars: int, n_symbols: int, repeat: int) -> None:
    """CPCV(10, 2): 45 splits as ranges, as arrays, and the book's purging."""
    random = np.random.default_rng(1)
    for symbols in (1, n_symbols):
        bar = np.repeat(np.arange(n_bars), symbols)
        end = bar + random.integers(1, HORIZON + 1, len(bar))
        print(f"CPCV(10, 2), 45 splits of {len(bar):,} events")
        found = 0.0
        for gap in (HORIZON + 1, 0):
            splitter = CombinatorialPurged(10, 2, gap)

            seconds = best(partial(as_ranges, splitter, bar, end), repeat)
            found = found or seconds
            print(f"  as ranges, gap {gap:2}: {1e3 * seconds:8.2f} ms")
        arrays = best(partial(as_arrays, splitter, bar, end), max(1, repeat // 2))
        print(f"  as arrays of positions: {1e3 * arrays:8.1f} ms")
        if symbols == 1:
            index = pd.DatetimeIndex(
                np.datetime64("2021-01-04T14:30", "ns") + bar * np.timedelta64(15, "m")
            )
            t1 = pd.Series(index[np.minimum(end, n_bars - 1)], index=index)
            first, last = n_bars // 10, 2 * n_bars // 10
            test = pd.Series(
                [t1.iloc[first - 1], t1.iloc[last - 1]], index=[index[0], index[first]]
            )
            book = best(partial(book_train_times, t1, test), 3) * 45
            print(f"  the book's purging: {1e3 * book:.0f} ms (scaled from one split); "
                  f"ratio {book / found:,.0f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--symbols", type=int, default=46)
    parser.add_argument("--bars", type=int, default=29_484)
    parser.add_argument("--peer-events", type=int, default=2_000)
    parser.add_argument("--repeat", type=int, default=7)
    asked = parser.parse_args()
    barriers(market(asked.bars, asked.symbols), asked.peer_events, asked.repeat)
    splits(asked.bars, asked.symbols, asked.repeat)


if __name__ == "__main__":
    main()
