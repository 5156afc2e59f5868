"""How busy training keeps the processors, and how much memory it takes.

    python benchmarks/training.py [--symbols 36] [--bars 5000] [--features 60] [--rounds 30]

Cross-validation by combinatorial purged splits of random numbers, fitted by LightGBM: folds at once
with one thread each (what a training does) against fold after fold with the library's own threads.
Busy is processor time by wall time and processor; beside it stands what the machine had to give.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.labels.registry import get_label
from terminal.market.timeframe import Timeframe
from terminal.training.cross_validation import cross_validate
from terminal.training.curves import Curves
from terminal.training.estimate import estimate
from terminal.training.ground import Ground, lay, splits_of
from terminal.training.request import TrainingRequest
from terminal.training.shelf import Shelf
from terminal.training.validate import plan_of
from terminal.training.watch import Watch

HORIZON, LOOK_BACK = 26, 100


def ground_of(symbols: int, bars: int, features: int, rounds: int, groups: int) -> Ground:
    """Random features and labels in the shape of a real training."""
    random = np.random.default_rng(0)
    values = random.standard_normal((symbols, bars, features), dtype=np.float32)
    ts = np.arange(bars).astype("datetime64[m]").astype("datetime64[ns]")
    names = tuple(f"f{k}" for k in range(features))
    frame = FeatureFrame(names, tuple(f"S{k}" for k in range(symbols)), ts, ts, values)
    bar = np.repeat(np.arange(bars - HORIZON), symbols).astype(np.int64)
    n = len(bar)
    label = random.choice([-1.0, 0.0, 1.0], n)
    labels = Labels(
        bar,
        np.tile(np.arange(symbols), bars - HORIZON).astype(np.int64),
        bar + HORIZON,
        np.zeros(n),
        label,
        label.astype(np.int8),
        np.ones(n),
        np.ones(n, dtype=np.int8),
    )
    request = TrainingRequest(
        dataset="",
        symbols=frame.symbols,
        timeframe=Timeframe.MIN_15,
        features=FeatureSet(tuple(FeatureChoice(name) for name in names)),
        label="triple-barrier",
        model="lightgbm",
        model_params={"rounds": rounds, "patience": 0},
        splitter_params={"groups": groups, "test_groups": 2},
        early_stopping=0.0,
    )
    assert get_label("triple-barrier").classes
    plan = plan_of(request)
    return lay(
        request, plan, frame, labels, look_back=LOOK_BACK, horizon=HORIZON,
        gap=LOOK_BACK + HORIZON,
    )  # fmt: skip


def free_share(processors: int, seconds: float = 1.5) -> float:
    """Share of the processors that this process gets while it asks for all of them."""
    numbers = np.random.default_rng(0).random(400_000)

    def spin() -> None:
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            np.sort(numbers)

    wall, used = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=spin) for _ in range(processors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - used) / (time.perf_counter() - wall) / processors


def main() -> None:
    """Print both ways and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=36)
    parser.add_argument("--bars", type=int, default=5_000)
    parser.add_argument("--features", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--groups", type=int, default=4)
    given = parser.parse_args()
    processors = len(os.sched_getaffinity(0))
    ground = ground_of(given.symbols, given.bars, given.features, given.rounds, given.groups)
    splits = splits_of(ground)
    said = estimate(ground, splits, processors)
    print(
        f"{len(ground.inside):,} events, {len(splits)} splits, {processors} processors; estimate "
        f"{said.memory_mb:,.0f} MiB, {said.seconds or 0:.0f} s, {said.folds_at_once} at once"
    )
    walls = {}
    for name, threads in (("folds at once", processors), ("LightGBM's own threads", 1)):
        with tempfile.TemporaryDirectory() as folder:
            shelf = Shelf(Path(folder), {"way": name})
            wall, used = time.perf_counter(), time.process_time()
            if threads > 1:
                cross_validate(
                    ground, splits, shelf, Curves(lambda _: None, 1), threads=threads,
                    confidence=0.95, tick=lambda _: None,
                )  # fmt: skip
            else:
                one_by_one(ground, splits, shelf, processors)
            wall, used = time.perf_counter() - wall, time.process_time() - used
        walls[name] = wall
        print(
            f"{name}: {wall:.1f} s, {used:.1f} s of processors, "
            f"{100 * used / wall / processors:.0f} % busy of {100 * free_share(processors):.0f} % "
            "to be had"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ours, theirs = walls.values()
    print(f"peak memory {peak:,.0f} MiB; ratio of times {theirs / ours:.2f}")


def one_by_one(ground: Ground, splits: list, shelf: Shelf, processors: int) -> None:  # type: ignore[type-arg]
    """Fold after fold, each with all processors."""
    from terminal.training.cross_validation import _task

    for number, split in enumerate(splits):
        task = _task(ground, split, shelf, number, processors)
        list(Watch([task], 1, lambda _: None).results())


if __name__ == "__main__":
    main()
