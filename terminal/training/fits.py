"""One fit of a training: weights from its own events, a purged slice that says when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from terminal.market.panel import FloatArray
from terminal.models.fit_recipe import weigh
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Fitted, Task
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples

FEWEST_TO_FIT, FEWEST_TO_STOP = 50, 20


@dataclass(frozen=True)
class Fit:
    """A fitted model and how many events it learned from and stopped by."""

    fitted: Fitted
    n_train: int
    n_valid: int


def fit_events(samples: Samples, recipe: Recipe, gap: int, context: FitContext) -> Fit:
    """Fit a recipe on given events, all of which it may know.

    Weights are made from these events alone: uniqueness knows nothing of any other.
    """
    weighted = replace(samples, labels=weigh(samples.labels, recipe))
    train, valid = stopping(weighted, recipe.early_stopping, gap)
    fitted = fit(recipe.model, train, valid, dict(recipe.model_params), recipe.task, context)
    return Fit(fitted, len(train), 0 if valid is None else len(valid))


def stopping(samples: Samples, share: float, gap: int) -> tuple[Samples, Samples | None]:
    """(what is fitted on, what says when to stop): the last events, `gap` bars apart.

    Where too few events would be left on either side, all are fitted on and nothing stops early.
    """
    if share <= 0.0:
        return samples, None
    labels = samples.labels
    first = int(labels.bar[int((1.0 - share) * (len(labels) - 1))])
    late = np.flatnonzero(labels.bar >= first)
    early = np.flatnonzero((labels.end < first) & (labels.bar < first - gap))
    if len(early) < FEWEST_TO_FIT or len(late) < FEWEST_TO_STOP:
        return samples, None
    if len(np.unique(labels.label[early])) < 2:
        return samples, None
    return samples.take(early), samples.take(late)


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
