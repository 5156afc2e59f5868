"""Whether a model's answers have become worse than they were in training, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from terminal.market.panel import FloatArray
from terminal.models.event_scores import score_title
from terminal.models.model import Task

CONFIDENCE = 0.95


@dataclass(frozen=True)
class ScoreBaseline:
    """The score of the training interval.

    Attributes
    ----------
    title : what it is, in words. mean, deviation : of the events. n : events; effective :
    independent ones they are worth.
    """

    title: str
    mean: float
    deviation: float
    n: int
    effective: float


@dataclass(frozen=True)
class Decay:
    """The score of later events against that of training.

    Attributes
    ----------
    mean, n, effective : of the later events. low, high : where their mean lies with 95 %
        confidence when nothing has changed. z : distance from the training mean in standard errors,
        negative where worse. p_value : chance of a mean so low or lower when nothing has changed.
    changes : positions of the later events at which the rate of wrong answers changed (ADWIN).
    """

    title: str
    training: float
    mean: float
    n: int
    effective: float
    low: float
    high: float
    z: float
    p_value: float
    changes: tuple[int, ...] = ()


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
