"""Volatility as it changes: exponential weights, and models of the GARCH family.

The variance of row t is made of returns before t. `Recursion` is what a simulation continues:
v' = omega + alpha e^2 + beta v, with e the return less its mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import FloatArray

DECAY = 0.94
SEED = 60
"""Returns whose mean square begins the recursion."""


@dataclass(frozen=True)
class Recursion:
    """Coefficients of the next variance, and the mean return."""

    omega: float
    alpha: float
    beta: float
    mean: float = 0.0


@dataclass(frozen=True)
class Volatility:
    """float64 (T,) standard deviations of each return given those before it, and of the next."""

    path: FloatArray
    following: float
    recursion: Recursion


def exponential(
    returns: FloatArray, decay: float = DECAY, first: float | None = None
) -> Volatility:
    """RiskMetrics (1996): v' = decay v + (1 - decay) r^2, around a mean of 0.

    Parameters
    ----------
    first : variance of the first return; None: the mean square of the first 60.

    Raises
    ------
    InputError : the decay is outside 0 to 1.
    """
    if not 0.0 < decay < 1.0:
        raise InputError(f"a decay of {decay} is outside 0 to 1.", field="decay")
    start = float(np.mean(returns[:SEED] ** 2)) if first is None else first
    squares = np.concatenate([[max(start, 1e-18)], returns**2])
    variance = pd.Series(squares).ewm(alpha=1.0 - decay, adjust=False).mean().to_numpy()
    deviation = np.sqrt(variance)
    return Volatility(
        np.asarray(deviation[:-1]), float(deviation[-1]), Recursion(0.0, 1.0 - decay, decay)
    )
