"""Small samples with a known shape, and models fitted on them by the terminal's own `fit`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.models.fitting import fit
from terminal.models.model import FitContext, Fitted, Task
from terminal.models.samples import Samples

COLUMNS = ("first", "second", "third", "dummy", "gap")
N = 600


def samples(classes: int = 2, n: int = N, seed: int = 5) -> Samples:
    """Two instruments. The label follows first + second x third; `dummy` says nothing and `gap` is
    missing in every tenth row. `classes` 0: the label is a number."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2, n, len(COLUMNS))).astype(np.float32)
    values[:, ::10, 4] = np.nan
    values[:, :, 3] = 0.25
    ts = np.datetime64("2024-01-02T14:30", "ns") + np.arange(n) * np.timedelta64(15, "m")
    frame = FeatureFrame(COLUMNS, ("AAA", "BBB"), ts, ts + np.timedelta64(15, "m"), values)
    bar, instrument = np.repeat(np.arange(8, n - 5), 2), np.tile([0, 1], n - 13)
    rows = values[instrument, bar].astype(np.float64)
    signal = rows[:, 0] + rows[:, 1] * rows[:, 2] + 0.3 * rng.normal(size=len(rows))
    label = signal
    if classes == 2:
        label = np.where(signal > 0, 1.0, -1.0)
    elif classes == 3:
        label = np.digitize(signal, [-0.7, 0.7]) - 1.0
    count = len(bar)
    labels = Labels(
        bar, instrument, bar + 4, signal / 100, label, np.zeros(count, np.int8),
        np.ones(count), np.ones(count, np.int8),
    )  # fmt: skip
    return Samples(frame, labels)


PARAMS: dict[str, dict[str, Any]] = {
    "lightgbm": {"rounds": 25, "leaves": 12, "min_rows_leaf": 20},
    "xgboost": {"rounds": 20},
    "catboost": {"rounds": 15},
    "random-forest": {"trees": 12},
    "stacking": {"lightgbm": False, "folds": 2},
    "logistic": {},
    "ridge": {},
    "lstm": {"hidden": 8, "window": 8, "epochs": 1},
    "transformer": {"hidden": 8, "window": 8, "epochs": 1},
}


@lru_cache
def fitted(kind: str, classes: int = 2) -> Fitted:
    """A model of the kind, fitted on `samples(classes)`."""
    task = Task.CLASSES if classes else Task.NUMBER
    return fit(kind, samples(classes), None, PARAMS[kind], task, FitContext(seed=1))
