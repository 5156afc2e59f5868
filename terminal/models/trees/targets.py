"""What trees are told to predict, and their answers in the terminal's form."""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray
from terminal.models.model import Task
from terminal.models.samples import Samples
from terminal.models.signature import Signature


def signature_of(kind: str, train: Samples, task: Task, params: object) -> Signature:
    """Signature of a model of single rows."""
    classes = np.unique(train.y) if task is Task.CLASSES else np.empty(0)
    return Signature(kind, task, classes, train.columns, 1, params)


def target_of(signature: Signature, samples: Samples) -> FloatArray:
    """Numbers of the classes 0, 1, ... or the values themselves, float64 (n,)."""
    if signature.task is Task.NUMBER:
        return samples.y
    return np.searchsorted(signature.classes, samples.y).astype(np.float64)


def answers_of(signature: Signature, raw: object) -> FloatArray:
    """(n,) of a number or of the second of two classes, or (n, n_classes), as (n, width)."""
    found = np.asarray(raw, dtype=np.float64)
    if signature.task is Task.NUMBER:
        return found.reshape(-1, 1)
    if found.ndim == 1:
        return np.column_stack([1.0 - found, found])
    # libraries that answer in float32 sum to 1 only nearly
    return np.asarray(found / found.sum(axis=1, keepdims=True))
