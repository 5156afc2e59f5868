"""One fit of a recipe: weights from its own events, a purged slice that says when to stop.

A training and a backtest that trains again as time passes fit in this one way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from terminal.labels.labels import IntArray, Labels
from terminal.labels.weights import average_uniqueness, time_decay
from terminal.models.catalogue import get_model
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Fitted, Task
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples
from terminal.params import validate

FEWEST_TO_FIT, FEWEST_TO_STOP = 50, 20


@dataclass(frozen=True)
class Fit:
    """A fitted model and how many events it learned from and stopped by."""

    fitted: Fitted
    n_train: int
    n_valid: int


def fit_recipe(samples: Samples, recipe: Recipe, gap: int, context: FitContext) -> Fit:
    """Fit a recipe on given events, all of which it may know.

    Parameters
    ----------
    gap : bars between what is fitted on and what says when to stop; a model that splits its events
        itself leaves at least as many out.
    """
    weighted = replace(samples, labels=weigh(samples.labels, recipe))
    train, valid = stopping(weighted, recipe.early_stopping, gap)
    params = dict(recipe.model_params)
    if "gap" in get_model(recipe.model).params_type.__dataclass_fields__:
        params["gap"] = max(int(params.get("gap", 0)), gap)
    fitted = fit(recipe.model, train, valid, params, recipe.task, context)
    if recipe.calibration and valid is not None:
        fitted = _calibrated(fitted, valid, recipe.calibration)
    return Fit(fitted, len(train), 0 if valid is None else len(valid))


def _calibrated(fitted: Fitted, held_out: Samples, method: str) -> Fitted:
    """Corrected by events the model was not fitted on; as it is where these are of one class."""
    from terminal.models.calibrated import calibrate

    known = np.flatnonzero(np.isin(held_out.y, fitted.classes))
    held_out = held_out.take(known)
    if len(np.unique(held_out.y)) < len(fitted.classes):
        return fitted
    answers = predict(fitted, held_out)
    return calibrate(fitted, answers, held_out.y, held_out.weight, method)


def weigh(labels: Labels, recipe: Recipe) -> Labels:
    """The events with weights made from these events alone, mean 1: uniqueness knows nothing of
    any other (López de Prado 2018, ch. 4)."""
    weight, uniqueness = np.ones(len(labels)), None
    if recipe.uniqueness or recipe.time_decay != 1.0:
        uniqueness = average_uniqueness(labels.bar, labels.end, labels.instrument)
    if recipe.uniqueness and uniqueness is not None:
        weight = uniqueness
    if recipe.time_decay != 1.0 and uniqueness is not None:
        weight = weight * time_decay(uniqueness, recipe.time_decay)
    return replace(labels, weight=weight / weight.mean())


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


def label_spread(samples: Samples, task: Task) -> float:
    """What a predicted number is measured in: the standard deviation of what was learned from."""
    if task is Task.CLASSES:
        return 1.0
    deviation = float(np.std(samples.y))
    return deviation if deviation > 0.0 else 1.0


def usable(samples: Samples, recipe: Recipe) -> IntArray:
    """Positions of the events a recipe takes: every so-many-th bar, with some feature known, or
    for a sequence model all of its window."""
    kind, labels = get_model(recipe.model), samples.labels
    found = np.isfinite(samples.frame.values)
    length = kind.window(validate(kind.params_type, recipe.model_params))
    if length > 1:
        counted = np.cumsum(found.all(axis=2), axis=1, dtype=np.int64)
        before = np.zeros_like(counted)
        before[:, length:] = counted[:, :-length]
        known = counted - before == length
    else:
        known = found.any(axis=2)
    wanted = known[labels.instrument, labels.bar] & (labels.bar % recipe.every == 0)
    return np.flatnonzero(wanted)
