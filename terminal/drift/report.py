"""What a measurement of drift found, as values that can be stored and shown without computing."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.drift.severity import Severity


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


@dataclass(frozen=True)
class ColumnDrift:
    """One column, then and now.

    Attributes
    ----------
    stability : population stability index over the baseline's bins and one for missing values;
        noise : the value chance alone stays below. jensen_shannon : distance over the same bins.
    distance : Kolmogorov-Smirnov; None for columns of few values. p_value : of it (of the counts
        for columns of few values); adjusted_p : for all columns of the report together.
    shift : Wasserstein distance in standard deviations of the baseline; None where it has none.
    missing_before, missing : shares of rows without a value. n, effective : rows now.
    """

    name: str
    stability: float
    noise: float
    jensen_shannon: float
    distance: float | None
    p_value: float
    adjusted_p: float
    shift: float | None
    missing_before: float
    missing: float
    n: int
    effective: float
    severity: Severity


@dataclass(frozen=True)
class DriftReport:
    """What has changed, how badly, and what to do.

    `decay` is None where no outcome is known yet or the baseline has no score.
    """

    features: tuple[ColumnDrift, ...]
    predictions: tuple[ColumnDrift, ...]
    decay: Decay | None
    features_severity: Severity
    predictions_severity: Severity
    decay_severity: Severity
    severity: Severity
    recommendation: str
