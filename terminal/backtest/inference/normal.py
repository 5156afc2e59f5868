"""The standard normal distribution. SciPy is loaded at the first use, not with the pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = float | npt.NDArray[np.float64]


def cdf(x: Values) -> Any:
    """P(Z <= x)."""
    from scipy.special import ndtr

    return ndtr(x)


def sf(x: Values) -> Any:
    """P(Z > x)."""
    return cdf(-np.asarray(x))


def logsf(x: Values) -> Any:
    """ln P(Z > x), exact far out."""
    from scipy.special import log_ndtr

    return log_ndtr(-np.asarray(x))


def ppf(p: Values) -> Any:
    """The value below which Z lies with probability p."""
    from scipy.special import ndtri

    return ndtri(p)


def isf(p: Values) -> Any:
    """The value above which Z lies with probability p."""
    return -ppf(p)
