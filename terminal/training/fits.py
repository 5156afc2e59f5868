"""What fitted models answer to events, and plain figures of these answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from terminal.market.panel import FloatArray
from terminal.models.fitting import predict
from terminal.models.model import Fitted, Task
from terminal.models.samples import Samples


def answers_of(fitted: Fitted, samples: Samples, classes: FloatArray) -> FloatArray:
    """Answers with one column for each of `classes`, float64 (n, n_classes), 0 for those that the
    model has never seen; (n, 1) of a number."""
    answers = predict(fitted, samples)
    if fitted.task is Task.NUMBER:
        return answers
    out = np.zeros((len(samples), len(classes)))
    out[:, np.searchsorted(classes, fitted.classes)] = answers
    return out


def expected(answers: FloatArray, classes: FloatArray) -> FloatArray:
    """Answers as one number each: Σ class · probability, or the value itself; float64 (n,)."""
    return np.asarray(answers[:, 0] if not len(classes) else answers @ classes)


def figures(y: FloatArray, answers: FloatArray, classes: FloatArray) -> dict[str, float]:
    """Plain figures of answers: log loss and accuracy (beside that of always naming the commonest
    class), or R² and mean absolute error."""
    if not len(y):
        return {}
    if not len(classes):
        error = y - answers[:, 0]
        spread = float(np.sum((y - y.mean()) ** 2))
        return {
            "r_squared": 1.0 - float(error @ error) / spread if spread > 0 else 0.0,
            "mean_absolute_error": float(np.abs(error).mean()),
        }
    place = np.searchsorted(classes, y)
    own = np.clip(answers[np.arange(len(y)), place], 1e-15, 1.0)
    counted = np.bincount(place, minlength=len(classes))
    return {
        "log_loss": float(-np.log(own).mean()),
        "accuracy": float((answers.argmax(axis=1) == place).mean()),
        "commonest_class": float(counted.max() / len(y)),
    }


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers for JSON: what is not finite becomes None."""
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value
        for key, value in values.items()
    }
