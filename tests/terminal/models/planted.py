"""Samples with a planted signal: the first of four features says what comes, with noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.models.model import FitContext, Progress, Task
from terminal.models.samples import Samples

COLUMNS = ("momentum(window=5, kind=log)", "rsi(window=14) 1h", "noise a", "noise b")
KEY = b"k" * 32
HORIZON = 2

QUICK: dict[str, dict[str, float | int | str | bool]] = {
    "logistic": {},
    "ridge": {},
    "random-forest": {"trees": 20, "depth": 4, "min_rows_leaf": 10, "column_share": 1.0},
    "lightgbm": {"rounds": 25, "learning_rate": 0.2, "leaves": 7, "min_rows_leaf": 10},
    "xgboost": {"rounds": 25, "learning_rate": 0.2, "depth": 3, "min_weight_leaf": 2},
    "catboost": {"rounds": 25, "learning_rate": 0.2, "depth": 3},
    "lstm": {"window": 4, "hidden": 8, "epochs": 8, "batch": 32, "learning_rate": 0.02},
    "transformer": {"window": 4, "hidden": 8, "heads": 2, "epochs": 8, "batch": 32,
                    "learning_rate": 0.01},
    "stacking": {"folds": 2, "gap": 4, "lightgbm": True, "random_forest": False},
}  # fmt: skip
"""Parameters with which each model learns the planted signal in a moment."""


def planted(
    task: Task = Task.CLASSES,
    n: int = 360,
    *,
    n_classes: int = 2,
    seed: int = 0,
    noise: float = 0.5,
) -> Samples:
    """`n` events of two instruments; some features are unknown, as after a halt."""
    rng = np.random.default_rng(seed)
    n_bars = n // 2 + 6
    values = rng.normal(size=(2, n_bars, len(COLUMNS))).astype(np.float32)
    bar = np.repeat(np.arange(4, 4 + n // 2), 2)
    instrument = np.tile([0, 1], n // 2)
    signal = values[instrument, bar, 0] + noise * rng.normal(size=n)
    values[rng.random(values.shape) < 0.02] = np.nan
    if task is Task.NUMBER:
        y = 0.02 * signal
    elif n_classes == 2:
        y = (signal > 0).astype(np.float64)
    else:
        y = np.digitize(signal, [-0.5, 0.5]) - 1.0
    ts = np.arange(n_bars).astype("datetime64[h]").astype("datetime64[ns]")
    frame = FeatureFrame(COLUMNS, ("AAA", "BBB"), ts, ts + np.timedelta64(1, "h"), values)
    ones = np.ones(n)
    small = ones.astype(np.int8)
    labels = Labels(bar, instrument, bar + HORIZON, 0.02 * signal, y, small, ones, small)
    return Samples(frame, labels)


def parts(samples: Samples) -> tuple[Samples, Samples, Samples]:
    """First 60 %, the next 20 %, the rest; what overlaps is left out between them."""
    n = len(samples)
    a, b, gap = int(0.6 * n), int(0.8 * n), 2 * (HORIZON + 1)
    cuts = (np.arange(0, a - gap), np.arange(a, b - gap), np.arange(b, n))
    return tuple(samples.take(cut) for cut in cuts)  # type: ignore[return-value]


def with_labels(samples: Samples, **changes: object) -> Samples:
    """The same events with other labels."""
    return replace(samples, labels=replace(samples.labels, **changes))  # type: ignore[arg-type]


def with_values(
    samples: Samples, values: np.ndarray, columns: tuple[str, ...] = COLUMNS
) -> Samples:
    """The same events with other features."""
    return replace(samples, frame=replace(samples.frame, values=values, columns=columns))


class Watched:
    """Keeps every step of a fit."""

    def __init__(self) -> None:
        self.steps: list[Progress] = []

    def __call__(self, step: Progress) -> None:
        self.steps.append(step)

    @property
    def context(self) -> FitContext:
        return FitContext(seed=3, threads=1, progress=self)


class Stopped(Exception):
    """Raised by whoever watches, to end a fit."""


class StopAt:
    """Ends a fit at its k-th report."""

    def __init__(self, report: int) -> None:
        self.left = report

    def __call__(self, step: Progress) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Stopped
