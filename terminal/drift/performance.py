"""Whether a model's answers have become worse than they were in training, event by event."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from terminal.drift.report import Decay, ScoreBaseline
from terminal.market.panel import FloatArray
from terminal.models.event_scores import score_title
from terminal.models.model import Task

CONFIDENCE = 0.95


def score_baseline(scores: FloatArray, effective: float, task: Task) -> ScoreBaseline:
    """Remember the scores of training events, float64 (n,) without NaN."""
    return ScoreBaseline(
        score_title(task), float(scores.mean()), float(scores.std()), len(scores), float(effective)
    )


def decay(baseline: ScoreBaseline, scores: FloatArray, effective: float) -> Decay:
    """Later scores, float64 (n,) without NaN, against the training interval.

    The standard error is that of a difference of two means (Welch), with effective numbers of
    events; the deviation of few later events is taken from training where it is larger.
    """
    mean = float(scores.mean())
    deviation = max(float(scores.std()), baseline.deviation)
    error = np.sqrt(baseline.deviation**2 / baseline.effective + deviation**2 / max(effective, 1.0))
    reach = float(norm.ppf(0.5 + CONFIDENCE / 2.0)) * float(error)
    z = (mean - baseline.mean) / float(error) if error > 0.0 else 0.0
    return Decay(
        baseline.title,
        baseline.mean,
        mean,
        len(scores),
        float(effective),
        baseline.mean - reach,
        baseline.mean + reach,
        z,
        float(norm.cdf(z)),
    )
