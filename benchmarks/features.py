"""How long features take, beside packages that others wrote, in one run.

    python benchmarks/features.py [--rounds 5] [--python PATH] [--no-peers]

pandas-ta-classic is installed into a throw-away environment; `--python` names an interpreter that
has it already. Times of one core are processor time, the least of several rounds; those of several
cores and of the disk are by the clock. Bars are random walks on New York's grid of 15 minutes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from terminal.features.across_bars import bar_known
from terminal.features.cache import FeatureCache
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.fractional import ffd, ffd_weights
from terminal.features.live import LiveFeatures
from terminal.features.own_bars import instrument_bars
from terminal.features.pipeline import compute, of_instrument
from terminal.features.plan import resolve
from terminal.features.presets import PRESETS
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe

HERE = Path(__file__).parent
BARS, SYMBOLS = 29_484, 46
PEER = "pandas-ta-classic==0.8.32"
PRICES = ("open", "high", "low", "close", "volume")


def panel_of(k: int) -> Panel:
    """Random walks of k instruments."""
    calendar = get_calendar("XNYS")
    ts = calendar.grid("2021-06-01", "2026-06-30", Timeframe.MIN_15)[:BARS]
    generator = np.random.default_rng(0)
    shape = (len(ts), k)
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.002, shape), axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(generator.normal(0, 0.0005, shape))
    return Panel(
        timeframe=Timeframe.MIN_15,
        calendar="XNYS",
        symbols=tuple(f"S{i}" for i in range(k)),
        ts=ts,
        close_ts=calendar.bar_close(ts, Timeframe.MIN_15),
        open=open_,
        high=np.maximum(open_, close) * np.exp(np.abs(generator.normal(0, 0.001, shape))),
        low=np.minimum(open_, close) * np.exp(-np.abs(generator.normal(0, 0.001, shape))),
        close=close,
        volume=np.floor(generator.lognormal(8, 0.6, shape)),
        split=np.ones(shape),
        dividend=np.zeros(shape),
    )


def least(run: Callable[[], object], rounds: int, clock: Callable[[], float]) -> float:
    """Least seconds of several rounds, after one that warms up."""
    run()
    times = []
    for _ in range(rounds):
        begin = clock()
        run()
        times.append(clock() - begin)
    return min(times)


def one_symbol(panel: Panel, chosen: FeatureSet, rounds: int) -> float:
    """Processor seconds of a set on the bars of one instrument, made anew each time."""
    columns = resolve(chosen, panel.timeframe)
    known = bar_known(panel)
    return least(
        lambda: of_instrument(columns, instrument_bars(panel, 0, known)[0]),
        rounds,
        time.process_time,
    )


def peer(python: str, name: str, data: Path, rounds: int) -> dict[str, dict[str, float]]:
    """What a peer says of itself."""
    command = [python, str(HERE / "features_peers.py"), name, str(data), str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def peer_python(folder: Path) -> str:
    """An environment with the peer, gone with the folder."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "-q", "--disable-pip-version-check", "install", PEER], check=True
    )
    return str(python)


def against_peers(panel: Panel, rounds: int, python: str | None, folder: Path) -> None:
    """The indicators a peer has, by both."""
    data = folder / "bars.npz"
    columns = {
        n: panel.__dict__[n][:, 0].copy() for n in ("open", "high", "low", "close", "volume")
    }
    np.savez(data, ts=panel.ts, **columns)
    for name, interpreter in (
        ("pandas_ta_classic", python or peer_python(folder)),
        ("talib", sys.executable),
    ):
        found = peer(interpreter, name, data, rounds)
        slugs = [slug for slug in found["seconds"] if slug in PRESETS["full"].columns]
        ours = one_symbol(panel, FeatureSet(tuple(FeatureChoice(s) for s in slugs)), rounds)
        theirs = sum(found["seconds"][slug] for slug in slugs)
        print(
            f"{len(slugs)} indicators of {name} {found['version']}: {theirs * 1e3:.1f} ms; "
            f"ours of the same names {ours * 1e3:.1f} ms; ratio {theirs / ours:.1f}"
        )
        if found["failed"]:
            print(f"  failed in {name}: {found['failed']}")


def book_ffd(series: pd.Series, d: float, threshold: float) -> np.ndarray:
    """The book's loop (snippet 5.3) on one series."""
    weights = ffd_weights(d, threshold)[::-1]
    width = len(weights) - 1
    out = np.full(len(series), np.nan)
    for last in range(width, len(series)):
        window = series.iloc[last - width : last + 1]
        if not np.isfinite(window.iloc[-1]):
            continue
        out[last] = np.dot(weights, window.to_numpy())
    return out


def fractional(panel: Panel, rounds: int) -> None:
    """All series at once, on two threads."""
    series = np.ascontiguousarray(np.log(panel.close).T)
    width = len(ffd_weights(0.4, 1e-4))
    both = least(lambda: ffd(series, 0.4, 1e-4, threads=2), rounds * 3, time.perf_counter)
    single = least(lambda: ffd(series, 0.4, 1e-4), rounds, time.process_time)
    begin = time.process_time()
    book_ffd(pd.Series(series[0]), 0.4, 1e-4)
    book = (time.process_time() - begin) * len(series)
    print(
        f"fractional differences of {len(series)} x {BARS}, {width} weights: {both * 1e3:.1f} ms "
        f"on 2 threads, {single * 1e3:.1f} ms on one core (processor); the book's loop on one "
        f"series, times {len(series)}: {book:.1f} s; ratio {book / both:.0f}"
    )


def many_symbols(rounds: int, folder: Path) -> None:
    """The whole catalogue of 46 instruments: computed, from the cache, and one more bar."""
    panel, chosen = panel_of(SYMBOLS), PRESETS["full"]
    fractional(panel, rounds)
    n = len(chosen.columns)
    begin, cpu = time.perf_counter(), time.process_time()
    frame = compute(panel, chosen, threads=2)
    took, work = time.perf_counter() - begin, time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = frame.values.nbytes / 2**30
    print(
        f"{n} features of {SYMBOLS} x {BARS}: {took:.2f} s by the clock on 2 threads "
        f"({work:.2f} s of processor), {most:.2f} GiB at most ({size:.2f} GiB of values)"
    )
    del frame
    cache = FeatureCache(folder / "frames")
    cache.frame(panel, chosen, threads=2)
    again = least(lambda: cache.frame(panel, chosen), rounds, time.perf_counter)
    print(f"the same from the cache: {again * 1e3:.0f} ms by the clock, hash of the data included")
    held = 200
    live = LiveFeatures(panel.truncated(BARS - held), chosen)
    times = []
    for t in range(BARS - held, BARS):
        bar = panel.rows(slice(t, t + 1))
        begin, cpu = time.perf_counter(), time.process_time()
        live.next(bar)
        times.append((time.process_time() - cpu, time.perf_counter() - begin))
    used, clock = np.median(times, axis=0) * 1e3
    best = np.min(times, axis=0)[1] * 1e3
    print(
        f"one new bar of {SYMBOLS}: {used:.1f} ms of processor, {clock:.1f} ms by the clock "
        f"(medians of {held}; {best:.1f} at best)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default=None)
    parser.add_argument("--no-peers", action="store_true")
    chosen = parser.parse_args()
    panel = panel_of(1)
    own = FeatureSet(
        tuple(
            choice
            for choice, column in zip(
                PRESETS["full"].choices,
                resolve(PRESETS["full"], panel.timeframe),
                strict=True,
            )
            if not column.across
        )
    )
    took = one_symbol(panel, own, chosen.rounds)
    print(
        f"{len(own.columns)} features of one instrument's {BARS} bars: "
        f"{took * 1e3:.1f} ms of one core"
    )
    whole = least(lambda: compute(panel, PRESETS["full"]), chosen.rounds, time.process_time)
    print(
        f"{len(PRESETS['full'].columns)} features through the pipeline (adjusted, hashed, across "
        f"instruments too): {whole * 1e3:.1f} ms, one core"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not chosen.no_peers:
            against_peers(panel, chosen.rounds, chosen.python, folder)
        many_symbols(chosen.rounds, folder)


if __name__ == "__main__":
    main()
