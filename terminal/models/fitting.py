"""Fit any model of the catalogue, and predict with it, by one pair of functions.

What no model can learn from (one class, an empty column, too few rows) is refused here, before
any library sees it, with the same words for every kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.models.catalogue import COMBINED, get_model, resolve
from terminal.models.model import FitContext, Fitted, Task, check_columns, inputs_of
from terminal.models.samples import Samples
from terminal.models.signature import MAX_CLASSES
from terminal.params import validate

MIN_ROWS = 30
BLOCK = 65_536


def fit(
    slug: str,
    train: Samples,
    valid: Samples | None,
    params: Mapping[str, Any] | Any,
    task: Task,
    context: FitContext,
) -> Fitted:
    """Fit the model called `slug`.

    Parameters
    ----------
    train : what it learns from. valid : a later slice that says when to stop, or None; none of its
        events may begin before every outcome of `train` is known.
    params : of the kind's `params_type`, or a mapping that is checked against it.

    Raises
    ------
    InputError : when there is nothing to learn, naming what is wrong; for a parameter out of range;
        for a task the model does not do.
    """
    kind = get_model(slug)
    if slug in COMBINED:
        raise InputError(
            f"{kind.title} is made of a fitted model, not fitted itself.",
            field="model",
            remedy="Choose the model to be fitted.",
        )
    if task not in kind.tasks:
        raise InputError(
            f"{kind.title} does not predict {'classes' if task is Task.CLASSES else 'a number'}.",
            field="model",
            remedy="Choose another model or another label.",
        )
    if isinstance(params, Mapping):
        params = validate(kind.params_type, params)
    elif not isinstance(params, kind.params_type):
        raise TypeError(f"{slug} takes {kind.params_type.__name__}, not {type(params).__name__}")
    if np.any(train.weight == 0):  # what weighs nothing is not there
        train = train.take(np.flatnonzero(train.weight != 0))
    check_trainable(train, task)
    if valid is not None:
        valid = _checked_valid(train, valid, task)
    fitted: Fitted = resolve(kind.fit)(train, valid, params, task, context)
    return fitted


def predict(model: Fitted, samples: Samples, *, block: int = BLOCK) -> FloatArray:
    """Answers of a model for samples, float64 (n, n_classes) or (n, 1), in bounded memory.

    Raises
    ------
    InputError : when the columns are not the model's, in its order.
    """
    check_columns(model.columns, samples.columns)
    step = max(1, block // model.length)
    width = len(model.classes) if model.task is Task.CLASSES else 1
    answers = np.empty((len(samples), width))
    for start in range(0, len(samples), step):
        part = np.arange(start, min(start + step, len(samples)))
        answers[part] = model.predict(inputs_of(model, samples.take(part)))
    return answers


def classes_of(y: FloatArray) -> FloatArray:
    """The classes that occur, ascending, float64."""
    return np.unique(y)


def check_trainable(train: Samples, task: Task) -> None:
    """InputError when no model can learn from these events."""
    if len(train) < MIN_ROWS:
        raise InputError(
            f"There are {len(train)} events with a weight to learn from; at least {MIN_ROWS} are "
            "needed.",
            field="label",
            remedy="Use more bars or a label with more events.",
        )
    if not np.all(np.isfinite(train.y)):
        raise InputError(
            f"{int(np.sum(~np.isfinite(train.y)))} of {len(train)} labels are unknown.",
            field="label",
            remedy="Leave out events whose outcome is not known.",
        )
    weight = train.weight
    if not np.all(np.isfinite(weight)) or np.any(weight < 0):
        raise InputError(
            "Sample weights must be numbers of at least 0.",
            field="weights",
            remedy="Check how events are weighted.",
        )
    if task is Task.CLASSES:
        _check_classes(train.y)
    _check_columns_known(train)


def _check_classes(y: FloatArray) -> None:
    classes = classes_of(y)
    if len(classes) < 2:
        raise InputError(
            f"Every event has the same label, {classes[0]:g}: there is nothing to tell apart.",
            field="label",
            remedy="Change the barriers or use more bars.",
        )
    if len(classes) > MAX_CLASSES:
        raise InputError(
            f"There are {len(classes)} different labels; at most {MAX_CLASSES} can be classes.",
            field="label",
            remedy="Predict a number instead.",
        )


def _check_columns_known(train: Samples) -> None:
    known = np.zeros(len(train.columns), dtype=bool)
    for start in range(0, len(train), BLOCK):
        rows = train.take(np.arange(start, min(start + BLOCK, len(train)))).rows()
        infinite = np.isinf(rows).any(axis=0)
        if infinite.any():
            name = train.columns[int(np.argmax(infinite))]
            raise InputError(
                f"Feature {name!r} has infinite values.",
                field="features",
                remedy="Leave it out or normalise it.",
            )
        known |= ~np.isnan(rows).all(axis=0)
    if not known.all():
        name = train.columns[int(np.argmin(known))]
        raise InputError(
            f"Feature {name!r} is unknown at every event.",
            field="features",
            remedy="Leave it out, or use more bars: its warm-up may be longer than the data.",
        )


def _checked_valid(train: Samples, valid: Samples, task: Task) -> Samples | None:
    """The slice that says when to stop, without classes that training has not seen."""
    check_columns(train.columns, valid.columns)
    if len(valid) == 0:
        return None
    first, known = int(valid.labels.bar.min()), int(train.labels.end.max())
    if first <= known:
        raise InputError(
            f"The slice for early stopping begins at bar {first}, but outcomes that are learned "
            f"from are known only at bar {known}.",
            field="early_stopping",
            remedy="Leave out the training events whose outcome reaches into the slice.",
        )
    usable = np.isfinite(valid.y) & (valid.weight > 0)
    if task is Task.CLASSES:
        usable &= np.isin(valid.y, classes_of(train.y))
    return valid.take(np.flatnonzero(usable)) if usable.any() else None
