"""Compare what a model sees and says now with its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from terminal.drift import distances, severity
from terminal.drift.baseline import (
    Baseline,
    ColumnBaseline,
    ColumnKind,
    IntArray,
    binned_counts,
    effective_size,
    prediction_columns,
)
from terminal.drift.detectors import Adwin, detections
from terminal.drift.performance import decay
from terminal.drift.report import ColumnDrift, Decay, DriftReport
from terminal.drift.severity import SIGNIFICANCE, Severity
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.models.event_scores import event_errors, event_scores
from terminal.models.model import Task

FEWEST_EFFECTIVE = 10.0
"""Independent rows below which a column is not judged."""


def measure(
    baseline: Baseline,
    rows: npt.ArrayLike,
    *,
    answers: FloatArray | None = None,
    task: Task = Task.CLASSES,
    classes: FloatArray | Sequence[float] = (),
    outcome: FloatArray | None = None,
    instrument: IntArray | None = None,
) -> DriftReport:
    """Drift of later events; the parameters are those of `make_baseline`.

    `answers` may have rows of NaN and `outcome` may be NaN where it is not known yet.

    Raises
    ------
    InputError : no rows, or other columns than the baseline's.
    """
    table = np.asarray(rows, dtype=np.float64)
    if table.ndim != 2 or not len(table) or table.shape[1] != len(baseline.features):
        raise InputError(
            f"The baseline has {len(baseline.features)} columns; the rows have shape "
            f"{table.shape}.",
            field="rows",
            remedy="Compute the features of the model's own feature set.",
        )
    who = np.zeros(len(table), dtype=np.int64) if instrument is None else instrument
    pairs = [(own, table[:, k], who) for k, own in enumerate(baseline.features)]
    fallen = None
    if answers is not None:
        known = np.isfinite(answers).all(axis=1)
        named = prediction_columns(answers[known], task, np.asarray(classes, dtype=np.float64))
        pairs += [
            (own, named[own.name], who[known])
            for own in baseline.predictions
            if known.any() and own.name in named
        ]
        if outcome is not None and baseline.score is not None:
            scored = event_scores(answers, outcome, task, np.asarray(classes))
            judged = np.isfinite(scored) & known
            if judged.any():
                size = effective_size(scored[judged], who[judged])
                wrong = event_errors(answers, outcome, task, np.asarray(classes))[judged]
                fallen = replace(
                    decay(baseline.score, scored[judged], size),
                    changes=tuple(np.flatnonzero(judged)[detections(Adwin(), wrong)].tolist()),
                )
    level = SIGNIFICANCE / len(pairs)
    drifts = _judged([_compared(own, values, whose, level) for own, values, whose in pairs])
    count = len(baseline.features)
    return _report(drifts[:count], drifts[count:], fallen)


def _compared(
    own: ColumnBaseline, values: FloatArray, instrument: IntArray, level: float
) -> ColumnDrift:
    known = np.isfinite(values)
    found = values[known]
    missing = len(values) - len(found)
    before, now = _counts(own, found)
    before, now = np.append(before, own.missing), np.append(now, missing)
    used = (before > 0) | (now > 0)
    before, now = before[used], now[used]
    effective = effective_size(found, instrument[known]) if len(found) else float(len(values))
    then = own.effective if own.effective > 0.0 else float(own.n)
    half = 0.5 / min(then, max(effective, 1.0))  # half a row: an empty bin of few rows says little
    distance, shift = None, None
    p_value = 1.0
    if own.kind is ColumnKind.NUMBER and len(found):
        sketch = np.array(own.quantiles)
        distance = distances.kolmogorov_smirnov(sketch, found)
        p_value = distances.kolmogorov_smirnov_p(distance, then, effective)
        deviation = float(sketch.std())
        shift = distances.wasserstein(sketch, found) / deviation if deviation > 0.0 else None
    elif own.kind is not ColumnKind.NUMBER and len(before) > 1:
        _, p_value, _ = distances.contingency(
            distances.shares(before) * then, distances.shares(now) * effective
        )
    return ColumnDrift(
        name=own.name,
        stability=distances.stability_index(before, now, max(distances.LEAST_SHARE, half)),
        noise=distances.stability_noise(len(before), then, effective, level),
        jensen_shannon=distances.jensen_shannon(before, now),
        distance=distance,
        p_value=p_value,
        adjusted_p=1.0,
        shift=shift,
        missing_before=own.missing / own.n,
        missing=missing / len(values),
        n=len(values),
        effective=effective,
        severity=Severity.NONE,
    )


def _counts(own: ColumnBaseline, found: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values then and now in the baseline's bins; of columns of few values one bin a value and one
    for all others."""
    before = np.asarray(own.counts, dtype=np.float64)
    if own.kind is ColumnKind.NUMBER:
        return before, binned_counts(found, own.edges).astype(np.float64)
    known = np.array([np.count_nonzero(found == value) for value in own.edges], dtype=np.float64)
    return np.append(before, 0.0), np.append(known, len(found) - known.sum())


def _judged(found: list[ColumnDrift]) -> tuple[ColumnDrift, ...]:
    adjusted = distances.benjamini_hochberg([column.p_value for column in found])
    return tuple(
        replace(column, adjusted_p=float(p), severity=_severity(column, float(p)))
        for column, p in zip(found, adjusted, strict=True)
    )


def _severity(column: ColumnDrift, adjusted_p: float) -> Severity:
    if column.effective < FEWEST_EFFECTIVE:
        return Severity.NONE
    return severity.of_column(
        column.stability,
        column.noise,
        column.distance,
        adjusted_p,
        column.missing - column.missing_before,
    )


def _report(
    features: tuple[ColumnDrift, ...], predictions: tuple[ColumnDrift, ...], fallen: Decay | None
) -> DriftReport:
    of_features = severity.of_features([column.severity for column in features])
    of_predictions = severity.worst([column.severity for column in predictions])
    of_decay = Severity.NONE if fallen is None else severity.of_decay(fallen.p_value)
    return DriftReport(
        features=features,
        predictions=predictions,
        decay=fallen,
        features_severity=of_features,
        predictions_severity=of_predictions,
        decay_severity=of_decay,
        severity=severity.worst([of_features, of_predictions, of_decay]),
        recommendation=recommendation(features, of_features, of_predictions, of_decay, fallen),
    )


def recommendation(
    features: Sequence[ColumnDrift],
    of_features: Severity,
    of_predictions: Severity,
    of_decay: Severity,
    fallen: Decay | None,
) -> str:
    """What to do, in words."""
    moved = sorted(
        (column for column in features if column.severity is not Severity.NONE),
        key=lambda column: (-column.severity.rank, -column.stability),
    )
    names = ", ".join(column.name for column in moved[:3])
    names += f" and {len(moved) - 3} more" if len(moved) > 3 else ""
    if of_decay is Severity.SEVERE:
        return (
            "Stop trading this model. Its score is far below that of training; train again on "
            "newer bars and let it pass the gate first."
        )
    if of_decay is Severity.MODERATE:
        return "Train again soon: the score is below the training interval." + (
            f" Look at {names} first." if names else ""
        )
    if Severity.SEVERE in (of_features, of_predictions):
        what = (
            f"{names} no longer look"
            if of_features is Severity.SEVERE
            else "Its answers no longer look"
        )
        tail = (
            "the score holds so far, so reduce its size rather than stop it."
            if fallen is not None
            else "how good it still is cannot be said before outcomes are known."
        )
        return f"Train again on newer bars. {what} like those of training; {tail}"
    if Severity.MODERATE in (of_features, of_predictions):
        first = f"Watch {names}." if names else "Watch its answers: they have moved."
        return f"{first} No action is needed while the score holds; measure again in some weeks."
    if moved:
        return f"Keep the model. {names} moved a little; that alone means nothing."
    return "Keep the model: what it sees and says is what it saw and said in training."
