"""How long one prediction takes, through the whole `Predictor`, beside the libraries' own ways.

    python benchmarks/inference.py [--calls 3000] [--seed 0]

Each model is fitted, sealed in a folder, read back and asked for one row at a time. Peers, in the
same run and interleaved with ours: LightGBM's scikit-learn wrapper on the same trees, and the same
network called by eager torch with gradients on. Everything runs in one thread. Times of a call are
its processor time, which other processes on the machine do not stretch; the clock's p99 is printed
too. Targets: LightGBM p99 <= 1 ms, LSTM 60 x 32 p99 <= 2 ms, 1,000 a second in batches.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import torch

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.models.catalogue import get_model
from terminal.models.fitting import fit
from terminal.models.model import FitContext, Task, inputs_of
from terminal.models.networks.network import tensors_of
from terminal.models.package import read_package, write_package
from terminal.models.predictor import Predictor
from terminal.models.samples import Samples

KEY = b"only of this benchmark, 32 bytes"
N_EVENTS, N_ROWS = 4000, 100
WINDOW, N_SERIES = 60, 32
TREES = {"rounds": 300, "patience": 0, "min_rows_leaf": 20}
PARAMS: dict[str, dict[str, Any]] = {
    "logistic": {},
    "random-forest": {"trees": 200},
    "lightgbm": TREES,
    "xgboost": {"rounds": 300, "patience": 0},
    "catboost": {"rounds": 300, "patience": 0},
    "lstm": {"window": WINDOW, "hidden": 32, "epochs": 1},
    "transformer": {"window": WINDOW, "hidden": 32, "epochs": 1},
}


def samples_of(n_features: int, seed: int) -> Samples:
    """Noise with a little signal, of one instrument."""
    rng = np.random.default_rng(seed)
    n_bars = N_EVENTS + WINDOW + 5
    values = rng.normal(size=(1, n_bars, n_features)).astype(np.float32)
    bar = np.arange(WINDOW, WINDOW + N_EVENTS)
    outcome = 0.01 * (values[0, bar, 0] + rng.normal(size=N_EVENTS))
    ts = np.arange(n_bars).astype("datetime64[m]").astype("datetime64[ns]")
    frame = FeatureFrame(tuple(f"f{j}" for j in range(n_features)), ("AAA",), ts, ts, values)
    ones = np.ones(N_EVENTS)
    labels = Labels(
        bar, np.zeros(N_EVENTS, np.int64), bar + 1, outcome, (outcome > 0).astype(np.float64),
        ones.astype(np.int8), ones, ones.astype(np.int8),
    )  # fmt: skip
    return Samples(frame, labels)


def predictor_of(slug: str, samples: Samples) -> Predictor:
    """Fitted, sealed, read back: what a live session holds."""
    model = fit(slug, samples, None, PARAMS[slug], Task.CLASSES, FitContext())
    with tempfile.TemporaryDirectory() as folder:
        write_package(Path(folder), model, PARAMS[slug], {}, KEY)
        return Predictor(read_package(Path(folder), KEY))


def peer_of(slug: str, predictor: Predictor) -> tuple[str, Callable[[np.ndarray], Any]] | None:
    """The library's own way to the same answer."""
    model: Any = predictor.model
    if slug == "lightgbm":
        wrapper = lightgbm.LGBMClassifier(n_jobs=1)
        wrapper._Booster = model.native
        wrapper.fitted_ = True
        wrapper._n_features = wrapper._n_features_in = len(model.columns)
        wrapper._n_classes, wrapper._classes = 2, model.classes
        wrapper._le = _Same()
        return "scikit-learn wrapper", lambda row: wrapper.predict_proba(row[None])
    if slug in ("lstm", "transformer"):

        def eager(window: np.ndarray) -> Any:
            found, _ = model.module(*tensors_of(window[None], model.standardiser))
            return torch.softmax(found, dim=1).detach().numpy()

        return "eager torch", eager
    return None


class _Same:
    """Labels as they are."""

    def inverse_transform(self, labels: np.ndarray) -> np.ndarray:
        return labels


def measure(slug: str, calls: int, seed: int) -> None:
    """Print one line."""
    n_features = N_SERIES if get_model(slug).sequence else N_ROWS
    samples = samples_of(n_features, seed)
    predictor = predictor_of(slug, samples)
    inputs = inputs_of(predictor.model, samples.take(np.arange(1000)))
    columns = predictor.columns
    peer = peer_of(slug, predictor)
    ours, theirs, waited = np.empty(calls), np.empty(calls), np.empty(calls)
    worst = 0.0
    for k in range(-50, calls):  # the first ones warm up
        row = inputs[k % len(inputs)]
        clock, start = time.perf_counter(), time.process_time()
        own = predictor.predict(row, columns)
        middle = time.process_time()
        elapsed = time.perf_counter() - clock
        begun = time.process_time()
        if peer is not None:
            other = peer[1](row)
        done = time.process_time()
        if peer is not None:
            worst = max(worst, float(np.abs(other[0] - own.probabilities).max()))
        if k >= 0:
            ours[k], theirs[k], waited[k] = middle - start, done - begun, elapsed
    seconds = []
    for _ in range(3):
        start = time.process_time()
        _, batch = predictor.predict_many(inputs)
        seconds.append(time.process_time() - start)
    alone = np.stack([predictor.predict(row, columns).probabilities for row in inputs[:50]])
    p50, p99 = np.percentile(ours, [50, 99]) * 1e3
    line = (
        f"{slug:14s} one row: median {p50:6.3f} ms, p99 {p99:6.3f} ms "
        f"(by the clock {np.percentile(waited, 99) * 1e3:.3f})   "
        f"batch: {len(inputs) / min(seconds):10,.0f} a second   "
        f"one against batch: {np.abs(alone - batch[:50]).max():.1e}"
    )
    if peer is not None:
        q50, q99 = np.percentile(theirs, [50, 99]) * 1e3
        line += (
            f"\n{'':14s} {peer[0]}: median {q50:.3f} ms, p99 {q99:.3f} ms -> "
            f"{q50 / p50:.2f} x faster at the median, {q99 / p99:.2f} x at p99 "
            f"(answers differ by {worst:.1e})"
        )
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"rows of {N_ROWS} features; windows of {WINDOW} x {N_SERIES}; one thread")
    for slug in PARAMS:
        measure(slug, asked.calls, asked.seed)


if __name__ == "__main__":
    main()
