"""How differently models err: Kuncheva, Whitaker (2003), Measures of Diversity in Ensembles.

Of two models, N11 events are right in both, N00 wrong in both, N10 and N01 right in one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Diversity:
    """Tables (m, m) of m models, symmetric; NaN where there is nothing to compare.

    q : Q statistic, (N11 N00 - N01 N10) / (N11 N00 + N01 N10); 1: the same errors, 0: independent.
    disagreement : (N01 + N10) / N. double_fault : N00 / N.
    correlation : Pearson's, of the errors (a number's, or 1 - probability of what happened).
    """

    q: FloatArray
    disagreement: FloatArray
    double_fault: FloatArray
    correlation: FloatArray


def diversity(right: BoolArray, error: FloatArray) -> Diversity:
    """Of m models on n events: right (n, m), whether each was right; error (n, m), by how much."""
    n = len(right)
    hit, miss = right.astype(np.float64), (~right).astype(np.float64)
    n11, n00, n10 = hit.T @ hit, miss.T @ miss, hit.T @ miss
    n01 = n10.T
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (n11 * n00 - n01 * n10) / (n11 * n00 + n01 * n10)
        correlation = np.atleast_2d(np.corrcoef(error, rowvar=False))
    return Diversity(q, (n01 + n10) / n, n00 / n, correlation)
