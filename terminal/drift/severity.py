"""When a change is worth a word, and which word. All thresholds of this room stand here."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Severity(StrEnum):
    """How far the present is from training."""

    NONE = "none"
    MODERATE = "moderate"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """0, 1 or 2."""
        return list(Severity).index(self)


STABILITY = (0.10, 0.25)
"""Stability index from which a change is moderate, and severe (the credit industry's rule)."""
DISTANCE = (0.10, 0.25)
"""Kolmogorov-Smirnov distance from which a significant change is moderate, and severe."""
SIGNIFICANCE = 0.05
"""Share of false findings allowed among the columns of one report."""
DECAY = (0.025, 0.001)
"""Chance of so low a score, one-sided, below which decay is moderate, and severe."""
MISSING = (0.10, 0.30)
"""Rise of the share of missing values that is moderate, and severe."""
MANY = 0.20
"""Share of the features that makes the whole moderate or severe."""


def by_threshold(value: float, limits: tuple[float, float]) -> Severity:
    """Of a number that is worse the larger it is."""
    moderate, severe = limits
    if value >= severe:
        return Severity.SEVERE
    return Severity.MODERATE if value >= moderate else Severity.NONE


def of_stability(index: float) -> Severity:
    """Of a stability index: below 0.10 none, below 0.25 moderate, else severe."""
    return by_threshold(index, STABILITY)


def of_column(
    stability: float,
    noise: float,
    distance: float | None,
    adjusted_p: float,
    missing_rise: float,
) -> Severity:
    """Of one column: the worse of its stability index, where that is more than noise, its
    Kolmogorov-Smirnov distance, where that is significant, and its missing values."""
    found = [by_threshold(missing_rise, MISSING)]
    if stability > noise:
        found.append(of_stability(stability))
    if distance is not None and adjusted_p < SIGNIFICANCE:
        found.append(by_threshold(distance, DISTANCE))
    return worst(found)


def of_decay(p_value: float) -> Severity:
    """Of a score: below the 95 % interval moderate, below the 99.8 % interval severe."""
    moderate, severe = DECAY
    if p_value < severe:
        return Severity.SEVERE
    return Severity.MODERATE if p_value < moderate else Severity.NONE


def of_features(columns: Sequence[Severity]) -> Severity:
    """Of all features: severe where a fifth of them is; moderate where a fifth is at least that,
    or a single one is severe."""
    if not columns:
        return Severity.NONE
    severe = sum(column is Severity.SEVERE for column in columns) / len(columns)
    moved = sum(column is not Severity.NONE for column in columns) / len(columns)
    if severe >= MANY:
        return Severity.SEVERE
    return Severity.MODERATE if severe > 0.0 or moved >= MANY else Severity.NONE


def worst(found: Sequence[Severity]) -> Severity:
    """The worst of several."""
    return max(found, key=lambda severity: severity.rank, default=Severity.NONE)
