"""How far two samples of one column are apart, by several measures.

Population stability index: sum (q - p) ln(q / p) over bins, shares floored at `LEAST_SHARE` so that
an empty bin gives a number. When nothing has changed it is about chi-squared with B - 1 degrees of
freedom times 1/n + 1/m (Yurdakul 2018), which says from which value on it is more than noise.
Jensen-Shannon distance: square root of the divergence to base 2, so 0..1.
Kolmogorov-Smirnov: largest distance of the two distribution functions.
Kullback-Leibler divergence: mean log ratio of the shares. Wasserstein: mean distance of equal
quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, ks_2samp, kstwo, wasserstein_distance

from terminal.market.panel import FloatArray

LEAST_SHARE = 1e-4


def shares(counts: npt.ArrayLike) -> FloatArray:
    """Counts as parts of their sum."""
    values = np.asarray(counts, dtype=np.float64)
    return np.asarray(values / values.sum())


def stability_index(before: npt.ArrayLike, now: npt.ArrayLike, least: float = LEAST_SHARE) -> float:
    """Population stability index of counts (or shares) in the same bins.

    Parameters
    ----------
    least : smallest share a bin counts as having.
    """
    p, q = np.maximum(shares(before), least), np.maximum(shares(now), least)
    return float(np.sum((q - p) * np.log(q / p)))


def stability_noise(n_bins: int, n: float, m: float, level: float = 0.05) -> float:
    """The stability index that chance alone exceeds with probability `level`.

    Parameters
    ----------
    n, m : (effective) sizes of the two samples.
    """
    if n_bins < 2:
        return 0.0
    return float(chi2.isf(level, n_bins - 1)) * (1.0 / n + 1.0 / m)


def relative_entropy(
    before: npt.ArrayLike, now: npt.ArrayLike, least: float = LEAST_SHARE
) -> float:
    """Kullback-Leibler divergence of `now` from `before`, in nats, empty bins counting as `least`
    before both are made to sum to 1 again."""
    p = shares(np.maximum(shares(before), least))
    q = shares(np.maximum(shares(now), least))
    return float(np.sum(p * np.log(p / q)))


def jensen_shannon_divergence(
    before: npt.ArrayLike, now: npt.ArrayLike, base: float = 2.0
) -> float:
    """Jensen-Shannon divergence of counts (or shares), in bits for base 2 (Lin 1991)."""
    p, q = shares(before), shares(now)
    middle = 0.5 * (p + q)

    def relative(x: FloatArray) -> float:
        there = x > 0.0
        return float(np.sum(x[there] * np.log(x[there] / middle[there])))

    return max(0.0, 0.5 * (relative(p) + relative(q)) / float(np.log(base)))


def jensen_shannon(before: npt.ArrayLike, now: npt.ArrayLike, base: float = 2.0) -> float:
    """Jensen-Shannon distance, the square root of the divergence; 0..1 for base 2."""
    return float(np.sqrt(jensen_shannon_divergence(before, now, base)))


def kolmogorov_smirnov(a: FloatArray, b: FloatArray) -> float:
    """Largest distance between the distribution functions of two samples, 0..1."""
    a, b = np.sort(a), np.sort(b)
    both = np.concatenate([a, b])
    below_a = np.searchsorted(a, both, side="right") / len(a)
    below_b = np.searchsorted(b, both, side="right") / len(b)
    return float(np.abs(below_a - below_b).max())


def kolmogorov_smirnov_p(distance: float, n: float, m: float) -> float:
    """Chance of a distance so large when nothing has changed (asymptotic, effective sizes)."""
    size = max(1, round(n * m / (n + m)))
    return float(min(max(kstwo.sf(distance, size), 0.0), 1.0))


def kolmogorov_smirnov_exact_p(a: FloatArray, b: FloatArray) -> float:
    """The same for two small samples of independent values, exactly."""
    return float(ks_2samp(a, b, method="exact").pvalue)


def wasserstein(a: FloatArray, b: FloatArray) -> float:
    """Mean distance of equal quantiles, in the unit of the values."""
    return float(wasserstein_distance(a, b))


def chi_squared(observed: npt.ArrayLike, expected: npt.ArrayLike) -> tuple[float, float]:
    """Pearson's statistic of counts against expected ones, and its p value."""
    o, e = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    statistic = float(np.sum((o - e) ** 2 / e))
    return statistic, float(chi2.sf(statistic, len(o) - 1))


def contingency(before: npt.ArrayLike, now: npt.ArrayLike) -> tuple[float, float, int]:
    """Pearson's statistic of two samples' counts in the same bins, its p value, and degrees of
    freedom. Bins that are empty in both do not count."""
    table = np.array([before, now], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0.0]
    freedom = table.shape[1] - 1
    if freedom < 1 or not table.sum(axis=1).all():
        return 0.0, 1.0, 0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return statistic, float(chi2.sf(statistic, freedom)), freedom


def benjamini_hochberg(p_values: Sequence[float]) -> FloatArray:
    """Adjusted p values that control the share of false findings (Benjamini and Hochberg 1995)."""
    p = np.asarray(p_values, dtype=np.float64)
    if not len(p):
        return p
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
