"""How the values of a feature are spread: histogram, moments, quantiles, what is missing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray

MOST_BINS = 60
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SHOWN = (0.001, 0.999)
"""Bins cover this part of the values; what lies beyond is counted in the outermost ones."""


@dataclass(frozen=True)
class Distribution:
    """Of all values of all instruments.

    counts : (n_bins,), edges : (n_bins + 1,). quantiles : at `QUANTILES`. Moments are NaN where
    there are too few values. missing : share of bars without a value; later : share of bars without
    one after the instrument's first (before it the feature warms up). same : share of the most
    frequent value.
    """

    n: int
    counts: FloatArray
    edges: FloatArray
    quantiles: FloatArray
    mean: float
    deviation: float
    skewness: float
    excess_kurtosis: float
    missing: float
    later: float
    same: float


def distribution(values: FloatArray, present: FloatArray) -> Distribution:
    """Of values (n_bars, n_instruments); `present` is True where the instrument has a bar."""
    finite = np.isfinite(values)
    known = values[finite]
    missing, later = missing_shares(values, present)
    if not known.size:
        empty = np.zeros(0)
        blank = np.full(len(QUANTILES), math.nan)
        nan = math.nan
        return Distribution(0, empty, empty, blank, nan, nan, nan, nan, missing, later, nan)
    counts, edges = histogram(known)
    mean, deviation = float(known.mean()), float(known.std())
    skewness = kurtosis = math.nan
    if deviation > 0:
        z = (known - mean) / deviation
        skewness, kurtosis = float((z**3).mean()), float((z**4).mean() - 3.0)
    _, times = np.unique(known, return_counts=True)
    return Distribution(
        n=known.size,
        counts=counts,
        edges=edges,
        quantiles=np.quantile(known, QUANTILES),
        mean=mean,
        deviation=deviation,
        skewness=skewness,
        excess_kurtosis=kurtosis,
        missing=missing,
        later=later,
        same=float(times.max() / known.size),
    )


def missing_shares(values: FloatArray, present: FloatArray) -> tuple[float, float]:
    """(of all bars, of bars after the first value) without a value."""
    finite, there = np.isfinite(values), np.asarray(present, dtype=bool)
    total = int(there.sum())
    begun = np.maximum.accumulate(finite, axis=0) & there
    gaps = int((begun & ~finite).sum())
    missing = int((there & ~finite).sum())
    return (
        missing / total if total else math.nan,
        gaps / int(begun.sum()) if begun.any() else math.nan,
    )


def histogram(known: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Counts and equal edges by Freedman and Diaconis (1981), over all but the outermost values."""
    low, high = (float(v) for v in np.quantile(known, SHOWN))
    if high <= low:
        low, high = float(known.min()), float(known.max())
    if high <= low:
        half = abs(low) * 0.01 or 0.5
        return np.array([float(known.size)]), np.array([low - half, low + half])
    quarter = float(np.subtract(*np.quantile(known, [0.75, 0.25])))
    width = 2 * quarter / np.cbrt(known.size)
    bins = MOST_BINS if width <= 0 else int(np.clip(math.ceil((high - low) / width), 8, MOST_BINS))
    different = np.unique(known[:100_000])
    if len(different) <= MOST_BINS // 2:
        bins = max(2, min(bins, 2 * len(different) - 1))
    edges = np.linspace(low, high, bins + 1)
    counts, _ = np.histogram(np.clip(known, low, high), bins=edges)
    return counts.astype(np.float64), edges
