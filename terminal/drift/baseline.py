"""What the training data looked like: kept with a model version, compared with what comes later.

A column is remembered as its counts in ten bins of equal frequency (open at both ends, edges that
coincide joined), its share of missing values, and a sketch of evenly spaced quantiles. Columns of
few different values are remembered value by value. All of it is a few kilobytes of JSON a column.

Rows of markets follow one another closely, so n rows say less than n independent ones would. The
effective number is n (1 - r) / (1 + r), r being the rank correlation of a row with the next one of
the same instrument (Bartlett 1946, for an autoregression of order one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from terminal.drift.performance import score_baseline
from terminal.drift.report import ScoreBaseline
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.models.event_scores import event_scores
from terminal.models.model import Task

IntArray = npt.NDArray[np.int64]

N_BINS = 10
SKETCH = 512
FEW_VALUES = 12
"""A column of at most so many different values is compared value by value."""


class ColumnKind(StrEnum):
    """How a column is compared."""

    NUMBER = "number"
    CATEGORIES = "categories"
    CONSTANT = "constant"
    MISSING = "missing"


@dataclass(frozen=True)
class ColumnBaseline:
    """One column of the training data.

    Attributes
    ----------
    n : rows. effective : independent rows they are worth. missing : rows without a value.
    edges : between the bins, ascending: a value x is in bin k where edges[k-1] <= x < edges[k]. Of
        categories and constants the values themselves, ascending.
    counts : rows in each bin, one more than edges; of categories and constants one a value.
    quantiles : evenly spaced from the smallest to the largest value; empty where there is no value.
    """

    name: str
    kind: ColumnKind
    n: int
    effective: float
    missing: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class Baseline:
    """Features, predictions and (where outcomes are known) the score of a model version."""

    features: tuple[ColumnBaseline, ...]
    predictions: tuple[ColumnBaseline, ...]
    score: ScoreBaseline | None = None


def make_baseline(
    rows: npt.ArrayLike,
    columns: Sequence[str],
    *,
    answers: FloatArray | None = None,
    task: Task = Task.CLASSES,
    classes: FloatArray | Sequence[float] = (),
    outcome: FloatArray | None = None,
    instrument: IntArray | None = None,
    later: FloatArray | None = None,
    later_instrument: IntArray | None = None,
) -> Baseline:
    """Remember what a model was trained on and how it answered.

    Parameters
    ----------
    rows : (n, n_features), the features of the training events in the order of time; NaN where
        missing. Of a sequence model, those of the newest bar of each window.
    columns : their names.
    answers : (n, n_classes) probabilities or (n, 1) values, best out of sample: answers of a model
        to its own training rows make later ones look worse than they are. Rows that were not
        answered are NaN.
    outcome : float64 (n,), the labels that came true; with `answers` they make the score.
    instrument : int64 (n,), whose row it is; None: all of one.
    later : answers of the very model that is kept to events it has not learned from, in the order
        of time; what its predictions are compared with. None: `answers`, which in cross-validation
        are those of other models and spread a little differently.
    later_instrument : int64, whose events those are.

    Raises
    ------
    InputError : no rows, or shapes that do not fit.
    """
    table = np.asarray(rows, dtype=np.float64)
    if table.ndim != 2 or not len(table) or table.shape[1] != len(columns):
        raise InputError(
            f"A baseline needs rows of {len(columns)} columns; they have shape {table.shape}.",
            field="rows",
            remedy="Give the rows the model was trained on.",
        )
    who = np.zeros(len(table), dtype=np.int64) if instrument is None else instrument
    features = tuple(column_baseline(name, table[:, k], who) for k, name in enumerate(columns))
    if answers is None:
        return Baseline(features, ())
    known = np.isfinite(answers).all(axis=1)
    if not known.any():
        return Baseline(features, ())
    if later is None:
        own, whose = answers[known], who[known]
    else:
        seen = np.isfinite(later).all(axis=1)
        own = later[seen]
        whose = np.zeros(len(own), np.int64) if later_instrument is None else later_instrument[seen]
    named = prediction_columns(own, task, np.asarray(classes, dtype=np.float64))
    predictions = tuple(column_baseline(name, values, whose) for name, values in named.items())
    score = None
    if outcome is not None:
        scored = event_scores(answers[known], outcome[known], task, np.asarray(classes))
        judged = np.isfinite(scored)
        if judged.any():
            score = score_baseline(
                scored[judged], effective_size(scored[judged], who[known][judged]), task
            )
    return Baseline(features, predictions, score)


def prediction_columns(
    answers: FloatArray, task: Task, classes: FloatArray
) -> dict[str, FloatArray]:
    """The answers' columns by name; of two classes only the upper one, which says both."""
    if task is Task.NUMBER:
        return {"predicted value": answers[:, 0]}
    shown = range(1, 2) if len(classes) == 2 else range(len(classes))
    return {f"probability of class {classes[k]:g}": answers[:, k] for k in shown}


def column_baseline(name: str, values: FloatArray, instrument: IntArray) -> ColumnBaseline:
    """Remember one column; values float64 (n,), NaN where missing (infinite counts as missing)."""
    known = np.isfinite(values)
    found = values[known]
    missing = int(len(values) - len(found))
    if not len(found):
        return ColumnBaseline(name, ColumnKind.MISSING, len(values), 0.0, missing, (), (), ())
    distinct, counts = np.unique(found, return_counts=True)
    effective = effective_size(found, instrument[known])
    if len(distinct) <= FEW_VALUES:
        kind = ColumnKind.CONSTANT if len(distinct) == 1 else ColumnKind.CATEGORIES
        edges, binned = distinct, counts
    else:
        kind = ColumnKind.NUMBER
        edges = equal_frequency_edges(found)
        binned = binned_counts(found, edges)
    quantiles = np.quantile(found, np.linspace(0.0, 1.0, min(SKETCH, len(found))))
    return ColumnBaseline(
        name,
        kind,
        len(values),
        effective,
        missing,
        tuple(edges.tolist()),
        tuple(binned.tolist()),
        tuple(quantiles.tolist()),
    )


def equal_frequency_edges(values: FloatArray, n_bins: int = N_BINS) -> FloatArray:
    """Inner edges of bins that hold equally many values; coinciding ones are joined."""
    edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, n_bins + 1)[1:-1]))
    # an edge at the smallest value would leave the first bin empty for good
    return np.asarray(edges[edges > values.min()])


def binned_counts(values: FloatArray, edges: FloatArray | Sequence[float]) -> IntArray:
    """Values in each bin, int64 (len(edges) + 1,)."""
    at = np.searchsorted(np.asarray(edges), values, side="right")
    return np.bincount(at, minlength=len(edges) + 1)


def effective_size(values: FloatArray, instrument: IntArray) -> float:
    """How many independent rows these are worth, 1 .. n."""
    n = len(values)
    order = np.argsort(instrument, kind="stable")
    ranks = rankdata(values)[order]
    same = instrument[order][1:] == instrument[order][:-1]
    before, after = ranks[:-1][same], ranks[1:][same]
    if len(before) < 3 or np.ptp(before) == 0.0 or np.ptp(after) == 0.0:
        return float(n)
    r = min(max(float(np.corrcoef(before, after)[0, 1]), 0.0), 1.0 - 1.0 / n)
    return max(1.0, n * (1.0 - r) / (1.0 + r))
