"""Exact SHAP values of a LightGBM model against shap's TreeExplainer and LightGBM's own.

    python benchmarks/explain.py [--rows 10000] [--features 100] [--trees 300] [--rounds 3]

All use the same cores in the same run, in turns; the least time of each counts. Ratios below 1:
ours is faster. Ours reports its progress after every chunk, as a job does.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import lightgbm
import numpy as np
import shap

from terminal.explain.shap_values import explain
from terminal.models.model import Task
from terminal.models.signature import Signature
from terminal.models.trees.kinds import LightgbmParams
from terminal.models.trees.lightgbm import LightgbmModel

REACH = 1.1


def made(rows: int, features: int, trees: int, threads: int) -> tuple[LightgbmModel, np.ndarray]:
    """A binary model of 31 leaves a tree, and the rows to explain."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, features)).astype(np.float32)
    x[rng.random(x.shape) < 0.02] = np.nan
    filled = np.nan_to_num(x)
    y = filled[:, 0] + filled[:, 1] * filled[:, 2] + rng.normal(size=rows) > 0
    settings = {"objective": "binary", "num_leaves": 31, "verbose": -1, "seed": 0}
    booster = lightgbm.train(settings | {"num_threads": threads}, lightgbm.Dataset(x, y), trees)
    columns = tuple(f"feature {k}" for k in range(features))
    signature = Signature(
        "lightgbm", Task.CLASSES, np.array([0.0, 1.0]), columns, 1, LightgbmParams()
    )
    return LightgbmModel(signature, booster, threads), x


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    model, rows = made(asked.rows, asked.features, asked.trees, asked.threads)
    told: list[float] = []
    peer = shap.TreeExplainer(model.native)
    work: dict[str, Callable[[], np.ndarray]] = {
        "ours": lambda: (
            explain(model, rows, rows, threads=asked.threads, progress=told.append).values
        ),
        "LightGBM's own": lambda: model.native.predict(
            rows, pred_contrib=True, num_threads=asked.threads
        )[:, :-1],
        "shap TreeExplainer": lambda: np.asarray(peer.shap_values(rows)),
    }
    explain(model, rows[:64], rows[:64])  # compiles
    best: dict[str, float] = {}
    spent: dict[str, float] = {}
    found: dict[str, np.ndarray] = {}
    for _ in range(asked.rounds):
        for name, run in work.items():
            begun, cpu = time.perf_counter(), time.process_time()
            found[name] = run()
            best[name] = min(best.get(name, np.inf), time.perf_counter() - begun)
            spent[name] = min(spent.get(name, np.inf), time.process_time() - cpu)
    print(
        f"{asked.rows:,} rows x {asked.features} features x {asked.trees} trees, "
        f"{asked.threads} threads, least of {asked.rounds}"
    )
    for name in work:
        away = np.abs(found[name] - found["ours"]).max()
        print(f"  {name:20} {best[name]:7.2f} s  {spent[name]:7.2f} s CPU  (differs by {away:.1g})")
    faster = min(best[name] for name in work if name != "ours")
    ratio = best["ours"] / faster
    cpu_ratio = spent["ours"] / min(spent[name] for name in work if name != "ours")
    print(
        f"ours / the faster peer: {ratio:.2f} in time, {cpu_ratio:.2f} in CPU time "
        f"(to reach: at most {REACH}); progress told {len(told) // asked.rounds} times a run"
    )
    if ratio > REACH:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
