"""Our engine against others on the simulator's 46 stocks x 29,484 bars, and against a bare loop.

The peers are installed into a throw-away environment; each is timed in a process of its own, in the
same run as ours. Ratios above 1: ours is faster. Signals are made inside the time of everybody.

    python benchmarks/engine.py [--peers vectorbt,backtesting,bt] [--rounds 5] [--python PATH]

`--python` names an interpreter that has the peers already.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numba
import numpy as np
import pandas as pd

from benchmarks.engine_peers import CASH, FEE, SLIP, targets_of
from terminal.backtest import engine, inputs
from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import Costs
from terminal.backtest.orders import simulate_orders
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.simulate import SimulationSpec, simulate
from terminal.market.timeframe import Timeframe
from terminal.strategies.orders import Order

HERE = Path(__file__).resolve().parent
VERSIONS = {"vectorbt": "vectorbt==1.2.0", "backtesting": "backtesting==0.6.6", "bt": "bt==1.4.1"}
COSTS = Costs(commission_bps=FEE * 1e4, slippage_bps=SLIP * 1e4)
ACCOUNT = Account(CASH)


def load() -> Panel:
    """The built-in simulated data set, as the terminal makes it."""
    made = simulate(SimulationSpec(seed=7), get_calendar("XNYS"))
    frames = {part.symbol: part.bars for part in made}
    index = pd.DatetimeIndex(next(iter(frames.values())).index)
    ts = index.tz_convert(None).to_numpy().astype("datetime64[ns]")
    at = {
        name: np.column_stack([frame[name].to_numpy(dtype=float) for frame in frames.values()])
        for name in ("open", "high", "low", "close", "volume")
    }
    events = np.ones(at["close"].shape), np.zeros(at["close"].shape)
    close_ts = ts + np.timedelta64(15, "m")
    return Panel(Timeframe.MIN_15, "XNYS", tuple(frames), ts, close_ts, **at,
                 split=events[0], dividend=events[1])  # fmt: skip


@numba.njit(error_model="numpy")
def bare_loop(opens: FloatArray, close: FloatArray, targets: FloatArray, cash: float,
              buy: float, sell: float) -> FloatArray:  # fmt: skip
    """What the work costs without any rule: one purse, orders at the next open, equity."""
    n_bars, n = targets.shape
    units, wanted = np.zeros(n), np.zeros(n)
    waits = np.zeros(n, np.bool_)
    equity = np.empty(n_bars)
    for t in range(n_bars):
        for adding in range(2):
            for j in range(n):
                if waits[j] and (wanted[j] > units[j]) == (adding == 1):
                    change = wanted[j] - units[j]
                    price = opens[t, j] * (buy if change > 0 else sell)
                    if change > 0:
                        change = min(change, cash / price)
                    cash -= change * price
                    units[j] += change
                    waits[j] = False
        value = cash
        for j in range(n):
            value += units[j] * close[t, j]
        equity[t] = value
        for j in range(n):
            if t and targets[t, j] == targets[t, j] and targets[t, j] != targets[t - 1, j]:
                wanted[j] = np.trunc(targets[t, j] * value / close[t, j])
                waits[j] = True
    return equity


def timed(work: Callable[[], object], rounds: int) -> float:
    """Median seconds, after one round that does not count."""
    work()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def peers_python(peers: list[str], folder: Path) -> Path:
    """An environment with the peers, made here and gone with the folder."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    wanted = [VERSIONS[peer] for peer in peers]
    subprocess.run([python, "-m", "pip", "install", "-q", *wanted, "setuptools<81"], check=True)
    return python


def of_peer(python: Path, peer: str, data: Path, rounds: int) -> dict[str, Any]:
    """What a peer measured of itself; a peer that fails says why and is left out."""
    done = subprocess.run(
        [python, HERE / "engine_peers.py", peer, data, str(rounds)], capture_output=True, text=True
    )
    if done.returncode:
        print(f"{peer} failed: {done.stderr.strip().splitlines()[-1:]}")
        return {}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


FIRST_RUN = """
import time; began = time.perf_counter()
import numpy as np
from terminal.backtest import engine
from terminal.backtest.account import Account
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
data = np.load({path!r}); shape = data["close"].shape
panel = Panel(Timeframe.MIN_15, "XNYS", tuple(map(str, range(shape[1]))), data["ts"],
              data["ts"] + np.timedelta64(15, "m"), data["open"], data["high"], data["low"],
              data["close"], np.full(shape, np.nan), np.ones(shape), np.zeros(shape))
from benchmarks.engine_peers import targets_of
engine.simulate(panel, targets_of(data["close"]), Account(1e6))
print(time.perf_counter() - began)
"""


def first_run(data: Path) -> float:
    """Import, load compiled code, read the data, signals, engine: a fresh process each."""
    code = FIRST_RUN.format(path=str(data))
    seconds = []
    for _ in range(4):
        done = subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, check=True,
                              capture_output=True, text=True)  # fmt: skip
        seconds.append(float(done.stdout))
    return statistics.median(seconds[1:])


def weekly(n: int = 500, years: int = 5) -> tuple[Panel, FloatArray]:
    """Daily bars of many instruments, a fifth of them held, chosen anew every week."""
    generator = np.random.default_rng(1)
    ts = get_calendar("XNYS").grid("2018-01-02", f"{2018 + years - 1}-12-30", Timeframe.DAY_1)
    shape = (len(ts), n)
    close = 50 * np.exp(np.cumsum(generator.normal(0, 0.02, shape), axis=0))
    opens = close * np.exp(generator.normal(0, 0.005, shape))
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    panel = Panel(Timeframe.DAY_1, "XNYS", tuple(f"S{j}" for j in range(n)), ts, ts, opens, high,
                  low, close, np.full(shape, 1e6), np.ones(shape), np.zeros(shape))  # fmt: skip
    targets = np.full(shape, np.nan)
    for t in range(60, len(ts), 5):
        chosen = np.argsort(close[t] / close[t - 60])[-n // 5 :]
        targets[t] = 0.0
        targets[t, chosen] = 5.0 / n
    return panel, targets


def say(what: str, seconds: float, more: str = "") -> None:
    print(f"{what:38}{1e3 * seconds:9.1f} ms  {more}", flush=True)


def main() -> int:
    """Time everybody and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers", default=",".join(VERSIONS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", type=Path)
    chosen = parser.parse_args()
    peers = [peer for peer in chosen.peers.split(",") if peer]
    panel = load()
    targets = targets_of(panel.close)
    print(f"{panel.n_instruments} instruments x {panel.n_bars:,} bars; medians of {chosen.rounds}")

    market = inputs.prepare(panel, ACCOUNT, COSTS)
    wanted = engine.checked_targets(panel, targets, ACCOUNT)
    buy, sell = 1 + FEE + SLIP, 1 - FEE - SLIP
    bare = timed(lambda: bare_loop(panel.open, panel.close, targets, CASH, buy, sell), 15)
    loop = timed(lambda: engine.run_market(market, wanted, ACCOUNT), 15)
    whole = timed(lambda: engine.simulate(panel, targets, ACCOUNT, COSTS), 15)
    signals = timed(lambda: targets_of(panel.close), 5)
    rules = ExitRules(stop_loss=0.02, take_profit=0.04, trailing_stop=0.03)
    exits = timed(lambda: engine.simulate(panel, targets, ACCOUNT, COSTS, rules), 5)
    fills = engine.simulate(panel, targets, ACCOUNT, COSTS).fills
    say("bare loop", bare)
    say("our engine's loop", loop, f"{loop / bare:.1f} x the bare loop")
    say("simulate(): checks, loop and frames", whole, f"{len(fills):,} fills")
    say("the same with three exits", exits)
    say("signals (pandas, the same for all)", signals)
    stream = [
        Order(int(bar), symbol, quantity if side == "buy" else -quantity)
        for bar, symbol, side, quantity in fills[["bar", "symbol", "side", "quantity"]]
        .assign(bar=lambda frame: frame["bar"] - 1)
        .itertuples(index=False)
    ]
    listed = timed(lambda: simulate_orders(panel, stream, ACCOUNT, COSTS), 3)
    say(f"the same fills as {len(stream):,} orders", listed)

    many, chosen_targets = weekly()
    done = timed(lambda: engine.simulate(many, chosen_targets, Account(1e7), COSTS), 5)
    say("500 instruments, 5 years, weekly", done, "to reach: 500 ms")

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        np.savez(data, ts=panel.ts, open=panel.open, high=panel.high, low=panel.low,
                 close=panel.close)  # fmt: skip
        say("first run in a fresh process", first_run(data), "to reach: 1,200 ms")
        python = chosen.python or (peers_python(peers, Path(folder)) if peers else None)
        for peer in peers:
            assert python is not None
            found = of_peer(python, peer, data, chosen.rounds if peer == "vectorbt" else 1)
            if found:
                theirs = statistics.median(found["seconds"])
                alone = theirs - signals
                print(
                    f"{peer} {found['version']}: {theirs:.3f} s with signals, first "
                    f"{found['first']:.1f} s. Ours is faster by {theirs / (whole + signals):.1f} "
                    f"with signals, {alone / whole:.1f} without; our loop by {alone / loop:.1f}"
                )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
