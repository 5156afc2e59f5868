"""Target leak: a single feature that predicts the label too well to be honest.

Two measures: the area under the ROC curve of the label's direction, and the share of the label's
information that a feature's deciles hold (mutual information over entropy), which also sees leaks
without a direction. Both must be beyond the plausible and beyond what circular shifts of the
events give.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm, rankdata

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.market.panel import FloatArray
from terminal.validation.leakage.multiple import holm
from terminal.validation.leakage.report import Finding, Test
from terminal.validation.ranges import IntArray

MOST_EVENTS = 20_000
SHIFTS = 32
BINS = 10
PLAUSIBLE_AUC, PLAUSIBLE_SHARE = 0.65, 0.12


def target_findings(
    frame: FeatureFrame, labels: Labels, *, alpha: float = 0.01, seed: int = 0
) -> list[Finding]:
    """Features whose AUC or share of information is beyond the plausible and beyond chance."""
    if len(labels) < 10 * BINS:
        return []
    positions, up = direction(labels)
    if len(positions) < 10 * BINS or up.min() == up.max():
        return []
    values = frame.rows(labels.bar[positions], labels.instrument[positions]).astype(np.float64)
    order = np.where(np.isfinite(values), rankdata(values, axis=0, nan_policy="omit"), np.nan)
    known = np.isfinite(order)
    enough = known.mean(axis=0) > 0.05
    bins = _bins(order, known)
    random = np.random.default_rng(seed)
    n = len(positions)
    shifts = random.integers(max(1, n // 10), n - n // 10, SHIFTS)
    labels_and_shifts = np.stack([up, *(np.roll(up, int(s)) for s in shifts)], axis=1)
    areas = _areas(order, known, labels_and_shifts)
    shares = np.stack([_shares(bins, own) for own in labels_and_shifts.T])
    area, share = areas[0], shares[0]
    p_area = _p_value(np.abs(area - 0.5), np.abs(areas[1:] - 0.5))
    p_share = _p_value(share, shares[1:])
    adjusted = holm(np.stack([p_area, p_share], axis=1))
    findings = []
    for k, column in enumerate(frame.columns):
        strong = max(area[k], 1.0 - area[k])
        if enough[k] and strong > PLAUSIBLE_AUC and adjusted[k, 0] < alpha:
            words = (
                f"{column}: alone it tells up from down with an AUC of {strong:.2f}; "
                f"{PLAUSIBLE_AUC:.2f} is plausible."
            )
            findings.append(
                Finding(column, Test.TARGET, float(area[k]), float(adjusted[k, 0]), words)
            )
        elif enough[k] and share[k] > PLAUSIBLE_SHARE and adjusted[k, 1] < alpha:
            words = (
                f"{column}: alone it holds {share[k]:.0%} of the label's information; "
                f"{PLAUSIBLE_SHARE:.0%} is plausible."
            )
            findings.append(
                Finding(column, Test.TARGET, float(share[k]), float(adjusted[k, 1]), words)
            )
    return findings


def direction(labels: Labels) -> tuple[IntArray, FloatArray]:
    """Positions of the events looked at (spread evenly), and whether each label is high (1) or low.

    Events labelled 0 of -1, 0, 1 are left out: that a barrier is out of reach by the session's end
    can be known. Other labels are parted at their median.
    """
    label = labels.label
    values = np.unique(label[:: max(1, len(label) // 50_000)])
    signed = len(values) <= 3 and bool(np.isin(values, (-1.0, 0.0, 1.0)).all()) and -1.0 in values
    positions = np.flatnonzero(label != 0.0) if signed else np.arange(len(label))
    step = max(1, -(-len(positions) // MOST_EVENTS))
    positions = positions[::step]
    own = label[positions]
    middle = 0.0 if signed else (values.mean() if len(values) == 2 else np.median(own))
    return positions, (own > middle).astype(np.float64)


def _areas(order: FloatArray, known: np.ndarray, up: FloatArray) -> FloatArray:
    """AUC of each column for each set of labels (n, m) by the rank-sum formula, (m, n_features).

    (Hanley and McNeil 1982, Radiology 143, 29-36.)
    """
    seen = known.astype(np.float64)
    positive = seen.T @ up
    negative = seen.sum(axis=0)[:, None] - positive
    total = np.where(known, order, 0.0).T @ up
    with np.errstate(invalid="ignore", divide="ignore"):
        area = (total - positive * (positive + 1.0) / 2.0) / (positive * negative)
    return np.asarray(np.where(np.isfinite(area), area, 0.5).T)


def _bins(order: FloatArray, known: np.ndarray) -> IntArray:
    """Deciles of each column, and a bin more for what is unknown."""
    count = np.maximum(known.sum(axis=0), 1)
    found = np.minimum(np.nan_to_num(order - 0.5) * BINS / count, BINS - 1).astype(np.int64)
    return np.where(known, found, BINS)


def _shares(bins: IntArray, up: FloatArray) -> FloatArray:
    """I(feature; label) / H(label) of each column, bias (bins - 1) / 2n taken off (Miller 1955)."""
    n, k = bins.shape
    keys = bins + np.arange(k) * (BINS + 1)
    count = np.bincount(keys.ravel(), minlength=k * (BINS + 1)).reshape(k, BINS + 1)
    high = np.bincount(keys.ravel(), np.repeat(up, k), minlength=k * (BINS + 1)).reshape(k, -1)
    rate = up.mean()
    entropy = _entropy(np.array([rate]))[0]
    left = (count * _entropy(high / np.maximum(count, 1))).sum(axis=1) / n
    bias = ((count > 0).sum(axis=1) - 1) / (2.0 * n)
    return np.asarray(np.maximum(entropy - left - bias, 0.0) / entropy)


def _entropy(rate: FloatArray) -> FloatArray:
    inside = np.clip(rate, 1e-300, 1.0)
    other = np.clip(1.0 - rate, 1e-300, 1.0)
    return np.asarray(-(rate * np.log(inside) + (1.0 - rate) * np.log(other)))


def _p_value(found: FloatArray, null: FloatArray) -> FloatArray:
    """One-sided, normal with the mean and deviation of the shifts."""
    deviation = np.maximum(null.std(axis=0), 1e-4)
    return np.asarray(norm.sf((found - null.mean(axis=0)) / deviation))
