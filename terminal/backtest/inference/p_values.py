"""The p-value of a statistic among its values under the null hypothesis."""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray

SAME = 1e-10
"""Statistics within this fraction of each other are equal: rounding may not decide."""


def p_value(observed: float, drawn: FloatArray) -> float:
    """(1 + number of drawn values at least as large) / (1 + drawn values), never 0.

    Phipson and Smyth (2010), "Permutation P-values Should Never Be Zero", eq. 2: the observed
    order is one of those that could have been drawn.

    Parameters
    ----------
    drawn : float64 (n_samples,), the statistic under the null hypothesis.
    """
    at_least = np.count_nonzero(drawn >= observed - SAME * abs(observed))
    return float(1.0 + at_least) / (1.0 + drawn.size)
