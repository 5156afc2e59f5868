"""Out-of-sample measures with sample weights: of one set of predictions, per split and per path.

Weighted means throughout: Σ w_i s_i / Σ w_i. Of classes, predictions are probabilities (n, k) in
the order of `classes`; of a number, values (n,). Unknown predictions (NaN) are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.validation.paths import recombine
from terminal.validation.split import Split

SMALLEST = 1e-15
"""Probabilities are kept this far from 0 and 1 in a logarithm."""


@dataclass(frozen=True)
class Measure:
    """One measure. chance : what a guess scores, None where that depends on the data."""

    slug: str
    title: str
    higher_is_better: bool
    chance: float | None


CLASS_MEASURES = (
    Measure("log-loss", "Log loss (nats)", False, None),
    Measure("brier", "Brier score", False, None),
    Measure("accuracy", "Accuracy", True, None),
    Measure("f1", "F1, mean of classes", True, None),
    Measure("auc", "AUC, one class against the rest", True, 0.5),
    Measure("ic", "Information coefficient", True, 0.0),
)
NUMBER_MEASURES = (
    Measure("mse", "Mean squared error", False, None),
    Measure("ic", "Information coefficient", True, 0.0),
)


def measures_for(classes: FloatArray) -> tuple[Measure, ...]:
    """The measures of a task; `classes` is empty for a number."""
    return CLASS_MEASURES if len(classes) else NUMBER_MEASURES


def scores(
    y: FloatArray, predicted: FloatArray, classes: FloatArray, weight: FloatArray | None = None
) -> dict[str, float]:
    """Every measure of the task by slug; NaN where it has no answer.

    Parameters
    ----------
    y : float64 (n,), labels. predicted : (n, k) probabilities, or values (n,) or (n, 1).
    classes : float64 (k,) ascending, or empty. weight : float64 (n,), None for all alike.

    Raises
    ------
    InputError : the predictions have another shape, or a label is none of the classes.
    """
    weight = np.ones(len(y)) if weight is None else weight
    columns = len(classes) or 1
    made = predicted.reshape(len(predicted), -1)
    if made.shape != (len(y), columns):
        raise InputError(
            f"{len(y)} labels need predictions of shape {len(y)} × {columns}, not "
            f"{made.shape[0]} × {made.shape[1]}.",
            field="predicted",
        )
    known = np.isfinite(made).all(axis=1) & np.isfinite(y)
    y, made, weight = y[known], made[known], weight[known]
    if not len(classes):
        if not len(y):
            return {measure.slug: float("nan") for measure in NUMBER_MEASURES}
        return {
            "mse": _mean(np.square(y - made[:, 0]), weight),
            "ic": information_coefficient(y, made[:, 0], weight),
        }
    if not len(y):
        return {measure.slug: float("nan") for measure in CLASS_MEASURES}
    place = np.searchsorted(classes, y)
    if bool((place >= len(classes)).any()) or bool((classes[place] != y).any()):
        raise InputError("A label is none of the classes.", field="classes")
    hit = np.zeros_like(made)
    hit[np.arange(len(y)), place] = 1.0
    chosen = made.argmax(axis=1)
    own = np.clip(made[np.arange(len(y)), place], SMALLEST, 1.0)
    return {
        "log-loss": _mean(-np.log(own), weight),
        "brier": _mean(np.square(made - hit).sum(axis=1), weight),
        "accuracy": _mean((chosen == place).astype(np.float64), weight),
        "f1": f1(place, chosen, len(classes), weight),
        "auc": _area_of_classes(hit, made, weight),
        "ic": information_coefficient(y, made @ classes, weight),
    }


def information_coefficient(
    y: FloatArray, predicted: FloatArray, weight: FloatArray | None = None
) -> float:
    """Rank correlation of prediction and label (Grinold and Kahn 1999, ch. 6), weighted.

    Ties share their rank; NaN where either does not vary.
    """
    weight = np.ones(len(y)) if weight is None else weight
    if len(y) < 2:
        return float("nan")
    a, b = rankdata(predicted), rankdata(y)
    a, b = a - _mean(a, weight), b - _mean(b, weight)
    spread = _mean(a * a, weight) * _mean(b * b, weight)
    return _mean(a * b, weight) / float(np.sqrt(spread)) if spread > 0 else float("nan")


def auc(positive: FloatArray, predicted: FloatArray, weight: FloatArray | None = None) -> float:
    """Weighted share of (positive, negative) pairs in the right order, ties half.

    positive : 1 or 0 (n,). NaN where there is only one kind.
    """
    weight = np.ones(len(positive)) if weight is None else weight
    order = np.argsort(predicted, kind="stable")
    values = predicted[order]
    for_one, for_other = (weight * positive)[order], (weight * (1.0 - positive))[order]
    total = float(for_one.sum() * for_other.sum())
    if not total > 0.0:
        return float("nan")
    first = np.flatnonzero(np.diff(values, prepend=-np.inf) > 0) if len(values) else np.empty(0)
    first = np.concatenate([[0], first[first > 0]]).astype(np.int64)
    ones, others = np.add.reduceat(for_one, first), np.add.reduceat(for_other, first)
    below = np.cumsum(others) - others
    return float((ones * (below + 0.5 * others)).sum() / total)


def f1(y: np.ndarray, chosen: np.ndarray, n_classes: int, weight: FloatArray) -> float:
    """Mean over the classes that occur of 2 TP / (2 TP + FP + FN)."""
    found = []
    for k in range(n_classes):
        true = float(weight[(y == k) & (chosen == k)].sum())
        both = float(weight[y == k].sum() + weight[chosen == k].sum())
        if both > 0.0:
            found.append(2.0 * true / both)
    return float(np.mean(found)) if found else float("nan")


def per_split(
    splits: Sequence[Split],
    predictions: Sequence[FloatArray],
    y: FloatArray,
    classes: FloatArray,
    weight: FloatArray | None = None,
) -> list[dict[str, float]]:
    """Measures of the test of each split; `predictions` are of its test positions."""
    weight = np.ones(len(y)) if weight is None else weight
    return [
        scores(y[split.test], made, classes, weight[split.test])
        for split, made in zip(splits, predictions, strict=True)
    ]


def per_path(
    splits: Sequence[Split],
    predictions: Sequence[FloatArray],
    y: FloatArray,
    classes: FloatArray,
    weight: FloatArray | None = None,
) -> list[dict[str, float]]:
    """Measures of each whole out-of-sample path (`terminal.validation.paths`)."""
    paths = recombine(splits, predictions, len(y))
    return [scores(y, path, classes, weight) for path in paths]


def _area_of_classes(hit: FloatArray, made: FloatArray, weight: FloatArray) -> float:
    """AUC of two classes; of more, each against the rest, weighted by how often it occurs."""
    if hit.shape[1] == 2:
        return auc(hit[:, 1], made[:, 1], weight)
    areas = np.array([auc(hit[:, k], made[:, k], weight) for k in range(hit.shape[1])])
    often = np.array([float(weight @ hit[:, k]) for k in range(hit.shape[1])])
    known = np.isfinite(areas)
    return _mean(areas[known], often[known]) if known.any() else float("nan")


def _mean(values: FloatArray, weight: FloatArray) -> float:
    total = float(weight.sum())
    return float(values @ weight) / total if total > 0 else float("nan")
