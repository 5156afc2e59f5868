"""Many tests at once: adjusted p-values."""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray


def holm(p_values: FloatArray) -> FloatArray:
    """Holm's step-down adjustment (1979, Scand. J. Statist. 6, 65-70), the shape kept.

    p̃_(i) = max_{j <= i} min(1, (m - j + 1) p_(j)): the chance of any false alarm among all tests.
    """
    flat = np.asarray(p_values, dtype=np.float64).ravel()
    order = np.argsort(flat)
    factor = len(flat) - np.arange(len(flat))
    out = np.empty_like(flat)
    out[order] = np.minimum(1.0, np.maximum.accumulate(flat[order] * factor))
    return out.reshape(np.shape(p_values))


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's adjustment (1995, JRSS B 57, 289-300): the false discovery rate.

    p̃_(i) = min_{j >= i} min(1, m / j · p_(j)).
    """
    flat = np.asarray(p_values, dtype=np.float64).ravel()
    order = np.argsort(flat)
    factor = len(flat) / np.arange(1, len(flat) + 1)
    out = np.empty_like(flat)
    out[order] = np.minimum(1.0, np.minimum.accumulate((flat[order] * factor)[::-1])[::-1])
    return out.reshape(np.shape(p_values))
